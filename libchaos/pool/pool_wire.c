/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of chaosd's socket: bounded writing, and reading of what nobody vouches for. */
#include <errno.h>
#include <string.h>

#include <chaos/pool.h>

uint16_t chaos_pool_version(uint16_t type)
{
    return type == CHAOS_POOL_CONSOLE || type == CHAOS_POOL_DATA || type > CHAOS_POOL_ERROR ? 2 : 1;
}

void chaos_pool_begin(struct chaos_pool_writer *w, void *buf, size_t room, uint16_t type)
{
    struct chaos_pool_header head = {
        .magic = CHAOS_POOL_MAGIC, .version = chaos_pool_version(type), .type = type};

    w->buf = buf;
    w->room = room;
    w->used = 0;
    w->overflow = false;
    chaos_pool_put(w, &head, sizeof(head));
}

void chaos_pool_put(struct chaos_pool_writer *w, const void *data, size_t len)
{
    if (w->overflow || len > w->room - w->used) {
        w->overflow = true;
        return;
    }
    if (len)
        memcpy(w->buf + w->used, data, len);
    w->used += len;
}

void chaos_pool_put_u16(struct chaos_pool_writer *w, uint16_t value)
{
    chaos_pool_put(w, &value, sizeof(value));
}

void chaos_pool_put_u32(struct chaos_pool_writer *w, uint32_t value)
{
    chaos_pool_put(w, &value, sizeof(value));
}

void chaos_pool_put_u64(struct chaos_pool_writer *w, uint64_t value)
{
    chaos_pool_put(w, &value, sizeof(value));
}

int chaos_pool_end(struct chaos_pool_writer *w)
{
    uint32_t length = w->used;

    if (w->overflow)
        return -EMSGSIZE;
    memcpy(w->buf + offsetof(struct chaos_pool_header, length), &length, sizeof(length));
    return length;
}

int chaos_pool_open(const void *msg, size_t len, struct chaos_pool_reader *r)
{
    struct chaos_pool_header head;

    if (len < sizeof(head) || len > CHAOS_POOL_MAX)
        return -EPROTO;
    memcpy(&head, msg, sizeof(head));
    if (head.magic != CHAOS_POOL_MAGIC || head.length != len || head.reserved)
        return -EPROTO;
    if (head.version > CHAOS_POOL_VERSION)
        return -EPROTONOSUPPORT;
    if (head.type == 0 || head.type >= CHAOS_POOL_TYPES ||
        head.version < chaos_pool_version(head.type))
        return -EPROTO;
    r->p = (const uint8_t *)msg + sizeof(head);
    r->end = (const uint8_t *)msg + len;
    r->bad = false;
    return head.type;
}

const void *chaos_pool_get(struct chaos_pool_reader *r, size_t len)
{
    const void *at = r->p;

    if (r->bad || len > (size_t)(r->end - r->p)) {
        r->bad = true;
        return NULL;
    }
    r->p += len;
    return at;
}

static void get(struct chaos_pool_reader *r, void *to, size_t len)
{
    const void *from = chaos_pool_get(r, len);

    if (from)
        memcpy(to, from, len);
    else
        memset(to, 0, len);
}

uint16_t chaos_pool_get_u16(struct chaos_pool_reader *r)
{
    uint16_t value;

    get(r, &value, sizeof(value));
    return value;
}

uint32_t chaos_pool_get_u32(struct chaos_pool_reader *r)
{
    uint32_t value;

    get(r, &value, sizeof(value));
    return value;
}

uint64_t chaos_pool_get_u64(struct chaos_pool_reader *r)
{
    uint64_t value;

    get(r, &value, sizeof(value));
    return value;
}

int chaos_pool_take_encode(void *buf, size_t room, uint32_t count,
                           const struct chaos_pool_image *image,
                           const struct chaos_pool_shape *shape)
{
    struct chaos_pool_writer w;

    chaos_pool_begin(&w, buf, room, CHAOS_POOL_TAKE);
    chaos_pool_put_u32(&w, count);
    chaos_pool_put(&w, image, sizeof(*image));
    chaos_pool_put_u32(&w, shape->len);
    chaos_pool_put(&w, shape->bytes, shape->len);
    return chaos_pool_end(&w);
}

int chaos_pool_take_decode(struct chaos_pool_reader *r, struct chaos_pool_take *out)
{
    out->count = chaos_pool_get_u32(r);
    get(r, &out->image, sizeof(out->image));
    out->shape_len = chaos_pool_get_u32(r);
    out->shape = chaos_pool_get(r, out->shape_len);
    if (r->bad || r->p != r->end || out->shape_len > CHAOS_POOL_SHAPE_MAX || out->count == 0 ||
        out->count > CHAOS_POOL_TAKE_MAX)
        return -EPROTO;
    return 0;
}

void chaos_pool_count(struct chaos_pool_times *times, uint64_t ns)
{
    unsigned int bucket = 0;

    while (bucket + 1 < CHAOS_POOL_BUCKETS && ns > (1000ULL << bucket))
        bucket++;
    times->buckets[bucket]++;
    times->sum_ns += ns;
}

int chaos_pool_done_encode(void *buf, size_t room, const struct chaos_pool_times *times)
{
    struct chaos_pool_writer w;

    chaos_pool_begin(&w, buf, room, CHAOS_POOL_DONE);
    chaos_pool_put(&w, times, sizeof(*times));
    return chaos_pool_end(&w);
}

int chaos_pool_done_decode(struct chaos_pool_reader *r, struct chaos_pool_times *out)
{
    get(r, out, sizeof(*out));
    return r->bad || r->p != r->end ? -EPROTO : 0;
}
