/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What chaosd and its clients share: the messages of its socket. docs/pool.md tells the story; most
 * programs need chaos.h only, where chaos_create uses the pool by itself.
 *
 * The socket is a SOCK_SEQPACKET one: a message is a packet, so that there is no half message, and
 * numbers are in the host's order. Whatever comes from the other side is checked here.
 */
#ifndef CHAOS_POOL_PUBLIC_H
#define CHAOS_POOL_PUBLIC_H

#include <chaos/create.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define CHAOS_POOL_SOCKET      "chaosd.sock" /* in the run directory */
#define CHAOS_POOL_LOCK        "chaosd.lock" /* held with flock while chaosd lives */
#define CHAOS_POOL_MAGIC       0x6f616863U   /* "chao" */
#define CHAOS_POOL_VERSION     2             /* what we speak: this and all before it */
#define CHAOS_POOL_MAX         (128U * 1024) /* bytes of the longest message */
#define CHAOS_POOL_TAKE_MAX    64            /* shells of one take */
#define CHAOS_POOL_FLAVOUR_MAX 63            /* bytes of a flavour's name */
#define CHAOS_POOL_ALL         "*"           /* all flavours; no flavour has that name */
#define CHAOS_POOL_INPUT_MAX   1024          /* bytes of one INPUT */

enum chaos_pool_type {
    CHAOS_POOL_TAKE = 1, /* -> SHELLS (perhaps none), ERROR */
    CHAOS_POOL_SHELLS,
    CHAOS_POOL_GIVE_BACK, /* uuids (text, with NUL) of shells that are untouched; no answer */
    CHAOS_POOL_RECLAIM,   /* u64 KiB: frees shells -> OK, whatever there was to free */
    CHAOS_POOL_STATUS,    /* -> TEXT, JSON */
    CHAOS_POOL_METRICS,   /* -> TEXT, Prometheus' format */
    CHAOS_POOL_RESIZE,    /* u32 target, flavour's name or CHAOS_POOL_ALL -> OK, ERROR */
    CHAOS_POOL_FILL,      /* the same without target: back to the configuration's -> OK, ERROR */
    CHAOS_POOL_CONSOLE, /* u32 flags, u32 placed, u32 position, uuid's text, NUL -> OK, DATA … */
    CHAOS_POOL_DATA,    /* u32 position of the first byte, bytes that the VM wrote */
    CHAOS_POOL_OK,
    CHAOS_POOL_TEXT,
    CHAOS_POOL_ERROR,  /* u32 chaos_status, u32 errno, text */
    CHAOS_POOL_NOTICE, /* u32 chaos_pool_notice, u32 its argument */
    CHAOS_POOL_INPUT,  /* bytes to the VM */
    CHAOS_POOL_DONE,   /* chaos_pool_times: what executes cost; no answer */
    CHAOS_POOL_TYPES,
};

/* What chaosd says of a console. */
enum chaos_pool_notice {
    CHAOS_POOL_NOTICE_WRITER = 1, /* process ARG types, input is dropped */
    CHAOS_POOL_NOTICE_TAKEN,      /* process ARG types from now on */
    CHAOS_POOL_NOTICE_BROKEN,     /* the VM broke its ring: some output is lost */
    CHAOS_POOL_NOTICE_ENDED,      /* nothing more will come; a chaos_reason */
};

struct chaos_pool_header {
    uint32_t magic;
    uint16_t version;
    uint16_t type;
    uint32_t length; /* of the whole message */
    uint32_t reserved;
};

/* A message has the version that it came with, so that old and new understand each other where they
 * can. Whoever is older than a message says so, and hangs up. */
uint16_t chaos_pool_version(uint16_t type);

/* Writes a message. Overflow is remembered, and told by chaos_pool_end. */
struct chaos_pool_writer {
    uint8_t *buf;
    size_t used, room;
    bool overflow;
};

void chaos_pool_begin(struct chaos_pool_writer *w, void *buf, size_t room, uint16_t type);
void chaos_pool_put(struct chaos_pool_writer *w, const void *data, size_t len);
void chaos_pool_put_u16(struct chaos_pool_writer *w, uint16_t value);
void chaos_pool_put_u32(struct chaos_pool_writer *w, uint32_t value);
void chaos_pool_put_u64(struct chaos_pool_writer *w, uint64_t value);
/* Writes the length; the bytes to send, or -EMSGSIZE. */
int chaos_pool_end(struct chaos_pool_writer *w);

