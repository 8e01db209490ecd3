/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/loop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"

/* The name that user space may give a loop device; the kernel does not look at it. */
#define MARK "chaos"
struct mark {
    char name[sizeof(MARK)];
    uint8_t kept;
    struct loop_owner owner;
};
_Static_assert(sizeof(struct mark) < LO_NAME_SIZE, "the kernel ends the name with a NUL");

int loop_attach(int file, bool readonly, const struct loop_owner *owner, int *out)
{
    struct loop_config config = {.fd = file};
    struct mark mark = {.name = MARK, .kept = owner != NULL};
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), rc;

    if (control < 0)
        return -errno;
    if (owner)
        mark.owner = *owner;
    memcpy(config.info.lo_file_name, &mark, sizeof(mark));
    config.info.lo_flags = (owner ? 0 : LO_FLAGS_AUTOCLEAR) | (readonly ? LO_FLAGS_READ_ONLY : 0);
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

int loop_release(int nr, const struct loop_owner *owner)
{
    cleanup_close int fd = -1;
    struct loop_info64 info;
    struct mark mark;
    char path[32];

    snprintf(path, sizeof(path), "/dev/loop%d", nr);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
        return errno == ENXIO ? -ENOENT : -errno;
    memcpy(&mark, info.lo_file_name, sizeof(mark));
    if (memcmp(mark.name, MARK, sizeof(MARK)) != 0 || !mark.kept ||
        mark.owner.domid != owner->domid ||
        memcmp(mark.owner.uuid, owner->uuid, sizeof(owner->uuid)) != 0)
        return -ENOENT;
    return ioctl(fd, LOOP_CLR_FD) < 0 ? -errno : 0;
}

/* False where it has no file, or is gone by now. */
static bool look(const char *name, struct loop *out)
{
    char path[64];
    cleanup_close int fd = -1;
    struct loop_info64 info;
    struct mark mark;
    struct stat st;

    snprintf(path, sizeof(path), "/sys/block/%.16s/loop/backing_file", name);
    if (access(path, F_OK))
        return false;
    snprintf(path, sizeof(path), "/dev/%.16s", name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) || !S_ISBLK(st.st_mode) || ioctl(fd, LOOP_GET_STATUS64, &info))
        return false;
    memcpy(&mark, info.lo_file_name, sizeof(mark));
    *out = (struct loop){.rdev = st.st_rdev,
                         .dev = info.lo_device,
                         .ino = info.lo_inode,
                         .offset = info.lo_offset,
                         .limit = info.lo_sizelimit,
                         .readonly = info.lo_flags & LO_FLAGS_READ_ONLY,
                         .ours = memcmp(mark.name, MARK, sizeof(MARK)) == 0,
                         .owner = mark.owner};
    out->kept = out->ours && mark.kept;
    return true;
}

int loop_list(struct loop **out)
{
    DIR *dir = opendir("/sys/block");
    struct dirent *entry;
    size_t nr = 0, room = 0;

    *out = NULL;
    if (!dir)
        return -errno;
    while ((entry = readdir(dir))) {
        if (strncmp(entry->d_name, "loop", 4))
            continue;
        if (nr == room) {
            struct loop *grown = realloc(*out, (room = room * 2 + 16) * sizeof(*grown));

            if (!grown) {
                closedir(dir);
                free(*out);
                *out = NULL;
                return -ENOMEM;
            }
            *out = grown;
        }
        nr += look(entry->d_name, &(*out)[nr]);
    }
    closedir(dir);
    return (int)nr;
}
