/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CHAOS_SHELL_H
#define CHAOS_SHELL_H

#include "devices.h"
#include "host.h"
#include "memory.h"

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
};

/* Frees what this process knows of it; the domain lives on. */
void shell_free(struct chaos_shell *shell);

#endif
