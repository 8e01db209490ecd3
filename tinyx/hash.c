/* SPDX-License-Identifier: BSD-3-Clause */
#include "hash.h"

#include "base/util.h"

#include <stdbool.h>
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void hash_begin(struct hash *hash)
{
    sha256_init(&hash->ctx);
}

void hash_text(struct hash *hash, const char *text)
{
    sha256_update(&hash->ctx, strlen(text) + 1, (const uint8_t *)text);
}

int hash_file(struct hash *hash, const char *path, chaos_error *err)
{
    FILE *file = fopen(path, "re");
    uint8_t buf[65536];
    size_t n;
    bool bad;

    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    while ((n = fread(buf, 1, sizeof(buf), file)) > 0)
        sha256_update(&hash->ctx, n, buf);
    bad = ferror(file);
    fclose(file);
    return bad ? error_errno(err, CHAOS_E_IO, EIO, "%s", path) : 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int hash_entry(struct hash *hash, const FTSENT *entry, size_t root, chaos_error *err)
{
    char size[24];

    switch (entry->fts_info) {
    case FTS_F:
        hash_text(hash, entry->fts_path + root);
        snprintf(size, sizeof(size), "%lld", (long long)entry->fts_statp->st_size);
        hash_text(hash, size);
        hash_text(hash, entry->fts_statp->st_mode & 0100 ? "x" : "-");
        return hash_file(hash, entry->fts_path, err);
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        return error_errno(err, CHAOS_E_IO, entry->fts_errno, "%s", entry->fts_path);
    default:
        return 0;
    }
}

int hash_tree(struct hash *hash, const char *path, chaos_error *err)
{
    FTS *walk = fts_open((char *[]){(char *)path, NULL}, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    int rc = 0;

    if (!walk)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    for (FTSENT *entry; !rc && (entry = fts_read(walk));)
        rc = hash_entry(hash, entry, strlen(path), err);
    fts_close(walk);
    return rc;
}

void hash_end(struct hash *hash, char out[HASH_TEXT])
{
    uint8_t digest[SHA256_DIGEST_SIZE];

    sha256_digest(&hash->ctx, sizeof(digest), digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

int hash_of_file(const char *path, char out[HASH_TEXT], chaos_error *err)
{
    struct hash hash;
    int rc;

    hash_begin(&hash);
    rc = hash_file(&hash, path, err);
    hash_end(&hash, out);
    return rc;
}
