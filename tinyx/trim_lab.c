/* SPDX-License-Identifier: BSD-3-Clause */
#include "trim_lab.h"

#include "arena.h"
#include "data.h"
#include "process.h"
#include "util.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define FAILED   "failed: "
#define MAX_ARGS (24 + TRIM_MAX_TYPES)
#define TICK_US  (100 * 1000)
/* Longer than a trial takes whose guest does nothing, in a lab that waits for its turn. */
#define DAY "86400"

/* One trial's lines of tinyx/trial; false where its last one is missing. */
static bool read_trial(const struct trim_lab *lab, FILE *file, struct trim_boot *boot, bool *passed,
                       const char **why)
{
    char line[512], type[8];
    unsigned long us;

    *boot = (struct trim_boot){{0}};
    *passed = true;
    *why = NULL;
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "end") == 0)
            return true;
        if (strncmp(line, FAILED, strlen(FAILED)) == 0) {
            *why = copy(line + strlen(FAILED));
            *passed = false;
        }
        if (sscanf(line, "%7s created until up: %lu us", type, &us) != 2)
            continue;
        for (size_t i = 0; lab->types[i]; i++) {
            if (strcmp(lab->types[i], type) == 0)
                boot->us[i] = us;
        }
    }
    return false;
}

/* The lab takes what make has built: it need not make again. `kernel`: for one trial. */
static void fill(const char **argv, const struct trim_lab *lab, const char *kernel)
{
    const char *const begin[] = {"env",
                                 "LAB_NO_BUILD=1",
                                 data_path("tests/lab/lab"),
                                 "run",
                                 "--xen",
                                 "noxs",
                                 "--timeout",
                                 DAY,
                                 "--share",
                                 lab->dir,
                                 kernel ? "--icount" : "--",
                                 kernel ? "--" : NULL};
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(begin); i++) {
        if (begin[i])
            argv[n++] = begin[i];
    }
    argv[n++] = "bash";
    argv[n++] = "/src/tinyx/trial";
    argv[n++] = kernel ? "once" : "serve";
    argv[n++] = "/share";
    argv[n++] = lab->memory;
    argv[n++] = lab->cmdline;
    if (kernel)
        argv[n++] = kernel;
    for (size_t i = 0; lab->types[i]; i++)
        argv[n++] = lab->types[i];
    argv[n] = NULL;
}

static const char *file_of(const struct trim_lab *lab, const char *name)
{
    return format("%s/%s", lab->dir, name);
}

static int start(struct trim_lab *lab, chaos_error *err)
{
    const char *argv[MAX_ARGS];

    fill(argv, lab, NULL);
    unlink(file_of(lab, "stop"));
    unlink(file_of(lab, "request"));
    return process_start(&(struct process){.argv = argv, .log = lab->log}, &lab->pid, err);
}

static int ask(const struct trim_lab *lab, const char *kernel, chaos_error *err)
{
    const char *new = file_of(lab, "request.new");
    FILE *file = fopen(new, "we");

    unlink(file_of(lab, "answer"));
    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", new);
    fprintf(file, "%s\n", kernel);
    if (fclose(file) != 0 || rename(new, file_of(lab, "request")) < 0)
        return error_errno(err, CHAOS_E_IO, errno, "%s", new);
    return 0;
}

int trim_lab_try(struct trim_lab *lab, const char *kernel, struct trim_boot *boot, bool *passed,
                 const char **why, chaos_error *err)
{
    const char *answer = file_of(lab, "answer");
    bool begun, whole;
    FILE *file;
    int rc = lab->pid ? 0 : start(lab, err);

    if (!rc)
        rc = ask(lab, kernel, err);
    while (!rc && access(answer, R_OK) < 0) {
        if (interrupted())
            return error_set(err, CHAOS_E_INTERRUPTED, EINTR, "interrupted");
        if (waitpid(lab->pid, NULL, WNOHANG) == lab->pid) {
            lab->pid = 0;
            begun = access(file_of(lab, "request"), F_OK) < 0;
            if (!begun)
                return error_set(err, CHAOS_E_FAILED, EIO, "the lab does not start: see %s",
                                 lab->log);
            *passed = false;
            *why = "it brings Xen or Dom0 down";
            return 0;
        }
        usleep(TICK_US);
    }
    if (rc < 0)
        return rc;
    file = fopen(answer, "re");
    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", answer);
    whole = read_trial(lab, file, boot, passed, why);
    fclose(file);
    return whole ? 0 : error_set(err, CHAOS_E_FAILED, EIO, "half an answer: %s", answer);
}

void trim_lab_stop(struct trim_lab *lab)
{
    if (!lab->pid)
        return;
    kill(lab->pid, SIGTERM);
    waitpid(lab->pid, NULL, 0);
    lab->pid = 0;
}

int trim_lab_measure(const struct trim_lab *lab, const char *const kernels[2],
                     struct trim_boot *const boots[2], chaos_error *err)
{
    const char *argv[MAX_ARGS], *out = file_of(lab, "out"), *why;
    struct process process = {.argv = argv, .log = lab->log, .out = out};
    bool passed, whole = true;
    FILE *file;
    int rc;

    unlink(out);
    fill(argv, lab, format("%s,%s", kernels[0], kernels[1]));
    rc = process_run(&process, NULL, err);
    if (rc < 0)
        return error_prefix(err, rc, "the lab (see %s)", lab->log);
    file = fopen(out, "re");
    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", out);
    for (size_t i = 0; !rc && whole && i < 2; i++) {
        whole = read_trial(lab, file, boots[i], &passed, &why);
        if (whole && !passed)
            rc = error_set(err, CHAOS_E_FAILED, EIO, "%s: the test does not pass: %s", kernels[i],
                           why);
    }
    fclose(file);
    return whole ? rc : error_set(err, CHAOS_E_FAILED, EIO, "half an answer: %s", out);
}
