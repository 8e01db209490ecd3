/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of bench-compute: a service that runs each job in a VM, or in a process, of its own. */
#ifndef BENCH_COMPUTE_H
#define BENCH_COMPUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <chaos.h>

#define COMPUTE_TEXT 128

struct compute_job {
    uint64_t due, done_ns; /* when it came in; from then until its result was read */
    bool started, ended;   /* ended: nothing is left of its VM or process */
    bool right;            /* the result is what it must be */
    char text[COMPUTE_TEXT];
    size_t length;

    struct chaos_domain dom;
    chaos_console *console;
    pid_t pid;
    int fd;
};

struct compute {
    const char *config, *program;
    unsigned int digits;
    size_t count, at_once;
    double rate; /* jobs a second; 0: a new one whenever one has ended */
    unsigned long seed;

    struct compute_job *jobs;
    size_t next, running, ended;
    size_t live[1024]; /* jobs that have started and not ended */
    uint64_t begin, answer;
    int epoll;
    const struct compute_way *way;

    chaos_host *host;
    chaos_config *cfg;
    chaos_error *err;
};

/* compute_vm.c, compute_process.c. Each begins at once and never waits. */
struct compute_way {
    void (*open)(struct compute *c);
    void (*start)(struct compute *c, struct compute_job *job, size_t nr);
    /* Takes what the job wrote so far. */
    void (*read)(struct compute *c, struct compute_job *job);
    /* Clears away what has ended by itself; true where nothing is left. */
    bool (*finish)(struct compute *c, struct compute_job *job);
    /* The end of some job was signalled on the descriptor that `open` gave to epoll. */
    void (*ack)(struct compute *c);
    void (*close)(struct compute *c);
};
extern const struct compute_way compute_vm, compute_process;

#define COMPUTE_SOME_END UINT64_MAX /* epoll's data for that descriptor; else a job's number */

void compute_watch(struct compute *c, int fd, uint64_t data);
/* A whole line is there: the job is answered. */
void compute_heard(struct compute *c, struct compute_job *job);

#endif
