/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-256 of inputs and outputs. */
#ifndef TINYX_HASH_H
#define TINYX_HASH_H

#include "base/error.h"

#include <nettle/sha2.h>

#define HASH_TEXT (2 * SHA256_DIGEST_SIZE + 1) /* lower-case hexadecimal digits and a NUL */

struct hash {
    struct sha256_ctx ctx;
};

void hash_begin(struct hash *hash);
/* The end of each text counts: "ab", "c" has another hash than "a", "bc". */
void hash_text(struct hash *hash, const char *text);
/* Hashes the contents alone, without name and times. */
int hash_file(struct hash *hash, const char *path, chaos_error *err);
/* Hashes all files below a directory in the order of their paths: the path from there, whether
 * the file is executable, and the contents. `path` may be a file, too. */
int hash_tree(struct hash *hash, const char *path, chaos_error *err);
void hash_end(struct hash *hash, char out[HASH_TEXT]);
/* As sha256sum prints it. */
int hash_of_file(const char *path, char out[HASH_TEXT], chaos_error *err);

#endif
