/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CHAOS_SHELL_H
#define CHAOS_SHELL_H

#include "chaos-pool.h"
#include "devices/devices.h"
#include "shell/host.h"
#include "build/memory.h"

/* Where execute, or who comes later, finds things in a built guest. Frames are as hv_map takes
 * them. */
struct built {
    uint64_t console_frame;
    uint64_t cmdline_frame;
    uint32_t cmdline_offset; /* in that page; CONFIG_MAX_CMDLINE + 1 bytes are its room */
};

/* A domain that is all there but for its image: what prepare leaves and execute takes. */
struct chaos_shell {
    uint8_t uuid[16];
    char uuid_text[CHAOS_UUID_TEXT];
    uint32_t domid;
    enum chaos_type type;
    unsigned int vcpus;
    struct memory memory;
    uint32_t console_port; /* the guest's end, for Dom0 to bind */
    uint64_t shared_info;  /* machine frame (PV) */
    struct devices devices;
    bool pooled; /* chaosd's: one that is untouched goes back to it */
    bool touched;
    bool early; /* PV: page tables are there before the image (pv_early.h) */

    /* What the build of an image leaves; of a warm shell it is there before execute. */
    bool warm;
    struct built built;
    char *built_cmdline; /* warm: what is in the guest's memory now */
    struct chaos_pool_image image;
};

/* Makes a shell. `marked`: as chaosd's. */
int shell_prepare(chaos_host *host, const chaos_config *cfg, bool marked, struct chaos_shell **out,
                  chaos_error *err);
/* Puts the configuration's kernel and ramdisk into it. */
int shell_build(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                chaos_error *err);

/* Frees what this process knows of it; the domain lives on. */
void shell_free(struct chaos_shell *shell);

#endif
