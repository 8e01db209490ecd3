/* SPDX-License-Identifier: BSD-3-Clause */
/* An image that was built, as its manifest tells of it. */
#ifndef TINYX_LOADED_H
#define TINYX_LOADED_H

#include "base/error.h"

#include <jansson.h>

struct loaded {
    const char *dir;
    json_t *root;
};

int loaded_open(const char *dir, struct loaded *out, chaos_error *err);
void loaded_close(struct loaded *loaded);
/* A list of the manifest's: files, packages, or options of the kernel; never NULL. */
const json_t *loaded_list(const struct loaded *loaded, const char *name);
/* A text or a number of one of its items; "" and 0 where there is none. */
const char *loaded_text(const json_t *item, const char *key);
size_t loaded_size(const json_t *item, const char *key);

#endif
