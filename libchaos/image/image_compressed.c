/* SPDX-License-Identifier: BSD-3-Clause */
/* Decompresses the ELF file in a Linux bzImage or in a compressed file, up to `limit` bytes. */
#include "image/image_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The bzImage's setup header (Documentation/arch/x86/boot.rst), by offset into the file. */
#define SETUP_SECTS      0x1f1 /* u8, in sectors; 0 means 4 */
#define BOOT_FLAG        0x1fe /* u16: 0xaa55 */
#define SETUP_MAGIC      0x202 /* "HdrS" */
#define SETUP_VERSION    0x206 /* u16 */
#define PAYLOAD_OFFSET   0x248 /* u32, from the end of the setup sectors */
#define PAYLOAD_LENGTH   0x24c /* u32 */
#define SETUP_HEADER_END 0x250
#define SECTOR           512
#define PAYLOAD_VERSION  0x208 /* the first with a payload that can be found */

/* A file may claim any size for its content. Up to the best ratio of deflate, memory is taken in
 * advance; beyond that, only as the content turns up. */
#define BELIEVED_RATIO 1032
#define FIRST_BYTES    65536
#define MAX_MEMBERS    8192 /* as short as parallel compressors make them, 1 GiB has fewer */

static uint32_t get_u16(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get_u32(const uint8_t *p)
{
    return get_u16(p) | get_u16(p + 2) << 16;
}

static bool is_bzimage(const uint8_t *data, size_t size)
{
    return size >= SETUP_HEADER_END && get_u16(data + BOOT_FLAG) == 0xaa55 &&
           !memcmp(data + SETUP_MAGIC, "HdrS", 4);
}

static int bzimage_payload(const uint8_t *data, size_t size, const uint8_t **payload,
                           size_t *length, chaos_error *err)
{
    unsigned int sectors = data[SETUP_SECTS] ? data[SETUP_SECTS] : 4;
    unsigned int version = get_u16(data + SETUP_VERSION);
    uint64_t base = (sectors + 1ULL) * SECTOR;
    uint64_t offset = base + get_u32(data + PAYLOAD_OFFSET);
    uint32_t len = get_u32(data + PAYLOAD_LENGTH);

    if (version < PAYLOAD_VERSION)
        return not_a_kernel(err,
                            "this bzImage has boot protocol %u.%02u (right would be 2.08 or "
                            "later, Linux 2.6.26)",
                            version >> 8, version & 0xff);
    if (!len)
        return not_a_kernel(err, "this bzImage has no compressed payload");
    if (offset > size || len > size - offset)
        return not_a_kernel(err,
                            "this bzImage's payload takes %#" PRIx32 " bytes at offset %#" PRIx64
                            ", but the file ends at %#zx (is it cut off?)",
                            len, offset, size);
    *payload = data + offset;
    *length = len;
    return 0;
}

/* The size to begin with. Linux's build puts the plain size into the payload's last four bytes for
 * every format, as gzip does by itself. A good guess saves copies, a bad one costs nothing. */
static size_t first_size(const uint8_t *in, size_t in_size, size_t limit)
{
    size_t guess = in_size >= 4 ? get_u32(in + in_size - 4) : 0;

    if (guess < in_size || guess / BELIEVED_RATIO > in_size)
        guess = in_size < limit / 4 ? in_size * 4 : limit;
    if (guess < FIRST_BYTES)
        guess = FIRST_BYTES;
    return (guess < limit ? guess : limit) + 1;
}

struct sink {
    uint8_t *buf;
    size_t len, cap, limit;
};

static enum codec_result sink_grow(struct sink *sink)
{
    size_t cap = sink->cap < sink->limit / 2 ? sink->cap * 2 : sink->limit + 1;
    uint8_t *buf;

    if (sink->len > sink->limit)
        return CODEC_TOO_LARGE;
    buf = realloc(sink->buf, cap);
    if (!buf)
        return CODEC_NO_MEMORY;
    sink->buf = buf;
    sink->cap = cap;
    return CODEC_MORE;
}

static enum codec_result run(const struct codec *codec, struct codec_stream *s, struct sink *sink)
{
    enum codec_result r;
    size_t in, room;

    do {
        in = s->in_left;
        room = sink->cap - sink->len;
        s->out = sink->buf + sink->len;
        s->out_left = room;
        r = codec->step(s);
        sink->len += room - s->out_left;
        if (r == CODEC_MORE && sink->len == sink->cap) {
            r = sink_grow(sink);
        } else if (r == CODEC_MORE && s->in_left == in && s->out_left == room) {
            s->why = "it ends too early (is it cut off?)";
            r = CODEC_BAD;
        }
    } while (r == CODEC_MORE);
    return r == CODEC_END && sink->len > sink->limit ? CODEC_TOO_LARGE : r;
}

/* True where another member begins, as parallel compressors write them. */
static bool goes_on(const struct codec *codec, const struct codec_stream *s)
{
    return codec->members && s->in_left > sizeof(codec->magic) &&
           !memcmp(s->in, codec->magic, codec->magic_len);
}

static enum codec_result run_all(const struct codec *codec, struct codec_stream *s,
                                 struct sink *sink)
{
    unsigned int members = 0;
    enum codec_result r;

    do {
        s->state = NULL;
        r = codec->start(s);
        if (s->state) {
            r = run(codec, s, sink);
            codec->finish(s);
        }
    } while (r == CODEC_END && ++members < MAX_MEMBERS && goes_on(codec, s));
    return r;
}

/* Bytes behind the compressed data in `in` are ignored: a bzImage has the plain size there. If they
 * were part of the kernel, the ELF checks would find it incomplete. */
static int decompress(const struct codec *codec, const uint8_t *in, size_t in_size, size_t limit,
                      uint8_t **out, size_t *out_size, chaos_error *err)
{
    struct codec_stream s = {.in = in, .in_left = in_size};
    struct sink sink = {.cap = first_size(in, in_size, limit), .limit = limit};
    enum codec_result r = CODEC_NO_MEMORY;

    sink.buf = malloc(sink.cap);
    if (sink.buf)
        r = run_all(codec, &s, &sink);
    if (r == CODEC_END) {
        *out = sink.buf;
        *out_size = sink.len;
        return 1;
    }
    free(sink.buf);
    if (r == CODEC_NO_MEMORY)
        return error_oom(err);
    if (r == CODEC_TOO_LARGE)
        return not_a_kernel(err, "its %s data unpacks to more than %zu MiB", codec->name,
                            limit >> 20);
    return not_a_kernel(err, "its %s data cannot be unpacked, at byte %zu of %zu: %s", codec->name,
                        in_size - s.in_left, in_size, s.why);
}

int image_unpack(const uint8_t *data, size_t size, size_t limit, uint8_t **out, size_t *out_size,
                 chaos_error *err)
{
    bool bzimage = is_bzimage(data, size);
    const struct codec *codec;

    if (bzimage) {
        int rc = bzimage_payload(data, size, &data, &size, err);

        if (rc)
            return rc;
    }
    codec = codec_detect(data, size);
    if (!codec)
        return bzimage ? not_a_kernel(err,
                                      "this bzImage's payload begins with %02x %02x, no "
                                      "compression that is known (gzip begins with 1f 8b)",
                                      data[0], size > 1 ? data[1] : 0)
                       : 0;
    if (!codec->start)
        return not_a_kernel(
            err,
            "it is compressed with %s, which chaos cannot unpack (right would be gzip, "
            "xz, zstd, LZ4, bzip2 or lzma: for Linux CONFIG_KERNEL_XZ or its like, "
            "or take the vmlinux out with scripts/extract-vmlinux)",
            codec->name);
    return decompress(codec, data, size, limit, out, out_size, err);
}
