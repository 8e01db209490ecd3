/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How VMs ended, told by the chaosd that followed their policies to those who wait for them: they
 * find the domain gone. ended/UUID is a symbolic link whose target is the reason; the directory is
 * there while a chaosd follows policies.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <chaos/daemon.h>
#include "base/error.h"
#include "life/last_words.h"
#include "base/util.h"

#define KEEP_S 60 /* a waiter looks every 100 ms */

static int open_dir(chaos_host *host)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/ended", host->run_dir);
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

bool ended_by_chaosd(chaos_host *host)
{
    cleanup_close int dir = host->is_chaosd ? -1 : open_dir(host);

    return dir >= 0 && chaos_pool_alive(host);
}

void ended_tell(chaos_host *host, const char *uuid, enum chaos_reason reason)
{
    cleanup_close int dir = host->is_chaosd ? open_dir(host) : -1;
    char text[16];

    snprintf(text, sizeof(text), "%d", (int)reason);
    if (dir >= 0 && symlinkat(text, dir, uuid) < 0 && errno == EEXIST) {
        unlinkat(dir, uuid, 0);
        (void)!symlinkat(text, dir, uuid);
    }
}

bool ended_ask(chaos_host *host, const char *uuid, enum chaos_reason *reason)
{
    cleanup_close int dir = open_dir(host);
    char text[16];
    ssize_t n = dir < 0 ? -1 : readlinkat(dir, uuid, text, sizeof(text) - 1);

    if (n <= 0)
        return false;
    text[n] = '\0';
    *reason = strtoul(text, NULL, 10);
    return true;
}

/* Calls unlinkat for each entry that is older than `age`; how many stay. */
static size_t sweep(chaos_host *host, time_t age)
{
    int fd = open_dir(host);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    time_t now = time(NULL);
    struct dirent *ent;
    size_t left = 0;
    struct stat st;

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    while ((ent = readdir(dir)) != NULL) {
        if (ent->d_name[0] == '.')
            continue;
        if (fstatat(fd, ent->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mtime + age <= now)
            unlinkat(fd, ent->d_name, 0);
        else
            left++;
    }
    closedir(dir);
    return left;
}

bool chaos_ended_follow(chaos_host *host, bool follow)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/ended", host->run_dir);
    if (follow)
        return mkdir(path, 0700) == 0 || errno == EEXIST;
    sweep(host, -1);
    return rmdir(path) == 0 || errno == ENOENT;
}

bool chaos_ended_sweep(chaos_host *host)
{
    return sweep(host, KEEP_S) > 0;
}
