/* SPDX-License-Identifier: BSD-3-Clause */
/* Debian packages: found by apt in a configuration of our own, unpacked in the cache, installed
 * nowhere. */
#ifndef TINYX_PACKAGE_H
#define TINYX_PACKAGE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct package {
    const char *name, *version;
    const char *sha256; /* of the .deb */
    const char *dir;    /* where its files are; NULL before packages_fetch */
    bool whole;         /* the specification names it: its files go in even if nothing needs them */
};

struct packages {
    struct package **items;
    size_t count, room;
};

/* Asks apt for the packages `names` (NULL-ended) and all that they depend on. If apt does not know
 * a name, *culprit is that name. `update` fetches the index anew even if there is one. */
int packages_resolve(const char *const *names, bool update, struct packages *out,
                     const char **culprit, chaos_error *err);
/* Downloads and unpacks the packages of `list` that are not in the cache. */
int packages_fetch(const struct packages *list, chaos_error *err);
/* Reads a line of apt's --print-uris, "'URL' NAME_VERSION_ARCH.deb SIZE SHA256:HASH". */
bool package_parse(const char *line, struct package *out);
struct package *packages_find(const struct packages *list, const char *name);

#endif
