/* SPDX-License-Identifier: BSD-3-Clause */
#include "trim_kernel.h"

#include "arena.h"
#include "cache.h"
#include "cmd.h"
#include "process.h"
#include "base/interrupt.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PLATFORM "xen" /* fragments of such names are left as they are */

/* Options that are not about what the kernel can do. */
static const char *const fixed[] = {
    "64BIT", "EMBEDDED", "CC_OPTIMIZE_FOR_SIZE", "PROCESSOR_SELECT", "CPU_SUP_INTEL", "CPU_SUP_AMD",
    "BLK_DEV_INITRD", "INITRD_ADOPT",
    /* No test notices when these are missing: messages, and users' rights. */
    "PRINTK", "BUG", "MULTIUSER"};

static bool is_fixed(const struct wish *wish, const struct names *keep)
{
    const char *slash = strrchr(wish->file, '/');

    if (strncmp(slash ? slash + 1 : wish->file, PLATFORM, strlen(PLATFORM)) == 0)
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
        if (strcmp(wish->name, fixed[i]) == 0)
            return true;
    }
    for (size_t i = 0; i < keep->count; i++) {
        if (strcmp(wish->name, keep->items[i]) == 0)
            return true;
    }
    return false;
}

static const char *obj_of(const struct trim_kernel *kernel)
{
    return format("%s/build", kernel->dir);
}

static int find_candidates(const struct trim_kernel *kernel, const struct names *keep,
                           struct names *candidates, chaos_error *err)
{
    const char *why = format("%s/why", obj_of(kernel));
    FILE *file = fopen(why, "re");
    char line[4096], *field[WHY_FIELDS];

    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", why);
    while (fgets(line, sizeof(line), file)) {
        const struct wish *wish =
            why_split(line, field) ? wish_find(&kernel->wishes, field[WHY_NAME]) : NULL;

        if (wish && strcmp(field[WHY_KIND], "on") == 0 && strcmp(field[WHY_VALUE], "y") == 0 &&
            strcmp(field[WHY_HOW], "prompt") == 0 && !is_fixed(wish, keep))
            list_add(candidates, wish->name);
    }
    fclose(file);
    return 0;
}

/* In the order of the fragments, which keep related options together. */
static const struct wishes *order_by;

static int by_place(const void *a, const void *b)
{
    const struct wish *x = wish_find(order_by, *(const char *const *)a),
                      *y = wish_find(order_by, *(const char *const *)b);
    int order = strcmp(x->file, y->file);

    return order ? order : (int)x->line - (int)y->line;
}

int trim_kernel_begin(struct trim_kernel *kernel, const struct kernel_request *request,
                      const struct names *keep, struct names *candidates, chaos_error *err)
{
    int rc = kernel_wishes(request, &kernel->wishes, err);

    if (!rc)
        rc = kernel_source(&kernel->source, err);
    if (!rc)
        rc = make_dirs(obj_of(kernel), err);
    if (!rc)
        rc = kernel_configure(kernel->source, obj_of(kernel), &kernel->wishes, true, err);
    if (!rc)
        rc = find_candidates(kernel, keep, candidates, err);
    order_by = &kernel->wishes;
    if (!rc && candidates->count)
        qsort(candidates->items, candidates->count, sizeof(candidates->items[0]), by_place);
    return rc;
}

static int configure(struct trim_kernel *kernel, const struct names *off, chaos_error *err)
{
    struct wishes wishes = {NULL, 0, 0};

    for (size_t i = 0; i < kernel->wishes.count; i++)
        list_add(&wishes, kernel->wishes.items[i]);
    for (size_t i = 0; i < off->count; i++)
        wish_set(&wishes, (struct wish){.name = off->items[i], .value = "n", .file = "trim"});
    return kernel_configure(kernel->source, obj_of(kernel), &wishes, false, err);
}

static bool same_file(const char *a, const char *b)
{
    char x[HASH_TEXT], y[HASH_TEXT];

    return access(b, R_OK) == 0 && hash_of_file(a, x, NULL) == 0 && hash_of_file(b, y, NULL) == 0 &&
           strcmp(x, y) == 0;
}

int trim_kernel_build(struct trim_kernel *kernel, const struct names *off, bool *same, bool *built,
                      chaos_error *err)
{
    const char *obj = obj_of(kernel);
    int rc = configure(kernel, off, err);

    *built = true;
    if (!rc && same)
        *same = same_file(format("%s/.config", obj), format("%s/good.config", kernel->dir));
    if (rc < 0 || (same && *same))
        return rc;
    rc = kernel_compile(kernel->source, obj, kernel->dir, err);
    if (rc < 0 && !interrupted()) {
        *built = false;
        return 0;
    }
    return rc;
}

int trim_kernel_count(const struct trim_kernel *kernel, unsigned long *count, chaos_error *err)
{
    struct wishes none = {NULL, 0, 0};
    struct kernel on;
    int rc = kernel_options(format("%s/why", obj_of(kernel)), &none, &on, err);

    *count = rc ? 0 : on.nr_options;
    return rc;
}

int trim_kernel_accept(struct trim_kernel *kernel, chaos_error *err)
{
    const char *argv[] = {"cp", format("%s/.config", obj_of(kernel)),
                          format("%s/good.config", kernel->dir), NULL};

    return process_run(&(struct process){.argv = argv}, NULL, err);
}

int trim_kernel_write(struct trim_kernel *kernel, const struct names *off, const char *path,
                      chaos_error *err)
{
    struct wishes none = {NULL, 0, 0};
    struct kernel on;
    FILE *file;
    int rc = configure(kernel, off, err);

    if (!rc)
        rc = kernel_options(format("%s/why", obj_of(kernel)), &none, &on, err);
    if (rc < 0)
        return rc;
    file = fopen(path, "we");
    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    fputs("# What the test passes without: found by tinyx trim.\n", file);
    for (size_t i = 0, k = 0; i < kernel->wishes.count; i++) {
        const struct wish *wish = &kernel->wishes.items[i];

        while (k < on.nr_options && strcmp(on.options[k].name, wish->name) < 0)
            k++;
        if (strcmp(wish->value, "n") != 0 &&
            (k == on.nr_options || strcmp(on.options[k].name, wish->name) != 0))
            fprintf(file, "CONFIG_%s=n  # not for: %s\n", wish->name,
                    wish->reason ? wish->reason : "?");
    }
    return fclose(file) == 0 ? 0 : error_errno(err, CHAOS_E_IO, errno, "%s", path);
}
