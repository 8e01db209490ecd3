/* SPDX-License-Identifier: BSD-3-Clause */
/* A log file of bounded size: FILE, and the older FILE.1 … FILE.<keep>. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <chaos/log.h>
#include "base/error.h"
#include "base/util.h"

struct chaos_log {
    int fd;
    uint64_t size, cap;
    unsigned int keep;
    char *path;
};

static int open_file(chaos_log *log)
{
    struct stat st;

    log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log->fd < 0 || fstat(log->fd, &st) < 0)
        return -errno;
    log->size = st.st_size;
    return 0;
}

int chaos_log_open(const char *path, uint64_t cap, unsigned int keep, chaos_log **out,
                   chaos_error *err)
{
    chaos_log *log = calloc(1, sizeof(*log));
    int rc;

    *out = NULL;
    if (log)
        log->path = strdup(path);
    if (!log || !log->path) {
        free(log);
        return error_oom(err);
    }
    log->fd = -1;
    log->cap = cap ? cap : UINT64_MAX;
    log->keep = keep;
    rc = open_file(log);
    if (rc < 0) {
        chaos_log_close(log);
        return error_errno(err, CHAOS_E_IO, -rc, "console log %s", path);
    }
    *out = log;
    return 0;
}

static int rotate(chaos_log *log)
{
    size_t room = strlen(log->path) + 12;
    cleanup_free char *from = malloc(room), *to = malloc(room);

    if (!from || !to)
        return -ENOMEM;
    for (unsigned int i = log->keep; i > 0; i--) {
        snprintf(to, room, "%s.%u", log->path, i);
        if (i > 1)
            snprintf(from, room, "%s.%u", log->path, i - 1);
        else
            snprintf(from, room, "%s", log->path);
        if (rename(from, to) < 0 && errno != ENOENT)
            return -errno;
    }
    if (!log->keep && unlink(log->path) < 0 && errno != ENOENT)
        return -errno;
    if (log->fd >= 0)
        close(log->fd);
    return open_file(log);
}

int chaos_log_write(chaos_log *log, const char *buf, size_t len)
{
    while (len) {
        size_t part = len;
        ssize_t n;

        if (log->size >= log->cap) {
            int rc = rotate(log);

            if (rc < 0)
                return rc;
        }
        if (part > log->cap - log->size)
            part = log->cap - log->size;
        n = write(log->fd, buf, part);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        log->size += n;
        buf += n;
        len -= n;
    }
    return 0;
}

void chaos_log_close(chaos_log *log)
{
    if (!log)
        return;
    if (log->fd >= 0)
        close(log->fd);
    free(log->path);
    free(log);
}
