/* SPDX-License-Identifier: BSD-3-Clause */
/* A file in xl's format, as keys with their values. */
#include "config/xl.h"

#include "base/error.h"
#include "base/text.h"
#include "base/util.h"

#include <errno.h>
#include <string.h>

#define MAX_PAIRS 1000
#define MAX_DEPTH 8

void xl_value_free(struct xl_value *value)
{
    for (size_t i = 0; i < value->nr; i++)
        xl_value_free(&value->items[i]);
    free(value->items);
    free(value->text);
    memset(value, 0, sizeof(*value));
}

void xl_file_free(struct xl_file *file)
{
    for (size_t i = 0; i < file->nr; i++) {
        free(file->pairs[i].name);
        xl_value_free(&file->pairs[i].value);
    }
    free(file->pairs);
    memset(file, 0, sizeof(*file));
}

static struct xl_pair *find(const struct xl_file *file, const char *name)
{
    for (size_t i = 0; i < file->nr; i++) {
        if (!strcmp(file->pairs[i].name, name))
            return &file->pairs[i];
    }
    return NULL;
}

const struct xl_pair *xl_find(const struct xl_file *file, const char *name)
{
    return find(file, name);
}

/* Moves the item to the end of the list. */
static int append(struct xl_value *list, struct xl_value *item, chaos_error *err)
{
    if (list->nr == list->room) {
        size_t room = list->room ? 2 * list->room : 4;
        struct xl_value *more = realloc(list->items, room * sizeof(*more));

        if (!more)
            return error_oom(err);
        list->items = more;
        list->room = room;
    }
    list->items[list->nr++] = *item;
    memset(item, 0, sizeof(*item));
    return 0;
}

static int read_value(struct xl_lexer *lex, unsigned int depth, struct xl_value *out);

/* In a list a line may end anywhere. */
static int skip_lines(struct xl_lexer *lex)
{
    int rc = 0;

    while (!rc && lex->kind == XL_T_NEWLINE)
        rc = xl_lex_next(lex);
    return rc;
}

static int next_in_list(struct xl_lexer *lex)
{
    int rc = xl_lex_next(lex);

    return rc ? rc : skip_lines(lex);
}

static bool ends_statement(const struct xl_lexer *lex)
{
    return lex->kind == XL_T_NEWLINE || lex->kind == XL_T_SEMICOLON;
}

/* The current token is the list's "["; at the end it is the one behind "]". */
static int read_list(struct xl_lexer *lex, unsigned int depth, struct xl_value *out)
{
    struct config_where start = lex->where;
    int rc = next_in_list(lex);

    out->kind = XL_LIST;
    if (depth == MAX_DEPTH)
        return xl_lex_wrong(lex, start, "more than %d lists in each other", MAX_DEPTH);
    while (!rc && lex->kind != XL_T_CLOSE) {
        struct xl_value item = {.kind = XL_STRING};

        if (lex->kind == XL_T_END)
            return xl_lex_wrong(lex, start, "the list has no end (write ] behind it)");
        rc = read_value(lex, depth + 1, &item);
        if (!rc)
            rc = append(out, &item, lex->err);
        xl_value_free(&item);
        if (!rc)
            rc = skip_lines(lex);
        if (rc || lex->kind == XL_T_CLOSE)
            break;
        if (lex->kind == XL_T_END)
            return xl_lex_wrong(lex, start, "the list has no end (write ] behind it)");
        if (lex->kind != XL_T_COMMA)
            return xl_lex_wrong(lex, lex->where, "a comma is missing between two values");
        rc = next_in_list(lex);
    }
    return rc ? rc : xl_lex_next(lex);
}

/* The current token is the value's first one; at the end it is the one behind it. */
static int read_value(struct xl_lexer *lex, unsigned int depth, struct xl_value *out)
{
    out->where = lex->where;
    if (lex->kind == XL_T_OPEN)
        return read_list(lex, depth, out);
    if (lex->kind == XL_T_NAME)
        return xl_lex_wrong(lex, lex->where,
                            "\"%s\" is no value (write text in quotes; these files are no Python)",
                            SHOW(lex->text));
    if (lex->kind != XL_T_STRING && lex->kind != XL_T_NUMBER)
        return xl_lex_wrong(lex, lex->where, "a value is missing (write KEY = VALUE)");
    out->kind = lex->kind == XL_T_STRING ? XL_STRING : XL_NUMBER;
    out->text = lex->text;
    lex->text = NULL;
    return xl_lex_next(lex);
}

