/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of bench-jit: VMs that come with the first packet for their address, and go when nobody
 * talks to them any more.
 *
 * The route of all addresses leads into a tun interface, which bench-jit reads. So it gets each
 * packet for an address that has no VM, and gets it once: it holds it, creates the VM, and hands it
 * back to the kernel when the VM's own route is there. Later packets do not come by here.
 */
#ifndef BENCH_JIT_H
#define BENCH_JIT_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <chaos.h>

#define JIT_MTU  1500
#define JIT_HELD 8 /* packets kept for one VM that is on its way */
/* The kernel waits more than it works when it takes an interface away: some at a time. */
#define JIT_REAPERS 4

struct jit_packet {
    size_t length;
    uint8_t bytes[JIT_MTU];
};

/* Moments in a VM's beginning; their differences are what bench-jit reports. */
enum jit_moment { JIT_ASKED, JIT_CREATED, JIT_CONNECTED, JIT_SENT, JIT_MOMENTS };

struct jit_vm {
    struct jit_vm *next; /* of those that run, in the order in which they are to be looked at */
    uint32_t address;    /* host order */
    uint32_t domid;
    unsigned int ifindex;
    char name[CHAOS_NAME_MAX + 1];
    uint64_t at[JIT_MOMENTS];

    uint64_t look_at, packets; /* when its counter is read next, and what it said last */

    struct jit_packet *held[JIT_HELD];
    unsigned int nr_held;
};

struct jit {
    const char *config, *tun, *unit;
    uint64_t idle_ns;

    chaos_host *host; /* the creating thread's */
    chaos_config *cfg;
    chaos_error *err;
    uint32_t gateway; /* host order: Dom0, as the guests see it */
    uint32_t network, mask;
    int tun_fd, packet_fd, link_fd;
    struct nl_sock *routes;

    pthread_mutex_t lock;  /* of all below */
    struct jit_vm **table; /* by the address' place in the network; NULL: has no VM */
    struct jit_vm *waiting;
    struct jit_vm *oldest, *newest; /* connected */
    pthread_cond_t changed;
    bool stop;
    unsigned int created, failed, dropped, destroyed;
};

/* jit_net.c: all of these return 0 or a negative errno. */
int jit_net_open(struct jit *jit);
void jit_net_close(struct jit *jit);
/* The next interface that became able to carry packets: its name and index; -EAGAIN: none now. */
int jit_net_next_link(struct jit *jit, char name[16], unsigned int *ifindex);
/* From now on the kernel sends this VM's packets to its interface, without asking for its MAC. */
int jit_net_route(struct jit *jit, const struct jit_vm *vm);
/* Tells the VM where the gateway is, so that its first answer need not wait for its question. */
int jit_net_introduce(struct jit *jit, const struct jit_vm *vm);
void jit_net_mac(uint32_t address, uint8_t mac[6]);
/* How many packets the VM has sent; -ENOENT where its interface is gone. */
int jit_net_sent(const struct jit_vm *vm, uint64_t *packets);
/* The opposite of jit_net_route: further packets go into the tun again. */
int jit_net_unroute(struct nl_sock *routes, const struct jit_vm *vm);
struct nl_sock *jit_net_socket(void);

/* jit_vm.c: all with jit->lock held. */
/* A packet for an address in the network: holds it and, if there is no VM, creates one. */
void jit_vm_packet(struct jit *jit, const uint8_t *bytes, size_t length);
/* An interface came up: if it is a VM's that was waited for, its packets go on their way. */
void jit_vm_connected(struct jit *jit, const char *name, unsigned int ifindex);
void jit_vm_free(struct jit_vm *vm);

/* jit_reap.c: a thread that destroys VMs that sent nothing for a while. */
void *jit_reap(void *jit);

#endif
