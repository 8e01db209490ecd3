/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel.h"

#include "arena.h"
#include "cache.h"
#include "cmd.h"
#include "data.h"
#include "kernel_parts.h"
#include "process.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define RECIPE "1" /* raise it when the same input no longer gives the same kernel */

int kernel_fragment(const char *name, const char **path, chaos_error *err)
{
    if (strchr(name, '/') || strchr(name, '.')) {
        *path = name;
        return 0;
    }
    *path = data_path(format("tinyx/kernel/%s.config", name));
    if (access(*path, R_OK) < 0)
        return error_errno(err, CHAOS_E_NOT_FOUND, errno, "no fragment \"%s\" (%s)", name, *path);
    return 0;
}

int kernel_wishes(const struct kernel_request *request, struct wishes *wishes, chaos_error *err)
{
    int rc = 0;

    for (const char *const *path = request->fragments; !rc && *path; path++)
        rc = fragment_read(*path, wishes, err);
    return rc;
}

/* Another compiler makes another kernel. */
static int hash_tools(struct hash *hash, chaos_error *err)
{
    const char *dir, *out;
    int rc = cache_scratch(&dir, err);

    if (rc < 0)
        return rc;
    out = format("%s/tools", dir);
    rc = process_run(
        &(struct process){.argv = (const char *[]){"gcc", "--version", NULL}, .out = out}, NULL,
        err);
    if (!rc)
        rc = process_run(
            &(struct process){.argv = (const char *[]){"ld", "--version", NULL}, .out = out}, NULL,
            err);
    if (!rc)
        rc = hash_file(hash, out, err);
    remove_tree(dir);
    return rc;
}

static int name_entry(const struct wishes *wishes, const char **id, chaos_error *err)
{
    char text[HASH_TEXT];
    struct hash hash;
    int rc;

    hash_begin(&hash);
    hash_text(&hash, RECIPE);
    for (size_t i = 0; i < wishes->count; i++) {
        hash_text(&hash, wishes->items[i].name);
        hash_text(&hash, wishes->items[i].value);
    }
    rc = kernel_source_hash(&hash, err);
    if (!rc)
        rc = hash_tools(&hash, err);
    hash_end(&hash, text);
    *id = format("%.24s", text);
    return rc;
}

static int keep(const char *obj, const char *name, const char *dir, const char *as,
                chaos_error *err)
{
    const char *from = format("%s/%s", obj, name), *to = format("%s/%s", dir, as);

    return rename(from, to) == 0 ? 0 : error_errno(err, CHAOS_E_IO, errno, "%s", to);
}

static int make_kernel(const char *dir, void *opaque, chaos_error *err)
{
    const struct wishes *wishes = opaque;
    const char *source, *obj = format("%s/build", dir);
    time_t begin = time(NULL);
    int rc = kernel_source(&source, err);

    if (rc < 0)
        return rc;
    report("kernel: configuring");
    rc = make_dirs(obj, err);
    if (!rc)
        rc = kernel_configure(source, obj, wishes, true, err);
    if (!rc) {
        report("kernel: compiling");
        rc = kernel_compile(source, obj, dir, err);
    }
    if (!rc)
        rc = keep(obj, ".config", dir, "config", err);
    if (!rc)
        rc = keep(obj, "why", dir, "why", err);
    remove_tree(obj);
    if (!rc)
        report("kernel: done in %ld s", (long)(time(NULL) - begin));
    return rc;
}

int kernel_get(const struct kernel_request *request, struct kernel *out, chaos_error *err)
{
    struct wishes wishes = {NULL, 0, 0};
    const char *dir;
    int rc = kernel_wishes(request, &wishes, err);

    memset(out, 0, sizeof(*out));
    if (!rc)
        rc = name_entry(&wishes, &out->id, err);
    if (!rc)
        rc = cache_entry(format("tinyx-kernel/%s", out->id), make_kernel, &wishes, &dir, err);
    if (rc < 0)
        return rc;
    out->vmlinux = format("%s/vmlinux", dir);
    out->map = format("%s/System.map", dir);
    out->config = format("%s/config", dir);
    return kernel_options(format("%s/why", dir), &wishes, out, err);
}
