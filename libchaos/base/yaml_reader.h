/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads YAML files that people write, one libyaml event at a time, and makes messages that say
 * where the file is wrong. */
#ifndef CHAOS_READER_H
#define CHAOS_READER_H

#include "base/error.h"

#include <errno.h>
#include <stdbool.h>
#include <yaml.h>

#define READER_MAX_BYTES (1U << 20) /* a longer file is no configuration */

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    const char *label, *text;
    size_t len;
    const char *key; /* the one whose value is being read, for messages */
    chaos_error *err;
};

/* Reads the whole file. *base is the directory at which relative paths in it begin (NULL: the
 * working directory). The caller frees both. */
int reader_load(const char *path, char **text, size_t *len, char **base, chaos_error *err);

/* `label` stands for the file in messages. The caller keeps it and the text until reader_close.
 * After a failure there is nothing to close. */
int reader_open(struct reader *r, const char *label, const char *text, size_t len,
                chaos_error *err);
void reader_close(struct reader *r);
/* Reads from the file's start into the mapping that it must be. `needed` is for the message about
 * an empty file: the keys that are missing. If it is NULL the file may be empty, and then the
 * current event is no mapping. */
int reader_begin(struct reader *r, const char *needed);
/* Reads from the end of that mapping to the end of the file. `one` is for the message about a
 * second document: the thing that a file describes one of. */
int reader_end(struct reader *r, const char *one);

/* Goes to the next event. Refuses anchors, aliases and tags. */
int reader_next(struct reader *r);
/* True where a key has no value: nothing behind it, ~ or null in any of YAML's spellings. */
bool reader_is_null(const struct reader *r);
/* The text of the current event; fails if that is not a scalar, or has no value. */
int reader_scalar(struct reader *r, const char **out);
/* Goes to the next key of a mapping: 1, or 0 at the mapping's end. `name` gets `parent` and the key
 * behind it, cut short if that is longer than any known key. */
int reader_key(struct reader *r, const char *parent, char *name, size_t size);

/* Puts FILE:LINE:COLUMN and the key before the message that was recorded with `rc`. The arguments
 * count from 0. Returns rc. */
int reader_blame_at(struct reader *r, size_t line, size_t column, int rc);
/* The same, with the place of the current event. */
int reader_blame(struct reader *r, int rc);
#define reader_wrong(r, ...)                                                                       \
    reader_blame(r, error_set((r)->err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__))

#endif
