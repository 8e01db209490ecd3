/* SPDX-License-Identifier: BSD-3-Clause */
/* The content of chaosd.yaml. */
#ifndef CHAOSD_SETTINGS_H
#define CHAOSD_SETTINGS_H

#include <chaos.h>

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

/* Reads the file `path`. An `optional` one that does not exist is as good as an empty one. Returns
 * 0 or -errno; either way *out may be passed to settings_free. */
int settings_load(const char *path, bool optional, struct settings *out, chaos_error *err);
/* The same, of a text; `label` stands for the file in messages. */
int settings_parse(const char *label, const char *text, size_t len, struct settings *out,
                   chaos_error *err);
void settings_free(struct settings *settings);

#endif
