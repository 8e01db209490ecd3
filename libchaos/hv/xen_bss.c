/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hypercall memory and windows into guests are mapped over pages of our own .bss, beside data that
 * has page tables already. At an address of the kernel's choice they would need up to three tables
 * of their own, and to make and unmake those costs a PV Dom0 more hypercalls than a whole creation.
 *
 * There is room for one arena and one window at a time; a second one is mapped elsewhere.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "hv/hv_xen.h"
#include "base/util.h"

#include <xen/memory.h>
#include <xen/sys/privcmd.h>

enum { ARENA, WINDOW, NR_PLACES };

/* In a section of their own: not between other data. */
static uint8_t places[NR_PLACES][ARENA_PAGES_MOST * PAGE_SIZE]
    __attribute__((aligned(PAGE_SIZE), section(".bss.places")));
static atomic_flag in_use[NR_PLACES];
static bool was_mapped[NR_PLACES]; /* of who has it in use */

/* True where the kernel never puts a mapping of its own choice into a hole in .bss: in a program
 * at a fixed address, far below all mappings. A position-independent program and a shared library
 * lie among them. */
static bool holes_stay(void)
{
    return (uintptr_t)places < 1ULL << 32;
}

/* Takes away what was mapped there. That leaves a hole in .bss, and NOREPLACE is for the case that
 * another part of the program asked for just this place. A page of .bss in its stead would cost
 * each creation 18 us. Where the kernel would fill the hole, it is closed: what the kernel put
 * there would go with the next munmap. */
static void leave(int place)
{
    if (holes_stay()) {
        munmap(places[place], sizeof(places[place]));
        was_mapped[place] = true;
    } else if (mmap(places[place], sizeof(places[place]), PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED) {
        munmap(places[place], sizeof(places[place]));
        return; /* the place stays in use: it is not ours any more */
    }
    atomic_flag_clear(&in_use[place]);
}

/* After a mapping that failed, these addresses may belong to somebody else. */
static void give_up(int place)
{
    was_mapped[place] = true;
    atomic_flag_clear(&in_use[place]);
}

/* Maps there: over .bss, but not over what somebody else put into the hole. NULL if it cannot. */
static void *take_place(int place, size_t pages, int fd)
{
    int how = was_mapped[place] ? MAP_FIXED_NOREPLACE : MAP_FIXED;
    void *p =
        mmap(places[place], pages * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | how, fd, 0);

    if (p == places[place])
        return p;
    /* Kernels before 4.17 take NOREPLACE for a hint. */
    if (p != MAP_FAILED)
        munmap(p, pages * PAGE_SIZE);
    give_up(place);
    return NULL;
}

void *near_arena(size_t pages)
{
    cleanup_close int fd = -1;

    if (pages > ARENA_PAGES_MOST || atomic_flag_test_and_set(&in_use[ARENA]))
        return NULL;
    /* Memory that the kernel never moves, which libxencall has too, but only where mmap wants it.
     */
    fd = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        atomic_flag_clear(&in_use[ARENA]);
        return NULL;
    }
    return take_place(ARENA, pages, fd);
}

bool near_arena_free(const void *addr)
{
    if (addr != places[ARENA])
        return false;
    leave(ARENA);
    return true;
}

/* Maps frames as libxenforeignmemory does, with the descriptor that is open already. */
static int map_frames(int privcmd, uint32_t domid, void *at, size_t pages, const uint64_t *frames)
{
    int errs[ARENA_PAGES_MOST] = {0};
    privcmd_mmapbatch_v2_t batch = {
        .num = pages, .dom = domid, .addr = (uintptr_t)at, .arr = (xen_pfn_t *)frames, .err = errs};
    int rc = ioctl(privcmd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch);

    for (size_t i = 0; rc == 0 && i < pages; i++)
        rc = errs[i];
    return rc;
}

void *near_window(int privcmd, uint32_t domid, size_t pages, const uint64_t *frames)
{
    void *p;

    if (pages > ARENA_PAGES_MOST || atomic_flag_test_and_set(&in_use[WINDOW]))
        return NULL;
    p = take_place(WINDOW, pages, privcmd);
    if (p == NULL)
        return NULL;
    if (map_frames(privcmd, domid, p, pages, frames) != 0) {
        leave(WINDOW);
        return NULL;
    }
    return p;
}

void *near_grants(int privcmd, uint32_t domid)
{
    privcmd_mmap_resource_t table = {.dom = domid,
                                     .type = XENMEM_resource_grant_table,
                                     .id = XENMEM_resource_grant_table_id_shared,
                                     .num = 1,
                                     .addr = (uintptr_t)places[WINDOW]};

    if (atomic_flag_test_and_set(&in_use[WINDOW]) || !take_place(WINDOW, 1, privcmd))
        return NULL;
    if (ioctl(privcmd, IOCTL_PRIVCMD_MMAP_RESOURCE, &table) == 0)
        return places[WINDOW];
    leave(WINDOW);
    return NULL;
}

bool near_window_free(const void *addr)
{
    if (addr != places[WINDOW])
        return false;
    leave(WINDOW);
    return true;
}
