/* SPDX-License-Identifier: BSD-3-Clause */
/* The tree of xenstore_fake.h. Nothing here allocates. */
#ifndef XENSTORE_FAKE_TREE_H
#define XENSTORE_FAKE_TREE_H

#include <stdbool.h>
#include <stddef.h>

void fake_tree_reset(void);
unsigned int fake_tree_count(void);
const char *fake_tree_value(const char *path);
/* With all directories above it; NULL: as it is, or empty. */
void fake_tree_write(const char *path, const char *value);
bool fake_tree_remove(const char *path);
/* `perms`: words, each with a NUL. False where there is no such node. */
bool fake_tree_allow(const char *path, const char *perms, size_t len);
/* The names below it, each with a NUL: how many bytes, or -1. */
int fake_tree_list(const char *path, char *out, size_t room);

#endif
