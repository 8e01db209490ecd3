/* SPDX-License-Identifier: BSD-3-Clause */
/* The real hypervisor: what the files hv_xen*.c share. */
#ifndef CHAOS_HV_XEN_H
#define CHAOS_HV_XEN_H

#define __XEN_TOOLS__ 1
#include <xencall.h>
#include <xenctrl.h>
#include <xenforeignmemory.h>
#include <xentoollog.h>

#include "hv/hv.h"

/* Enough for a creation; more where a batch needs it. A page of it costs as much as three
 * hypercalls to have and to give back, which a command pays for each VM. */
#define ARENA_PAGES      3
#define ARENA_PAGES_MOST 16

struct hv_xen {
    struct hv hv;
    xencall_handle *call;
    xenforeignmemory_handle *memory;
    unsigned int pages_version; /* of this hypervisor's device pages */
    bool pages_known;           /* whether it was asked */
    bool own_tables;            /* Dom0 is no PV domain: its page tables are its own affair */
    xc_interface *ctrl;         /* opened when first needed: it costs five more open() */

    /* Hypercall-safe memory (locked, never faulting), reused by each call. */
    uint8_t *arena;
    size_t used, pages;
    uint32_t processor; /* CPUID 1, EAX; 0: not asked yet */
};

extern struct xentoollog_logger xen_quiet_logger;

/* From the arena, 8-byte aligned; NULL where it is full. */
void *arena_alloc(struct hv_xen *xen, size_t bytes);
/* Replaces the arena by one of `pages`; what was in it is lost. -ENOMEM. */
int arena_grow(struct hv_xen *xen, size_t pages);
/* Opens xen->ctrl; 0 or -errno. */
int need_ctrl(struct hv_xen *xen);
/* One domctl; 0 or -errno. `ctl` must lie in the arena. */
int domctl(struct hv_xen *xen, struct xen_domctl *ctl);
struct xen_domctl *domctl_new(struct hv_xen *xen, uint32_t cmd, uint32_t domid);

/* xen_multicall.c */
void hv_domain_decode(const struct xen_domctl_getdomaininfo *info, struct hv_domain *out);
int xen_run(struct hv *hv, uint32_t domid, struct hv_op *ops, size_t count);
/* xen_context.c: contexts in the arena; NULL where that is full */
void *pv_context_new(struct hv_xen *xen, const struct hv_pv_start *start);
void *pvh_context_new(struct hv_xen *xen, uint32_t entry, uint32_t start_info);
size_t pvh_context_size(void);

/* xen_map.c */
int xen_map(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count, void **out);
void xen_unmap(struct hv *hv, void *addr, size_t count);
int xen_seed_grants(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count);

/* xen_bss.c. NULL where there is no room there: to be mapped anywhere else, then. The _free
 * functions are false where `addr` is not theirs. */
void *near_arena(size_t pages);
bool near_arena_free(const void *addr);
void *near_window(int privcmd, uint32_t domid, size_t pages, const uint64_t *frames);
bool near_window_free(const void *addr);
/* The first page of the domain's grant table; near_window_free() takes it back. */
void *near_grants(int privcmd, uint32_t domid);

/* xen_channel.c */
int xen_channel_bind(struct hv *hv, uint32_t domid, uint32_t port, void **out);
int xen_channel_bind_exc(struct hv *hv, void **out);
int xen_channel_fd(void *channel);
int xen_channel_ack(void *channel);
int xen_channel_notify(void *channel);
void xen_channel_close(void *channel);

#endif
