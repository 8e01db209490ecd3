/* SPDX-License-Identifier: BSD-3-Clause */
/* The files that disks are: whether they are there, and whether they look like a disk. */
#include "config/config_device.h"

#include "base/error.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SECTOR 512

bool config_disk_together(const struct config_vbd *a, const struct config_vbd *b)
{
    return (a->readonly || a->shared) && (b->readonly || b->shared);
}

bool config_disk_same(const struct config_vbd *a, const struct config_vbd *b)
{
    struct stat sa, sb;

    if (stat(a->target, &sa) || stat(b->target, &sb) || S_ISBLK(sa.st_mode) != S_ISBLK(sb.st_mode))
        return false;
    return S_ISBLK(sa.st_mode) ? sa.st_rdev == sb.st_rdev
                               : sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

int config_disk_check(const struct config_vbd *vbd, chaos_error *err)
{
    struct stat st;

    if (stat(vbd->target, &st))
        return error_errno(err, CHAOS_E_IO, errno, "%s", vbd->target);
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return error_set(err, CHAOS_E_IO, EINVAL,
                         "%s: is neither a regular file nor a block device", vbd->target);
    if (access(vbd->target, vbd->readonly ? R_OK : R_OK | W_OK))
        return error_errno(err, CHAOS_E_IO, errno, "%s%s", vbd->target,
                           vbd->readonly ? "" : " (to be written to; else set mode: ro)");
    if (S_ISREG(st.st_mode) && st.st_size < SECTOR)
        return error_set(err, CHAOS_E_IO, EINVAL,
                         "%s: has %lld bytes, and a disk at least %d (truncate -s 1G %s)",
                         vbd->target, (long long)st.st_size, SECTOR, vbd->target);
    return 0;
}

enum { CONVERT, UNPACK };

/* Its header is repeated in the last sector; a VHD of fixed size has it only there. */
#define VHD       "VHD"
#define VHD_MAGIC "conectix"

/* What cannot be a disk as it is, by what its first bytes are. */
static const struct {
    const char *name;
    int what;
    unsigned int offset, len;
    const char *magic;
} formats[] = {
    {"qcow2", CONVERT, 0, 4, "QFI\xfb"},
    {"QED", CONVERT, 0, 4, "QED\0"},
    {VHD, CONVERT, 0, 8, VHD_MAGIC},
    {"VHDX", CONVERT, 0, 8, "vhdxfile"},
    {"VMDK", CONVERT, 0, 4, "KDMV"},
    {"VMDK", CONVERT, 0, 4, "COWD"},
    {"VMDK", CONVERT, 0, 21, "# Disk DescriptorFile"},
    {"VDI", CONVERT, 64, 4, "\x7f\x10\xda\xbe"},
    {"gzip", UNPACK, 0, 3, "\x1f\x8b\x08"},
    {"xz", UNPACK, 0, 6,
     "\xfd"
     "7zXZ\0"},
    {"zstd", UNPACK, 0, 4, "\x28\xb5\x2f\xfd"},
    {"bzip2", UNPACK, 0, 3, "BZh"},
    {"lz4", UNPACK, 0, 4, "\x04\x22\x4d\x18"},
    {"zip", UNPACK, 0, 4, "PK\x03\x04"},
};

static bool holds(int fd, off_t offset, const char *magic, size_t len)
{
    char buf[16];

    return pread(fd, buf, len, offset) == (ssize_t)len && memcmp(buf, magic, len) == 0;
}

/* The format that it looks like; NULL: none that is known here. */
static const char *find_format(int fd, off_t size, int *what)
{
    char head[128];
    ssize_t len = pread(fd, head, sizeof(head), 0);

    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        if (formats[i].offset + formats[i].len <= len &&
            memcmp(head + formats[i].offset, formats[i].magic, formats[i].len) == 0) {
            *what = formats[i].what;
            return formats[i].name;
        }
    }
    *what = CONVERT;
    return holds(fd, size - SECTOR, VHD_MAGIC, strlen(VHD_MAGIC)) ? VHD : NULL;
}

static int check_format(const struct config_vbd *vbd, int fd, off_t size, chaos_error *err)
{
    int what;
    const char *name = find_format(fd, size, &what);

    if (!name)
        return 0;
    return error_set(err, CHAOS_E_CONFIG, EINVAL,
                     "%s: looks like %s, and the guest would see the file as it is (%s; or set "
                     "format: raw, where it is meant so)",
                     vbd->target, name,
                     what == CONVERT ? "make a disk of it by qemu-img convert -O raw"
                                     : "unpack it first");
}

int config_disk_look(const struct config_vbd *vbd, char note[DISK_NOTE], chaos_error *err)
{
    cleanup_close int fd = -1;
    struct stat st;
    int rc;

    *note = '\0';
    if (vbd->raw || stat(vbd->target, &st) || !S_ISREG(st.st_mode))
        return 0; /* its opening will tell what is wrong with it */
    fd = open(vbd->target, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    rc = check_format(vbd, fd, st.st_size, err);
    if (rc < 0)
        return rc;
    if (st.st_size % SECTOR)
        snprintf(note, DISK_NOTE,
                 "%s: has %lld bytes, and the guest does not see the last %d, which are no whole "
                 "sector (truncate -s %%%d %s)",
                 vbd->target, (long long)st.st_size, (int)(st.st_size % SECTOR), SECTOR,
                 vbd->target);
    else if (!vbd->readonly && holds(fd, 32769, "CD001", 5))
        snprintf(note, DISK_NOTE,
                 "%s: looks like the image of a CD, which guests do not write to (set mode: ro)",
                 vbd->target);
    return 0;
}
