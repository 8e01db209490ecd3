/* SPDX-License-Identifier: BSD-3-Clause */
/* The tiny kernel packed by each compression library, bare or as the payload of a bzImage. */
#ifndef TINY_PACKED_H
#define TINY_PACKED_H

#include "tiny_elf.h"

#include <bzlib.h>
#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

/* The library that packs is not what is tested: its failure ends the program. */
static inline void must(bool ok)
{
    if (!ok)
        abort();
}

typedef size_t pack_fn(const uint8_t *in, size_t size, uint8_t *out, size_t cap);

static inline size_t pack_gzip(const uint8_t *in, size_t size, uint8_t *out, size_t cap)
{
    z_stream z = {.next_in = (Bytef *)in,
                  .avail_in = (unsigned int)size,
                  .next_out = out,
                  .avail_out = (unsigned int)cap};

    must(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    must(deflate(&z, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static inline size_t pack_xz(const uint8_t *in, size_t size, uint8_t *out, size_t cap)
{
    size_t at = 0;

    must(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, in, size, out, &at, cap) == LZMA_OK);
    return at;
}

static inline size_t pack_lzma(const uint8_t *in, size_t size, uint8_t *out, size_t cap)
{
    lzma_stream x = LZMA_STREAM_INIT;
    lzma_options_lzma options;

    lzma_lzma_preset(&options, 1);
    must(lzma_alone_encoder(&x, &options) == LZMA_OK);
    x.next_in = in;
    x.avail_in = size;
    x.next_out = out;
    x.avail_out = cap;
    must(lzma_code(&x, LZMA_FINISH) == LZMA_STREAM_END);
    lzma_end(&x);
    return x.total_out;
}

static inline size_t pack_zstd(const uint8_t *in, size_t size, uint8_t *out, size_t cap)
{
    size_t r = ZSTD_compress(out, cap, in, size, 3);

    must(!ZSTD_isError(r));
    return r;
}

static inline size_t pack_bzip2(const uint8_t *in, size_t size, uint8_t *out, size_t cap)
{
    unsigned int len = (unsigned int)cap;

    must(BZ2_bzBuffToBuffCompress((char *)out, &len, (char *)in, (unsigned int)size, 1, 0, 0) ==
         BZ_OK);
    return len;
}

/* One block, up to 8 MiB, as `lz4 -l` writes it. */
static inline size_t pack_lz4_legacy(const uint8_t *in, size_t size, uint8_t *out, size_t cap)
{
    int len = LZ4_compress_default((const char *)in, (char *)out + 8, (int)size, (int)cap - 8);

    must(len > 0 && size <= 8 << 20);
    memcpy(out, "\x02\x21\x4c\x18", 4);
    memcpy(out + 4, &len, 4);
    return (size_t)len + 8;
}

static inline size_t pack_lz4(const uint8_t *in, size_t size, uint8_t *out, size_t cap)
{
    LZ4F_preferences_t preferences = {.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled};
    size_t bound = LZ4F_compressFrameBound(size, &preferences), r;
    void *whole = malloc(bound);

    must(whole);
    r = LZ4F_compressFrame(whole, bound, in, size, &preferences);
    must(!LZ4F_isError(r) && r <= cap);
    memcpy(out, whole, r);
    free(whole);
    return r;
}

static const struct packer {
    const char *name;
    pack_fn *pack;
} packers[] = {
    {"gzip", pack_gzip},   {"xz", pack_xz},   {"lzma", pack_lzma},      {"zstd", pack_zstd},
    {"bzip2", pack_bzip2}, {"LZ4", pack_lz4}, {"LZ4", pack_lz4_legacy},
};

#define EACH_PACKER(p)                                                                             \
    (p) = packers;                                                                                 \
    (p) < packers + sizeof(packers) / sizeof(packers[0]);                                          \
    (p)++

struct file {
    uint8_t bytes[16384];
    size_t size;
};

static inline void pack_kernel(struct file *f, const struct packer *p)
{
    struct tiny t;

    tiny_kernel(&t);
    f->size = p->pack(t.bytes, t.size, f->bytes, sizeof(f->bytes));
}

/* The boot sector, one of setup, then the payload with the plain size behind it. */
static inline void bzimage(struct file *f, const struct packer *p)
{
    struct tiny t;
    size_t len;

    tiny_kernel(&t);
    memset(f->bytes, 0, sizeof(f->bytes));
    f->bytes[0x1f1] = 1;
    memcpy(f->bytes + 0x1fe, "\x55\xaaxxHdrS\x0f\x02", 10);
    len = p->pack(t.bytes, t.size, f->bytes + 1024 + 7, 8192);
    if (p->pack != pack_gzip) {
        memcpy(f->bytes + 1024 + 7 + len, &(uint32_t){(uint32_t)t.size}, 4);
        len += 4;
    }
    memcpy(f->bytes + 0x248, &(uint32_t){7}, 4);
    memcpy(f->bytes + 0x24c, &(uint32_t){(uint32_t)len}, 4);
    f->size = 1024 + 7 + len + 100; /* as if signed */
}

#endif
