/* SPDX-License-Identifier: BSD-3-Clause */
/* tinyx trim: what can be left out of a kernel while a test passes. */
#include "arena.h"
#include "cache.h"
#include "cmd.h"
#include "data.h"
#include "process.h"
#include "trim_kernel.h"
#include "trim_report.h"
#include "base/util.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define BEFORE "vmlinux.before"
#define AFTER  "vmlinux.trimmed"

struct job {
    const char *dir, *initramfs, *test;
    struct kernel_request request;
    struct names keep;
    struct trim_lab lab;
    const char *types[TRIM_MAX_TYPES + 1];
    struct trim_kernel kernel;
    struct trim trim;
};

static int copy_file(const char *from, const char *to, chaos_error *err)
{
    return process_run(&(struct process){.argv = (const char *[]){"cp", from, to, NULL}}, NULL,
                       err);
}

static int write_test(const struct job *job, chaos_error *err)
{
    const char *path = format("%s/test", job->dir);
    FILE *file = fopen(path, "we");

    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    fprintf(file, "%s\n", job->test);
    return fclose(file) == 0 ? 0 : error_errno(err, CHAOS_E_IO, errno, "%s", path);
}

/* Everything that decides a trial's outcome, except for the options that are off. */
static int name_subject(struct job *job, chaos_error *err)
{
    char text[HASH_TEXT];
    struct hash hash;
    int rc;

    hash_begin(&hash);
    for (size_t i = 0; i < job->kernel.wishes.count; i++) {
        hash_text(&hash, job->kernel.wishes.items[i].name);
        hash_text(&hash, job->kernel.wishes.items[i].value);
    }
    hash_text(&hash, job->test);
    hash_text(&hash, job->lab.memory);
    hash_text(&hash, job->lab.cmdline);
    rc = hash_file(&hash, job->initramfs, err);
    if (!rc)
        rc = kernel_source_hash(&hash, err);
    hash_end(&hash, text);
    job->trim.subject = copy(text);
    return rc;
}

static int try(void *opaque, const struct names *off, bool *passed, const char **why,
               chaos_error *err)
{
    struct job *job = opaque;
    struct trim_boot boot;
    bool same, built;
    int rc = trim_kernel_build(&job->kernel, off, &same, &built, err);

    *passed = same;
    *why = built ? "?" : "it does not compile";
    if (rc < 0 || same || !built)
        return rc;
    rc = trim_lab_try(&job->lab, "vmlinux", &boot, passed, why, err);
    return !rc && *passed ? trim_kernel_accept(&job->kernel, err) : rc;
}

/* Builds the kernel and keeps it under a name of its own. */
static int build(struct job *job, const struct names *off, const char *name,
                 struct trim_result *out, chaos_error *err)
{
    const char *vmlinux = format("%s/vmlinux", job->dir), *kept = format("%s/%s", job->dir, name);
    bool built;
    int rc = trim_kernel_build(&job->kernel, off, NULL, &built, err);

    if (!rc && !built)
        return error_set(err, CHAOS_E_FAILED, EIO, "the kernel does not compile");
    if (!rc)
        rc = trim_kernel_count(&job->kernel, &out->size.options, err);
    if (!rc)
        rc = trim_measure(vmlinux, job->dir, &out->size, err);
    return rc ? rc : copy_file(vmlinux, kept, err);
}

/* The untrimmed kernel must pass: otherwise later failures say nothing about the options. */
static int first(struct job *job, struct trim_result *out, chaos_error *err)
{
    const struct names none = {NULL, 0, 0};
    const char *why;
    bool passed;
    int rc = build(job, &none, BEFORE, out, err);

    if (!rc)
        rc = trim_lab_try(&job->lab, BEFORE, &out->boot, &passed, &why, err);
    if (!rc && !passed)
        return error_set(err, CHAOS_E_FAILED, EIO,
                         "the test does not pass with the kernel as it is: %s (see %s)", why,
                         job->lab.log);
    return rc ? rc : trim_kernel_accept(&job->kernel, err);
}

static int write_report(const struct job *job, const struct trim_result *before,
                        const struct trim_result *after, chaos_error *err)
{
    const char *path = format("%s/report.txt", job->dir);
    FILE *file = fopen(path, "we");

    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    trim_print(file, &job->trim, job->types, before, after);
    trim_print(stdout, &job->trim, job->types, before, after);
    return fclose(file) == 0 ? 0 : error_errno(err, CHAOS_E_IO, errno, "%s", path);
}

