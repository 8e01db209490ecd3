/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where hypercall memory and windows into guests are mapped: over pages of our own .bss, beside
 * data that has page tables already. Wherever the kernel would choose, they need up to three tables
 * of their own, and to make and unmake those costs a PV Dom0 more hypercalls than a whole creation.
 *
 * One arena and one window at a time; whoever comes second gets none here.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "hv_xen.h"
#include "util.h"

enum { ARENA, WINDOW, NR_PLACES };

static uint8_t places[NR_PLACES][ARENA_PAGES_MOST * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static atomic_flag in_use[NR_PLACES];
static bool was_mapped[NR_PLACES]; /* of who has it in use */

/* What was mapped there goes, and leaves a hole in .bss: nobody else's, because the kernel chooses
 * other places, and NOREPLACE is for who asked for this one. A page of .bss in its stead would cost
 * each creation 18 us. */
static void leave(int place)
{
    munmap(places[place], sizeof(places[place]));
    was_mapped[place] = true;
    atomic_flag_clear(&in_use[place]);
}

/* How to map there: over .bss, but not over what somebody else put into the hole. */
static int fixed(int place)
{
    return was_mapped[place] ? MAP_FIXED_NOREPLACE : MAP_FIXED;
}

void *near_arena(size_t pages)
{
    cleanup_close int fd = -1;
    void *p;

    if (pages > ARENA_PAGES_MOST || atomic_flag_test_and_set(&in_use[ARENA]))
        return NULL;
    /* Memory that the kernel never moves, which libxencall has too, but only where mmap wants it.
     */
    fd = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
    p = fd < 0 ? MAP_FAILED
               : mmap(places[ARENA], pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
                      MAP_SHARED | fixed(ARENA), fd, 0);
    if (p == MAP_FAILED) {
        leave(ARENA);
        return NULL;
    }
    return p;
}

bool near_arena_free(const void *addr)
{
    if (addr != places[ARENA])
        return false;
    leave(ARENA);
    return true;
}

void *near_window(xenforeignmemory_handle *memory, uint32_t domid, size_t pages,
                  const uint64_t *frames)
{
    void *p;

    if (pages > ARENA_PAGES_MOST || atomic_flag_test_and_set(&in_use[WINDOW]))
        return NULL;
    p = xenforeignmemory_map2(memory, domid, places[WINDOW], PROT_READ | PROT_WRITE, fixed(WINDOW),
                              pages, frames, NULL);
    if (!p)
        leave(WINDOW);
    return p;
}

bool near_window_free(const void *addr)
{
    if (addr != places[WINDOW])
        return false;
    leave(WINDOW);
    return true;
}
