/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-256 of what things are made from and of what is made. */
#ifndef TINYX_HASH_H
#define TINYX_HASH_H

#include "base/error.h"

#include <nettle/sha2.h>

#define HASH_TEXT (2 * SHA256_DIGEST_SIZE + 1) /* lower-case hexadecimal digits and a NUL */

struct hash {
    struct sha256_ctx ctx;
};

void hash_begin(struct hash *hash);
/* Texts in a row stay apart: "ab", "c" is not "a", "bc". */
void hash_text(struct hash *hash, const char *text);
/* The contents alone: neither name nor times. */
int hash_file(struct hash *hash, const char *path, chaos_error *err);
/* All files below, in the order of their paths; of each its path from there, whether it may be run,
 * and its contents. A file is as good as a directory. */
int hash_tree(struct hash *hash, const char *path, chaos_error *err);
void hash_end(struct hash *hash, char out[HASH_TEXT]);
/* What sha256sum prints. */
int hash_of_file(const char *path, char out[HASH_TEXT], chaos_error *err);

#endif
