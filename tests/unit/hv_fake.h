/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hypervisor for unit tests: struct hv_backend over a file in memory. Guests have real pages
 * (filled with FAKE_POISON until somebody writes them), so that what a build wrote can be read back
 * as the guest would; frames are never in order. It refuses what Xen refuses, and a test can make
 * any one call fail. What no toolstack may do at all (unmapping twice, touching Dom0) fails the
 * test on the spot.
 *
 * Its own memory does not count for failing_malloc.h.
 */
#ifndef HV_FAKE_H
#define HV_FAKE_H

#include "hv/hv.h"

#define FAKE_POISON 0xa5
#define FAKE_CPUS   4
#define FAKE_PORTS  16
#define FAKE_PARAMS 64
#define FAKE_E820   128
#define FAKE_GRANTS 8
/* The first machine frame: beyond 4 GiB, where 32 bits do not reach. */
#define FAKE_FRAME 0x123400ULL

struct fake_extent {
    uint64_t gfn, frame;
    uint32_t order;
};

struct fake_port {
    bool used;
    void *channel;         /* Dom0's end; NULL: unbound */
    unsigned int notified; /* what Dom0 sent since fake_notified */
};

/* What there is to see of a domain. */
struct fake_domain {
    struct fake_domain *next; /* by domid */
    struct hv_spec spec;
    uint32_t domid;
    bool dying, shutdown, started; /* started: its first vCPU has a context */
    unsigned int reason, pauses, vcpus;
    uint64_t pages, max_pages, shared_info, paging_pool;
    struct fake_extent *extents;
    size_t nr_extents;
    struct fake_extent *renumbered; /* single frames whose number changed since */
    size_t nr_renumbered;
    uint64_t pinned, hypercall_page; /* frames; 0: none */
    struct hv_pv_start pv;
    uint64_t pvh_entry, pvh_start_info;
    uint64_t params[FAKE_PARAMS];
    struct hv_e820 e820[FAKE_E820];
    unsigned int nr_e820;
    uint64_t affinity[128]; /* first word of each vCPU's; 0: anywhere */
    unsigned int weight, cap;
    uint64_t tsc_mode;
    uint64_t grants[FAKE_GRANTS]; /* frames that Dom0 may map; 0: no such grant */
    struct fake_port ports[FAKE_PORTS];
};

/* With `pages` of memory for guests. */
struct hv *fake_open(uint64_t pages);
/* NULL, or what was not given back: domains, memory, mappings, channels. */
const char *fake_leaks(struct hv *hv);

/* The n-th call from now on fails with `errnum`, once; each operation of a batch counts, and the
 * batch itself before them. 0: none. */
void fake_fail_at(struct hv *hv, unsigned long n, int errnum);
/* The call that was made to fail ("pin_l4_table"); NULL: it has not come to that. */
const char *fake_struck(struct hv *hv);
/* Calls so far. */
unsigned long fake_calls(struct hv *hv);

/* No run of more than 1 << order free frames is left. */
void fake_fragment(struct hv *hv, uint32_t order);
/* The next domain gets this id. */
void fake_next_domid(struct hv *hv, uint32_t domid);
/* A hypervisor without noxs: device pages lie in guests' memory. */
void fake_no_pages(struct hv *hv);
/* The host has a scheduler without weights. */
void fake_without_weights(struct hv *hv);
/* VIRQ_DOM_EXC is somebody else's. */
void fake_take_exc(struct hv *hv);
/* Its holder has gone. */
void fake_give_exc(struct hv *hv);
/* Called at the end of each list, as another process would come between. */
void fake_after_list(struct hv *hv, void (*fn)(void *opaque), void *opaque);

/* A running domain without memory, as somebody else makes it. Returns its id. */
uint32_t fake_add_domain(struct hv *hv, const uint8_t uuid[16]);
/* NULL where there is none. */
struct fake_domain *fake_domain(struct hv *hv, uint32_t domid);
unsigned int fake_count(struct hv *hv); /* domains but Dom0 */
/* Frame (guest frame for PVH) `frame` of the domain; fails the test where it has none such. */
void *fake_page(struct hv *hv, uint32_t domid, uint64_t frame);
/* The machine frame of a guest frame of either type, as the hypervisor gave it. */
uint64_t fake_frame_of(const struct fake_domain *dom, uint64_t gfn);

/* The guest ends itself. */
void fake_shutdown(struct hv *hv, uint32_t domid, unsigned int reason);
/* The guest sends an event; how many it was sent since last asked. */
void fake_guest_notify(struct hv *hv, uint32_t domid, uint32_t port);
unsigned int fake_notified(struct hv *hv, uint32_t domid, uint32_t port);

#endif
