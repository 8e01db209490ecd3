/* SPDX-License-Identifier: BSD-3-Clause */
/* The steps to a kernel. */
#ifndef TINYX_KERNEL_PARTS_H
#define TINYX_KERNEL_PARTS_H

#include "fragment.h"
#include "hash.h"
#include "kernel.h"

#include <stdbool.h>

#define KERNEL_SOURCE "linux-source-6.1"

/* kernel.c */
int kernel_wishes(const struct kernel_request *request, struct wishes *wishes, chaos_error *err);

/* kernel_source.c */
/* Stirs in what the source is made of: Debian's package as pinned, this project's patches. */
int kernel_source_hash(struct hash *hash, chaos_error *err);
/* The patched source tree. */
int kernel_source(const char **path, chaos_error *err);

/* kernel_config.c */
/* Configures in `obj`: the wishes, the rest off. What did not become as wanted is an error, where
 * `strict`. Leaves OBJ/.config and OBJ/why. */
int kernel_configure(const char *source, const char *obj, const struct wishes *wishes, bool strict,
                     chaos_error *err);
/* The fields of a line of `why`: kernel-patches/linux/scripts/kconfig/why.c. */
enum { WHY_KIND, WHY_NAME, WHY_VALUE, WHY_HOW, WHY_DETAIL, WHY_FIELDS };
/* Splits a line; false where it is none. */
bool why_split(char *line, char *field[WHY_FIELDS]);
/* Reads `why`: what is on, with reasons. */
int kernel_options(const char *why, const struct wishes *wishes, struct kernel *out,
                   chaos_error *err);

/* kernel_build.c */
/* `make` in obj, of targets and variables, with settings that depend on nobody; `out`, where not
 * NULL, gets its output. `watch`: says how far it is. */
int kernel_make(const char *source, const char *obj, const char *const *targets, const char *out,
                bool watch, chaos_error *err);
/* Compiles in obj what is configured there, and puts `vmlinux` and `System.map` into dir. */
int kernel_compile(const char *source, const char *obj, const char *dir, chaos_error *err);

#endif
