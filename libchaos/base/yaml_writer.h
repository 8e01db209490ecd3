/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes the YAML that our own configurations need: a mapping of words and quoted texts, with
 * mappings and lists in it, one below the other. The bytes are those of libyaml's emitter, which
 * took a fifth of all instructions of `chaos create` for them.
 */
#ifndef YAML_WRITER_H
#define YAML_WRITER_H

#include <stdbool.h>
#include <stddef.h>

struct yaml_writer {
    char *text; /* NUL-terminated once there is any; the caller's to free */
    size_t used, room;
    const char *prefix; /* of the next line; NULL: none */
    bool failed;        /* for want of memory, or by text that is not UTF-8; stays set */
};

/* KEY: VALUE, where the value needs no quotes. */
void yaml_word(struct yaml_writer *w, const char *key, const char *value);
/* KEY: "VALUE", of any text. */
void yaml_quoted(struct yaml_writer *w, const char *key, const char *value);
/* What follows is KEY's, until yaml_end: keys, or items. */
void yaml_mapping(struct yaml_writer *w, const char *key);
void yaml_list(struct yaml_writer *w, const char *key);
void yaml_end(struct yaml_writer *w);
/* An item of a list: a word, or the keys between begin and end. */
void yaml_item_word(struct yaml_writer *w, const char *value);
void yaml_item_begin(struct yaml_writer *w);
void yaml_item_end(struct yaml_writer *w);

#endif
