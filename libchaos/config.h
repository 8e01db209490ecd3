/* SPDX-License-Identifier: BSD-3-Clause */
/* The checked configuration of one VM; chaos.yaml(5) says what each key means. */
#ifndef CHAOS_CONFIG_H
#define CHAOS_CONFIG_H

#include "chaos.h"

#define CONFIG_MAX_CPUS   1024
#define CONFIG_MAX_VCPUS  128
#define CONFIG_MAX_BYTES  (1U << 20) /* a longer file is not a VM's configuration */
#define CONFIG_MAX_CMDLINE 1023      /* start_info's cmd_line, without its NUL */

struct chaos_config {
    char *name; /* NULL where none is given */
    enum chaos_type type;
    char *kernel;
    char *ramdisk; /* NULL: none */
    char *cmdline; /* never NULL */
    uint64_t memory_kib;
    unsigned int vcpus;
    bool pinned;                        /* cpus: was given */
    uint64_t cpus[CONFIG_MAX_CPUS / 64]; /* bit n: physical CPU n may run it */
    enum chaos_action on_poweroff, on_reboot, on_crash;
    char *console_log; /* NULL: none */
};

#endif
