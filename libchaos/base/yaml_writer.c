/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/yaml_writer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/util.h"

static const char inner[] = "  ", first_of_item[] = "- ";

static void add(struct yaml_writer *w, const char *bytes, size_t len)
{
    if (w->used + len + 1 > w->room) {
        size_t room = ROUND_UP(w->used + len + 1, 1024);
        char *more = w->failed ? NULL : realloc(w->text, room);

        if (!more) {
            w->failed = true;
            return;
        }
        w->text = more;
        w->room = room;
    }
    memcpy(w->text + w->used, bytes, len);
    w->used += len;
    w->text[w->used] = '\0';
}

static void add_text(struct yaml_writer *w, const char *text)
{
    add(w, text, strlen(text));
}

static void begin_key(struct yaml_writer *w, const char *key)
{
    if (w->prefix)
        add_text(w, w->prefix);
    if (w->prefix == first_of_item)
        w->prefix = inner;
    add_text(w, key);
    add(w, ":", 1);
}

/* Characters that YAML 1.1 counts as printable, and that are no line breaks. libyaml knows none
 * beyond the basic plane. */
static bool is_plain(uint32_t c)
{
    return c != '"' && c != '\\' &&
           ((c >= 0x20 && c <= 0x7e) || (c >= 0xa0 && c <= 0xd7ff) ||
            (c >= 0xe000 && c < 0xfffe)) &&
           c != 0x2028 && c != 0x2029 && c != 0xfeff;
}

static void add_escape(struct yaml_writer *w, uint32_t c)
{
    static const struct {
        uint32_t c;
        char letter;
    } letters[] = {{'"', '"'},  {'\\', '\\'},  {'\a', 'a'},  {'\b', 'b'}, {'\t', 't'},
                   {'\n', 'n'}, {'\v', 'v'},   {'\f', 'f'},  {'\r', 'r'}, {0x1b, 'e'},
                   {0x85, 'N'}, {0x2028, 'L'}, {0x2029, 'P'}};
    char text[12];

    for (size_t i = 0; i < ARRAY_SIZE(letters); i++) {
        if (letters[i].c == c) {
            add(w, (char[]){'\\', letters[i].letter}, 2);
            return;
        }
    }
    snprintf(text, sizeof(text), c <= 0xff ? "\\x%02X" : c <= 0xffff ? "\\u%04X" : "\\U%08X", c);
    add_text(w, text);
}

static void add_quoted(struct yaml_writer *w, const char *text)
{
    const char *start = text; /* of what is copied as it is */

    add(w, "\"", 1);
    while (*text) {
        uint32_t c = (unsigned char)*text;
        size_t len = c < 0x80 ? 1 : text_decode(text, &c);

        if (!len) {
            w->failed = true;
            return;
        }
        if (!is_plain(c)) {
            add(w, start, text - start);
            add_escape(w, c);
            start = text + len;
        }
        text += len;
    }
    add(w, start, text - start);
    add(w, "\"", 1);
}

void yaml_word(struct yaml_writer *w, const char *key, const char *value)
{
    begin_key(w, key);
    add(w, " ", 1);
    add_text(w, value);
    add(w, "\n", 1);
}

void yaml_quoted(struct yaml_writer *w, const char *key, const char *value)
{
    begin_key(w, key);
    add(w, " ", 1);
    add_quoted(w, value);
    add(w, "\n", 1);
}

void yaml_mapping(struct yaml_writer *w, const char *key)
{
    yaml_list(w, key);
    w->prefix = inner;
}

void yaml_list(struct yaml_writer *w, const char *key)
{
    begin_key(w, key);
    add(w, "\n", 1);
}

void yaml_end(struct yaml_writer *w)
{
    w->prefix = NULL;
}

void yaml_item_word(struct yaml_writer *w, const char *value)
{
    add_text(w, first_of_item);
    add_text(w, value);
    add(w, "\n", 1);
}

void yaml_item_begin(struct yaml_writer *w)
{
    w->prefix = first_of_item;
}

void yaml_item_end(struct yaml_writer *w)
{
    if (w->prefix == first_of_item) /* it has no key */
        yaml_item_word(w, "{}");
    w->prefix = NULL;
}
