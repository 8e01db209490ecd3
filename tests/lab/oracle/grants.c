/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many grants Dom0's kernel has given out. Neither the hypervisor nor the kernel tells: Xen
 * lets no domain map its own grant table as a foreign page, and the kernel's count is in a static
 * variable. So that variable is read, by its address in /proc/kallsyms, from /proc/kcore.
 */
#include "oracle.h"

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GRANTS_PER_FRAME 512 /* entries of version 1, 8 bytes each */

static int find_symbols(uint64_t *free_count, uint64_t *frames)
{
    unsigned long long address;
    char line[512], name[256];
    FILE *file = fopen("/proc/kallsyms", "re");

    *free_count = *frames = 0;
    while (file && fgets(line, sizeof(line), file) && (!*free_count || !*frames)) {
        if (sscanf(line, "%llx %*c %255s", &address, name) != 2)
            continue;
        if (!strcmp(name, "gnttab_free_count"))
            *free_count = address;
        else if (!strcmp(name, "nr_grant_frames"))
            *frames = address;
    }
    if (file)
        fclose(file);
    return *free_count && *frames;
}

/* Reads a 32-bit variable of the kernel's through the ELF segments of kcore. */
static int read_variable(int kcore, uint64_t address, uint32_t *value)
{
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    int i;

    if (pread(kcore, &header, sizeof(header), 0) != sizeof(header))
        return 0;
    for (i = 0; i < header.e_phnum; i++) {
        if (pread(kcore, &segment, sizeof(segment),
                  (off_t)(header.e_phoff + i * sizeof(segment))) != sizeof(segment))
            return 0;
        if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
            address + sizeof(*value) <= segment.p_vaddr + segment.p_memsz)
            return pread(kcore, value, sizeof(*value),
                         (off_t)(segment.p_offset + (address - segment.p_vaddr))) == sizeof(*value);
    }
    return 0;
}

void record_grants(struct state *state)
{
    static uint64_t free_at, frames_at;
    uint32_t free_count, frames, i;
    int kcore;

    if (!free_at && !find_symbols(&free_at, &frames_at))
        oracle_fail("/proc/kallsyms: the grant table's variables");
    kcore = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
    if (kcore < 0 || !read_variable(kcore, free_at, &free_count) ||
        !read_variable(kcore, frames_at, &frames))
        oracle_fail("/proc/kcore");
    close(kcore);
    for (i = free_count; i < frames * GRANTS_PER_FRAME; i++)
        state_add(state, "grant by Dom0");
}
