/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/util.h"
#include "devices/loop.h"

int disk_open(const char *path, bool readonly, int *fd)
{
    cleanup_close int file = open(path, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    struct stat st;

    if (file < 0 || fstat(file, &st) < 0)
        return -errno;
    if (S_ISREG(st.st_mode))
        return loop_attach(file, readonly, fd);
    if (!S_ISBLK(st.st_mode))
        return -ENOTBLK;
    *fd = steal_fd(file);
    return 0;
}
