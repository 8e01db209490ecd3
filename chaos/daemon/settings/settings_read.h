/* SPDX-License-Identifier: BSD-3-Clause */
/* Mappings of chaosd.yaml, each described by a table of its keys. */
#ifndef CHAOSD_SETTINGS_READ_H
#define CHAOSD_SETTINGS_READ_H

#include "base/util.h"
#include "base/yaml_reader.h"
#include "daemon/settings/settings.h"

struct setting;
/* Looks at a key, and takes its value, which belongs to offset s->offset of `to`. 0, or negative
 * after an error. */
typedef int setting_fn(struct reader *r, const struct setting *s, void *to);

struct setting {
    const char *name;
    setting_fn *read;
    size_t offset;
    uint64_t min, max;    /* of a number, or of a size or rate in KiB */
    const char *yes, *no; /* of a choice */
};

/* A setting's bounds. */
#define FROM_TO(least, most) .min = (least), .max = (most)

/* Looks at a mapping's start; takes the mapping. Its keys are `parent` and a name of the table, in
 * messages; each may be given once. */
int read_settings(struct reader *r, const char *parent, const struct setting *table, size_t count,
                  void *to);

/* Takes the value of a key that is one scalar. */
int read_text(struct reader *r, const char **text);
setting_fn read_number; /* an unsigned int */
setting_fn read_size;   /* a uint64_t, in KiB */
setting_fn read_rate;   /* the same a second */
setting_fn read_choice; /* a bool */

/* The values of these keys of the file. */
setting_fn read_console; /* a struct console_settings */
setting_fn read_pools;   /* a list of struct flavour */

#endif
