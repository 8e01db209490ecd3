/* SPDX-License-Identifier: BSD-3-Clause */
/* YAML files that people write: one libyaml event after the other, and what to say of one that is
 * not right. */
#ifndef CHAOS_READER_H
#define CHAOS_READER_H

#include "base/error.h"

#include <errno.h>
#include <stdbool.h>
#include <yaml.h>

#define READER_MAX_BYTES (1U << 20) /* a longer file is no configuration */

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the one that is looked at */
    const char *label, *text;
    size_t len;
    const char *key; /* whose value is read, for messages */
    chaos_error *err;
};

/* The whole file in memory, and the directory that relative paths in it begin at (NULL: the working
 * one). The caller frees both. */
int reader_load(const char *path, char **text, size_t *len, char **base, chaos_error *err);

/* `label` stands for the file in messages; it and the text are kept as they are until reader_close.
 * After a failure there is nothing to close. */
int reader_open(struct reader *r, const char *label, const char *text, size_t len,
                chaos_error *err);
void reader_close(struct reader *r);
/* From the file's start to the mapping that it must be; `needed` says what an empty file lacks.
 * NULL: it may be empty, and then no mapping is looked at. */
int reader_begin(struct reader *r, const char *needed);
/* From that mapping's end to the file's; `one` is what each file holds one of. */
int reader_end(struct reader *r, const char *one);

/* Looks at the next event. Anchors, aliases and tags are refused here. */
int reader_next(struct reader *r);
/* True where a key has no value: nothing behind it, ~ or null in any of YAML's spellings. */
bool reader_is_null(const struct reader *r);
/* The text of the scalar looked at; fails where it is none, or has no value. */
int reader_scalar(struct reader *r, const char **out);
/* Looks at the next key of a mapping, whose name behind `parent` goes to `name`, cut short where it
 * is too long for any known one; 0 at the mapping's end, else 1. */
int reader_key(struct reader *r, const char *parent, char *name, size_t size);

/* Puts FILE:LINE:COLUMN (counted from 0 here) and the key before the message that `rc` came with.
 * Returns rc. */
int reader_blame_at(struct reader *r, size_t line, size_t column, int rc);
/* The same, at the event looked at. */
int reader_blame(struct reader *r, int rc);
#define reader_wrong(r, ...)                                                                       \
    reader_blame(r, error_set((r)->err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__))

#endif
