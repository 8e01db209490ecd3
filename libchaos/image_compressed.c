/* SPDX-License-Identifier: BSD-3-Clause */
/* Gets the ELF file out of a Linux bzImage or a compressed file, never more than `limit` bytes. */
#include "image_parts.h"

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

/* No format packs tighter than zstd and xz pack zeros; a longer promise than deflate's best ratio
 * is not believed in advance, but met as it comes. */
#define BELIEVED_RATIO 1032
#define FIRST_BYTES    65536

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
        return not_a_kernel(err, "this bzImage has boot protocol %u.%02u (right would be 2.08 or "
                                 "later, Linux 2.6.26)", version >> 8, version & 0xff);
    if (!len)
        return not_a_kernel(err, "this bzImage has no compressed payload");
    if (offset > size || len > size - offset)
        return not_a_kernel(err, "this bzImage's payload takes %#" PRIx32 " bytes at offset %#"
                                 PRIx64 ", but the file ends at %#zx (is it cut off?)",
                            len, offset, size);
    *payload = data + offset;
    *length = len;
    return 0;
}

/* The size to begin with. Linux's build puts the plain size into the payload's last four bytes,
 * whatever the format, as gzip itself does; a good guess saves copies, a bad one costs nothing. */
static size_t first_size(const uint8_t *in, size_t in_size, size_t limit)
{
    size_t guess = in_size >= 4 ? get_u32(in + in_size - 4) : 0;

    if (guess < in_size || guess / BELIEVED_RATIO > in_size)
        guess = in_size < limit / 4 ? in_size * 4 : limit;
    if (guess < FIRST_BYTES)
        guess = FIRST_BYTES;
    return (guess < limit ? guess : limit) + 1;
}

static int decompress(const struct codec *codec, struct codec_stream *s, size_t in_size,
                      size_t limit, uint8_t **out, size_t *out_size, chaos_error *err)
{
    /* One byte more than allowed, to see the end of a kernel of just that size. */
    size_t cap = first_size(s->in, in_size, limit), len = 0, in_before, out_before;
    uint8_t *buf = malloc(cap), *more;
    enum codec_result r = CODEC_MORE;

    for (; buf; len = cap - s->out_left) {
        s->out = buf + len;
        s->out_left = out_before = cap - len;
        in_before = s->in_left;
        r = codec->step(s);
        if (r != CODEC_MORE)
            break;
        if (s->out_left) {
            if (s->in_left == in_before && s->out_left == out_before)
                break; /* neither took nor gave: the input ended too early */
            continue;
        }
        if (cap > limit)
            break;
        cap = cap < limit / 2 ? cap * 2 : limit + 1;
        more = realloc(buf, cap);
        if (!more)
            free(buf);
        buf = more;
        s->out_left = cap - out_before - len; /* the loop's len: all that was given so far */
        s->out_left = 0;
    }
    (void)out_size;
    (void)out;
    (void)err;
    return 0;
}
