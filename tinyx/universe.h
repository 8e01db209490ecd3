/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All files that an image could be made of: those of the packages that the specification names, and
 * of what these depend on. The latter are fetched in stages, as long as something is missing, for
 * most of what Debian's packages depend on (perl, dpkg, systemd) is not for running.
 */
#ifndef TINYX_UNIVERSE_H
#define TINYX_UNIVERSE_H

#include "package.h"
#include "spec.h"
#include "tree.h"

struct universe {
    struct tree files;
    struct packages packages; /* all that apt names */
    unsigned int stage;
};

/* Finds the packages and fetches those that are named. `c_library`: take libc6 along, whoever names
 * it. */
int universe_open(struct universe *u, const struct spec *spec, bool update, bool c_library,
                  chaos_error *err);
/* Fetches more: first the package whose name goes with the library `soname` (NULL: none is looked
 * for), then all libraries, then the rest. Returns 1, or 0 where all is there already. */
int universe_more(struct universe *u, const char *soname, chaos_error *err);

#endif
