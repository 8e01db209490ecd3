/* SPDX-License-Identifier: BSD-3-Clause */
#include "trim_lab.h"

#include "arena.h"
#include "data.h"
#include "process.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FAILED     "failed: "
#define MAX_ARGS   (24 + TRIM_MAX_TYPES)
#define LAB_FAILED 125
/* Longer than two trials of guests that never do anything. */
#define TIMEOUT "600"

enum answer { NONE, HALF, WHOLE };

/* One trial's lines of tinyx/trial. */
static enum answer read_trial(const struct trim_lab *lab, FILE *file, struct trim_boot *boot,
                              bool *passed, const char **why)
{
    enum answer answer = NONE;
    char line[512], type[8];
    unsigned long us;

    *boot = (struct trim_boot){{0}};
    *passed = true;
    *why = NULL;
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "end") == 0)
            return WHOLE;
        if (strcmp(line, "begin") == 0)
            answer = HALF;
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
    return answer;
}

/* The lab must not run make again. */
static void fill(const char **argv, const struct trim_lab *lab, const char *kernels, bool icount)
{
    const char *const begin[] = {"env",
                                 "LAB_NO_BUILD=1",
                                 data_path(DATA_LAB),
                                 "run",
                                 "--xen",
                                 "noxs",
                                 "--timeout",
                                 TIMEOUT,
                                 "--share",
                                 lab->dir,
                                 icount ? "--icount" : NULL};
    const char *const end[] = {"--",         "bash", "/src/tinyx/trial", "/share", lab->memory,
                               lab->cmdline, kernels};
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(begin); i++) {
        if (begin[i])
            argv[n++] = begin[i];
    }
    for (size_t i = 0; i < ARRAY_SIZE(end); i++)
        argv[n++] = end[i];
    for (size_t i = 0; lab->types[i]; i++)
        argv[n++] = lab->types[i];
    argv[n] = NULL;
}

/* Runs the trials of kernels, and opens the file with their output. */
static int run(const struct trim_lab *lab, const char *kernels, bool icount, FILE **file,
               chaos_error *err)
{
    const char *argv[MAX_ARGS], *out = format("%s/out", lab->dir);
    int status = 0, rc;

    fill(argv, lab, kernels, icount);
    unlink(out);
    rc = process_run(&(struct process){.argv = argv, .log = lab->log, .out = out}, &status, err);
    if (rc < 0 && status != LAB_FAILED)
        return error_prefix(err, rc, "the lab (see %s)", lab->log);
    *file = fopen(out, "re");
    return *file ? 0 : error_errno(err, CHAOS_E_IO, errno, "%s", out);
}

int trim_lab_try(const struct trim_lab *lab, const char *kernel, struct trim_boot *boot,
                 bool *passed, const char **why, chaos_error *err)
{
    enum answer answer;
    FILE *file;
    int rc = run(lab, kernel, false, &file, err);

    if (rc < 0)
        return rc;
    answer = read_trial(lab, file, boot, passed, why);
    fclose(file);
    if (answer == NONE)
        return error_set(err, CHAOS_E_FAILED, EIO, "the lab does not start: see %s", lab->log);
    if (answer == HALF) {
        *passed = false;
        *why = "it brings Xen or Dom0 down";
    }
    return 0;
}

int trim_lab_measure(const struct trim_lab *lab, const char *const kernels[2],
                     struct trim_boot *const boots[2], chaos_error *err)
{
    const char *why;
    bool passed;
    FILE *file;
    /* The first one runs twice: the first time, Dom0 reads all its programs from disk. */
    int rc = run(lab, format("%s,%s,%s", kernels[0], kernels[0], kernels[1]), true, &file, err);

    if (rc < 0)
        return rc;
    for (size_t i = 0; !rc && i < 3; i++) {
        size_t which = i ? i - 1 : 0;

        if (read_trial(lab, file, boots[which], &passed, &why) != WHOLE)
            rc = error_set(err, CHAOS_E_FAILED, EIO, "half an answer: see %s", lab->log);
        else if (!passed)
            rc = error_set(err, CHAOS_E_FAILED, EIO, "%s: the test does not pass: %s",
                           kernels[which], why);
    }
    fclose(file);
    return rc;
}
