/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/yaml_reader.h"

#include "base/text.h"
#include "base/util.h"

#include <stdio.h>
#include <string.h>

int reader_blame_at(struct reader *r, size_t line, size_t column, int rc)
{
    if (rc == -ENOMEM)
        return rc;
    if (r->key)
        error_prefix(r->err, rc, "%s", r->key);
    return error_prefix(r->err, rc, "%s:%zu:%zu", r->label, line + 1, column + 1);
}

int reader_blame(struct reader *r, int rc)
{
    return reader_blame_at(r, r->event.start_mark.line, r->event.start_mark.column, rc);
}

/* For a byte that it cannot read, libyaml gives the offset only: line and column are counted here.
 */
static int blame_byte(struct reader *r)
{
    size_t line = 0, column = 0;
    int rc;

    for (size_t i = 0; i < r->parser.problem_offset && i < r->len; i++) {
        if (r->text[i] == '\n') {
            line++;
            column = 0;
        } else if ((r->text[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    r->key = NULL;
    if (r->parser.problem_value == 0)
        rc = error_set(r->err, CHAOS_E_CONFIG, EINVAL, "a NUL byte (write UTF-8 text)");
    else if (!strncmp(r->parser.problem, "control", 7))
        rc = error_set(r->err, CHAOS_E_CONFIG, EINVAL, "a control character, 0x%02x (leave it out)",
                       (unsigned int)r->parser.problem_value);
    else
        rc = error_set(r->err, CHAOS_E_CONFIG, EINVAL, "not UTF-8 text (%s)", r->parser.problem);
    return reader_blame_at(r, line, column, rc);
}

/* The column of a tab in the indentation of a line (both from 0), or -1. */
static long indenting_tab(const struct reader *r, size_t line)
{
    const char *p = r->text, *end = r->text + r->len;

    for (; line && p < end; p++)
        line -= *p == '\n';
    for (const char *start = p; p < end && (*p == ' ' || *p == '\t'); p++) {
        if (*p == '\t')
            return p - start;
    }
    return -1;
}

static int blame_parser(struct reader *r)
{
    const yaml_parser_t *parser = &r->parser;
    size_t line = parser->problem_mark.line, column = parser->problem_mark.column;
    long tab;
    int rc;

    if (parser->error == YAML_MEMORY_ERROR)
        return error_oom(r->err);
    if (parser->error == YAML_READER_ERROR)
        return blame_byte(r);
    r->key = NULL;
    tab = indenting_tab(r, line);
    if (tab >= 0) {
        column = (size_t)tab;
        rc = error_set(r->err, CHAOS_E_CONFIG, EINVAL,
                       "a tab in the indentation (indent with spaces)");
    } else if (strstr(parser->problem, "cannot start any token")) {
        rc = error_set(r->err, CHAOS_E_CONFIG, EINVAL,
                       "no value begins like this (put it in quotes)");
    } else {
        rc = error_set(r->err, CHAOS_E_CONFIG, EINVAL, "not YAML: %s%s%s", parser->problem,
                       parser->context ? " " : "", parser->context ? parser->context : "");
    }
    return reader_blame_at(r, line, column, rc);
}

/* Refuses aliases, anchors and tags at any kind of value. */
static int check_plainness(struct reader *r)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;

    if (r->event.type == YAML_ALIAS_EVENT)
        return reader_wrong(r, "aliases are not accepted (write the value again instead of *%s)",
                            SHOW((const char *)r->event.data.alias.anchor));
    if (r->event.type == YAML_SCALAR_EVENT) {
        anchor = r->event.data.scalar.anchor;
        tag = r->event.data.scalar.tag;
    } else if (r->event.type == YAML_SEQUENCE_START_EVENT) {
        anchor = r->event.data.sequence_start.anchor;
        tag = r->event.data.sequence_start.tag;
    } else if (r->event.type == YAML_MAPPING_START_EVENT) {
        anchor = r->event.data.mapping_start.anchor;
        tag = r->event.data.mapping_start.tag;
    }
    if (anchor)
        return reader_wrong(r, "anchors are not accepted (leave out &%s)",
                            SHOW((const char *)anchor));
    if (tag)
        return reader_wrong(r, "tags are not accepted (write the value without its !)");
    return 0;
}

int reader_next(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (!yaml_parser_parse(&r->parser, &r->event))
        return blame_parser(r);
    return check_plainness(r);
}

bool reader_is_null(const struct reader *r)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};

    if (r->event.type != YAML_SCALAR_EVENT || r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (!strcmp((const char *)r->event.data.scalar.value, words[i]))
            return true;
    }
    return false;
}

int reader_scalar(struct reader *r, const char **out)
{
    const char *text = (const char *)r->event.data.scalar.value;

    if (r->event.type == YAML_MAPPING_START_EVENT)
        return reader_wrong(r, "is a mapping (give one value)");
    if (r->event.type == YAML_SEQUENCE_START_EVENT)
        return reader_wrong(r, "is a list (give one value)");
    if (memchr(text, 0, r->event.data.scalar.length))
        return reader_wrong(r, "holds a NUL");
    if (reader_is_null(r))
        return reader_wrong(r, "has no value (give one, or leave the key out)");
    *out = text;
    return 0;
}

int reader_key(struct reader *r, const char *parent, char *name, size_t size)
{
    const char *text;
    int rc = reader_next(r);

    if (rc < 0)
        return rc;
    if (r->event.type == YAML_MAPPING_END_EVENT)
        return 0;
    if (r->event.type != YAML_SCALAR_EVENT)
        return reader_wrong(r, "a key is not a word (write KEY: VALUE)");
    text = (const char *)r->event.data.scalar.value;
    /* A name that is cut short, or that contains a NUL, is unknown, as it should be. */
    snprintf(name, size, "%s%s%s", parent, text,
             strlen(text) == r->event.data.scalar.length ? "" : "\\0");
    return 1;
}

int reader_begin(struct reader *r, const char *needed)
{
    int rc = reader_next(r); /* the stream's start */

    if (!rc)
        rc = reader_next(r);
    if (!rc && r->event.type == YAML_DOCUMENT_START_EVENT)
        rc = reader_next(r);
    if (rc < 0)
        return rc;
    if (r->event.type == YAML_STREAM_END_EVENT ||
        (r->event.type == YAML_SCALAR_EVENT && !r->event.data.scalar.length))
        return !needed ? 0
                       : reader_blame_at(r, 0, 0,
                                         error_set(r->err, CHAOS_E_CONFIG, EINVAL,
                                                   "no key in it (%s)", needed));
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return reader_wrong(r, "not a mapping (write KEY: VALUE, one a line)");
    return 0;
}

int reader_end(struct reader *r, const char *one)
{
    int rc;

    r->key = NULL;
    rc = reader_next(r); /* the document's end */
    if (!rc)
        rc = reader_next(r);
    if (!rc && r->event.type != YAML_STREAM_END_EVENT)
        return reader_wrong(r, "a second document begins (write one %s a file)", one);
    return rc;
}

int reader_open(struct reader *r, const char *label, const char *text, size_t len, chaos_error *err)
{
    *r = (struct reader){.label = label, .text = text, .len = len, .err = err};
    if (len > READER_MAX_BYTES)
        return error_set(err, CHAOS_E_CONFIG, EFBIG,
                         "%s: longer than 1 MiB, which no configuration is", label);
    if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
        r->text += 3;
        r->len -= 3;
    }
    if (!yaml_parser_initialize(&r->parser))
        return error_oom(err);
    /* Without this a file that begins like UTF-16 would be read as such. */
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)r->text, r->len);
    return 0;
}

void reader_close(struct reader *r)
{
    yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
}
