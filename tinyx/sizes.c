/* SPDX-License-Identifier: BSD-3-Clause */
/* The report of a build: which files an image's bytes are spent on. */
#include "output.h"

#include "arena.h"
#include "base/util.h"

#include <errno.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct share {
    const char *name;
    size_t bytes, files;
};

static int by_size(const void *a, const void *b)
{
    const struct share *left = a, *right = b;

    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? 1 : -1;
    return strcmp(left->name, right->name);
}

/* As xz -6 would make it. */
static int compressed(const char *path, size_t *size, size_t *out, chaos_error *err)
{
    lzma_stream stream = LZMA_STREAM_INIT;
    FILE *file = fopen(path, "re");
    static uint8_t in[1 << 16], waste[1 << 16];
    lzma_ret ret;

    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    ret = lzma_easy_encoder(&stream, 6, LZMA_CHECK_CRC32);
    while (ret == LZMA_OK) {
        if (!stream.avail_in && !feof(file)) {
            stream.next_in = in;
            stream.avail_in = fread(in, 1, sizeof(in), file);
        }
        stream.next_out = waste;
        stream.avail_out = sizeof(waste);
        ret = lzma_code(&stream, feof(file) ? LZMA_FINISH : LZMA_RUN);
    }
    *size += stream.total_in;
    *out += stream.total_out;
    lzma_end(&stream);
    fclose(file);
    return ret == LZMA_STREAM_END ? 0 : error_set(err, CHAOS_E_NO_MEMORY, ENOMEM, "%s: xz", path);
}

static struct share *share_of(struct share *shares, size_t *count, const char *name)
{
    size_t i = 0;

    while (i < *count && strcmp(shares[i].name, name))
        i++;
    if (i == *count)
        shares[(*count)++] = (struct share){.name = name};
    return &shares[i];
}

int sizes_print(FILE *to, const struct image *image, const char *dir, chaos_error *err)
{
    struct share *shares = take((image->universe.packages.count + 2) * sizeof(*shares));
    size_t count = 0, kernel = 0, files = 0, packed = 0, packed_kernel = 0;
    int rc = compressed(format("%s/" OUT_KERNEL, dir), &kernel, &packed_kernel, err);

    if (!rc)
        rc = compressed(format("%s/" OUT_FILES, dir), &files, &packed, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < image->files.count; i++) {
        const struct entry *entry = image->files.items[i];
        struct share *share;

        if (!S_ISREG(entry->mode))
            continue;
        share = share_of(shares, &count,
                         entry->package                 ? entry->package->name
                         : !strcmp(entry->why, "tinyx") ? "(tinyx)"
                                                        : "(specification)");
        share->bytes += entry->size;
        share->files++;
    }
    qsort(shares, count, sizeof(*shares), by_size);
    fprintf(to, "%-32s %10s %6s %10s\n", "", "bytes", "files", "with xz");
    fprintf(to, "%-32s %10zu %6s %10zu\n", OUT_KERNEL, kernel, "", packed_kernel);
    fprintf(to, "%-32s %10zu %6s %10zu\n", OUT_FILES, files, "", packed);
    for (size_t i = 0; i < count; i++)
        fprintf(to, "  %-30s %10zu %6zu\n", shares[i].name, shares[i].bytes, shares[i].files);
    fprintf(to, "%-32s %10zu %6s %10zu\n", "together", kernel + files, "", packed_kernel + packed);
    return 0;
}
