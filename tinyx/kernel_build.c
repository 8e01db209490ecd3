/* SPDX-License-Identifier: BSD-3-Clause */
/* Linux' make, so that what it makes depends on source and configuration alone. */
#include "arena.h"
#include "cmd.h"
#include "kernel_parts.h"
#include "process.h"
#include "base/interrupt.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define MAX_ARGS    40
#define TAIL_LINES  25
#define QUIET_TICKS 50 /* between two lines about the progress, where there is no terminal */

/* Instead of time, user and host. */
static const char *const fixed[] = {
    "KBUILD_BUILD_TIMESTAMP=1970-01-01",
    "KBUILD_BUILD_USER=tinyx",
    "KBUILD_BUILD_HOST=tinyx",
    "KBUILD_BUILD_VERSION=1",
    "ARCH=x86_64",
    "LOCALVERSION=",
};

struct progress {
    const char *log;
    time_t begin;
    unsigned int ticks, files;
    long read; /* of the log */
};

static void count(struct progress *progress)
{
    FILE *file = fopen(progress->log, "re");
    char line[512];

    if (!file)
        return;
    fseek(file, progress->read, SEEK_SET);
    while (fgets(line, sizeof(line), file) && strchr(line, '\n')) {
        progress->files += strncmp(line, "  CC ", 5) == 0 || strncmp(line, "  AS ", 5) == 0;
        progress->read = ftell(file);
    }
    fclose(file);
}

static void tell(void *opaque)
{
    struct progress *progress = opaque;
    bool terminal = isatty(STDERR_FILENO);

    progress->ticks++;
    if (progress->ticks % (terminal ? 5 : QUIET_TICKS))
        return;
    count(progress);
    fprintf(stderr, "%stinyx: kernel: %u files compiled, %ld s%s", terminal ? "\r" : "",
            progress->files, (long)(time(NULL) - progress->begin), terminal ? "" : "\n");
}

/* Of a build before this one there may be a log already. */
static long size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (long)st.st_size : 0;
}

int kernel_make(const char *source, const char *obj, const char *const *targets, const char *out,
                bool watch, chaos_error *err)
{
    const char *argv[MAX_ARGS] = {"env", "-i"}, *path = getenv("PATH");
    struct progress progress = {.log = format("%s/make.log", obj), .begin = time(NULL)};
    struct process process = {.argv = argv, .log = progress.log, .out = out};
    size_t n = 2;
    int rc;

    /* Neither the caller's settings for compilers nor the make that runs us. */
    argv[n++] = format("PATH=%s", path ? path : "/usr/bin:/bin");
    argv[n++] = "LC_ALL=C";
    argv[n++] = "make";
    argv[n++] = "--no-print-directory";
    argv[n++] = "-C";
    argv[n++] = source;
    argv[n++] = format("O=%s", obj);
    argv[n++] = format("-j%ld", sysconf(_SC_NPROCESSORS_ONLN));
    if (!watch)
        argv[n++] = "-s";
    for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
        argv[n++] = fixed[i];
    for (; *targets && n < MAX_ARGS - 1; targets++)
        argv[n++] = *targets;
    if (watch) {
        progress.read = size_of(progress.log);
        process.tick = tell;
        process.opaque = &progress;
    }
    rc = process_run(&process, NULL, err);
    if (watch && isatty(STDERR_FILENO))
        fputc('\n', stderr);
    if (rc < 0 && !interrupted()) {
        process_tail(progress.log, TAIL_LINES);
        return error_set(err, CHAOS_E_FAILED, EIO, "Linux' make failed, as said above");
    }
    return rc;
}

static int run(const char *const *argv, chaos_error *err)
{
    struct process process = {.argv = argv};

    return process_run(&process, NULL, err);
}

int kernel_compile(const char *source, const char *obj, const char *dir, chaos_error *err)
{
    const char *vmlinux = format("%s/vmlinux", obj), *map = format("%s/System.map", obj);
    int rc = kernel_make(source, obj, (const char *[]){"vmlinux", NULL}, NULL, true, err);

    if (!rc)
        rc = run((const char *[]){"objcopy", "-S", "-R", ".comment", vmlinux,
                                  format("%s/vmlinux", dir), NULL},
                 err);
    if (!rc)
        rc = run((const char *[]){"cp", map, dir, NULL}, err);
    return rc;
}
