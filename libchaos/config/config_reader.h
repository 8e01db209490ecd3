/* SPDX-License-Identifier: BSD-3-Clause */
/* The reader of a VM's configuration. */
#ifndef CHAOS_CONFIG_READER_H
#define CHAOS_CONFIG_READER_H

#include "config/config_device.h"
#include "base/text.h"
#include "base/yaml_reader.h"

struct config_reader {
    struct reader yaml;
    const char *base; /* where relative paths begin */
    chaos_config *cfg;
    char item[16], pair[TEXT_BUF + 32]; /* "vifs[0]" and "vifs[0].mac", which yaml.key points to */
};

/* Reads the items of a list; the current event is its key. */
int config_reader_list(struct config_reader *c, enum config_list list);

#endif
