/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames: where shared pages are, and how much memory there is. */
#include "internal.h"

#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/arch-x86/hvm/start_info.h>

#define PTE_PRESENT      0x1
#define PTE_WRITE        0x2
#define PTE_2MIB         0xe3
#define PVH_L2           ((volatile uint64_t *)0x3000) /* start.S */
#define PVH_WINDOWS      448                           /* of 512: the rest stays identity */
#define PVH_WINDOW_SHIFT 21
#define PVH_WINDOW_PAGES (1UL << (PVH_WINDOW_SHIFT - GUEST_PAGE_SHIFT))

static GUEST_PAGE_HOLE uint8_t shared_info_hole[GUEST_PAGE_SIZE];

uint64_t guest_memory_kib(void)
{
    const struct start_info *pv = guest_start_info;
    const struct hvm_start_info *hvm = guest_start_info;
    const struct hvm_memmap_table_entry *map;
    uint64_t bytes = 0;

    if (guest_is_pv())
        return pv->nr_pages * (GUEST_PAGE_SIZE / 1024);
    if (hvm->version == 0 || !hvm->memmap_paddr)
        return 0;
    map = (const void *)hvm->memmap_paddr;
    for (uint32_t i = 0; i < hvm->memmap_entries; i++) {
        if (map[i].type == XEN_HVM_MEMMAP_TYPE_RAM)
            bytes += map[i].size;
    }
    return bytes / 1024;
}

xen_pfn_t guest_frame_of(const void *address)
{
    const struct start_info *pv = guest_start_info;
    xen_pfn_t pfn = (uintptr_t)address >> GUEST_PAGE_SHIFT;

    return guest_is_pv() ? ((const xen_pfn_t *)pv->mfn_list)[pfn] : pfn;
}

/*
 * Frames above the identity map (special pages live under 4 GiB) are reached through 2 MiB windows
 * that replace its last entries.
 */
void *pvh_map_frame(xen_pfn_t frame)
{
    xen_pfn_t first = frame & ~(PVH_WINDOW_PAGES - 1);
    uint64_t want = (uint64_t)first << GUEST_PAGE_SHIFT | PTE_2MIB;
    uintptr_t at;

    if (frame < PVH_WINDOWS * PVH_WINDOW_PAGES)
        return (void *)(frame << GUEST_PAGE_SHIFT);
    for (unsigned int i = PVH_WINDOWS; i < 512; i++) {
        uint64_t identity = (uint64_t)i << PVH_WINDOW_SHIFT | PTE_2MIB;

        if (PVH_L2[i] != want && PVH_L2[i] != identity)
            continue;
        at = (uintptr_t)i << PVH_WINDOW_SHIFT;
        PVH_L2[i] = want;
        __asm__ volatile("invlpg (%0)" ::"r"(at) : "memory");
        return (void *)(at + ((frame - first) << GUEST_PAGE_SHIFT));
    }
    return NULL;
}

void *guest_map_own_frame(xen_pfn_t frame)
{
    const struct start_info *pv = guest_start_info;
    xen_pfn_t pfn;

    if (!guest_is_pv())
        return pvh_map_frame(frame);
    /* The builder's page tables cover all that it placed, its own pages included. */
    pfn = ((const xen_pfn_t *)MACH2PHYS_VIRT_START)[frame];
    return pfn < pv->nr_pages ? (void *)(pfn << GUEST_PAGE_SHIFT) : NULL;
}

int guest_map_foreign_frame(void *hole, xen_pfn_t frame, bool writable)
{
    uint64_t entry = (uint64_t)frame << GUEST_PAGE_SHIFT | PTE_PRESENT | (writable ? PTE_WRITE : 0);

    return (int)HYPERCALL(__HYPERVISOR_update_va_mapping, hole, entry, UVMF_INVLPG);
}

static bool map_shared_info_pvh(void)
{
    /* Naming a callback, even none, makes Xen take this domain's bitness and write its wall clock.
     */
    struct xen_hvm_param no_callback = {.domid = DOMID_SELF, .index = HVM_PARAM_CALLBACK_IRQ};
    struct xen_add_to_physmap add = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_shared_info,
        .gpfn = (uintptr_t)shared_info_hole >> GUEST_PAGE_SHIFT,
    };

    return !HYPERCALL(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &add) &&
           !HYPERCALL(__HYPERVISOR_hvm_op, HVMOP_set_param, &no_callback);
}

static bool map_shared_info(void)
{
    const struct start_info *pv = guest_start_info;

    if (!guest_is_pv())
        return map_shared_info_pvh();
    return !guest_map_foreign_frame(shared_info_hole, pv->shared_info >> GUEST_PAGE_SHIFT, true);
}

struct shared_info *guest_shared_info(void)
{
    static bool mapped;
    struct shared_info *shared = (struct shared_info *)shared_info_hole;

    if (mapped)
        return shared;
    if (!map_shared_info())
        guest_shutdown(SHUTDOWN_crash);
    mapped = true;
    /* No upcalls, ever: see guest.h. Polling hears masked ports. */
    shared->vcpu_info[0].evtchn_upcall_mask = 1;
    memset(shared->evtchn_mask, 0xff, sizeof(shared->evtchn_mask));
    return shared;
}
