/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/config.h"

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
