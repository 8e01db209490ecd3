/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments of kernel configurations: reading them, and laying one over the other. */
#ifndef TINYX_FRAGMENT_H
#define TINYX_FRAGMENT_H

#include "base/error.h"

#include <stddef.h>

/* What one line wants. */
struct wish {
    const char *name;   /* without CONFIG_ */
    const char *value;  /* as in a .config; n: off */
    const char *reason; /* the text behind the #; NULL: none */
    const char *file;
    unsigned int line;
};

/* Sorted by name; of several wishes for a name, only the last is kept. */
struct wishes {
    struct wish *items;
    size_t count, room;
};

/* Lays the fragment over what is there. Understands what Kconfig writes, too: "# CONFIG_X is not
 * set". Messages begin with FILE:LINE. */
int fragment_read(const char *path, struct wishes *wishes, chaos_error *err);
int fragment_parse(const char *label, const char *text, size_t len, struct wishes *wishes,
                   chaos_error *err);

/* NULL: no fragment names the option. */
const struct wish *wish_find(const struct wishes *wishes, const char *name);
/* Lays one wish over what is there. */
void wish_set(struct wishes *wishes, struct wish wish);

#endif
