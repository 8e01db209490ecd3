/* SPDX-License-Identifier: BSD-3-Clause */
#define _XOPEN_SOURCE 700
#include "cache.h"

#include "arena.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

/* A directory in tmp that is older was left by a program that was killed. */
#define STALE_S (10 * 3600)

static struct {
    char **items;
    size_t count, room;
} scratches;

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    remove(path);
    return 0;
}

void remove_tree(const char *path)
{
    nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

static void remove_scratches(void)
{
    for (size_t i = 0; i < scratches.count; i++)
        remove_tree(scratches.items[i]);
    scratches.count = 0;
}

int make_dirs(const char *path, chaos_error *err)
{
    cleanup_free char *dir = strdup(path);

    if (!dir)
        return error_oom(err);
    for (char *p = dir + 1;; p++) {
        char c = *p;

        if (c != '/' && c)
            continue;
        *p = '\0';
        if (mkdir(dir, 0777) < 0 && errno != EEXIST)
            return error_errno(err, CHAOS_E_IO, errno, "%s", dir);
        *p = c;
        if (!c)
            return 0;
    }
}

const char *cache_root(void)
{
    const char *dir = getenv("CHAOS_CACHE"), *xdg = getenv("XDG_CACHE_HOME"),
               *home = getenv("HOME");

    if (dir && *dir)
        return dir;
    if (xdg && *xdg)
        return format("%s/chaos", xdg);
    return format("%s/.cache/chaos", home ? home : "");
}

/* The time is the file system's: if this machine's clock is wrong, the age by it would be wrong,
 * too, and a build that runs would lose its directory. */
static time_t swept_at;

/* Removes the directories that killed programs have left in tmp. */
static int sweep(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    if (where->level == 1 && st->st_mtime < swept_at - STALE_S)
        remove_tree(path);
    return where->level ? FTW_SKIP_SUBTREE : FTW_CONTINUE;
}

int cache_scratch(const char **path, chaos_error *err)
{
    static bool registered;
    char *tmp = format("%s/tmp", cache_root()), *dir = format("%s/tinyx.XXXXXX", tmp);
    struct stat st;
    int rc = make_dirs(tmp, err);

    if (rc < 0)
        return rc;
    if (!mkdtemp(dir) || chmod(dir, 0755) < 0 || stat(dir, &st) < 0)
        return error_errno(err, CHAOS_E_IO, errno, "%s", dir);
    if (!registered) {
        registered = true;
        swept_at = st.st_mtime;
        nftw(tmp, sweep, 4, FTW_PHYS | FTW_ACTIONRETVAL);
        atexit(remove_scratches);
    }
    list_add(&scratches, dir);
    *path = dir;
    return 0;
}

static bool is_dir(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int make_entry(const char *entry, cache_fn *make, void *opaque, chaos_error *err)
{
    const char *dir;
    char *slash, *parent = copy(entry);
    int rc = cache_scratch(&dir, err);

    slash = strrchr(parent, '/');
    *slash = '\0';
    if (!rc)
        rc = make_dirs(parent, err);
    if (!rc)
        rc = make(dir, opaque, err);
    if (!rc && rename(dir, entry) < 0)
        rc = error_errno(err, CHAOS_E_IO, errno, "%s", entry);
    return rc;
}

int cache_entry(const char *name, cache_fn *make, void *opaque, const char **path, chaos_error *err)
{
    char *entry = format("%s/%s", cache_root(), name), *lock_name = format("tinyx_%s", name);
    char *locks = format("%s/locks", cache_root());
    cleanup_close int lock = -1;
    int rc = 0;

    if (!is_dir(entry)) {
        rc = make_dirs(locks, err);
        if (rc < 0)
            return rc;
        for (char *p = lock_name; *p; p++)
            *p = *p == '/' ? '_' : *p;
        lock = open(format("%s/%s", locks, lock_name), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
        if (lock < 0 || flock(lock, LOCK_EX) < 0)
            return error_errno(err, CHAOS_E_IO, errno, "%s/%s", locks, lock_name);
        if (!is_dir(entry))
            rc = make_entry(entry, make, opaque, err);
    }
    if (rc < 0)
        return rc;
    utimensat(AT_FDCWD, entry, NULL, 0); /* the time of its last use */
    *path = entry;
    return 0;
}
