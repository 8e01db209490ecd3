/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/xenstore/batch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xs_wire.h>

#include "base/util.h"

void batch_reset(struct store_batch *batch)
{
    batch->len = batch->nr = batch->in_len = 0;
    batch->dir[0] = '\0';
    batch->awaited = 0;
    batch->rc = 0;
}

void batch_clear(struct store_batch *batch)
{
    free(batch->out);
    free(batch->reqs);
    free(batch->in);
    memset(batch, 0, sizeof(*batch));
}

void batch_again(struct store_batch *batch)
{
    batch->in_len = 0;
    for (unsigned int i = 0; i < batch->nr; i++)
        batch->reqs[i].rc = -EINPROGRESS;
}

/* Room for `more` bytes behind `len`. */
static bool grow(struct store_batch *batch, size_t more)
{
    size_t room = batch->room ? batch->room : 8192;
    char *out;

    while (room - batch->len < more)
        room *= 2;
    if (room == batch->room)
        return true;
    out = realloc(batch->out, room);
    if (!out) {
        batch->rc = -ENOMEM;
        return false;
    }
    batch->out = out;
    batch->room = room;
    return true;
}

/* Begins a message, for whose payload there is room then. False where the batch is spoilt. */
static bool begin(struct store_batch *batch, uint32_t type)
{
    struct store_request *reqs = batch->reqs;

    if (batch->rc < 0 || !grow(batch, sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX + 1))
        return false;
    if (batch->nr == batch->nr_room) {
        reqs = realloc(reqs, (batch->nr_room * 2 + 64) * sizeof(*reqs));
        if (!reqs) {
            batch->rc = -ENOMEM;
            return false;
        }
        batch->reqs = reqs;
        batch->nr_room = batch->nr_room * 2 + 64;
    }
    reqs[batch->nr] = (struct store_request){.type = type, .at = batch->len, .rc = -EINPROGRESS};
    batch->len += sizeof(struct xsd_sockmsg);
    return true;
}

/* Bytes of payload that the message may still have; one more is there, for a NUL. */
static size_t left(const struct store_batch *batch)
{
    return batch->reqs[batch->nr].at + sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX -
           batch->len;
}

static void put_text(struct store_batch *batch, const char *fmt, va_list args)
{
    size_t room = left(batch);
    int len = vsnprintf(batch->out + batch->len, room + 1, fmt, args);

    if (len < 0 || (size_t)len > room)
        batch->rc = -ENAMETOOLONG;
    else
        batch->len += len;
}

__attribute__((format(printf, 2, 3))) static void put(struct store_batch *batch, const char *fmt,
                                                      ...)
{
    va_list args;

    va_start(args, fmt);
    put_text(batch, fmt, args);
    va_end(args);
}

static void put_nul(struct store_batch *batch)
{
    if (left(batch))
        batch->out[batch->len++] = '\0';
    else
        batch->rc = -ENAMETOOLONG;
}

/* Ends the message; returns its number. */
static unsigned int finish(struct store_batch *batch)
{
    const struct store_request *req = &batch->reqs[batch->nr];
    struct xsd_sockmsg head = {.type = req->type, .req_id = batch->nr};

    if (batch->rc < 0)
        return 0;
    head.len = batch->len - req->at - sizeof(head);
    memcpy(batch->out + req->at, &head, sizeof(head));
    return batch->nr++;
}

void batch_dir(struct store_batch *batch, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(batch->dir, sizeof(batch->dir), fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof(batch->dir))
        batch->rc = -ENAMETOOLONG;
}

void batch_await_no_more(struct store_batch *batch)
{
    batch->awaited = batch->nr;
}

unsigned int batch_awaited(const struct store_batch *batch)
{
    return batch->awaited ? batch->awaited : batch->nr;
}

void batch_make(struct store_batch *batch, uint32_t owner, uint32_t reader)
{
    if (begin(batch, XS_MKDIR)) {
        put(batch, "%s", batch->dir);
        put_nul(batch);
        finish(batch);
    }
    if (begin(batch, XS_SET_PERMS)) {
        put(batch, "%s", batch->dir);
        put_nul(batch);
        put(batch, "n%" PRIu32, owner);
        put_nul(batch);
        if (reader != owner) {
            put(batch, "r%" PRIu32, reader);
            put_nul(batch);
        }
        finish(batch);
    }
}

