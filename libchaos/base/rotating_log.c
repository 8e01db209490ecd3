/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A log file of bounded size: FILE, and the older FILE.1 … FILE.<keep>.
 *
 * Only a regular file is rotated, and a lock on it keeps every other log away. A FIFO or a device
 * is written to as it is. Nothing here ever waits: neither for a FIFO's reader nor for a terminal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <chaos/log.h>
#include "base/error.h"
#include "base/rotating_log.h"
#include "base/util.h"

#define TRIES 10

struct chaos_log {
    int fd;
    bool regular; /* else a FIFO or a device */
    uint64_t size, cap;
    uint64_t dropped; /* bytes that a FIFO or a device had no room for since the last that fitted */
    unsigned int keep;
    char *path; /* of the file itself: a symbolic link has been followed */
};

/* Opened for reading as well, a FIFO needs no other reader, and no write to it raises SIGPIPE. Made
 * only where it is missing: with O_CREAT, Linux refuses other users' FIFOs in /tmp. */
static int open_path(const char *path)
{
    const int flags = O_RDWR | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = open(path, flags);

    return fd < 0 && errno == ENOENT ? open(path, flags | O_CREAT, 0600) : fd;
}

/* True where the path still leads to the open file `st`; another writer may have rotated it. */
static int is_current(const char *path, const struct stat *st)
{
    struct stat now;

    if (stat(path, &now) < 0)
        return errno == ENOENT ? false : -errno;
    return now.st_ino == st->st_ino && now.st_dev == st->st_dev;
}

bool log_in_use(int fd)
{
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return fcntl(fd, F_OFD_GETLK, &all) == 0 && all.l_type != F_UNLCK;
}

/* Locks the file: 0, 1 where the path leads to another one by now, -EBUSY where another log has
 * the lock. It goes with the last descriptor of this open file. */
static int lock(int fd, const char *path, const struct stat *st)
{
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int rc;

    /* A file system without locks has to do without. */
    if (fcntl(fd, F_OFD_SETLK, &all) < 0 && (errno == EAGAIN || errno == EACCES))
        return -EBUSY;
    rc = is_current(path, st);
    return rc < 0 ? rc : !rc;
}

static int open_file(chaos_log *log)
{
    for (unsigned int i = 0; i < TRIES; i++) {
        cleanup_close int fd = open_path(log->path);
        struct stat st;
        int rc = 0;

        if (fd < 0 || fstat(fd, &st) < 0)
            return -errno;
        if (S_ISBLK(st.st_mode))
            return -EINVAL;
        if (S_ISREG(st.st_mode))
            rc = lock(fd, log->path, &st);
        if (rc < 0)
            return rc;
        if (rc > 0)
            continue;
        log->regular = S_ISREG(st.st_mode);
        log->size = log->regular ? (uint64_t)st.st_size : 0;
        log->fd = steal_fd(fd);
        return 0;
    }
    return -EBUSY;
}

/* Rotation renames the file that a symbolic link leads to, beside which there is room for it. */
static int follow_link(chaos_log *log)
{
    struct stat st;
    char *real;

    if (lstat(log->path, &st) < 0)
        return -errno;
    if (!S_ISLNK(st.st_mode))
        return 0;
    real = realpath(log->path, NULL);
    if (!real)
        return -errno;
    free(log->path);
    log->path = real;
    return 0;
}

static int cannot_open(const char *path, int rc, chaos_error *err)
{
    if (rc == -ENOMEM)
        return error_oom(err);
    if (rc == -EBUSY)
        return error_set(err, CHAOS_E_BUSY, EBUSY,
                         "console log %s: another console is logged to it (give each VM its own "
                         "file)",
                         path);
    if (rc == -EINVAL)
        return error_set(err, CHAOS_E_IO, EINVAL,
                         "console log %s: is a block device, which it would overwrite (give a "
                         "file)",
                         path);
    if (rc == -ENXIO)
        return error_set(err, CHAOS_E_IO, ENXIO,
                         "console log %s: nothing is there to write to (a socket, or a device "
                         "that is not connected)",
                         path);
    return error_errno(err, CHAOS_E_IO, -rc, "console log %s", path);
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
    if (rc == 0 && log->regular)
        rc = follow_link(log);
    if (rc < 0) {
        chaos_log_close(log);
        return cannot_open(path, rc, err);
    }
    *out = log;
    return 0;
}

