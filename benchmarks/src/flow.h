/* SPDX-License-Identifier: BSD-3-Clause */
/* bench-flow: how many bytes a second a guest's interface and disk carry. One program for both
 * ends. */
#ifndef CHAOS_BENCH_FLOW_H
#define CHAOS_BENCH_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOW_PORT  5001
#define FLOW_CHUNK (256 * 1024) /* what one call of read or write moves on a socket */
#define FLOW_LINE  128

/* What is measured. Network: Dom0 times it, from its first byte to the guest's word that all came,
 * or to the guest's last byte. Disk: the guest times its own O_DIRECT calls. */
enum flow_what { FLOW_TO_GUEST, FLOW_FROM_GUEST, FLOW_DISK_READ, FLOW_DISK_WRITE };

/* One order, as a line of text: "WHAT BYTES BLOCK\n". */
struct flow_order {
    enum flow_what what;
    uint64_t bytes;       /* of each stream */
    uint64_t block;       /* disk only */
    unsigned int streams; /* so many at once, each over a connection of its own */
};

extern const char *const flow_names[];

uint64_t flow_now_ns(void);
/* All of `len` bytes, or the program ends. */
void flow_send(int fd, const void *buf, size_t len);
/* Sends or takes `bytes` bytes of no meaning. */
void flow_pour(int fd, uint64_t bytes);
void flow_drain(int fd, uint64_t bytes);
/* A line without its newline; false at the end of the connection. */
bool flow_line(int fd, char line[FLOW_LINE]);
_Noreturn void flow_die(const char *what);

/* The guest's end: answers orders, a process for each connection, for ever. */
_Noreturn void flow_serve(const char *disk);

#endif
