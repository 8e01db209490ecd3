/* SPDX-License-Identifier: BSD-3-Clause */
/* The content of chaosd.yaml. */
#ifndef CHAOSD_SETTINGS_H
#define CHAOSD_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flavour;

/* Consoles, where a VM's own configuration says nothing else. */
struct console_settings {
    bool server;
    char log_dir[512]; /* "": none */
    uint64_t log_kib;  /* at which a log is rotated */
    unsigned int log_keep;
    uint64_t rate_kib;   /* output a second that is taken from one VM */
    uint64_t buffer_kib; /* of its last output that is kept for viewers */
};

struct settings {
    struct console_settings console;
    struct flavour *flavours;
    char group[64];
    uint64_t keep_free_kib;
    bool policies; /* follow on_poweroff, on_reboot and on_crash */
};

/* Reads the file; `why` says what is wrong with it. */
int settings_load(const char *path, struct settings *out, char *why, size_t room);
void settings_free(struct settings *settings);

#endif
