/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/noxs/vbd.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "devices/noxs/entries.h"

int noxs_disks(struct device_host *host, struct disk_taken **out)
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

int vbd_request(struct device_host *host, const struct config_vbd *vbd, struct noxs_request *req,
                struct vbd_plan *plan, chaos_error *err)
{
    plan->vbd = vbd;
    req->u.vbd.flags =
        (vbd->readonly ? NOXS_VBD_READONLY : 0) | (vbd->shared ? NOXS_VBD_SHARED : 0);
    req->u.vbd.vdev = vbd->vdev;
    return devices_disk_open(host, vbd, NULL, &plan->id, &req->u.vbd.fd, err);
}

int vbd_taken(struct device_host *host, const struct vbd_plan *plan, struct noxs_request *req,
              chaos_error *err)
{
    struct disk_user user;

    devices_disk_user(host, &plan->id, &user);
    if (!(req->u.vbd.flags & NOXS_VBD_UNCLAIMED) && user.kind == DISK_DOM0 &&
        (plan->vbd->shared || (plan->vbd->readonly && user.readonly))) {
        req->u.vbd.flags |= NOXS_VBD_UNCLAIMED;
        return 0;
    }
    return devices_disk_refuse(host, plan->vbd, &user, err);
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
