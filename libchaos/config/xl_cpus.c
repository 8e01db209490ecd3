/* SPDX-License-Identifier: BSD-3-Clause */
/* cpus of xl.cfg(5): text is for all vCPUs, a list has an entry for each vCPU. */
#include "config/xl.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

/* True for "^2,0-3": xl goes from left to right, and so excludes nothing. */
static bool includes_again(const char *text)
{
    for (text = strchr(text, '^'); text && (text = strchr(text, ','));) {
        text += 1 + strspn(text + 1, " ");
        if (*text != '^')
            return true;
    }
    return false;
}

static int read_one(struct xl_reader *x, const struct xl_pair *pair, const struct xl_value *value,
                    int (*put)(chaos_config *cfg, const char *text, chaos_error *err))
{
    int rc;

    if (value->kind == XL_LIST)
        return xl_wrong(x, value->where, pair->name, "a list in a list");
    if (strstr(value->text, "node"))
        return xl_refuse(x, value->where, pair->name,
                         "\"%s\" names NUMA nodes, which has no counterpart (give their CPUs)",
                         SHOW(value->text));
    if (includes_again(value->text))
        return xl_refuse(
            x, value->where, pair->name,
            "\"%s\" has a ^ ahead of CPUs that it does not hold for (write those with ^ "
            "last)",
            SHOW(value->text));
    rc = put(x->cfg, value->text, x->err);
    return rc < 0 ? xl_blame(x, value->where, pair->name, rc) : 0;
}

/* Entries for vCPUs that there are not say nothing, to xl, too. */
static int read_list(struct xl_reader *x, const struct xl_pair *pair, uint64_t count)
{
    int rc = 0;

    for (size_t i = 0; i < pair->value.nr && i < count && !rc; i++)
        rc = read_one(x, pair, &pair->value.items[i], config_cpus_add);
    if (rc || !x->cfg->pinned) /* left out as a whole, or all of them run anywhere */
        config_cpus_clear(x->cfg);
    if (!rc && pair->value.nr > count)
        rc = xl_note(x, pair->value.items[count].where, pair->name,
                     "has CPUs for %zu vCPUs, of which there are %zu", pair->value.nr,
                     (size_t)count);
    return rc;
}

int xl_cpus(struct xl_reader *x, const struct xl_pair *pair)
{
    const struct xl_pair *vcpus = xl_find(&x->file, "vcpus");
    uint64_t count = 1;
    int rc;

    x->cfg->where[KEY_CPUS] = pair->value.where;
    if (pair->value.kind != XL_LIST)
        return read_one(x, pair, &pair->value, config_cpus_set);
    rc = vcpus ? xl_number(x, vcpus, &count) : 0;
    return rc < 0 ? rc : read_list(x, pair, count);
}
