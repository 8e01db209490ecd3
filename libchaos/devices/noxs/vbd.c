/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/noxs/vbd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/util.h"
#include "base/uuid.h"
#include "devices/disk_user.h"
#include "devices/noxs/entries.h"

/* Disks of VMs are looked at by others for a moment when they come and go (udev). */
#define TRIES    10
#define PAUSE_NS 20000000

/* The block devices of all VMs; how many. */
static int list_taken(struct device_host *host, struct disk_taken **out)
{
    cleanup_free struct noxs_status *all = NULL;
    int nr = entries_back_ends(host, 0, &all), found = 0;

    *out = nr > 0 ? calloc(nr, sizeof(**out)) : NULL;
    for (int i = 0; *out && i < nr; i++) {
        if (all[i].type == NOXS_TYPE_VBD)
            (*out)[found++] = (struct disk_taken){.rdev = all[i].host_id, .domid = all[i].domid};
    }
    return found;
}

static void find_user(struct device_host *host, const struct disk_id *id, struct disk_user *out)
{
    cleanup_free struct disk_taken *taken = NULL;
    int nr = list_taken(host, &taken);

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

static int refuse(struct device_host *host, const struct config_vbd *vbd,
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

int vbd_request(struct device_host *host, const struct config_vbd *vbd, struct noxs_request *req,
                struct vbd_plan *plan, chaos_error *err)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    struct disk_user user = {.kind = DISK_UNKNOWN};
    int fd = -1, rc = disk_open(vbd, &plan->id, &fd, err);

    for (int i = 0; rc == -EBUSY && user.kind == DISK_UNKNOWN && i < TRIES; i++) {
        find_user(host, &plan->id, &user);
        if (user.kind != DISK_UNKNOWN)
            break;
        nanosleep(&pause, NULL);
        rc = disk_open(vbd, &plan->id, &fd, err);
    }
    plan->vbd = vbd;
    req->u.vbd.fd = fd;
    if (rc == -EBUSY)
        return refuse(host, vbd, &user, err);
    req->u.vbd.flags =
        (vbd->readonly ? NOXS_VBD_READONLY : 0) | (vbd->shared ? NOXS_VBD_SHARED : 0);
    req->u.vbd.vdev = vbd->vdev;
    return rc;
}

int vbd_taken(struct device_host *host, const struct vbd_plan *plan, struct noxs_request *req,
              chaos_error *err)
{
    struct disk_user user;

    find_user(host, &plan->id, &user);
    if (!(req->u.vbd.flags & NOXS_VBD_UNCLAIMED) && user.kind == DISK_DOM0 &&
        (plan->vbd->shared || (plan->vbd->readonly && user.readonly))) {
        req->u.vbd.flags |= NOXS_VBD_UNCLAIMED;
        return 0;
    }
    return refuse(host, plan->vbd, &user, err);
}

void vbd_fill(const struct noxs_request *req, struct noxs_vbd_config *out)
{
    memset(out, 0, sizeof(*out));
    out->sectors = req->u.vbd.sectors;
    out->sector_size = req->u.vbd.sector_size;
    out->physical_sector_size = req->u.vbd.physical_sector_size;
    out->flags = req->u.vbd.flags & ~(NOXS_VBD_SHARED | NOXS_VBD_UNCLAIMED);
    out->vdev = req->u.vbd.vdev;
}
