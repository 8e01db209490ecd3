/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Destroying VMs that are idle, in threads of their own: the kernel takes its time to let go of an
 * interface. A VM is looked at once each idle time, in turn; one that has sent nothing since goes.
 */
#include <stdio.h>
#include <time.h>

#include <netlink/socket.h>

#include "bench.h"
#include "jit.h"

/* Waits, with the lock let go, for the first VM to be due; NULL: the end. */
static struct jit_vm *next_due(struct jit *jit)
{
    while (!jit->stop) {
        struct jit_vm *vm = jit->oldest;
        struct timespec until;

        if (!vm) {
            pthread_cond_wait(&jit->changed, &jit->lock);
            continue;
        }
        if (vm->look_at <= now_ns())
            return vm;
        until.tv_sec = (time_t)(vm->look_at / 1000000000);
        until.tv_nsec = (long)(vm->look_at % 1000000000);
        pthread_cond_timedwait(&jit->changed, &jit->lock, &until);
    }
    return NULL;
}

/* Takes the first one from the queue. */
static void unqueue(struct jit *jit)
{
    struct jit_vm *vm = jit->oldest;

    jit->oldest = vm->next;
    if (!jit->oldest)
        jit->newest = NULL;
    vm->next = NULL;
}

static void requeue(struct jit *jit, struct jit_vm *vm, uint64_t packets)
{
    vm->packets = packets;
    vm->look_at = now_ns() + jit->idle_ns;
    if (jit->newest)
        jit->newest->next = vm;
    else
        jit->oldest = vm;
    jit->newest = vm;
}

static void destroy(struct jit *jit, chaos_host *host, struct jit_vm *vm, chaos_error *err)
{
    struct chaos_domain dom;

    if (chaos_find(host, vm->name, &dom, err) < 0 || chaos_destroy(host, &dom, err) < 0)
        fprintf(stderr, "bench-jit: %s: %s\n", vm->name, chaos_error_message(err));
    jit_vm_free(vm);
    pthread_mutex_lock(&jit->lock);
    jit->destroyed++;
    pthread_mutex_unlock(&jit->lock);
}

void *jit_reap(void *opaque)
{
    struct nl_sock *routes = jit_net_socket();
    chaos_error *err = chaos_error_new();
    struct jit *jit = opaque;
    struct jit_vm *vm;
    chaos_host *host;

    if (!routes || chaos_host_open(NULL, &host, err) < 0)
        die("open", err);
    pthread_mutex_lock(&jit->lock);
    while ((vm = next_due(jit)) != NULL) {
        uint64_t packets = vm->packets;

        unqueue(jit);
        if (jit_net_sent(vm, &packets) == 0 && packets != vm->packets) {
            requeue(jit, vm, packets);
            continue;
        }
        /* From here on its packets go into the tun again, and ask for another VM. */
        jit_net_unroute(routes, vm);
        jit->table[vm->address & ~jit->mask] = NULL;
        pthread_mutex_unlock(&jit->lock);
        destroy(jit, host, vm, err);
        pthread_mutex_lock(&jit->lock);
    }
    pthread_mutex_unlock(&jit->lock);
    chaos_host_close(host);
    nl_socket_free(routes);
    chaos_error_free(err);
    return NULL;
}
