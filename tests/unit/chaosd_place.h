/* SPDX-License-Identifier: BSD-3-Clause */
/* chaosd in a test's own process, on the fake hypervisor; its loop turns when the test says so. */
#ifndef CHAOSD_PLACE_H
#define CHAOSD_PLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <xen/xen.h>

#include <xen/io/console.h>

#include "daemon/daemon.h"
#include "place.h"
#include "sweep.h"

extern struct daemon d;
extern struct hv *hv;
extern bool hv_given;
extern uint8_t msg[4096];
extern uint8_t answer[CHAOS_POOL_MAX];

/* chaos_host_open of such a test finds this one before the real one. */
#define CHAOSD_PLACE_HV_OPEN                                                                       \
    int hv_open(struct hv **out, chaos_error *err)                                                 \
    {                                                                                              \
        *out = hv;                                                                                 \
        hv_given = true;                                                                           \
        return 0;                                                                                  \
    }

#define wrongly(...)                                                                               \
    do {                                                                                           \
        loud();                                                                                    \
        fail_msg(__VA_ARGS__);                                                                     \
    } while (0)

struct vm {
    struct chaos_domain dom;
    struct xencons_interface *ring;
    uint32_t port;
};

void quiet(void);
void loud(void);
void write_config(unsigned int target);
/* The same, with further lines of the flavour "cold". */
void write_config_with(unsigned int target, const char *cold);
int begin(void);
void end(void);
void turn(void);
bool works_until(bool (*done)(void));
bool full(void);
int dial(void);
int hear(int fd, struct chaos_pool_reader *r);
int await(int fd, struct chaos_pool_reader *r);
int ask(int fd, struct chaos_pool_writer *w, struct chaos_pool_reader *r);
int simple(int fd, int type, struct chaos_pool_reader *r);
int take(int fd, char uuid[CHAOS_UUID_TEXT]);
int give_back(int fd, const char *uuid);
int attach(int fd, const char *uuid, unsigned int flags, struct chaos_pool_reader *r);
void vm_make(struct vm *vm, const char *name);
void vm_writes(struct vm *vm, const char *text);
void vm_destroy(struct vm *vm);
bool served(void);
bool none_served(void);
bool no_orphans(void);

#endif
