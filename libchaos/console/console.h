/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the console share: Dom0's end of a ring, and the way through chaosd. */
#ifndef CHAOS_CONSOLE_H
#define CHAOS_CONSOLE_H

#include <chaos/daemon.h>
#include "life/domain.h"

struct xencons_interface;

/* Dom0's end of the standard Xen console ring. The whole page is the guest's to write: our own
 * indices are kept here, the guest's are read once and bounded. */
struct ring {
    struct hv *hv;
    uint32_t domid;
    uint64_t frame;
    struct xencons_interface *page; /* NULL: not mapped now */
    void *channel;
    bool placed;                /* our indices are known */
    uint32_t out_cons, in_prod; /* ours */
    uint32_t told;              /* out_cons as the guest has it */
};

/* Attaches to the console of `dom`. The page is mapped when it is first needed. CHAOS_E_BUSY. */
int ring_open(chaos_host *host, const struct chaos_domain *dom, struct ring *out, chaos_error *err);
void ring_close(struct ring *ring);
/* Maps the page; -errno. Dom0's mapping keeps a domain's memory from being freed. */
int ring_map(struct ring *ring, chaos_error *err);
void ring_unmap(struct ring *ring);
/* The three below map the page where it is not, and fail where that fails. Bytes that the guest
 * wrote, which stay: how many, -EPROTO where the guest broke its indices (all is skipped then). */
int ring_peek(struct ring *ring, char *buf, size_t len);
/* Lets the guest have the room of `count` bytes that were peeked at. */
void ring_skip(struct ring *ring, size_t count);
int ring_write(struct ring *ring, const char *buf, size_t len);
/* What the ring still holds of the bytes before the next one, the last of them last. */
int ring_past(struct ring *ring, char *buf, size_t len);
/* Goes to the byte `position`, of a ring that is mapped: back where somebody has taken what he did
 * not pass on, as far as the ring holds it; or ahead. How many bytes are lost. */
uint32_t ring_go_to(struct ring *ring, uint32_t position);

struct chaos_console {
    chaos_host *host;
    struct chaos_domain dom;
    unsigned int flags;
    bool local; /* the ring is ours ... */
    bool tty;   /* ... or a program serves it at a terminal, `fd`; else chaosd has it */
    struct ring ring;

    int fd;         /* to chaosd, or the terminal; -1 */
    uint8_t *msg;   /* the message that is being read out */
    const char *at; /* its rest */
    size_t left;
    bool placed, ended, broken;
    bool blocked;      /* chaosd takes no more input now */
    uint32_t position; /* of the next byte */
    enum chaos_reason reason;
    enum chaos_console_notice noticed;
    char notice[128];

    int epoll, inotify; /* -1: none. inotify: a chaosd may begin */
};

/* Asks chaosd for the console; -errno where there is none, or it has not this one. */
int remote_open(chaos_console *con, chaos_error *err);
void remote_close(chaos_console *con);
/* As chaos_console_read; -EPIPE where chaosd is gone. */
int remote_read(chaos_console *con, char *buf, size_t len);
int remote_write(chaos_console *con, const char *buf, size_t len);

/* The terminal that XenStore names; -errno where there is none. Reading and writing as the public
 * functions do. */
int tty_open(chaos_console *con, chaos_error *err);
int tty_read(chaos_console *con, char *buf, size_t len);
int tty_write(chaos_console *con, const char *buf, size_t len);

#endif
