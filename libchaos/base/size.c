/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/size.h"

#include "base/text.h"
#include "base/util.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct unit {
    const char *name;
    unsigned int shift; /* in KiB */
} units[] = {{"KiB", 0}, {"MiB", 10}, {"GiB", 20}, {"TiB", 30}};

int size_parse_kib(const char *text, uint64_t *kib)
{
    const char *p = text;
    unsigned int shift = 10;
    uint64_t number;

    if (!text_number(&p, &number))
        return -EINVAL;
    if (*p) {
        size_t i = 0;

        while (i < ARRAY_SIZE(units) && strcmp(p, units[i].name))
            i++;
        if (i == ARRAY_SIZE(units))
            return -EINVAL;
        shift = units[i].shift;
    }
    if (number > UINT64_MAX >> shift)
        return -ERANGE;
    *kib = number << shift;
    return 0;
}

int rate_parse_kib(const char *text, uint64_t *kib_per_s)
{
    size_t len = strcspn(text, "/");
    char size[SIZE_BUF] = "";

    if (len >= sizeof(size) || strcmp(text + len, "/s") != 0)
        return -EINVAL;
    memcpy(size, text, len);
    /* A size without a unit is in MiB. Nobody expects that of a rate: a rate needs its unit. */
    return strchr(size, 'B') ? size_parse_kib(size, kib_per_s) : -EINVAL;
}

const char *size_format_kib(uint64_t kib, char buf[SIZE_BUF])
{
    size_t i = ARRAY_SIZE(units) - 1;

    while (i > 0 && (!kib || kib & ((1ULL << units[i].shift) - 1)))
        i--;
    snprintf(buf, SIZE_BUF, "%" PRIu64 "%s", kib >> units[i].shift, units[i].name);
    return buf;
}

const char *size_guess(const char *text, char buf[SIZE_BUF])
{
    const char *p = text, *name = "MiB";
    uint64_t number = 0;

    while (p[0] == '0' && isdigit((unsigned char)p[1]))
        p++;
    if (text_number(&p, &number)) {
        p += strspn(p, " ");
        for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
            if (toupper((unsigned char)*p) == units[i].name[0])
                name = units[i].name;
        }
        for (int i = 0; i < 3 && isalpha((unsigned char)*p); i++)
            p++;
    }
    /* Nothing in "-5", "1.5GiB" or "lots" is worth repeating in a suggestion. */
    if (!number || number > 1U << 30 || *p) {
        number = 512;
        name = "MiB";
    }
    snprintf(buf, SIZE_BUF, "%" PRIu64 "%s", number, name);
    return buf;
}
