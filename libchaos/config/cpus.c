/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/cpus.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_set(const uint64_t *bits, unsigned int cpu)
{
    return bits[cpu / 64] >> (cpu % 64) & 1;
}

/* Works a word at a time, because each configuration begins with "all". */
static void set(uint64_t *bits, uint64_t first, uint64_t last)
{
    for (uint64_t cpu = first; cpu <= last; cpu = (cpu | 63) + 1) {
        uint64_t end = last < (cpu | 63) ? last : cpu | 63;

        bits[cpu / 64] |= UINT64_MAX >> (63 - (end - cpu)) << (cpu % 64);
    }
}

static int too_high(uint64_t cpu, chaos_error *err)
{
    if (cpu == UINT64_MAX)
        return error_set(err, CHAOS_E_CONFIG, EINVAL, "a CPU's number is too high (0 to %d)",
                         CONFIG_MAX_CPUS - 1);
    return error_set(err, CHAOS_E_CONFIG, EINVAL, "CPU %llu is too high (0 to %d)",
                     (unsigned long long)cpu, CONFIG_MAX_CPUS - 1);
}

/* One item, NUL-terminated and without spaces around it: N, N-M, all, each perhaps after a ^. */
static int add_item(struct cpu_list *list, const char *item, chaos_error *err)
{
    const char *p = item;
    bool exclude = *p == '^';
    uint64_t first = 0, last = CONFIG_MAX_CPUS - 1;

    p += exclude;
    if (!strcmp(p, "all")) {
        p += 3;
    } else {
        bool good = text_number(&p, &first);

        if (strstr(item, "node"))
            return error_set(err, CHAOS_E_CONFIG, EINVAL,
                             "\"%s\" names NUMA nodes, which cannot be given (give their CPUs)",
                             SHOW(item));
        last = first;
        if (good && *p == '-') {
            p++;
            good = text_number(&p, &last);
        }
        if (!good || *p)
            return error_set(err, CHAOS_E_CONFIG, EINVAL,
                             "\"%s\" is not a list of CPUs (try 0-3,^2)", SHOW(item));
    }
    if (first >= CONFIG_MAX_CPUS || last >= CONFIG_MAX_CPUS)
        return too_high(first > last ? first : last, err);
    if (first > last)
        return error_set(err, CHAOS_E_CONFIG, EINVAL, "\"%s\" runs backwards (try %u-%u)",
                         SHOW(item), (unsigned int)last, (unsigned int)first);
    set(exclude ? list->out : list->in, first, last);
    return 0;
}

int cpus_add(struct cpu_list *list, const char *text, chaos_error *err)
{
    for (;;) {
        char item[TEXT_BUF]; /* longer than any correct item, and than a message can show */
        size_t len, end;
        int rc;

        text += strspn(text, " ");
        end = strcspn(text, ",");
        for (len = end; len > 0 && text[len - 1] == ' ';)
            len--;
        if (len > sizeof(item) - 1)
            len = sizeof(item) - 1;
        memcpy(item, text, len);
        item[len] = '\0';
        rc = add_item(list, item, err);
        if (rc < 0)
            return rc;
        if (!text[end])
            return 0;
        text += end + 1;
    }
}

int cpus_finish(const struct cpu_list *list, uint64_t bits[CPUS_WORDS], chaos_error *err)
{
    uint64_t some = 0;

    for (size_t i = 0; i < CPUS_WORDS; i++)
        some |= list->in[i] & ~list->out[i];
    if (!some)
        return error_set(err, CHAOS_E_CONFIG, EINVAL, "leaves no CPU to run on (try 0-3,^2)");
    for (size_t i = 0; i < CPUS_WORDS; i++)
        bits[i] = list->in[i] & ~list->out[i];
    return 0;
}

bool cpus_all(const uint64_t bits[CPUS_WORDS])
{
    for (size_t i = 0; i < CPUS_WORDS; i++) {
        if (bits[i] != UINT64_MAX)
            return false;
    }
    return true;
}

const char *cpus_format(const uint64_t bits[CPUS_WORDS], char buf[CPUS_BUF])
{
    size_t at = 0;

    buf[0] = '\0';
    for (unsigned int cpu = 0; cpu < CONFIG_MAX_CPUS; cpu++) {
        unsigned int last = cpu;

        if (!is_set(bits, cpu))
            continue;
        while (last + 1 < CONFIG_MAX_CPUS && is_set(bits, last + 1))
            last++;
        at += (size_t)sprintf(buf + at, "%s%u", at ? "," : "", cpu);
        if (last > cpu)
            at += (size_t)sprintf(buf + at, "-%u", last);
        cpu = last;
    }
    return buf;
}
