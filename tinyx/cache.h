/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cache: directories named by what they were made from. A directory is made under a temporary
 * name and renamed when complete, so one that was interrupted is never taken for a whole one. Two
 * that want the same one at once make it once.
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
/* A new directory below the cache that goes, with all in it, when the program ends. */
int cache_scratch(const char **path, chaos_error *err);
/* Removes a directory with all in it; what is not there is no failure. */
void remove_tree(const char *path);
/* mkdir -p */
int make_dirs(const char *path, chaos_error *err);

#endif