void batch_write(struct store_batch *batch, const char *name, const char *fmt, ...)
{
    va_list args;

    if (!begin(batch, XS_WRITE))
        return;
    put(batch, "%s%s%s", name[0] == '/' ? "" : batch->dir, name[0] == '/' ? "" : "/", name);
    put_nul(batch);
    va_start(args, fmt);
    put_text(batch, fmt, args);
    va_end(args);
    finish(batch);
}

/* A request that has a path alone. */
static unsigned int about(struct store_batch *batch, uint32_t type, bool maybe, const char *fmt,
                          va_list args)
{
    if (!begin(batch, type))
        return 0;
    put_text(batch, fmt, args);
    put_nul(batch);
    batch->reqs[batch->nr].maybe = maybe;
    return finish(batch);
}

void batch_remove(struct store_batch *batch, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    about(batch, XS_RM, true, fmt, args);
    va_end(args);
}

unsigned int batch_read(struct store_batch *batch, const char *fmt, ...)
{
    va_list args;
    unsigned int nr;

    va_start(args, fmt);
    nr = about(batch, XS_READ, true, fmt, args);
    va_end(args);
    return nr;
}

unsigned int batch_list(struct store_batch *batch, const char *fmt, ...)
{
    va_list args;
    unsigned int nr;

    va_start(args, fmt);
    nr = about(batch, XS_DIRECTORY, true, fmt, args);
    va_end(args);
    return nr;
}

unsigned int batch_list_part(struct store_batch *batch, const char *path, size_t offset)
{
    if (!begin(batch, XS_DIRECTORY_PART))
        return 0;
    put(batch, "%s", path);
    put_nul(batch);
    put(batch, "%zu", offset);
    put_nul(batch);
    batch->reqs[batch->nr].maybe = true;
    return finish(batch);
}

static unsigned int watch(struct store_batch *batch, uint32_t type, const char *path)
{
    if (!begin(batch, type))
        return 0;
    put(batch, "%s", path);
    put_nul(batch);
    put(batch, "%s", path);
    put_nul(batch);
    return finish(batch);
}

unsigned int batch_watch(struct store_batch *batch, const char *path)
{
    return watch(batch, XS_WATCH, path);
}

unsigned int batch_unwatch(struct store_batch *batch, const char *path)
{
    return watch(batch, XS_UNWATCH, path);
}

void batch_introduce(struct store_batch *batch, uint32_t domid, uint64_t frame, uint32_t port)
{
    if (!begin(batch, XS_INTRODUCE))
        return;
    put(batch, "%" PRIu32, domid);
    put_nul(batch);
    put(batch, "%" PRIu64, frame);
    put_nul(batch);
    put(batch, "%" PRIu32, port);
    put_nul(batch);
    finish(batch);
}

const char *batch_value(const struct store_batch *batch, unsigned int request)
{
    const struct store_request *req = &batch->reqs[request];

    return request < batch->nr && req->rc == 0 && store_type_reads(req->type)
               ? batch->in + req->value
               : NULL;
}

const char *batch_next(const struct store_batch *batch, unsigned int request, const char *name)
{
    const char *names = batch_value(batch, request), *next;

    if (!names)
        return NULL;
    next = name ? name + strlen(name) + 1 : names;
    return next < names + batch->reqs[request].len ? next : NULL;
}

bool store_type_reads(uint32_t type)
{
    return type == XS_READ || type == XS_DIRECTORY || type == XS_DIRECTORY_PART;
}

const char *store_type_name(uint32_t type)
{
    switch (type) {
    case XS_DIRECTORY:
    case XS_DIRECTORY_PART:
        return "DIRECTORY";
    case XS_READ:
        return "READ";
    case XS_WATCH:
        return "WATCH";
    case XS_UNWATCH:
        return "UNWATCH";
    case XS_INTRODUCE:
        return "INTRODUCE";
    case XS_WRITE:
        return "WRITE";
    case XS_MKDIR:
        return "MKDIR";
    case XS_RM:
        return "RM";
    case XS_SET_PERMS:
        return "SET_PERMS";
    default:
        return "a request";
    }
}

const char *batch_path(const struct store_batch *batch, unsigned int request)
{
    return batch->out + batch->reqs[request].at + sizeof(struct xsd_sockmsg);
}

unsigned int batch_failed(const struct store_batch *batch)
{
    unsigned int i = 0, nr = batch_awaited(batch);

    while (i < nr &&
           (batch->reqs[i].rc == 0 || (batch->reqs[i].maybe && batch->reqs[i].rc == -ENOENT)))
        i++;
    return i;
}
