/* SPDX-License-Identifier: BSD-3-Clause */
#include "data.h"

#include "arena.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LANDMARK "kernel-patches/linux/apply"

/* Beside the program, installed; or above it, where it was built. */
static const char *const places[] = {"../share/chaos/tinyx", "..", "../.."};

static const char *try_root(const char *dir, const char *place)
{
    char *path = realpath(format("%s/%s", dir, place), NULL);

    if (path && access(format("%s/%s", path, LANDMARK), R_OK) == 0)
        return path;
    free(path);
    return NULL;
}

/* Outside of the arena: it stays. */
static const char *find_root(void)
{
    const char *forced = getenv("TINYX_DATA");
    const char *root = NULL;
    char exe[PATH_MAX] = "", *slash;

    if (forced && *forced)
        return forced;
    if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
        return ".";
    slash = strrchr(exe, '/');
    *slash = '\0';
    for (size_t i = 0; !root && i < sizeof(places) / sizeof(places[0]); i++)
        root = try_root(exe, places[i]);
    return root ? root : ".";
}

const char *data_path(const char *name)
{
    static const char *root;

    if (!root)
        root = find_root();
    return format("%s/%s", root, name);
}

int data_need_lab(chaos_error *err)
{
    const char *lab = data_path(DATA_LAB);

    if (access(lab, X_OK) == 0)
        return 0;
    return error_set(err, CHAOS_E_NOT_FOUND, errno,
                     "the lab is missing (no program %s): it is in chaos' source alone, so run "
                     "build/bin/tinyx there, or set TINYX_DATA to the source",
                     lab);
}
