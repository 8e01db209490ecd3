/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/config.h"

#define PORTS_LEAST 1023 /* what every guest may have, and xl gives */
#define BARE_KIB    4096

const char *chaos_config_name(const chaos_config *cfg)
{
    return cfg->name;
}

enum chaos_type chaos_config_type(const chaos_config *cfg)
{
    return cfg->type;
}

const char *chaos_config_kernel(const chaos_config *cfg)
{
    return cfg->kernel;
}

const char *chaos_config_ramdisk(const chaos_config *cfg)
{
    return cfg->ramdisk;
}

const char *chaos_config_cmdline(const chaos_config *cfg)
{
    return cfg->cmdline;
}

uint64_t chaos_config_memory_kib(const chaos_config *cfg)
{
    return cfg->memory_kib;
}

unsigned int chaos_config_vcpus(const chaos_config *cfg)
{
    return cfg->vcpus;
}

const char *chaos_config_console_log(const chaos_config *cfg)
{
    return cfg->console_log;
}

/* A guest has up to 8 channels a vCPU (timer, IPIs, debugging, ...), and with a queue for each vCPU
 * two more for each interface and one for each disk. Xen needs memory only for those in use. */
unsigned int config_event_channels(const chaos_config *cfg)
{
    unsigned int needed = 64 + cfg->vcpus * (8 + 2 * cfg->nr_vifs + cfg->nr_vbds);

    if (cfg->max_event_channels)
        return cfg->max_event_channels;
    return needed > PORTS_LEAST ? needed : PORTS_LEAST;
}

bool config_is_bare(const chaos_config *cfg)
{
    return !cfg->nr_vifs && !cfg->nr_vbds && cfg->memory_kib <= BARE_KIB;
}
