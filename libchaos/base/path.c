/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/path.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

int path_resolve(const char *base, const char *path, char **out, chaos_error *err)
{
    char cwd[PATH_MAX], *end;
    size_t len;

    *out = NULL;
    if (path[0] == '/') {
        base = "";
    } else if (!base) {
        if (!getcwd(cwd, sizeof(cwd)))
            return error_errno(err, CHAOS_E_IO, errno, "the working directory is unknown");
        base = cwd;
    }
    while (path[0] == '.' && path[1] == '/')
        path += 1 + strspn(path + 1, "/");
    if (base[0] == '/' && !base[1])
        base = "";
    len = strlen(base) + (path[0] != '/') + strlen(path);
    if (len >= PATH_MAX)
        return error_set(err, CHAOS_E_CONFIG, ENAMETOOLONG,
                         "\"%s\" makes a path of %zu bytes (at most %d)", SHOW(path), len,
                         PATH_MAX - 1);
    *out = malloc(len + 1);
    if (!*out)
        return error_oom(err);
    end = stpcpy(*out, base);
    if (path[0] != '/')
        *end++ = '/';
    stpcpy(end, path);
    return 0;
}