/* The results, which the folder holds beside the state. */
static int prepare(struct job *job, chaos_error *err)
{
    int rc = copy_file(job->initramfs, format("%s/initramfs", job->dir), err);

    if (!rc)
        rc = write_test(job, err);
    if (!rc)
        rc = trim_kernel_begin(&job->kernel, &job->request, &job->keep, &job->trim.candidates, err);
    return rc ? rc : name_subject(job, err);
}

static int run(struct job *job, chaos_error *err)
{
    struct trim_result before = {0}, after = {0};
    int rc = prepare(job, err);

    if (rc < 0)
        return rc;
    report("%zu options to try; first the kernel as it is", job->trim.candidates.count);
    rc = first(job, &before, err);
    if (!rc)
        rc = trim_search(&job->trim, err);
    if (!rc)
        rc = build(job, &job->trim.off, AFTER, &after, err);
    if (!rc)
        rc = trim_kernel_write(&job->kernel, &job->trim.off, format("%s/trimmed.config", job->dir),
                               err);
    if (!rc) {
        report("measuring");
        rc = trim_lab_measure(&job->lab, (const char *[]){BEFORE, AFTER},
                              (struct trim_boot *[]){&before.boot, &after.boot}, err);
    }
    return rc ? rc : write_report(job, &before, &after, err);
}

/* The kernel's fragments say as which types it boots. */
static int find_types(struct job *job, chaos_error *err)
{
    struct wishes wishes = {NULL, 0, 0};
    const struct wish *pv, *pvh;
    size_t n = 0;
    int rc = kernel_wishes(&job->request, &wishes, err);

    if (rc < 0)
        return rc;
    pv = wish_find(&wishes, "XEN_PV");
    pvh = wish_find(&wishes, "XEN_PVH");
    if (pv && strcmp(pv->value, "y") == 0)
        job->types[n++] = "pv";
    if (pvh && strcmp(pvh->value, "y") == 0)
        job->types[n++] = "pvh";
    return n ? 0
             : error_set(err, CHAOS_E_CONFIG, EINVAL,
                         "no fragment says as what it boots: xen-pv, xen-pvh");
}

static int find_dir(struct job *job, chaos_error *err)
{
    char path[PATH_MAX];
    int rc = make_dirs(job->dir, err);

    if (rc < 0)
        return rc;
    if (!realpath(job->dir, path))
        return error_errno(err, CHAOS_E_IO, errno, "%s", job->dir);
    job->dir = copy(path);
    return 0;
}

int cmd_trim(int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},  {"initramfs", required_argument, NULL, 'i'},
        {"test", required_argument, NULL, 't'},    {"memory", required_argument, NULL, 'm'},
        {"cmdline", required_argument, NULL, 'c'}, COMMON_LONG};
    struct job job = {.lab = {.memory = "32MiB", .cmdline = "console=hvc0"}};
    const char **fragments = take((size_t)(argc + 1) * sizeof(*fragments));
    chaos_error err = {0};
    int opt, rc = 0, status;

    while ((opt = verb_option(argc, argv, "o:i:t:m:c:k:" COMMON_SHORT, options, &status)) != -1) {
        switch (opt) {
        case 'o':
            job.dir = optarg;
            break;
        case 'i':
            job.initramfs = optarg;
            break;
        case 't':
            job.test = optarg;
            break;
        case 'm':
            job.lab.memory = optarg;
            break;
        case 'c':
            job.lab.cmdline = optarg;
            break;
        case 'k':
            list_add(&job.keep, optarg);
            break;
        }
    }
    if (status != GO_ON)
        return status;
    if (!job.dir || !job.initramfs || !job.test || optind == argc)
        return usage_error("an output folder, an initramfs, a test and fragments are needed");
    rc = data_need_lab(&err);
    for (int i = optind; !rc && i < argc; i++)
        rc = kernel_fragment(argv[i], &fragments[i - optind], &err);
    job.request.fragments = fragments;
    if (!rc)
        rc = find_types(&job, &err);
    if (!rc)
        rc = find_dir(&job, &err);
    job.kernel.dir = job.lab.dir = job.dir;
    job.lab.types = job.types;
    job.lab.log = format("%s/log", job.dir);
    job.trim.state = format("%s/state", job.dir);
    job.trim.try = try;
    job.trim.opaque = &job;
    if (!rc)
        rc = run(&job, &err);
    return rc < 0 ? fail(&err) : CHAOS_OK;
}
