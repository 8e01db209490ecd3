/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

int loop_attach(int file, bool readonly, int *out)
{
    struct loop_config config = {.fd = file};
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), rc;

    if (control < 0)
        return -errno;
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (readonly ? LO_FLAGS_READ_ONLY : 0);
    do {
        char path[32];
        int index = ioctl(control, LOOP_CTL_GET_FREE), loop;

        if (index < 0) {
            rc = -errno;
            break;
        }
        snprintf(path, sizeof(path), "/dev/loop%d", index);
        loop = open(path, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
        rc = loop < 0 ? -errno : ioctl(loop, LOOP_CONFIGURE, &config) < 0 ? -errno : 0;
        if (rc == 0)
            *out = loop;
        else if (loop >= 0)
            close(loop);
    } while (rc == -EBUSY); /* another program took it first */
    close(control);
    return rc;
}