/* Reads one. What is missing reads as zero and is remembered in `bad`. */
struct chaos_pool_reader {
    const uint8_t *p, *end;
    bool bad;
};

/* The message's type, and its payload in *r; -EPROTO where it is none, -EPROTONOSUPPORT where it
 * is of a later version. */
int chaos_pool_open(const void *msg, size_t len, struct chaos_pool_reader *r);
const void *chaos_pool_get(struct chaos_pool_reader *r, size_t len);
uint16_t chaos_pool_get_u16(struct chaos_pool_reader *r);
uint32_t chaos_pool_get_u32(struct chaos_pool_reader *r);
uint64_t chaos_pool_get_u64(struct chaos_pool_reader *r);

/* ---- what is asked for ------------------------------------------------------------------------
 */

/* A file as it was when it was looked at: who changes it changes this. Zero: no file. */
struct chaos_pool_file {
    uint64_t dev, ino, size, mtime_ns, ctime_ns;
};

/* Kernel and ramdisk of a warm shell. */
struct chaos_pool_image {
    struct chaos_pool_file kernel, ramdisk;
};

#define CHAOS_POOL_SHAPE_MAX 16384

/* What of a configuration a shell must fit: type, memory, vCPUs, interfaces' bridges and rates,
 * disks, and the bus of its devices where it names one. */
struct chaos_pool_shape {
    uint32_t len;
    uint8_t bytes[CHAOS_POOL_SHAPE_MAX];
};

/* Whether there can be so many shells of it at the same time: each has its disks already. -EBUSY.
 */
int chaos_pool_check(const chaos_config *cfg, unsigned int target);

/* -E2BIG where it would not fit. */
int chaos_pool_shape(const chaos_config *cfg, struct chaos_pool_shape *out);
/* Whether shells of the shape `a` can be for VMs of the shape `b`: they are the same, or (not with
 * `exact`) one of them leaves it open how the devices are reached. */
bool chaos_pool_shapes_fit(const void *a, size_t a_len, const void *b, size_t b_len, bool exact);
/* Looks at the files that the configuration names. */
int chaos_pool_image(const chaos_config *cfg, struct chaos_pool_image *out, chaos_error *err);

/* A take: shells for `count` VMs; warm ones of `image`, else cold ones. */
struct chaos_pool_take {
    uint32_t count;
    struct chaos_pool_image image;
    const uint8_t *shape; /* within the message */
    uint32_t shape_len;
};

int chaos_pool_take_encode(void *buf, size_t room, uint32_t count,
                           const struct chaos_pool_image *image,
                           const struct chaos_pool_shape *shape);
/* `r` as chaos_pool_open left it; -EPROTO. */
int chaos_pool_take_decode(struct chaos_pool_reader *r, struct chaos_pool_take *out);

/* How long something took, how often. Bucket n: up to 2^n microseconds; the last one: any. */
#define CHAOS_POOL_BUCKETS 16
struct chaos_pool_times {
    uint64_t sum_ns;
    uint32_t buckets[CHAOS_POOL_BUCKETS];
};
void chaos_pool_count(struct chaos_pool_times *times, uint64_t ns);
int chaos_pool_done_encode(void *buf, size_t room, const struct chaos_pool_times *times);
/* -EPROTO. */
int chaos_pool_done_decode(struct chaos_pool_reader *r, struct chaos_pool_times *out);

/* ---- the client's side ---- */

/* Connects to the chaosd of a run directory (NULL: /run/chaos): a descriptor, or CHAOS_E_NOT_FOUND
 * where none runs. */
int chaos_pool_connect(const char *run_dir, chaos_error *err);
/* Sends a message and waits for its answer in buf (CHAOS_POOL_MAX bytes): its type, with what it
 * holds in *r. An ERROR message becomes the error. */
int chaos_pool_ask(int fd, const void *msg, size_t len, void *buf, struct chaos_pool_reader *r,
                   chaos_error *err);
/* For a process that ends without closing its host: tells chaosd what it is to know (which shells
 * go back, and how long creations took), and lets xenstored come to the end of what it was told. */
void chaos_pool_leave(chaos_host *host);
/* True where a chaosd holds the lock of this run directory. */
bool chaos_pool_alive(chaos_host *host);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
