/* SPDX-License-Identifier: BSD-3-Clause */
/* cpus of xl.cfg(5): text is for all vCPUs, a list has an entry for each vCPU. */
#include "config/xl.h"

#include "base/error.h"
#include "base/text.h"
#include "config/cpus.h"

#include <errno.h>
#include <string.h>

static int read_one(struct xl_reader *x, const struct xl_pair *pair, const struct xl_value *value,
                    uint64_t bits[CPUS_WORDS])
{
    struct cpu_list list = {0};
    int rc;

    if (value->kind == XL_LIST)
        return xl_wrong(x, value->where, pair->name, "a list in a list");
    if (strstr(value->text, "node"))
        return xl_refuse(x, value->where, pair->name,
                         "\"%s\" names NUMA nodes, which has no counterpart (give their CPUs)",
                         SHOW(value->text));
    rc = cpus_add(&list, value->text, x->err);
    if (!rc)
        rc = cpus_finish(&list, bits, x->err);
    return rc < 0 ? xl_blame(x, value->where, pair->name, rc) : 0;
}

static int put(struct xl_reader *x, const struct xl_pair *pair, const uint64_t bits[CPUS_WORDS])
{
    char text[CPUS_BUF];

    return xl_set(x, pair, KEY_CPUS, cpus_format(bits, text));
}

int xl_cpus(struct xl_reader *x, const struct xl_pair *pair)
{
    const struct xl_pair *vcpus = xl_find(&x->file, "vcpus");
    uint64_t first[CPUS_WORDS], other[CPUS_WORDS], count = 1;
    int rc;

    if (pair->value.kind != XL_LIST) {
        rc = read_one(x, pair, &pair->value, first);
        return rc ? rc : put(x, pair, first);
    }
    if (!pair->value.nr)
        return 0;
    rc = vcpus ? xl_number(x, vcpus, &count) : 0;
    if (!rc)
        rc = read_one(x, pair, &pair->value.items[0], first);
    if (rc)
        return rc;
    for (size_t i = 1; i < pair->value.nr; i++) {
        rc = read_one(x, pair, &pair->value.items[i], other);
        if (rc)
            return rc;
        if (memcmp(first, other, sizeof(first)))
            return xl_refuse(x, pair->value.items[i].where, pair->name,
                             "each vCPU has CPUs of its own in a list, which has no counterpart "
                             "(write the same for all, as in cpus = \"0-3\")");
    }
    if (count > pair->value.nr)
        return xl_refuse(x, pair->value.where, pair->name,
                         "a list of %zu leaves vCPU %zu on all CPUs, which has no counterpart "
                         "(write the same for all, as in cpus = \"0-3\")",
                         pair->value.nr, pair->value.nr);
    return put(x, pair, first);
}
