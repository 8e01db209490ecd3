/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/path.h"
#include "base/yaml_reader.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Reads a whole file. It may be a pipe, whose size is not known in advance. */
static int read_all(int fd, const char *path, char **out, size_t *len, chaos_error *err)
{
    size_t room = 8192, used = 0;
    cleanup_free char *text = NULL;

    for (;;) {
        char *more = realloc(text, room);
        ssize_t n;

        if (!more)
            return error_oom(err);
        text = more;
        do
            n = read(fd, text + used, room - used);
        while (n < 0 && errno == EINTR);
        if (n < 0)
            return error_errno(err, CHAOS_E_CONFIG, errno, "%s", path);
        if (!n)
            break;
        used += (size_t)n;
        if (used > READER_MAX_BYTES)
            return error_set(err, CHAOS_E_CONFIG, EFBIG,
                             "%s: longer than 1 MiB, which no configuration is", path);
        if (used == room)
            room *= 2;
    }
    *out = steal(text);
    *len = used;
    return 0;
}

/* The directory that relative paths in the file `path` begin at; NULL: the working directory. */
static int base_of(int fd, const char *path, char **out, chaos_error *err)
{
    const char *slash = strrchr(path, '/');
    cleanup_free char *dir = NULL;
    struct stat st;

    *out = NULL;
    /* The directory of a pipe (/dev/stdin, <(command)) says nothing about its content. */
    if (!slash || fstat(fd, &st) || !S_ISREG(st.st_mode))
        return 0;
    dir = strdup(path);
    if (!dir)
        return error_oom(err);
    dir[slash == path ? 1 : slash - path] = '\0';
    if (!strcmp(dir, "."))
        return 0;
    return path_resolve(NULL, dir, out, err);
}

int reader_load(const char *path, char **text, size_t *len, char **base, chaos_error *err)
{
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc;

    *text = *base = NULL;
    if (fd < 0)
        return error_errno(err, CHAOS_E_CONFIG, errno, "%s", path);
    rc = base_of(fd, path, base, err);
    if (!rc)
        rc = read_all(fd, path, text, len, err);
    if (rc < 0) {
        free(*base);
        *base = NULL;
    }
    return rc;
}
