/* SPDX-License-Identifier: BSD-3-Clause */
/* From wishes to a .config, and from Kconfig's answers to reasons. */
#include "arena.h"
#include "cmd.h"
#include "kernel_parts.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool why_split(char *line, char *field[WHY_FIELDS])
{
    size_t n = 0;

    line[strcspn(line, "\n")] = '\0';
    while (line && n < WHY_FIELDS)
        field[n++] = strsep(&line, "\t");
    return n == WHY_FIELDS;
}

static int write_wishes(const char *path, const char *prefix, const struct wishes *wishes,
                        chaos_error *err)
{
    FILE *file = fopen(path, "we");

    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    for (size_t i = 0; i < wishes->count; i++)
        fprintf(file, "%s%s=%s\n", prefix, wishes->items[i].name, wishes->items[i].value);
    return fclose(file) == 0 ? 0 : error_errno(err, CHAOS_E_IO, errno, "%s", path);
}

/* The first that did not become what was wanted is the error; people see all of them. */
static int check(const char *why, const struct wishes *wishes, chaos_error *err)
{
    FILE *file = fopen(why, "re");
    char line[4096], *field[WHY_FIELDS];
    int rc = 0;

    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", why);
    while (fgets(line, sizeof(line), file)) {
        const struct wish *wish =
            why_split(line, field) ? wish_find(wishes, field[WHY_NAME]) : NULL;

        if (!wish || strcmp(field[WHY_KIND], "unmet") != 0)
            continue;
        if (rc == 0)
            rc = error_set(err, CHAOS_E_CONFIG, EINVAL, "%s:%u: CONFIG_%s=%s stays %s: %s",
                           wish->file, wish->line, wish->name, wish->value, field[WHY_HOW],
                           field[WHY_DETAIL]);
        else
            report("%s:%u: CONFIG_%s=%s stays %s: %s", wish->file, wish->line, wish->name,
                   wish->value, field[WHY_HOW], field[WHY_DETAIL]);
    }
    fclose(file);
    return rc;
}

int kernel_configure(const char *source, const char *obj, const struct wishes *wishes, bool strict,
                     chaos_error *err)
{
    const char *all = format("%s/all.config", obj), *wanted = format("%s/wanted", obj),
               *why = format("%s/why", obj);
    int rc = write_wishes(all, "CONFIG_", wishes, err);

    if (!rc)
        rc = write_wishes(wanted, "", wishes, err);
    if (!rc)
        rc = kernel_make(source, obj,
                         (const char *[]){format("KCONFIG_ALLCONFIG=%s", all), "allnoconfig", NULL},
                         NULL, false, err);
    unlink(why);
    if (!rc)
        rc = kernel_make(source, obj,
                         (const char *[]){format("WHY_WANTED=%s", wanted), "whyconfig", NULL}, why,
                         false, err);
    return rc < 0 || !strict ? rc : check(why, wishes, err);
}

static const char *reason_of(const struct wishes *wishes, char *field[WHY_FIELDS])
{
    const struct wish *wish = wish_find(wishes, field[WHY_NAME]);
    const char *detail = field[WHY_DETAIL] + strspn(field[WHY_DETAIL], " ");

    if (wish)
        return wish->reason ? wish->reason : format("%s:%u", wish->file, wish->line);
    if (strcmp(field[WHY_HOW], "select") == 0)
        return format("selected by %s", detail);
    if (strcmp(field[WHY_HOW], "prompt") == 0 || strcmp(field[WHY_HOW], "choice") == 0)
        return format("default of: %s", detail);
    return *detail ? format("default where %s", detail) : "default";
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct kernel_option *)a)->name, ((const struct kernel_option *)b)->name);
}

int kernel_options(const char *why, const struct wishes *wishes, struct kernel *out,
                   chaos_error *err)
{
    struct {
        struct kernel_option *items;
        size_t count, room;
    } list = {NULL, 0, 0};
    FILE *file = fopen(why, "re");
    char line[4096], *field[WHY_FIELDS];

    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", why);
    while (fgets(line, sizeof(line), file)) {
        if (why_split(line, field) && strcmp(field[WHY_KIND], "on") == 0)
            list_add(&list, (struct kernel_option){copy(field[WHY_NAME]), copy(field[WHY_VALUE]),
                                                   copy(reason_of(wishes, field))});
    }
    fclose(file);
    qsort(list.items, list.count, sizeof(list.items[0]), by_name);
    out->options = list.items;
    out->nr_options = list.count;
    return 0;
}
