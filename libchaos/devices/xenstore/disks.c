/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/xenstore/disks.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "base/error.h"
#include "base/util.h"
#include "devices/loop.h"
#include "devices/xenstore/taken.h"

/* Another creation may have the claim for a moment. */
#define TRIES    10
#define PAUSE_NS 20000000

int disks_parse(const char *list, struct store_disk *out)
{
    int nr = 0;

    for (const char *at = list; at && *at && nr < DEVICE_SLOTS; at = strchr(at, ';')) {
        unsigned int index, vdev;
        int loop;
        char how;

        at += *at == ';';
        if (sscanf(at, "%u %u %d %c", &index, &vdev, &loop, &how) == 4 && index <= UINT16_MAX)
            out[nr++] = (struct store_disk){
                .index = index, .vdev = vdev, .loop = loop, .shared = how == 's'};
    }
    return nr;
}

void disks_format(const struct store_disk *disks, int nr, char out[DISKS_TEXT])
{
    size_t len = 0;

    out[0] = '\0';
    for (int i = 0; i < nr; i++)
        len += snprintf(out + len, DISKS_TEXT - len, "%u %" PRIu32 " %d %c;", disks[i].index,
                        disks[i].vdev, disks[i].loop, disks[i].shared ? 's' : 'x');
}

/* Whether two uses of a disk go together: only one that writes alone excludes others. */
static bool together(const struct config_vbd *vbd, const struct store_taken *other)
{
    return (vbd->readonly || vbd->shared) && (other->readonly || other->shared);
}

static int look_at_others(struct device_host *host, const struct disk_plan *plan, chaos_error *err)
{
    cleanup_free struct store_taken *taken = NULL;
    int nr = taken_list(host, &taken, err);

    for (int i = 0; i < nr; i++) {
        struct disk_user user = {.kind = DISK_VM, .domid = taken[i].disk.domid};

        if (disk_overlap(taken[i].disk.rdev, plan->rdev) && !together(plan->vbd, &taken[i]))
            return devices_disk_refuse(host, plan->vbd, &user, err);
    }
    return nr < 0 ? nr : 0;
}

/* Whether what Dom0 itself does with the disk is no reason to refuse it. */
static bool bearable(const struct config_vbd *vbd, const struct disk_user *user)
{
    return user->kind == DISK_DOM0 && (vbd->shared || (vbd->readonly && user->readonly));
}

static int claim(struct device_host *host, struct disk_plan *plan, chaos_error *err)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    int flags = (plan->vbd->readonly ? O_RDONLY : O_RDWR) | O_EXCL | O_CLOEXEC;
    struct disk_user user = {.kind = DISK_UNKNOWN};

    plan->claim = open(plan->vbd->target, flags);
    for (int i = 0; plan->claim < 0 && errno == EBUSY && i < TRIES; i++) {
        devices_disk_user(host, &plan->id, &user);
        if (bearable(plan->vbd, &user))
            return 0;
        if (user.kind != DISK_UNKNOWN)
            break;
        nanosleep(&pause, NULL);
        plan->claim = open(plan->vbd->target, flags);
    }
    if (plan->claim >= 0)
        return 0;
    if (errno != EBUSY)
        return error_errno(err, CHAOS_E_IO, errno, "disk %s", plan->vbd->target);
    return devices_disk_refuse(host, plan->vbd, &user, err);
}

int disk_plan(struct device_host *host, const struct device_guest *guest,
              const struct config_vbd *vbd, unsigned int index, struct disk_plan *plan,
              chaos_error *err)
{
    struct loop_owner owner = {.domid = guest->domid};
    struct stat st;
    int rc;

    *plan = (struct disk_plan){.vbd = vbd, .fd = -1, .claim = -1};
    memcpy(owner.uuid, guest->uuid, sizeof(owner.uuid));
    rc = devices_disk_open(host, vbd, &owner, &plan->id, &plan->fd, err);
    if (rc < 0)
        return rc;
    if (fstat(plan->fd, &st) < 0)
        return error_errno(err, CHAOS_E_IO, errno, "disk %s", vbd->target);
    plan->rdev = st.st_rdev;
    plan->entry = (struct store_disk){.index = index,
                                      .vdev = vbd->vdev,
                                      .loop = plan->id.file ? (int)minor(st.st_rdev) : -1,
                                      .shared = vbd->shared};
    if (!plan->id.file)
        rc = claim(host, plan, err);
    if (rc == 0 && !plan->id.file)
        rc = look_at_others(host, plan, err);
    return rc;
}

static void release(const struct device_guest *guest, int loop)
{
    struct loop_owner owner = {.domid = guest->domid};

    memcpy(owner.uuid, guest->uuid, sizeof(owner.uuid));
    loop_release(loop, &owner);
}

void disk_plan_close(struct disk_plan *plan, const struct device_guest *guest, bool failed)
{
    if (failed && plan->fd >= 0 && plan->id.file)
        release(guest, plan->entry.loop);
    if (plan->claim >= 0)
        close(plan->claim);
    if (plan->fd >= 0)
        close(plan->fd);
    plan->fd = plan->claim = -1;
}

void disks_release(const struct device_guest *guest, const char *list)
{
    struct store_disk disks[DEVICE_SLOTS];
    struct loop *all = NULL;
    int nr = list ? disks_parse(list, disks) : loop_list(&all);

    for (int i = 0; i < nr; i++) {
        if (list && disks[i].loop >= 0)
            release(guest, disks[i].loop);
        else if (!list && all[i].kept &&
                 memcmp(all[i].owner.uuid, guest->uuid, sizeof(guest->uuid)) == 0)
            release(guest, (int)minor(all[i].rdev));
    }
    free(all);
}

void disks_release_one(const struct device_guest *guest, const struct store_disk *disk)
{
    if (disk->loop >= 0)
        release(guest, disk->loop);
}
