/* SPDX-License-Identifier: BSD-3-Clause */
#include "failing_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

static unsigned long countdown;
static int error;
static const char *struck;

void failing_files_at(unsigned long n, int errnum)
{
    countdown = n;
    error = errnum;
    struck = NULL;
}

const char *failing_files_struck(void)
{
    return struck;
}

static bool fails(const char *call)
{
    if (!countdown || --countdown)
        return false;
    struck = call;
    errno = error;
    return true;
}

/* The linker sends every call of NAME to __wrap_NAME (unit.mk). */
#define WRAP(type, name, params, args)                                                             \
    type __real_##name params;                                                                     \
    type __wrap_##name params;                                                                     \
    type __wrap_##name params                                                                      \
    {                                                                                              \
        return fails(#name) ? -1 : __real_##name args;                                             \
    }

WRAP(int, stat, (const char *path, struct stat *st), (path, st))
WRAP(int, fstat, (int fd, struct stat *st), (fd, st))
WRAP(int, mkdirat, (int at, const char *path, mode_t mode), (at, path, mode))
WRAP(int, symlinkat, (const char *target, int at, const char *path), (target, at, path))
WRAP(int, renameat, (int from_at, const char *from, int to_at, const char *to),
     (from_at, from, to_at, to))
WRAP(int, rename, (const char *from, const char *to), (from, to))
WRAP(ssize_t, read, (int fd, void *buf, size_t size), (fd, buf, size))
WRAP(ssize_t, pread, (int fd, void *buf, size_t size, off_t at), (fd, buf, size, at))
WRAP(ssize_t, write, (int fd, const void *buf, size_t size), (fd, buf, size))
WRAP(ssize_t, writev, (int fd, const struct iovec *iov, int count), (fd, iov, count))

ssize_t __real_readlinkat(int at, const char *path, char *buf, size_t size);
ssize_t __wrap_readlinkat(int at, const char *path, char *buf, size_t size);

static void (*after_readlink)(void);

void failing_files_after_readlink(void (*fn)(void))
{
    after_readlink = fn;
}

ssize_t __wrap_readlinkat(int at, const char *path, char *buf, size_t size)
{
    ssize_t n = fails("readlinkat") ? -1 : __real_readlinkat(at, path, buf, size);
    void (*fn)(void) = after_readlink;

    after_readlink = NULL;
    if (fn)
        fn();
    return n;
}

int __real_open(const char *path, int flags, ...);
int __real_openat(int at, const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int at, const char *path, int flags, ...);

static mode_t mode_of(int flags, va_list ap)
{
    return flags & O_CREAT ? va_arg(ap, mode_t) : 0;
}

/* Devices are looked for, and not found on most hosts: that is no failure of a file. */
static bool device(const char *path)
{
    return strncmp(path, "/dev/", 5) == 0;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list ap;
    mode_t mode;

    va_start(ap, flags);
    mode = mode_of(flags, ap);
    va_end(ap);
    return !device(path) && fails("open") ? -1 : __real_open(path, flags, mode);
}

int __wrap_openat(int at, const char *path, int flags, ...)
{
    va_list ap;
    mode_t mode;

    va_start(ap, flags);
    mode = mode_of(flags, ap);
    va_end(ap);
    return fails("openat") ? -1 : __real_openat(at, path, flags, mode);
}
