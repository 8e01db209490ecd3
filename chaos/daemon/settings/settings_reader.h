/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading chaosd.yaml: what its files share. */
#ifndef CHAOSD_SETTINGS_READER_H
#define CHAOSD_SETTINGS_READER_H

#include <yaml.h>

#include "daemon/daemon.h"

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    const char *path;
    char *text, *shape; /* shape: the text with all but one flavour's shape blanked out */
    size_t len;
    char *why;
    size_t room;
    bool failed;
};

/* Says what is wrong at the event that is looked at; always false. */
bool config_wrong(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool config_next(struct reader *r);
/* The text of the scalar looked at; NULL after saying that it is none. */
const char *config_scalar(struct reader *r);
/* These look at the value of `key`. */
bool read_number(struct reader *r, const char *key, unsigned long min, unsigned long max,
                 unsigned int *out);
bool read_size(struct reader *r, const char *key, uint64_t min_kib, uint64_t max_kib,
               uint64_t *kib);
/* chaosd_config_pools.c, chaosd_config_console.c: the value of that key */
bool read_pools(struct reader *r, struct settings *out, chaos_error *err);
bool read_console(struct reader *r, struct console_settings *out);

#endif
