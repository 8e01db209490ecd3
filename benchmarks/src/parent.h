/* SPDX-License-Identifier: BSD-3-Clause */
/* What a benchmark and bench-parent say to each other, over a socket of packets. */
#ifndef BENCH_PARENT_H
#define BENCH_PARENT_H

/* What the parent is asked: how often to run a command; its words, one behind the other, each with
 * its end. It answers with a uint64_t, the least time in ns; 0 where the command failed. */
struct parent_request {
    int times;
    char words[1024];
};

#endif
