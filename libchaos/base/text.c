/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define GUESS_LEN 32 /* all words that are guessed at are shorter */

size_t text_decode(const char *s, uint32_t *out)
{
    static const uint32_t least[] = {0, 1, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)s[0];
    uint32_t value;
    size_t len;

    if (first < 0x80) {
        *out = first;
        return first ? 1 : 0;
    }
    if (first >= 0xc2 && first < 0xe0)
        len = 2;
    else if (first >= 0xe0 && first < 0xf0)
        len = 3;
    else if (first >= 0xf0 && first < 0xf5)
        len = 4;
    else
        return 0;
    value = first & (0x7fU >> len);
    for (size_t i = 1; i < len; i++) {
        if (((unsigned char)s[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | ((unsigned char)s[i] & 0x3f);
    }
    if (value < least[len] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return 0;
    *out = value;
    return len;
}

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

const char *text_show(const char *text, char buf[TEXT_BUF])
{
    size_t at = 0, shown = 0;

    while (text[shown]) {
        uint32_t c = 0;
        size_t len = text_decode(text + shown, &c);
        bool plain = len && !is_control(c);
        size_t take = len ? len : 1;

        if (shown + take > TEXT_SHOWN) {
            memcpy(buf + at, "...", 3);
            at += 3;
            break;
        }
        for (size_t i = 0; i < take; i++, shown++) {
            if (plain)
                buf[at++] = text[shown];
            else
                at += (size_t)sprintf(buf + at, "\\x%02x", (unsigned char)text[shown]);
        }
    }
    buf[at] = '\0';
    return buf;
}

const char *text_fault(const char *text)
{
    while (*text) {
        uint32_t c = 0;
        size_t len = text_decode(text, &c);

        if (!len)
            return "is not UTF-8 text";
        if (c == '\n' || c == '\r')
            return "holds a line break (in YAML, fold lines with >- rather than > or |)";
        if (is_control(c) && c != '\t')
            return "holds a control character";
        text += len;
    }
    return NULL;
}

bool text_number(const char **p, uint64_t *out)
{
    const char *s = *p;
    uint64_t value = 0;

    if (*s < '0' || *s > '9' || (s[0] == '0' && s[1] >= '0' && s[1] <= '9'))
        return false;
    for (; *s >= '0' && *s <= '9'; s++) {
        uint64_t digit = (uint64_t)(*s - '0');

        value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
    }
    *p = s;
    *out = value;
    return true;
}

static unsigned int least(unsigned int a, unsigned int b)
{
    return a < b ? a : b;
}

/* How many letters must be changed, added, dropped, or swapped with their neighbour to turn `a`
 * into `b`. */
static unsigned int distance(const char *a, size_t alen, const char *b, size_t blen)
{
    unsigned int row[GUESS_LEN + 1][GUESS_LEN + 1];

    for (unsigned int i = 0; i <= alen; i++) {
        for (unsigned int j = 0; j <= blen; j++) {
            if (!i || !j) {
                row[i][j] = i + j;
                continue;
            }
            row[i][j] = least(row[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
                              least(row[i - 1][j], row[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[i][j] = least(row[i][j], row[i - 2][j - 2] + 1);
        }
    }
    return row[alen][blen];
}

const char *text_guess(const char *word, const char *const *known, size_t count)
{
    size_t len = strnlen(word, GUESS_LEN + 1);
    unsigned int best = 3;
    const char *guess = NULL;

    for (size_t i = 0; i < count && len <= GUESS_LEN; i++) {
        size_t other = strlen(known[i]);
        unsigned int d;

        if (other > GUESS_LEN)
            continue;
        d = distance(word, len, known[i], other);
        /* With two letters of four changed it is another word rather than a slip of the finger. */
        if (d < best && 2 * d < other) {
            best = d;
            guess = known[i];
        }
    }
    return guess;
}
