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
    bool whole;         /* named by the specification: its files go in, whoever needs them */
};

struct packages {
    struct package **items;
    size_t count, room;
};

/* Asks apt for the packages `names` (NULL-ended) and all that they depend on. Where one of the
 * names is unknown, *culprit is that. `update`: fetch the index anew, even where there is one. */
int packages_resolve(const char *const *names, bool update, struct packages *out,
                     const char **culprit, chaos_error *err);
/* Downloads and unpacks those of `list` that are not yet. */
int packages_fetch(const struct packages *list, chaos_error *err);
struct package *packages_find(const struct packages *list, const char *name);

#endif
