/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Uses its first disk: reads all of it and prints a checksum (FNV-1a, 64 bit); where it may, writes
 * "write=N" KiB of a pattern at the start, flushes, reads them back and compares. Then powers off.
 */
#include "blkfront.h"

#include <xen/sched.h>

#define CHUNK_BYTES (256 * 1024)

static GUEST_NOINIT struct blkfront disk;
static GUEST_NOINIT uint8_t chunk[CHUNK_BYTES] __attribute__((aligned(GUEST_PAGE_SIZE)));

static void fail(const char *what, int rc)
{
    console_printf("disk: %s: error %d\n", what, rc);
    guest_shutdown(SHUTDOWN_crash);
}

static void check(const char *what, int rc)
{
    if (rc)
        fail(what, rc);
}

static void find_disk(void)
{
    struct noxs_entry entry;

    check("noxs", devices_open());
    while (!devices_find(NOXS_TYPE_VBD, 0, &entry)) {
        guest_event_clear(devices_port);
        guest_wait(&devices_port, 1, GUEST_FOREVER);
    }
    check("attach", blkfront_start(&disk, &entry));
    while (!blkfront_up(&disk))
        guest_events_run(GUEST_FOREVER);
}

static uint64_t checksum(uint64_t sectors)
{
    uint64_t hash = 14695981039346656037UL;

    for (uint64_t sector = 0; sector < sectors; sector += CHUNK_BYTES / BLKFRONT_SECTOR) {
        uint64_t left = (sectors - sector) * BLKFRONT_SECTOR;
        size_t n = left < CHUNK_BYTES ? left : CHUNK_BYTES;

        check("read", blkfront_transfer(&disk, BLKFRONT_READ, sector, chunk, n));
        for (size_t i = 0; i < n; i++)
            hash = (hash ^ chunk[i]) * 1099511628211UL;
    }
    return hash;
}

static uint8_t pattern(size_t at)
{
    return (uint8_t)(at * 31 + (at >> 9));
}

static void write_and_compare(size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        chunk[i] = pattern(i);
    check("write", blkfront_transfer(&disk, BLKFRONT_WRITE, 0, chunk, bytes));
    check("flush", blkfront_transfer(&disk, BLKFRONT_FLUSH, 0, NULL, 0));
    memset(chunk, 0, bytes);
    check("read back", blkfront_transfer(&disk, BLKFRONT_READ, 0, chunk, bytes));
    for (size_t i = 0; i < bytes; i++) {
        if (chunk[i] != pattern(i))
            fail("compare", (int)i);
    }
    console_printf("disk: wrote %lu KiB\n", bytes / 1024);
}

void guest_main(void)
{
    const char *kib = guest_option("write");
    uint64_t sectors;

    guest_stop_periodic_timer();
    find_disk();
    sectors = blkfront_sectors(&disk);
    console_printf("disk: %lu sectors%s\n", sectors, blkfront_readonly(&disk) ? ", read-only" : "");
    if (kib) {
        size_t bytes = guest_number(kib, NULL) * 1024;

        write_and_compare(bytes < CHUNK_BYTES ? bytes : CHUNK_BYTES);
    }
    console_printf("disk: checksum %016lx\n", checksum(sectors));
    blkfront_stop(&disk);
    console_printf("disk: done\n");
    guest_shutdown(SHUTDOWN_poweroff);
}
