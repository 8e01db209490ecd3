/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of Xen as kernel-patches/xen/xen/arch/x86/noxs.c calls, on the host: memory of the caller
 * that ends, that cannot be written, that changes between two reads; allocations that fail. Names
 * and meanings are Xen's; fuzz_noxs_op.c says when something fails.
 */
#ifndef TESTS_FUZZ_XEN_SHIM_H
#define TESTS_FUZZ_XEN_SHIM_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "must.h"

#define CONFIG_HVM           1
#define DOMID_FIRST_RESERVED 0x7ff0
#define DOMID_SELF           0x7ff0
#define PAGE_SIZE            4096
#define PAGE_ORDER_4K        0
#define SHARE_ro             1
#define XSM_PRIV             0

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define smp_wmb()
#define write_atomic(p, v) __atomic_store_n(p, v, __ATOMIC_RELAXED)

/* Frames: of the host by number of the page in this process, of a domain below SHIM_FRAMES. */
typedef struct {
    unsigned long mfn;
} mfn_t;
typedef struct {
    unsigned long gfn;
} gfn_t;
#define SHIM_FRAMES       16
#define _gfn(x)           ((gfn_t){x})
#define mfn_x(x)          ((x).mfn)
#define gfn_x(x)          ((x).gfn)
#define mfn_eq(a, b)      ((a).mfn == (b).mfn)
#define INVALID_MFN       ((mfn_t){~0UL})
#define INVALID_M2P_ENTRY (~0UL)
#define mfn_valid(x)      (!mfn_eq(x, INVALID_MFN))

typedef enum { p2m_invalid, p2m_ram_rw, p2m_ram_ro, p2m_mmio_direct } p2m_type_t;

struct noxs;
struct page_info;

struct domain {
    uint16_t domain_id;
    bool is_dying;
    struct noxs *noxs;
    /* What Xen keeps elsewhere. */
    bool translated, control, forbidden;
    unsigned int locks, references, virqs;
    mfn_t frame[SHIM_FRAMES];
    p2m_type_t frame_type[SHIM_FRAMES];
};

struct vcpu {
    struct domain *domain;
};
extern struct vcpu *current;

#define paging_mode_translate(d) ((d)->translated)
#define gfn_valid(d, x)          (gfn_x(x) < SHIM_FRAMES)

/* The caller's memory: SHIM_MEMORY bytes from SHIM_BASE on; nothing else can be read or written. */
#define SHIM_BASE   0x10000UL
#define SHIM_MEMORY 8192UL
struct shim {
    uint8_t memory[SHIM_MEMORY];
    unsigned long readonly_from; /* an offset; what is there and behind cannot be written */
    unsigned int reads, writes;
    unsigned int allocations, failing; /* the failing-th allocation of a call fails; 0: none */
    void (*changed)(void);             /* called after each read: another vCPU of the caller's */
};
extern struct shim shim;

#define DEFINE_XEN_GUEST_HANDLE(name)                                                              \
    typedef struct {                                                                               \
        name *p;                                                                                   \
    } handle_##name
typedef struct {
    uint8_t *p;
} handle_void;
#define XEN_GUEST_HANDLE_PARAM(name)            handle_##name
#define guest_handle_cast(handle, name)         ((handle_##name){(void *)(handle).p})
#define guest_handle_add_offset(handle, n)      ((handle).p += (n))
#define guest_handle_subtract_offset(handle, n) ((handle).p -= (n))
#define copy_from_guest(to, handle, n)                                                             \
    shim_read(to, (uintptr_t)(handle).p, (size_t)(n) * sizeof(*(to)))
#define copy_to_guest(handle, from, n)                                                             \
    shim_write((uintptr_t)(handle).p, from, (size_t)(n) * sizeof(*(from)))
unsigned long shim_read(void *to, uintptr_t from, size_t size);
unsigned long shim_write(uintptr_t to, const void *from, size_t size);

void *shim_alloc(size_t size, size_t alignment, bool zero);
#define xzalloc(type)          ((type *)shim_alloc(sizeof(type), 16, true))
#define xmalloc_array(type, n) ((type *)shim_alloc(sizeof(type) * (n), 16, false))
#define xzalloc_array(type, n) ((type *)shim_alloc(sizeof(type) * (n), 16, true))
#define xfree(p)               free(p)
#define alloc_xenheap_page()   shim_alloc(PAGE_SIZE, PAGE_SIZE, false)
#define free_xenheap_page(p)   free(p)
#define clear_page(p)          memset(p, 0, PAGE_SIZE)
#define virt_to_page(p)        ((struct page_info *)(p))
#define page_to_mfn(page)      ((mfn_t){(uintptr_t)(page) / PAGE_SIZE})
#define mfn_to_page(x)         ((struct page_info *)(mfn_x(x) * PAGE_SIZE))
#define is_special_page(page)  shim_special(page)
#define get_gpfn_from_mfn(x)   shim_gfn_of(x)
bool shim_special(const struct page_info *page);
unsigned long shim_gfn_of(unsigned long mfn);
void share_xen_page_with_guest(struct page_info *page, struct domain *d, int flags);

mfn_t get_gfn(struct domain *d, unsigned long gfn, p2m_type_t *type);
void put_gfn(struct domain *d, unsigned long gfn);
int p2m_remove_page(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order);
int guest_remove_page(struct domain *d, unsigned long gfn);
int p2m_add_page(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order, p2m_type_t type);

void domain_lock(struct domain *d);
void domain_unlock(struct domain *d);
struct domain *rcu_lock_domain_by_any_id(uint16_t domid);
void rcu_unlock_domain(struct domain *d);
void send_guest_global_virq(struct domain *d, unsigned int virq);
int xsm_noxs(int action, struct domain *d);

void noxs_domain_destroy(struct domain *d);

#endif
