/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All files that an image could be made of: those of the packages that the specification names,
 * and of their dependencies. Dependencies are fetched in stages, while a file is missing: most
 * of them (perl, dpkg, systemd) are not needed to run the application.
 */
#ifndef TINYX_UNIVERSE_H
#define TINYX_UNIVERSE_H

#include "package.h"
#include "spec.h"
#include "tree.h"

struct universe {
    struct tree files;
    struct packages packages; /* the named ones and their dependencies */
    unsigned int stage;
};

/* Finds the packages and fetches those that are named. `c_library`: fetch libc6, too. */
int universe_open(struct universe *u, const struct spec *spec, bool update, bool c_library,
                  chaos_error *err);
/* Fetches more dependencies: first the package whose name matches the library `soname` (NULL:
 * there is none), then all libraries, then the rest. Returns 0 if all were fetched before, else
 * 1. */
int universe_more(struct universe *u, const char *soname, chaos_error *err);

#endif
