/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cache: directories whose names are hashes of their input. A directory is made under a
 * temporary name and renamed when it is complete, so that the rest of an interrupted build is
 * never used. Two programs that want the same directory at once make it only once.
 */
#ifndef TINYX_CACHE_H
#define TINYX_CACHE_H

#include "base/error.h"

/* Fills the new, empty directory `dir`. */
typedef int cache_fn(const char *dir, void *opaque, chaos_error *err);

/* The cache's own directory: CHAOS_CACHE, else $XDG_CACHE_HOME/chaos, else ~/.cache/chaos. */
const char *cache_root(void);
/* The path of the entry `name` ("FOLDER/NAME"), which `make` makes where there is none. It and the
 * path belong to arena.h. */
int cache_entry(const char *name, cache_fn *make, void *opaque, const char **path,
                chaos_error *err);
/* Makes a directory below the cache that is removed, with its contents, when the program ends. */
int cache_scratch(const char **path, chaos_error *err);
/* Removes a directory with its contents; it need not be there. */
void remove_tree(const char *path);
/* mkdir -p */
int make_dirs(const char *path, chaos_error *err);

#endif
