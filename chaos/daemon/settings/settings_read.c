/* SPDX-License-Identifier: BSD-3-Clause */
#include "daemon/settings/settings_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "base/text.h"

#define KEYS_MAX 16

static int unknown_key(struct reader *r, const char *name, const struct setting *table,
                       size_t count)
{
    const char *names[KEYS_MAX], *guess;
    char all[256];
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        names[i] = table[i].name;
        used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
                                 i == 0           ? ""
                                 : i + 1 == count ? " and "
                                                  : ", ",
                                 names[i]);
    }
    guess = text_guess(name, names, count);
    if (guess)
        return reader_wrong(r, "\"%s\": unknown key (did you mean %s?)", SHOW(name), guess);
    return reader_wrong(r, "\"%s\": unknown key (there are %s)", SHOW(name), all);
}

int read_settings(struct reader *r, const char *parent, const struct setting *table, size_t count,
                  void *to)
{
    unsigned int lines[KEYS_MAX] = {0};
    char name[TEXT_BUF], full[2 * TEXT_BUF];
    int rc;

    while (r->key = parent, (rc = reader_key(r, "", name, sizeof(name))) > 0) {
        size_t i = 0;

        while (i < count && strcmp(table[i].name, name) != 0)
            i++;
        if (i == count)
            return unknown_key(r, name, table, count);
        snprintf(full, sizeof(full), "%s%s%s", parent ? parent : "", parent ? "." : "", name);
        r->key = full;
        if (lines[i])
            return reader_wrong(r, "given twice (first in line %u)", lines[i]);
        lines[i] = (unsigned int)r->event.start_mark.line + 1;
        rc = table[i].read(r, &table[i], to);
        if (rc < 0)
            break;
    }
    return rc;
}

int read_text(struct reader *r, const char **text)
{
    int rc = reader_next(r);

    return rc < 0 ? rc : reader_scalar(r, text);
}

int read_number(struct reader *r, const struct setting *s, void *to)
{
    const char *text, *end;
    uint64_t number;
    int rc = read_text(r, &text);

    if (rc < 0)
        return rc;
    end = text;
    if (!text_number(&end, &number) || *end || number < s->min || number > s->max)
        return reader_wrong(r, "\"%s\" is not a number from %" PRIu64 " to %" PRIu64, SHOW(text),
                            s->min, s->max);
    *(unsigned int *)((char *)to + s->offset) = (unsigned int)number;
    return 0;
}

int read_size(struct reader *r, const struct setting *s, void *to)
{
    char min[SIZE_BUF], max[SIZE_BUF], guess[SIZE_BUF];
    uint64_t kib = 0;
    const char *text;
    int rc = read_text(r, &text);

    if (rc < 0)
        return rc;
    rc = size_parse_kib(text, &kib);
    if (rc == -EINVAL)
        return reader_wrong(r, "\"%s\" is not a size (try %s)", SHOW(text),
                            size_guess(text, guess));
    if (rc < 0 || kib < s->min || kib > s->max)
        return reader_wrong(r, "\"%s\" is not from %s to %s", SHOW(text),
                            size_format_kib(s->min, min), size_format_kib(s->max, max));
    *(uint64_t *)((char *)to + s->offset) = kib;
    return 0;
}

int read_rate(struct reader *r, const struct setting *s, void *to)
{
    char min[SIZE_BUF], max[SIZE_BUF];
    uint64_t kib = 0;
    const char *text;
    int rc = read_text(r, &text);

    if (rc < 0)
        return rc;
    rc = rate_parse_kib(text, &kib);
    if (rc == -EINVAL)
        return reader_wrong(r, "\"%s\" is not a size a second (try 1MiB/s)", SHOW(text));
    if (rc < 0 || kib < s->min || kib > s->max)
        return reader_wrong(r, "\"%s\" is not from %s/s to %s/s", SHOW(text),
                            size_format_kib(s->min, min), size_format_kib(s->max, max));
    *(uint64_t *)((char *)to + s->offset) = kib;
    return 0;
}

int read_choice(struct reader *r, const struct setting *s, void *to)
{
    const char *text;
    int rc = read_text(r, &text);

    if (rc < 0)
        return rc;
    if (strcmp(text, s->yes) != 0 && strcmp(text, s->no) != 0)
        return reader_wrong(r, "\"%s\" is neither %s nor %s", SHOW(text), s->yes, s->no);
    *(bool *)((char *)to + s->offset) = strcmp(text, s->yes) == 0;
    return 0;
}
