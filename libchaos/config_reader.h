/* SPDX-License-Identifier: BSD-3-Clause */
/* One libyaml event after the other, and what to say of one that is not right. */
#ifndef CHAOS_CONFIG_READER_H
#define CHAOS_CONFIG_READER_H

#include "config_device.h"
#include "error.h"

#include <errno.h>
#include <yaml.h>

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the one that is looked at */
    const char *label, *base, *text;
    size_t len;
    chaos_config *cfg;
    const char *key; /* whose value is read, for messages */
    chaos_error *err;
};

/* Looks at the next event. Anchors, aliases and tags are refused here. */
int reader_next(struct reader *r);
/* The text of the scalar looked at; fails where it is none, or has no value. */
int reader_scalar(struct reader *r, const char **out);

/* Puts FILE:LINE:COLUMN (counted from 0 here) and the key before the message that `rc` came with.
 * Returns rc. */
int reader_blame_at(struct reader *r, size_t line, size_t column, int rc);
/* The same, at the event looked at. */
int reader_blame(struct reader *r, int rc);
#define reader_wrong(r, ...)                                                                       \
    reader_blame(r, error_set((r)->err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__))

/* Looks at the key of a list; takes its items. */
int reader_list(struct reader *r, enum config_list list);

#endif
