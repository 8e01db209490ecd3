/* SPDX-License-Identifier: BSD-3-Clause */
/* Decompressors of which few kernels are in need. They lie apart from image_codec.c, whose
 * constants every creation touches. */
#include "image/image_parts.h"

#include <bzlib.h>
#include <lz4.h>
#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>

/* bzlib counts in unsigned int. */
static unsigned int clamp(size_t n)
{
    return n > (1U << 30) ? 1U << 30 : (unsigned int)n;
}

enum codec_result bzip2_start(struct codec_stream *s)
{
    bz_stream *b = calloc(1, sizeof(*b));

    if (!b)
        return CODEC_NO_MEMORY;
    if (BZ2_bzDecompressInit(b, 0, 0) != BZ_OK) {
        free(b);
        return CODEC_NO_MEMORY;
    }
    s->state = b;
    return CODEC_MORE;
}

enum codec_result bzip2_step(struct codec_stream *s)
{
    unsigned int in = clamp(s->in_left), out = clamp(s->out_left);
    bz_stream *b = s->state;
    int r;

    b->next_in = (char *)s->in; /* bzlib does not write there; its type is older than const */
    b->avail_in = in;
    b->next_out = (char *)s->out;
    b->avail_out = out;
    r = BZ2_bzDecompress(b);
    s->in += in - b->avail_in;
    s->in_left -= in - b->avail_in;
    s->out += out - b->avail_out;
    s->out_left -= out - b->avail_out;
    switch (r) {
    case BZ_OK:
        return CODEC_MORE;
    case BZ_STREAM_END:
        return CODEC_END;
    case BZ_MEM_ERROR:
        return CODEC_NO_MEMORY;
    default:
        s->why = "the data is corrupt";
        return CODEC_BAD;
    }
}

void bzip2_finish(struct codec_stream *s)
{
    BZ2_bzDecompressEnd(s->state);
    free(s->state);
}

/*
 * The LZ4 that Linux' build and `lz4 -l` write: a magic number, then blocks of up to 8 MiB that do
 * not refer to each other, each with the size that it is packed to. The end of the file is the end;
 * a bzImage has the plain size there, in as many bytes as a block's size.
 */
#define LEGACY_MAGIC 0x184c2102
#define LEGACY_BLOCK (8 << 20)

struct legacy {
    bool any;    /* a block was read */
    char *block; /* a block for which there was no room, unpacked; allocated when it is needed */
    size_t at, filled; /* the part of it that the output lacks */
};

enum codec_result lz4_legacy_start(struct codec_stream *s)
{
    s->state = calloc(1, sizeof(struct legacy));
    s->in += 4;
    s->in_left -= 4;
    return s->state ? CODEC_MORE : CODEC_NO_MEMORY;
}

static enum codec_result legacy_rest(struct codec_stream *s, struct legacy *l)
{
    size_t n = l->filled - l->at < s->out_left ? l->filled - l->at : s->out_left;

    memcpy(s->out, l->block + l->at, n);
    l->at += n;
    s->out += n;
    s->out_left -= n;
    return CODEC_MORE;
}

/* Unpacks a block to where it belongs, or to a place of its own where it does not fit there. */
static enum codec_result legacy_block(struct codec_stream *s, struct legacy *l, uint32_t size)
{
    const char *in = (const char *)s->in + 4;
    int room = s->out_left < LEGACY_BLOCK ? (int)s->out_left : LEGACY_BLOCK;
    int n = LZ4_decompress_safe(in, (char *)s->out, (int)size, room);

    if (n >= 0) {
        s->out += n;
        s->out_left -= (size_t)n;
    } else if (room < LEGACY_BLOCK) {
        if (!l->block && !(l->block = malloc(LEGACY_BLOCK)))
            return CODEC_NO_MEMORY;
        n = LZ4_decompress_safe(in, l->block, (int)size, LEGACY_BLOCK);
        l->at = 0;
        l->filled = n < 0 ? 0 : (size_t)n;
    }
    if (n < 0) {
        s->why = "the data is corrupt";
        return CODEC_BAD;
    }
    l->any = true;
    s->in += 4 + size;
    s->in_left -= 4 + size;
    return l->at < l->filled ? legacy_rest(s, l) : CODEC_MORE;
}

enum codec_result lz4_legacy_step(struct codec_stream *s)
{
    struct legacy *l = s->state;
    uint32_t size;

    if (l->at < l->filled)
        return legacy_rest(s, l);
    if (l->any && (s->in_left == 0 || s->in_left == sizeof(size)))
        return CODEC_END;
    if (s->in_left < sizeof(size))
        return CODEC_MORE; /* no progress, which the caller notices */
    memcpy(&size, s->in, sizeof(size));
    if (size == LEGACY_MAGIC) { /* files that were put together */
        s->in += sizeof(size);
        s->in_left -= sizeof(size);
        return CODEC_MORE;
    }
    if (size == 0 || size > LZ4_COMPRESSBOUND(LEGACY_BLOCK)) {
        s->why = "a block has a size that no block has";
        return CODEC_BAD;
    }
    return size > s->in_left - sizeof(size) ? CODEC_MORE : legacy_block(s, l, size);
}

void lz4_legacy_finish(struct codec_stream *s)
{
    struct legacy *l = s->state;

    free(l->block);
    free(l);
}

/* The LZ4 that `lz4` writes without -l. */
enum codec_result lz4_start(struct codec_stream *s)
{
    LZ4F_dctx *d = NULL;

    if (LZ4F_isError(LZ4F_createDecompressionContext(&d, LZ4F_VERSION)))
        return CODEC_NO_MEMORY;
    s->state = d;
    return CODEC_MORE;
}

enum codec_result lz4_step(struct codec_stream *s)
{
    size_t in = s->in_left, out = s->out_left;
    size_t r = LZ4F_decompress(s->state, s->out, &out, s->in, &in, NULL);

    if (LZ4F_isError(r)) {
        s->why = LZ4F_getErrorName(r);
        return strcmp(s->why, "ERROR_allocation_failed") ? CODEC_BAD : CODEC_NO_MEMORY;
    }
    s->in += in;
    s->in_left -= in;
    s->out += out;
    s->out_left -= out;
    return r ? CODEC_MORE : CODEC_END;
}

void lz4_finish(struct codec_stream *s)
{
    LZ4F_freeDecompressionContext(s->state);
}
