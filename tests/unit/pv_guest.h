/* SPDX-License-Identifier: BSD-3-Clause */
/* A PV guest on the fake hypervisor as it sees itself when it starts: by virtual addresses, through
 * the page tables that it was given, as the processor would. */
#ifndef PV_GUEST_H
#define PV_GUEST_H

#include <stdint.h>
#include <xen/xen.h>

#include "hv_fake.h"

#define PTE_PRESENT  1ULL
#define PTE_WRITABLE 2ULL

/* The last-level entry for `va`; 0 where there is none. */
uint64_t pv_entry(struct hv *hv, const struct fake_domain *dom, uint64_t va);
/* The page at `va`; fails the test where none is mapped. */
void *pv_page(struct hv *hv, const struct fake_domain *dom, uint64_t va);
/* Compares bytes with guest memory. */
bool pv_equal(struct hv *hv, const struct fake_domain *dom, uint64_t va, const void *bytes,
              uint64_t size);

/* What the tables hold in all. */
struct pv_count {
    unsigned long tables, pages;
};
struct pv_count pv_count(struct hv *hv, const struct fake_domain *dom);

#endif
