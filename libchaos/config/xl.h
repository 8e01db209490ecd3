/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files in xl's format (xl.cfg(5)): KEY = VALUE, where a value is text in quotes, a number or a
 * list. They are read in two steps: the language (xl_lex.c, xl_parse.c), then what each key means
 * here (xl_keys.c and the others).
 */
#ifndef CHAOS_XL_H
#define CHAOS_XL_H

#include "config/config.h"

#include <errno.h>

enum xl_kind { XL_STRING, XL_NUMBER, XL_LIST };

struct xl_value {
    enum xl_kind kind;
    char *text; /* of a string, without its quotes, or of a number, as it was written; else NULL */
    struct xl_value *items; /* of a list */
    size_t nr, room;
    struct config_where where;
};

struct xl_pair {
    char *name;
    struct config_where where;
    struct xl_value value;
};

/* Each name once: of two assignments the later one counts, as for xl. */
struct xl_file {
    struct xl_pair *pairs;
    size_t nr;
};

enum xl_token_kind {
    XL_T_END,
    XL_T_NEWLINE,
    XL_T_SEMICOLON,
    XL_T_NAME,
    XL_T_STRING,
    XL_T_NUMBER,
    XL_T_ASSIGN,
    XL_T_APPEND,
    XL_T_OPEN,
    XL_T_CLOSE,
    XL_T_COMMA,
};

struct xl_lexer {
    const char *label, *p, *end;
    struct config_where at; /* of p */
    chaos_error *err;
    /* The current token. */
    enum xl_token_kind kind;
    char *text; /* of a name, string or number; the lexer's, unless it is taken and set to NULL */
    struct config_where where;
};

/* Goes to the next token. */
int xl_lex_next(struct xl_lexer *lex);
/* Puts LABEL:LINE:COLUMN before the message that was recorded with `rc`. Returns rc. */
int xl_lex_blame(const struct xl_lexer *lex, struct config_where where, int rc);
#define xl_lex_wrong(lex, where, ...)                                                              \
    xl_lex_blame(lex, where, error_set((lex)->err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__))

int xl_parse(const char *label, const char *text, size_t len, struct xl_file *out,
             chaos_error *err);
void xl_value_free(struct xl_value *value);
void xl_file_free(struct xl_file *file);
/* NULL if the file does not have the key. */
const struct xl_pair *xl_find(const struct xl_file *file, const char *name);

struct xl_reader {
    const char *label;
    const char *base; /* where relative paths begin */
    struct xl_file file;
    chaos_config *cfg;
    bool strict, left_out;
    chaos_error *err;
};

/* Puts LABEL:LINE:COLUMN: KEY before the message that was recorded with `rc`. Returns rc. */
int xl_blame(struct xl_reader *x, struct config_where where, const char *key, int rc);
#define xl_wrong(x, where, key, ...)                                                               \
    xl_blame(x, where, key, error_set((x)->err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__))
/* Notes that something of the file is lost, though the VM can be made without it. 0 or -ENOMEM. */
int xl_note(struct xl_reader *x, struct config_where where, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* For what would make another VM of it: an error if the reader is strict. Else it is noted, and the
 * result is 1: the caller goes on without it. */
int xl_refuse(struct xl_reader *x, struct config_where where, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The text of a value that is no list. */
int xl_text(struct xl_reader *x, const struct xl_pair *pair, const char **out);
/* A whole number, decimal, 0x... or 0... (octal), in quotes or not. */
int xl_number(struct xl_reader *x, const struct xl_pair *pair, uint64_t *out);
/* True for 0, "" and []. */
bool xl_is_off(const struct xl_value *value);

/* What becomes of each key. All return 0, or 1 where xl_refuse has left it out. */
int xl_apply(struct xl_reader *x, const struct xl_pair *pair);
/* A key that xl has and chaos does not: true, and *rc is what xl_note or xl_refuse returned, or 0
 * where the value is what a VM has without it. */
bool xl_apply_other(struct xl_reader *x, const struct xl_pair *pair, int *rc);
int xl_cpus(struct xl_reader *x, const struct xl_pair *pair);
int xl_vifs(struct xl_reader *x, const struct xl_pair *pair);
int xl_disks(struct xl_reader *x, const struct xl_pair *pair);
/* Sets one key of the configuration, whose message names `pair`. */
int xl_set(struct xl_reader *x, const struct xl_pair *pair, enum config_key key, const char *text);

/* Sees by the first statement that a file is in xl's format: it is NAME = ... or NAME += .... */
bool config_is_xl(const char *text, size_t len);
/* Reads it. Not strict: also what has no counterpart, but makes another VM of it, is a note, and
 * *whole is false. */
int config_read_xl(const char *label, const char *base, const char *text, size_t len, bool strict,
                   bool *whole, chaos_config **out, chaos_error *err);

#endif
