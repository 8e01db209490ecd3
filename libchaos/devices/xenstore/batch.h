/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests to xenstored that travel together (the messages of Xen's docs/misc/xenstore.txt), and
 * what became of each. A batch is built, run by store_run() once, looked at, and cleared.
 *
 * What goes wrong while a batch is built (no memory, a path or value that is too long) is kept in
 * it, and is what store_run() returns.
 */
#ifndef CHAOS_STORE_BATCH_H
#define CHAOS_STORE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_request {
    uint32_t type; /* XS_WRITE ... */
    size_t at;     /* where its message is in `out` */
    bool maybe;    /* what it is about need not be there: -ENOENT is no failure */
    int rc;        /* the answer: 0 or -errno; -EINPROGRESS: none yet */
    size_t value;  /* of a READ or DIRECTORY: where in `in`, with a NUL behind it */
    size_t len;
};

struct store_batch {
    char *out;
    size_t len, room;
    struct store_request *reqs;
    unsigned int nr, nr_room;
    char *in; /* the values that were read */
    size_t in_len, in_room;
    char dir[256];        /* of names that are no absolute paths */
    unsigned int awaited; /* so many of the answers, the first ones; 0: all */
    int rc;
};

/* Forgets all, and keeps the memory. */
void batch_reset(struct store_batch *batch);
void batch_clear(struct store_batch *batch);
/* Forgets the answers, so that it can be run once more. */
void batch_again(struct store_batch *batch);

/* The directory that names are of from now on. */
void batch_dir(struct store_batch *batch, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Nobody waits for the answers to what comes from now on, if anything came before: it is no failure
 * where it fails. */
void batch_await_no_more(struct store_batch *batch);
/* How many answers are waited for. */
unsigned int batch_awaited(const struct store_batch *batch);
/* Makes that directory: it and all that Dom0 makes in it belong to `owner`, and `reader` may read
 * it (the owner itself: nobody else). */
void batch_make(struct store_batch *batch, uint32_t owner, uint32_t reader);
void batch_write(struct store_batch *batch, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* With all below it; it need not be there. */
void batch_remove(struct store_batch *batch, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void batch_introduce(struct store_batch *batch, uint32_t domid, uint64_t frame, uint32_t port);

/* These return the request's number. */
unsigned int batch_read(struct store_batch *batch, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
unsigned int batch_list(struct store_batch *batch, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A long directory from byte `offset` of its names on, which begin behind a word in the answer. */
unsigned int batch_list_part(struct store_batch *batch, const char *path, size_t offset);
/* Whether `path`, or what is below it, changes; the token is the path. */
unsigned int batch_watch(struct store_batch *batch, const char *path);
unsigned int batch_unwatch(struct store_batch *batch, const char *path);

/* What a READ read; NULL where it failed. It may hold NULs: `len` bytes. */
const char *batch_value(const struct store_batch *batch, unsigned int request);
/* The next name of a DIRECTORY's answer behind `name` (NULL: the first); NULL where there is none.
 */
const char *batch_next(const struct store_batch *batch, unsigned int request, const char *name);

/* Whether the answer to such a request has a value. */
bool store_type_reads(uint32_t type);
/* "WRITE" ... */
const char *store_type_name(uint32_t type);
/* The path that a request is about. */
const char *batch_path(const struct store_batch *batch, unsigned int request);
/* The first request that failed and had no leave to; batch_awaited() where there is none. */
unsigned int batch_failed(const struct store_batch *batch);

#endif
