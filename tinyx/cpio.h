/* SPDX-License-Identifier: BSD-3-Clause */
/* The image's files as an initramfs: a cpio archive without compression. The same files always
 * give the same bytes. */
#ifndef TINYX_CPIO_H
#define TINYX_CPIO_H

#include "base/error.h"
#include "tree.h"

int cpio_write(const struct tree *files, const char *path, chaos_error *err);

#endif
