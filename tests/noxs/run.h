/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026, the chaos authors */
#ifndef TESTS_NOXS_RUN_H
#define TESTS_NOXS_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include <noxs/ioctl.h>

#include "noxs.h"

#define RUN_DEVICES 16

struct run {
    bool pvh;
    unsigned int memory_mib;
    int seconds;
    const char *kernel, *ramdisk, *cmdline;

    uint32_t domid;
    unsigned int nr;
    struct noxs_request request[RUN_DEVICES];
    struct noxs_entry entry[RUN_DEVICES];

    struct noxs *noxs;
    int dev; /* /dev/noxs */
    struct xencons_interface *console;
    uint32_t console_port;
};

/* devices.c */
void run_add_control(struct run *run);
void run_add_vif(struct run *run, const char *text);
void run_add_vbd(struct run *run, const char *text);
void run_make_devices(struct run *run);
void run_drop_devices(struct run *run);
int run_power(struct run *run, uint32_t request);
int run_plug(struct run *run, const char *text);
int run_unplug(struct run *run, uint16_t index);
void run_list(struct run *run);

/* boot.c */
void run_start(struct run *run);
int run_ended(struct run *run); /* SHUTDOWN_* or -1 */
void run_console(struct run *run);
void run_end(struct run *run);

#endif
