/* SPDX-License-Identifier: BSD-3-Clause */
/* A disk that something else has. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "base/error.h"
#include "base/util.h"
#include "base/uuid.h"
#include "devices/bus.h"
#include "devices/devices_internal.h"

/* Disks of VMs are looked at by others for a moment when they come and go (udev). */
#define TRIES    10
#define PAUSE_NS 20000000

void devices_disk_user(struct device_host *host, const struct disk_id *id, struct disk_user *out)
{
    cleanup_free struct disk_taken *taken = NULL;
    int nr = devices_disks(host, &taken);

    disk_user(id, taken, nr, out);
}

static void name_vm(struct device_host *host, uint32_t domid, char *out, size_t room)
{
    char uuid[CHAOS_UUID_TEXT];
    struct hv_domain dom;
    struct record rec;

    snprintf(out, room, "domain %u", domid);
    if (hv_domain_info(host->hv, domid, &dom, NULL) < 0)
        return;
    uuid_format(dom.uuid, uuid);
    if (registry_get(host->registry, uuid, &rec, NULL) < 0) {
        if (uuid_by_chaosd(dom.uuid))
            snprintf(out, room, "an idle shell of chaosd's (domain %u)", domid);
        return;
    }
    snprintf(out, room, "\"%s\"", rec.name);
    record_clear(&rec);
}

int devices_disk_refuse(struct device_host *host, const struct config_vbd *vbd,
                        const struct disk_user *user, chaos_error *err)
{
    char vm[CHAOS_NAME_MAX + 48];

    if (user->kind == DISK_DOM0)
        return error_set(err, CHAOS_E_BUSY, EBUSY,
                         "disk %s: %s, and a disk has one writer (mode: shared insists)",
                         vbd->target, user->what);
    if (user->kind == DISK_UNKNOWN)
        return error_set(err, CHAOS_E_BUSY, EBUSY, "disk %s: another program of Dom0 has it",
                         vbd->target);
    name_vm(host, user->domid, vm, sizeof(vm));
    return error_set(err, CHAOS_E_BUSY, EBUSY,
                     "disk %s: %s has it, and a disk has one writer (VMs that all say mode: shared "
                     "may write together)",
                     vbd->target, vm);
}

void devices_free_loops(struct device_host *host)
{
    struct loop *all;
    int nr = loop_list(&all);

    for (int i = 0; i < nr; i++) {
        const struct loop_owner *owner = &all[i].owner;
        struct hv_domain dom;
        int rc = all[i].kept ? hv_domain_info(host->hv, owner->domid, &dom, NULL) : 0;

        if (all[i].kept &&
            (rc == -ENOENT || (rc == 0 && memcmp(dom.uuid, owner->uuid, sizeof(owner->uuid)) != 0)))
            loop_release((int)minor(all[i].rdev), owner);
    }
    free(all);
}

int devices_disk_open(struct device_host *host, const struct config_vbd *vbd,
                      const struct loop_owner *owner, struct disk_id *id, int *fd, chaos_error *err)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    struct disk_user user = {.kind = DISK_UNKNOWN};
    int rc;

    *fd = -1;
    rc = disk_open(vbd, owner, id, fd, err);
    if (rc == -EBUSY) {
        devices_free_loops(host);
        rc = disk_open(vbd, owner, id, fd, err);
    }
    for (int i = 0; rc == -EBUSY && user.kind == DISK_UNKNOWN && i < TRIES; i++) {
        devices_disk_user(host, id, &user);
        if (user.kind != DISK_UNKNOWN)
            break;
        nanosleep(&pause, NULL);
        rc = disk_open(vbd, owner, id, fd, err);
    }
    return rc == -EBUSY ? devices_disk_refuse(host, vbd, &user, err) : rc;
}
