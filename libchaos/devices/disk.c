/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/major.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/util.h"

#define SECTOR 512

dev_t disk_whole(dev_t rdev)
{
    char path[80], text[32];
    unsigned int maj, min;
    FILE *file;

    snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/partition", major(rdev), minor(rdev));
    if (access(path, F_OK))
        return rdev;
    snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../dev", major(rdev), minor(rdev));
    file = fopen(path, "re");
    if (!file)
        return rdev;
    if (fgets(text, sizeof(text), file) && sscanf(text, "%u:%u", &maj, &min) == 2)
        rdev = makedev(maj, min);
    fclose(file);
    return rdev;
}

bool disk_overlap(dev_t a, dev_t b)
{
    return a == b || disk_whole(a) == b || a == disk_whole(b);
}

static bool ranges_meet(const struct loop *a, const struct loop *b)
{
    return (!a->limit || b->offset < a->offset + a->limit) &&
           (!b->limit || a->offset < b->offset + b->limit);
}

bool disk_behind(const struct disk_id *id, const struct loop *loop, const struct loop *all, int nr)
{
    dev_t own;

    if (id->file)
        return loop->dev == id->dev && loop->ino == id->ino;
    own = disk_whole(id->rdev);
    for (int i = 0; i < nr; i++) {
        if (all[i].rdev == own)
            return loop->rdev != own && loop->dev == all[i].dev && loop->ino == all[i].ino &&
                   ranges_meet(loop, &all[i]);
    }
    return false;
}

/* Whether loop devices show this disk in a way that does not go with it. `locked`: those that chaos
 * made for VMs have a lock that goes with ours. */
static int check_loops(const struct config_vbd *vbd, const struct disk_id *id, bool locked)
{
    struct loop *all;
    int nr = loop_list(&all), rc = 0;

    for (int i = 0; rc == 0 && i < nr; i++) {
        if (disk_behind(id, &all[i], all, nr) && !(locked && all[i].ours) &&
            !(vbd->readonly && all[i].readonly))
            rc = -EBUSY;
    }
    free(all);
    return nr == -ENOMEM ? nr : rc;
}

/*
 * Whether nobody else has the file open in a way that matters: only then the kernel grants a lease
 * on it. This spares most creations the look through all loop devices. A lease that somebody breaks
 * meanwhile is announced by a signal, of which the default is to end the process.
 */
static bool undisturbed(int fd, bool readonly)
{
    return fcntl(fd, F_SETSIG, SIGURG) == 0 &&
           fcntl(fd, F_SETLEASE, readonly ? F_RDLCK : F_WRLCK) == 0 &&
           fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
}

/* Locks the file. File systems without locks leave it to what loop devices tell. */
static int lock(const struct config_vbd *vbd, const struct disk_id *id, int fd)
{
    bool together = vbd->readonly || vbd->shared;
    bool locked = flock(fd, (together ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0;

    if (!locked && errno == EWOULDBLOCK)
        return -EBUSY;
    if (vbd->shared || (locked && undisturbed(fd, vbd->readonly)))
        return 0;
    return check_loops(vbd, id, locked);
}

static int open_file(const struct config_vbd *vbd, const struct loop_owner *owner,
                     const struct disk_id *id, int file, off_t size, int *fd, chaos_error *err)
{
    int rc;

    if (size < SECTOR)
        return error_set(err, CHAOS_E_IO, EINVAL, "disk %s: has %lld bytes, and a disk at least %d",
                         vbd->target, (long long)size, SECTOR);
    rc = lock(vbd, id, file);
    if (rc == 0) {
        rc = loop_attach(file, vbd->readonly, owner, fd);
        if (rc < 0)
            return error_errno(err, CHAOS_E_IO, -rc, "disk %s: no loop device", vbd->target);
    }
    return rc == -ENOMEM ? error_oom(err) : rc;
}

int disk_open(const struct config_vbd *vbd, const struct loop_owner *owner, struct disk_id *id,
              int *fd, chaos_error *err)
{
    cleanup_close int file = open(vbd->target, (vbd->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    struct stat st;
    int rc = 0;

    if (file < 0 || fstat(file, &st) < 0)
        return error_errno(err, CHAOS_E_IO, errno, "disk %s", vbd->target);
    *id = (struct disk_id){
        .file = S_ISREG(st.st_mode), .dev = st.st_dev, .ino = st.st_ino, .rdev = st.st_rdev};
    if (id->file)
        return open_file(vbd, owner, id, file, st.st_size, fd, err);
    if (!S_ISBLK(st.st_mode))
        return error_set(err, CHAOS_E_IO, EINVAL, "%s: neither a file nor a block device",
                         vbd->target);
    if (!vbd->shared && major(disk_whole(st.st_rdev)) == LOOP_MAJOR)
        rc = check_loops(vbd, id, false);
    if (rc < 0)
        return rc == -ENOMEM ? error_oom(err) : rc;
    *fd = steal_fd(file);
    return 0;
}
