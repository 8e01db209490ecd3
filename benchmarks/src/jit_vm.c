/* SPDX-License-Identifier: BSD-3-Clause */
/* A VM from the first packet to the moment it has its own route. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "jit.h"

void jit_vm_free(struct jit_vm *vm)
{
    for (unsigned int i = 0; i < vm->nr_held; i++)
        free(vm->held[i]);
    free(vm);
}

static void hold(struct jit *jit, struct jit_vm *vm, const uint8_t *bytes, size_t length)
{
    struct jit_packet *packet = vm->nr_held < JIT_HELD ? malloc(sizeof(*packet)) : NULL;

    if (!packet) {
        jit->dropped++;
        return;
    }
    packet->length = length;
    memcpy(packet->bytes, bytes, length);
    vm->held[vm->nr_held++] = packet;
}

/* The VM's own address and the MAC that follows from it. */
static int configure(struct jit *jit, const struct jit_vm *vm)
{
    struct in_addr address = {.s_addr = htonl(vm->address)};
    char text[64];
    uint8_t mac[6];
    int rc;

    snprintf(text, sizeof(text), "vifs[0].ip=%s/%d", inet_ntoa(address),
             __builtin_popcount(jit->mask));
    rc = chaos_config_set(jit->cfg, text, jit->err);
    if (rc < 0)
        return rc;
    jit_net_mac(vm->address, mac);
    snprintf(text, sizeof(text), "vifs[0].mac=%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
             mac[2], mac[3], mac[4], mac[5]);
    return chaos_config_set(jit->cfg, text, jit->err);
}

static struct jit_vm *create(struct jit *jit, uint32_t address)
{
    struct jit_vm *vm = calloc(1, sizeof(*vm));

    if (!vm)
        return NULL;
    vm->at[JIT_ASKED] = now_ns();
    vm->address = address;
    snprintf(vm->name, sizeof(vm->name), "jit-%u", ++jit->created);
    if (configure(jit, vm) < 0 ||
        chaos_create(jit->host, jit->cfg, vm->name, false, &vm->domid, jit->err) < 0) {
        if (jit->failed++ == 0)
            fprintf(stderr, "bench-jit: %s\n", chaos_error_message(jit->err));
        free(vm);
        return NULL;
    }
    vm->at[JIT_CREATED] = now_ns();
    return vm;
}

void jit_vm_packet(struct jit *jit, const uint8_t *bytes, size_t length)
{
    struct jit_vm **place;
    uint32_t address;

    if (length < 20 || bytes[0] >> 4 != 4)
        return; /* the kernel's own greetings to the interface, in IPv6 */
    memcpy(&address, bytes + 16, sizeof(address));
    address = ntohl(address);
    if ((address & jit->mask) != jit->network || address == jit->gateway)
        return;
    place = &jit->table[address & ~jit->mask];
    if (!*place) {
        *place = create(jit, address);
        if (!*place) {
            jit->dropped++;
            return;
        }
        (*place)->next = jit->waiting;
        jit->waiting = *place;
    }
    hold(jit, *place, bytes, length);
}

/* Takes the VM of this domain from those that are waited for. */
static struct jit_vm *take_waiting(struct jit *jit, uint32_t domid)
{
    for (struct jit_vm **at = &jit->waiting; *at; at = &(*at)->next) {
        struct jit_vm *vm = *at;

        if (vm->domid == domid) {
            *at = vm->next;
            vm->next = NULL;
            return vm;
        }
    }
    return NULL;
}

static void send_held(struct jit *jit, struct jit_vm *vm)
{
    for (unsigned int i = 0; i < vm->nr_held; i++) {
        if (write(jit->tun_fd, vm->held[i]->bytes, vm->held[i]->length) < 0)
            jit->dropped++;
        free(vm->held[i]);
    }
    vm->nr_held = 0;
    vm->at[JIT_SENT] = now_ns();
}

void jit_vm_connected(struct jit *jit, const char *name, unsigned int ifindex)
{
    unsigned int domid, index;
    struct jit_vm *vm;
    int rc;

    if (sscanf(name, "vif%u.%u", &domid, &index) != 2 || index != 0)
        return;
    vm = take_waiting(jit, domid);
    if (!vm)
        return;
    vm->at[JIT_CONNECTED] = now_ns();
    vm->ifindex = ifindex;
    rc = jit_net_introduce(jit, vm);
    if (rc == 0)
        rc = jit_net_route(jit, vm);
    if (rc < 0)
        fprintf(stderr, "bench-jit: %s: %s\n", name, strerror(-rc));
    send_held(jit, vm);
    vm->look_at = vm->at[JIT_SENT] + jit->idle_ns;
    if (jit->newest)
        jit->newest->next = vm;
    else
        jit->oldest = vm;
    jit->newest = vm;
    pthread_cond_signal(&jit->changed);
}
