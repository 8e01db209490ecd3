/* SPDX-License-Identifier: BSD-3-Clause */
/* Decompressors with one interface; image_codec_more.c has some of them. */
#include "image/image_parts.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* Largest dictionary: xz -9 takes 64 MiB, kernels 32 MiB; zstd -22 takes 128 MiB. */
#define LZMA_MEMORY_LIMIT (256ULL << 20)
#define ZSTD_WINDOW_LOG   27

/* zlib counts in unsigned int. */
static unsigned int clamp(size_t n)
{
    return n > (1U << 30) ? 1U << 30 : (unsigned int)n;
}

static enum codec_result gzip_start(struct codec_stream *s)
{
    z_stream *z = calloc(1, sizeof(*z));

    if (!z)
        return CODEC_NO_MEMORY;
    if (inflateInit2(z, MAX_WBITS + 16) != Z_OK) { /* + 16: with a gzip header */
        free(z);
        return CODEC_NO_MEMORY;
    }
    s->state = z;
    return CODEC_MORE;
}

static enum codec_result gzip_step(struct codec_stream *s)
{
    unsigned int in = clamp(s->in_left), out = clamp(s->out_left);
    z_stream *z = s->state;
    int r;

    z->next_in = (Bytef *)s->in; /* zlib does not write there; its type is older than const */
    z->avail_in = in;
    z->next_out = s->out;
    z->avail_out = out;
    r = inflate(z, Z_NO_FLUSH);
    s->in += in - z->avail_in;
    s->in_left -= in - z->avail_in;
    s->out += out - z->avail_out;
    s->out_left -= out - z->avail_out;
    switch (r) {
    case Z_OK:
    case Z_BUF_ERROR: /* no progress, which the caller notices */
        return CODEC_MORE;
    case Z_STREAM_END:
        return CODEC_END;
    case Z_MEM_ERROR:
        return CODEC_NO_MEMORY;
    default:
        s->why = z->msg ? z->msg : "a preset dictionary is asked for";
        return CODEC_BAD;
    }
}

static void gzip_finish(struct codec_stream *s)
{
    inflateEnd(s->state);
    free(s->state);
}

typedef lzma_ret lzma_start_fn(lzma_stream *strm, uint64_t memlimit);

static enum codec_result lzma_start(struct codec_stream *s, lzma_start_fn *start)
{
    lzma_stream *x = calloc(1, sizeof(*x)); /* all zero is LZMA_STREAM_INIT */

    if (!x)
        return CODEC_NO_MEMORY;
    if (start(x, LZMA_MEMORY_LIMIT) != LZMA_OK) {
        free(x);
        return CODEC_NO_MEMORY;
    }
    s->state = x;
    return CODEC_MORE;
}

static lzma_ret start_xz(lzma_stream *x, uint64_t memlimit)
{
    return lzma_stream_decoder(x, memlimit, 0);
}

static enum codec_result xz_start(struct codec_stream *s)
{
    return lzma_start(s, start_xz);
}

static enum codec_result lzma_alone_start(struct codec_stream *s)
{
    return lzma_start(s, lzma_alone_decoder);
}

static enum codec_result xz_step(struct codec_stream *s)
{
    lzma_stream *x = s->state;
    lzma_ret r;

    x->next_in = s->in;
    x->avail_in = s->in_left;
    x->next_out = s->out;
    x->avail_out = s->out_left;
    r = lzma_code(x, LZMA_RUN);
    s->in = x->next_in;
    s->in_left = x->avail_in;
    s->out = x->next_out;
    s->out_left = x->avail_out;
    switch (r) {
    case LZMA_OK:
    case LZMA_BUF_ERROR:
        return CODEC_MORE;
    case LZMA_STREAM_END:
        return CODEC_END;
    case LZMA_MEM_ERROR:
        return CODEC_NO_MEMORY;
    case LZMA_MEMLIMIT_ERROR:
        s->why = "its dictionary is larger than 256 MiB";
        return CODEC_BAD;
    case LZMA_OPTIONS_ERROR:
        s->why = "it uses a filter that liblzma does not know";
        return CODEC_BAD;
    default:
        s->why = "the data is corrupt";
        return CODEC_BAD;
    }
}

static void xz_finish(struct codec_stream *s)
{
    lzma_end(s->state);
    free(s->state);
}

static enum codec_result zstd_start(struct codec_stream *s)
{
    ZSTD_DCtx *d = ZSTD_createDCtx();

    if (!d)
        return CODEC_NO_MEMORY;
    ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
    s->state = d;
    return CODEC_MORE;
}

static enum codec_result zstd_step(struct codec_stream *s)
{
    ZSTD_inBuffer in = {s->in, s->in_left, 0};
    ZSTD_outBuffer out = {s->out, s->out_left, 0};
    size_t r = ZSTD_decompressStream(s->state, &out, &in);

    s->in += in.pos;
    s->in_left -= in.pos;
    s->out += out.pos;
    s->out_left -= out.pos;
    if (!r)
        return CODEC_END;
    if (!ZSTD_isError(r))
        return CODEC_MORE;
    if (ZSTD_getErrorCode(r) == ZSTD_error_memory_allocation)
        return CODEC_NO_MEMORY;
    s->why = ZSTD_getErrorName(r);
    return CODEC_BAD;
}

static void zstd_finish(struct codec_stream *s)
{
    ZSTD_freeDCtx(s->state);
}

static const struct codec codecs[] = {
    {"gzip", {0x1f, 0x8b}, 2, true, gzip_start, gzip_step, gzip_finish},
    {"xz", {0xfd, '7', 'z', 'X', 'Z', 0x00}, 6, true, xz_start, xz_step, xz_finish},
    {"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, true, zstd_start, zstd_step, zstd_finish},
    {"lzma", {0x5d, 0x00, 0x00}, 3, false, lzma_alone_start, xz_step, xz_finish},
    {"bzip2", {'B', 'Z', 'h'}, 3, true, bzip2_start, bzip2_step, bzip2_finish},
    /* Linux' build makes the older of the two formats. */
    {"LZ4",
     {0x02, 0x21, 0x4c, 0x18},
     4,
     false,
     lz4_legacy_start,
     lz4_legacy_step,
     lz4_legacy_finish},
    {"LZ4", {0x04, 0x22, 0x4d, 0x18}, 4, true, lz4_start, lz4_step, lz4_finish},
    /* Its library is under the GPL, which all of chaos would have to be then. */
    {"LZO", {0x89, 'L', 'Z', 'O', 0x00, 0x0d}, 6, false, NULL, NULL, NULL},
};

const struct codec *codec_detect(const uint8_t *data, size_t size)
{
    size_t i;

    for (i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
        if (size >= codecs[i].magic_len && !memcmp(data, codecs[i].magic, codecs[i].magic_len))
            return &codecs[i];
    }
    return NULL;
}
