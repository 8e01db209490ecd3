/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Windows into guests. To unmap a page costs a PV Dom0 more than to map it: its kernel clears each
 * entry of a page table by a write that Xen traps and emulates, one by one (2.7 us, with one
 * instruction a nanosecond). Here Xen is asked to clear many at a time (0.7 us). munmap() finds
 * nothing in them then, and the kernel keeps no account of pages that privcmd maps.
 */
#include "hv/hv_xen.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

#include "base/util.h"

int xen_map(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count, void **out)
{
    struct hv_xen *xen = (struct hv_xen *)hv;
    void *p;

    p = near_window(xencall_fd(xen->call), domid, count, frames);
    if (!p && !xen->memory)
        xen->memory = xenforeignmemory_open(&xen_quiet_logger, 0);
    if (!p && !xen->memory)
        return -errno;
    if (!p)
        p = xenforeignmemory_map(xen->memory, domid, PROT_READ | PROT_WRITE, count, frames, NULL);
    if (!p)
        return errno ? -errno : -EFAULT;
    *out = p;
    return 0;
}

/* The entries of `count` pages, and what processors remember of them. */
static int clear(struct hv_xen *xen, const uint8_t *addr, size_t count)
{
    struct multicall_entry *calls;
    struct mmuext_op *flush;

    xen->used = 0;
    calls = arena_alloc(xen, (count + 1) * sizeof(*calls));
    flush = arena_alloc(xen, sizeof(*flush));
    if (!calls || !flush)
        return -E2BIG;
    memset(calls, 0, (count + 1) * sizeof(*calls));
    for (size_t i = 0; i < count; i++) {
        calls[i].op = __HYPERVISOR_update_va_mapping;
        calls[i].args[0] = (uintptr_t)addr + i * PAGE_SIZE;
    }
    memset(flush, 0, sizeof(*flush));
    flush->cmd = MMUEXT_TLB_FLUSH_ALL;
    calls[count].op = __HYPERVISOR_mmuext_op;
    calls[count].args[0] = (uintptr_t)flush;
    calls[count].args[1] = 1;
    calls[count].args[3] = DOMID_SELF;
    if (xencall2(xen->call, __HYPERVISOR_multicall, (uintptr_t)calls, count + 1) < 0)
        return -errno;
    return (int)calls[0].result;
}

/* Clears the entries of a window before it is unmapped. A failure is no error: munmap() then does
 * all of the work. */
static void clear_all(struct hv_xen *xen, const uint8_t *addr, size_t count)
{
    size_t most = xen->pages * PAGE_SIZE / sizeof(struct multicall_entry) - 2;

    while (count && !xen->own_tables) {
        size_t some = count < most ? count : most;

        if (clear(xen, addr, some) < 0)
            xen->own_tables = true;
        addr += some * PAGE_SIZE;
        count -= some;
    }
}

void xen_unmap(struct hv *hv, void *addr, size_t count)
{
    struct hv_xen *xen = (struct hv_xen *)hv;

    if (count > 1)
        clear_all(xen, addr, count);
    if (!near_window_free(addr))
        xenforeignmemory_unmap(xen->memory, addr, count);
}

/* The domain does not run yet: nobody reads an entry while it is written. */
static void seed(grant_entry_v1_t *table, const uint64_t *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (frames[i])
            table[i] = (grant_entry_v1_t){.flags = GTF_permit_access, .frame = frames[i]};
    }
}

int xen_seed_grants(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count)
{
    struct hv_xen *xen = (struct hv_xen *)hv;
    xenforeignmemory_resource_handle *resource;
    void *table;

    for (size_t i = 0; i < count; i++) {
        if (frames[i] > UINT32_MAX) /* version 1 has no room for it: 16 TiB and more */
            return -ERANGE;
    }
    table = near_grants(xencall_fd(xen->call), domid);
    if (table) {
        seed(table, frames, count);
        near_window_free(table);
        return 0;
    }
    if (!xen->memory)
        xen->memory = xenforeignmemory_open(&xen_quiet_logger, 0);
    if (!xen->memory)
        return -errno;
    resource = xenforeignmemory_map_resource(xen->memory, domid, XENMEM_resource_grant_table,
                                             XENMEM_resource_grant_table_id_shared, 0, 1, &table,
                                             PROT_READ | PROT_WRITE, 0);
    if (!resource)
        return -errno;
    seed(table, frames, count);
    xenforeignmemory_unmap_resource(xen->memory, resource);
    return 0;
}
