/* SPDX-License-Identifier: BSD-3-Clause */
/* Paths as people write them. */
#ifndef CHAOS_PATH_H
#define CHAOS_PATH_H

#include <chaos/error.h>

/* `path` behind the absolute directory `base` (NULL: the working directory); absolute paths stay.
 * The caller frees *out. */
int path_resolve(const char *base, const char *path, char **out, chaos_error *err);

#endif
