/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells whether a chaosd looks after this run directory: chaosd holds a lock while it lives. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

#include <chaos/pool.h>
#include "shell/host.h"
#include "base/util.h"

bool chaos_pool_alive(chaos_host *host)
{
    char path[4096];
    cleanup_close int fd = -1;

    snprintf(path, sizeof(path), "%s/" CHAOS_POOL_LOCK, host->run_dir);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}
