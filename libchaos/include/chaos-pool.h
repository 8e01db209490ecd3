/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What chaosd and its clients share: the messages of its socket, and shells as bytes. docs/pool.md
 * tells the story; most programs need chaos.h only, where chaos_create uses the pool by itself.
 *
 * The socket is a SOCK_SEQPACKET one: a message is a packet, so that there is no half message, and
 * numbers are in the host's order. Whatever comes from the other side is checked here.
 */
#ifndef CHAOS_POOL_H
#define CHAOS_POOL_H

#include "chaos.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CHAOS_POOL_SOCKET      "chaosd.sock" /* in the run directory */
#define CHAOS_POOL_LOCK        "chaosd.lock" /* held with flock while chaosd lives */
#define CHAOS_POOL_MAGIC       0x6f616863U   /* "chao" */
#define CHAOS_POOL_VERSION     2             /* what we speak: this and all before it */
#define CHAOS_POOL_MAX         (128U * 1024) /* bytes of the longest message */
#define CHAOS_POOL_TAKE_MAX    64            /* shells of one take */
#define CHAOS_POOL_FLAVOUR_MAX 63            /* bytes of a flavour's name */
#define CHAOS_POOL_INPUT_MAX   1024          /* bytes of one INPUT */

enum chaos_pool_type {
    CHAOS_POOL_TAKE = 1, /* -> SHELLS (perhaps none), ERROR */
    CHAOS_POOL_SHELLS,
    CHAOS_POOL_GIVE_BACK, /* uuids (text, with NUL) of shells that are untouched; no answer */
    CHAOS_POOL_RECLAIM,   /* u64 KiB: frees shells -> OK, whatever there was to free */
    CHAOS_POOL_STATUS,    /* -> TEXT, JSON */
    CHAOS_POOL_METRICS,   /* -> TEXT, Prometheus' format */
    CHAOS_POOL_RESIZE,    /* u32 target, flavour's name ("": all) -> OK, ERROR */
    CHAOS_POOL_FILL,      /* flavour's name: back to the configuration's target -> OK, ERROR */
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
 * disks. Two configurations fit the same shells where their shapes are the same bytes. */
struct chaos_pool_shape {
    uint32_t len;
    uint8_t bytes[CHAOS_POOL_SHAPE_MAX];
};

/* -E2BIG where it would not fit. */
int chaos_pool_shape(const chaos_config *cfg, struct chaos_pool_shape *out);
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

/* ---- shells ------------------------------------------------------------------------------------
 */

/* As chaos_prepare, marked as chaosd's: chaos_list and chaos_destroy_all know it by that. With
 * `warm` it is built up to the entry point of the configuration's kernel. */
int chaos_pool_prepare(chaos_host *host, const chaos_config *cfg, bool warm, chaos_shell **out,
                       chaos_error *err);
/* All that another process needs to know of a shell, as bytes; how many, or -EMSGSIZE. */
int chaos_shell_pack(const chaos_shell *shell, void *buf, size_t room);
/* -EPROTO, -ENOMEM. */
int chaos_shell_unpack(const void *data, size_t len, chaos_shell **out);
/* True where the domain is still there, untouched by others: same uuid, never unpaused. */
bool chaos_shell_intact(chaos_host *host, const chaos_shell *shell);
/* Destroys the domain where it is intact, and frees the shell; -errno where it is still there. */
int chaos_shell_destroy(chaos_host *host, chaos_shell *shell);
/* Whether it is a VM, because a name was claimed for it: 1, 0, or -errno where nobody knows. */
int chaos_shell_named(chaos_host *host, const chaos_shell *shell);
uint32_t chaos_shell_domid(const chaos_shell *shell);
const char *chaos_shell_uuid(const chaos_shell *shell);
bool chaos_shell_warm(const chaos_shell *shell, struct chaos_pool_image *image);
uint64_t chaos_shell_kib(const chaos_shell *shell);
/* Forgets the shell; the domain stays. */
void chaos_shell_free(chaos_shell *shell);

/* Tells chaosd what it is to know from a process that ends without closing its host: which shells
 * go back, and how long creations took. */
void chaos_pool_leave(chaos_host *host);
/* After chaos_watch_ack: true where it is certain that no domain has ended, as a timer that stands
 * in for the event finds nearly always. Where that has been so for a while, the timer becomes
 * slower. */
bool chaos_watch_in_vain(chaos_host *host);
/* All domains, as chaos_list has them, but with names of those only that have ended: the registry
 * is not asked about the others, which may be thousands. The caller frees *out with free(). */
int chaos_list_ended(chaos_host *host, struct chaos_domain **out, size_t *count, chaos_error *err);
/* This host belongs to chaosd: it does not ask itself for shells, and does follow policies. */
void chaos_host_is_chaosd(chaos_host *host);
/* chaosd begins or ends to follow policies: chaos_reap of other processes then only watches, and
 * hears how VMs ended by the word that is left for them. */
bool chaos_ended_follow(chaos_host *host, bool follow);
/* Forgets old words; true while there are more. */
bool chaos_ended_sweep(chaos_host *host);
/* True where a chaosd holds the lock of this run directory. */
bool chaos_pool_alive(chaos_host *host);

/* A kernel, read and unpacked: in any thread, as it needs no host. The path begins messages. */
struct chaos_kernel;
int chaos_kernel_load(const char *path, struct chaos_kernel **out, chaos_error *err);
void chaos_kernel_free(struct chaos_kernel *kernel);
/* Gives it to the host, which uses it where it would read the file, if that is still the same. */
void chaos_host_kernel(chaos_host *host, struct chaos_kernel *kernel);
/* How many it keeps: 1, unless told otherwise. */
void chaos_host_keep_kernels(chaos_host *host, unsigned int max);
/* True where it need not read the file. */
bool chaos_host_has_kernel(const chaos_host *host, const char *path);
/* The kernel that chaos_reap would start again, for a VM that has ended; NULL: it would not. The
 * caller frees it. */
char *chaos_reap_kernel(chaos_host *host, const struct chaos_domain *dom);

/* A console in chaosd's hands: its page is mapped only while chaosd looks at it, between the first
 * of these calls and chaos_console_rest. */
/* Ring index of the next byte: where in the VM's output we are, modulo 2^32. */
uint32_t chaos_console_position(const chaos_console *con);
/* What the ring still holds of what came before; how many bytes, or -errno. */
int chaos_console_past(chaos_console *con, char *buf, size_t len);
/* As chaos_console_read, but the bytes stay in the ring until they are skipped. */
int chaos_console_peek(chaos_console *con, char *buf, size_t len);
void chaos_console_skip(chaos_console *con, size_t count);
void chaos_console_rest(chaos_console *con);

/* What a VM's configuration says of its console. */
struct chaos_console_settings {
    char *log; /* NULL: not given; the caller frees it */
    bool server_off;
    uint64_t log_kib, rate_kib; /* 0: not given */
    int log_keep;               /* -1: not given */
};
int chaos_domain_console(chaos_host *host, const struct chaos_domain *dom,
                         struct chaos_console_settings *out, chaos_error *err);
/* "64KiB", and "64KiB/s": -EINVAL, -ERANGE. */
int chaos_size_kib(const char *text, uint64_t *kib);
int chaos_rate_kib(const char *text, uint64_t *kib);

/* A numbered place where tests make this process die or fail: CHAOS_FAULT=POINT:kill[:N] or
 * POINT:fail[:N] in the environment, at its N-th pass (1). 0, or -EIO. */
int chaos_fault(const char *point);

/* ---- the client's side --------------------------------------------------------------------------
 */

/* Connects to the chaosd of a run directory (NULL: /run/chaos): a descriptor, or CHAOS_E_NOT_FOUND
 * where none runs. */
int chaos_pool_connect(const char *run_dir, chaos_error *err);
/* Sends a message and waits for its answer in buf (CHAOS_POOL_MAX bytes): its type, with what it
 * holds in *r. An ERROR message becomes the error. */
int chaos_pool_ask(int fd, const void *msg, size_t len, void *buf, struct chaos_pool_reader *r,
                   chaos_error *err);

#ifdef __cplusplus
}
#endif
#endif