/* Removes FILE.<i>: 1 where there is none, or where it is no log of ours: no regular file, or one
 * that somebody else is logging to. */
static int remove_old(const char *old)
{
    cleanup_close int fd = open(old, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return errno == ENOENT || errno == ELOOP || errno == ENXIO ? 1 : -errno;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || log_in_use(fd))
        return 1;
    return unlink(old) < 0 && errno != ENOENT ? -errno : 0;
}

/* FILE becomes FILE.1, that FILE.2, and so on. Those that a greater `keep` has left behind are
 * removed. */
static int rename_all(const chaos_log *log)
{
    size_t room = strlen(log->path) + 12;
    cleanup_free char *from = malloc(room), *to = malloc(room);
    int rc = 0;

    if (!from || !to)
        return -ENOMEM;
    for (unsigned int i = log->keep + 1; !rc; i++) {
        snprintf(to, room, "%s.%u", log->path, i);
        rc = remove_old(to);
    }
    if (rc < 0)
        return rc;
    for (unsigned int i = log->keep; i > 0; i--) {
        snprintf(to, room, "%s.%u", log->path, i);
        if (i > 1)
            snprintf(from, room, "%s.%u", log->path, i - 1);
        else
            snprintf(from, room, "%s", log->path);
        if (rename(from, to) < 0 && errno != ENOENT)
            return -errno;
    }
    return !log->keep && unlink(log->path) < 0 && errno != ENOENT ? -errno : 0;
}

static int rotate(chaos_log *log)
{
    struct stat st;
    int rc;

    if (fstat(log->fd, &st) < 0)
        return -errno;
    /* Where somebody has moved our file away, what has its name now is not ours to rename. */
    rc = is_current(log->path, &st);
    if (rc > 0)
        rc = rename_all(log);
    if (rc < 0)
        return rc;
    close(log->fd);
    log->fd = -1;
    return open_file(log);
}

/* Says where bytes were dropped. False where there is no room for that either. */
static bool tell_dropped(chaos_log *log)
{
    char line[80];
    int len = snprintf(line, sizeof(line), "\n[chaos: %llu bytes are missing here]\n",
                       (unsigned long long)log->dropped);

    if (log->dropped && write(log->fd, line, (size_t)len) != len)
        return false;
    log->dropped = 0;
    return true;
}

static int write_stream(chaos_log *log, const char *buf, size_t len)
{
    bool room = tell_dropped(log);

    while (room && len) {
        ssize_t n = write(log->fd, buf, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            return -errno;
        room = n >= 0;
        if (room) {
            buf += n;
            len -= (size_t)n;
        }
    }
    log->dropped += len;
    return 0;
}

static ssize_t write_part(chaos_log *log, const char *buf, size_t len)
{
    ssize_t n;

    if (len > log->cap - log->size)
        len = log->cap - log->size;
    do
        n = write(log->fd, buf, len);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    log->size += (uint64_t)n;
    return n;
}

int chaos_log_write(chaos_log *log, const char *buf, size_t len)
{
    while (len) {
        ssize_t n = 0;

        if (log->fd < 0) /* it could not be opened after it was rotated */
            n = open_file(log);
        else if (log->regular && log->size >= log->cap)
            n = rotate(log);
        if (n < 0)
            return (int)n;
        if (!log->regular)
            return write_stream(log, buf, len);
        if (log->size >= log->cap) /* somebody else has put a full one there */
            continue;
        n = write_part(log, buf, len);
        if (n < 0)
            return (int)n;
        buf += n;
        len -= (size_t)n;
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