/* KEY += VALUE: a list gets more items, text goes on. */
static int add(struct xl_lexer *lex, struct xl_pair *pair, struct xl_value *value)
{
    struct xl_value *old = &pair->value;
    char *text;
    int rc = 0;

    if ((old->kind == XL_LIST) != (value->kind == XL_LIST))
        return xl_lex_wrong(lex, value->where, "%s: a list and a single value cannot be added",
                            SHOW(pair->name));
    for (size_t i = 0; i < value->nr && !rc; i++)
        rc = append(old, &value->items[i], lex->err);
    if (old->kind == XL_LIST)
        return rc;
    text = malloc(strlen(old->text) + strlen(value->text) + 1);
    if (!text)
        return error_oom(lex->err);
    strcpy(stpcpy(text, old->text), value->text);
    free(old->text);
    old->text = text;
    return 0;
}

/* Takes over the name, and the value. */
static int store(struct xl_lexer *lex, struct xl_file *file, char **name, struct config_where where,
                 bool more, struct xl_value *value)
{
    struct xl_pair *pair = find(file, *name);

    if (pair && more)
        return add(lex, pair, value);
    if (pair) {
        xl_value_free(&pair->value);
    } else {
        pair = &file->pairs[file->nr++];
        pair->name = steal(*name);
    }
    pair->where = where;
    pair->value = *value;
    memset(value, 0, sizeof(*value));
    return 0;
}

/* The current token is the key. */
static int read_pair(struct xl_lexer *lex, struct xl_file *file)
{
    cleanup_free char *name = lex->text;
    struct config_where where = lex->where;
    struct xl_value value = {.kind = XL_STRING};
    bool more;
    int rc;

    lex->text = NULL;
    rc = xl_lex_next(lex);
    if (rc < 0)
        return rc;
    more = lex->kind == XL_T_APPEND;
    if (!more && lex->kind != XL_T_ASSIGN)
        return xl_lex_wrong(lex, lex->where, "%s: no = behind the key (write KEY = VALUE)",
                            SHOW(name));
    rc = xl_lex_next(lex);
    if (!rc)
        rc = read_value(lex, 0, &value);
    if (!rc && !ends_statement(lex) && lex->kind != XL_T_END)
        rc = xl_lex_wrong(lex, lex->where, "%s: the line goes on behind its value", SHOW(name));
    if (!rc)
        rc = store(lex, file, &name, where, more, &value);
    xl_value_free(&value);
    return rc;
}

static int read_file(struct xl_lexer *lex, struct xl_file *file)
{
    unsigned int count = 0;
    int rc;

    file->pairs = calloc(MAX_PAIRS, sizeof(*file->pairs));
    if (!file->pairs)
        return error_oom(lex->err);
    while (!(rc = xl_lex_next(lex)) && lex->kind != XL_T_END) {
        if (ends_statement(lex))
            continue;
        if (lex->kind != XL_T_NAME)
            return xl_lex_wrong(lex, lex->where, "no key begins like this (write KEY = VALUE)");
        if (++count > MAX_PAIRS)
            return xl_lex_wrong(lex, lex->where, "more than %d keys", MAX_PAIRS);
        rc = read_pair(lex, file);
        if (rc < 0 || lex->kind == XL_T_END)
            break;
    }
    return rc;
}

int xl_parse(const char *label, const char *text, size_t len, struct xl_file *out, chaos_error *err)
{
    struct xl_lexer lex = {.label = label, .p = text, .end = text + len, .at = {1, 1}, .err = err};
    int rc = read_file(&lex, out);

    free(lex.text);
    if (rc < 0)
        xl_file_free(out);
    return rc;
}
