/* SPDX-License-Identifier: BSD-3-Clause */
/* The reader of a VM's configuration. */
#ifndef CHAOS_CONFIG_READER_H
#define CHAOS_CONFIG_READER_H

#include "config/config_device.h"
#include "base/yaml_reader.h"

struct config_reader {
    struct reader yaml;
    const char *base; /* where relative paths begin */
    chaos_config *cfg;
};

/* Looks at the key of a list; takes its items. */
int config_reader_list(struct config_reader *c, enum config_list list);

#endif
