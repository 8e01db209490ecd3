/* SPDX-License-Identifier: BSD-3-Clause */
/* A domain without an image, as a build finds it, and what the build leaves for later steps. */
#ifndef CHAOS_GUEST_H
#define CHAOS_GUEST_H

#include "build/memory.h"

/* The places that later steps need in a built guest. Frames are as hv_map takes them. */
struct built {
    uint64_t console_frame;
    uint64_t cmdline_frame;
    uint32_t cmdline_offset; /* in that page; CONFIG_MAX_CMDLINE + 1 bytes are its room */
    uint64_t bus_frame;      /* the page for the devices' bus; PVH: 0 without a bus_port */
};

struct guest {
    uint32_t domid;
    enum chaos_type type;
    unsigned int vcpus;
    struct memory memory;
    uint32_t console_port; /* the guest's end, for Dom0 to bind */
    uint32_t bus_port;     /* the same for the bus of its devices; 0: none */
    bool store;            /* that bus is XenStore, and the guest is told so */
    uint64_t shared_info;  /* machine frame (PV) */
    bool early;            /* PV: page tables are there before the image (pv_early.h) */
    bool placed;           /* so are the pages of console and bus: `built` has their frames */
    /* What the build puts at the beginning of the page for the bus; 0 bytes: what it sees fit. */
    const void *bus_content;
    size_t bus_bytes;
    struct built built; /* valid once an image is in it; two frames of it where `placed` */
};

#endif
