/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/xenstore/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/util.h"
#include "devices/xenstore/host.h"
#include "devices/xenstore/tree.h"

void plan_begin(struct plan *plan, const struct device_guest *guest)
{
    memset(plan, 0, sizeof(*plan));
    plan->guest = guest;
    plan->listener = -1;
}

int plan_listen(struct plan *plan, chaos_error *err)
{
    if (plan->listener >= 0)
        close(plan->listener);
    plan->listener = links_listen();
    return plan->listener < 0 ? error_errno(err, CHAOS_E_IO, -plan->listener,
                                            "cannot hear of the kernel's new interfaces")
                              : 0;
}

int plan_vif(struct plan *plan, const struct config_vif *vif, const uint8_t *mac,
             unsigned int index, chaos_error *err)
{
    struct bridge_port *port = &plan->ports[plan->nr_vifs];
    struct link *link = &plan->links[plan->nr_vifs];
    int rc = plan->listener < 0 ? plan_listen(plan, err) : 0;

    if (rc < 0)
        return rc;
    if (!plan->nr_vifs)
        plan->first_vif = index;
    plan->nr_vifs++;
    snprintf(link->name, sizeof(link->name), "vif%" PRIu32 ".%u", plan->guest->domid, index);
    snprintf(port->bridge, sizeof(port->bridge), "%s", vif->bridge);
    port->mtu = vif->mtu;
    tree_vif(&plan->batch, plan->guest->domid, index, vif, mac);
    return 0;
}

int plan_vbd(struct device_host *host, struct plan *plan, const struct config_vbd *vbd,
             unsigned int index, chaos_error *err)
{
    struct disk_plan *disk = &plan->disks[plan->nr_disks++];
    int rc = disk_plan(host, plan->guest, vbd, index, disk, err);

    if (rc == 0)
        tree_vbd(&plan->batch, plan->guest->domid, vbd, disk->rdev);
    return rc;
}

/* Why there is no such interface, as far as its back end says. */
static int no_link(struct device_host *host, const struct plan *plan, unsigned int vif,
                   chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};
    const char *why;
    unsigned int reason = batch_read(
        &batch, "/local/domain/0/error/backend/vif/%" PRIu32 "/%u/error", plan->guest->domid, vif);

    xenstore_ask(host, &batch, NULL);
    why = batch_value(&batch, reason);
    return error_set(err, CHAOS_E_TIMEOUT, ETIMEDOUT,
                     "vif %u: Dom0's kernel has made no vif%" PRIu32 ".%u within %d s%s%s", vif,
                     plan->guest->domid, vif, LINK_TIMEOUT_MS / 1000, why ? ": " : "",
                     why ? SHOW(why)
                         : "; is its module xen-netback loaded, and xenstored the one that was "
                           "there when Dom0 booted?");
}

int plan_join(struct device_host *host, struct plan *plan, chaos_error *err)
{
    int rc =
        plan->nr_vifs ? links_wait(plan->listener, plan->links, plan->nr_vifs, LINK_TIMEOUT_MS) : 0;

    for (unsigned int i = 0; i < plan->nr_vifs; i++) {
        plan->ports[i].ifindex = plan->links[i].ifindex;
        if (rc == -ETIMEDOUT && !plan->links[i].ifindex)
            return no_link(host, plan, plan->first_vif + i, err);
    }
    if (rc < 0)
        return error_errno(err, CHAOS_E_IO, -rc, "cannot hear of the kernel's new interfaces");
    return devices_join(host, plan->ports, plan->nr_vifs, plan->first_vif, err);
}

void plan_end(struct plan *plan, bool failed)
{
    for (unsigned int i = 0; i < plan->nr_disks; i++)
        disk_plan_close(&plan->disks[i], plan->guest, failed);
    if (plan->listener >= 0)
        close(plan->listener);
    batch_clear(&plan->batch);
}
