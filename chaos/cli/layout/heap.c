/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The heap of this static program: in its own .bss. The kernel would put it elsewhere, where it
 * needs a page table of its own, and to make and unmake one costs a PV Dom0 as much as forty system
 * calls. What a creation needs fits; where more is asked for, malloc() takes to mmap().
 *
 * These are the C library's own names for the end of the heap and for what moves it. A library that
 * knows them not goes on with its own heap.
 */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#define HEAP_SIZE (512U << 10)

static uint8_t heap[HEAP_SIZE] __attribute__((aligned(64)));

void *__curbrk = heap;
int __brk(void *end);

int __brk(void *end)
{
    uint8_t *to = end;

    if (to < heap || to > heap + sizeof(heap)) {
        errno = ENOMEM;
        return -1;
    }
    __curbrk = to;
    return 0;
}

int brk(void *end) __attribute__((alias("__brk")));
