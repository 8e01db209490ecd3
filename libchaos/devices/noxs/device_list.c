/* SPDX-License-Identifier: BSD-3-Clause */
/* The devices of a domain, for people. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "config/config_device.h"
#include "devices/noxs/bus_noxs.h"
#include "devices/noxs/entries.h"

static const char *state_name(uint32_t state)
{
    static const char *const names[] = {"unknown",   "starting", "waiting", "waiting",
                                        "connected", "closing",  "closed"};

    return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

static void describe_vif(const struct noxs_vif_config *vif, uint32_t domid, unsigned int index,
                         char *out, size_t room)
{
    int len = snprintf(out, room, "vif%u.%u mac %02x:%02x:%02x:%02x:%02x:%02x mtu %u", domid, index,
                       vif->mac[0], vif->mac[1], vif->mac[2], vif->mac[3], vif->mac[4], vif->mac[5],
                       vif->mtu);

    if (vif->prefix)
        snprintf(out + len, room - len, " ip %u.%u.%u.%u/%u", vif->ipv4[0], vif->ipv4[1],
                 vif->ipv4[2], vif->ipv4[3], vif->prefix);
}

static void describe_vbd(const struct noxs_vbd_config *vbd, char *out, size_t room)
{
    char name[VDEV_NAME];

    config_vdev_name(vbd->vdev, name);
    snprintf(out, room, "%s %llu KiB %s", name, (unsigned long long)vbd->sectors / 2,
             vbd->flags & NOXS_VBD_READONLY ? "ro" : "rw");
}

static void describe(struct device_host *host, const struct noxs_entry *entry, uint32_t domid,
                     const struct noxs_status *all, int nr_all, struct chaos_device *out)
{
    uint32_t host_id = 0;

    memset(out, 0, sizeof(*out));
    snprintf(out->type, sizeof(out->type), "%s", device_kind_name(entry_slot(entry).kind));
    out->index = entry->index;
    snprintf(out->state, sizeof(out->state), "no back end");
    for (int i = 0; i < nr_all; i++) {
        if (all[i].type != entry->type || all[i].index != entry->index)
            continue;
        snprintf(out->state, sizeof(out->state), "%s", state_name(all[i].back_state));
        host_id = all[i].host_id;
    }
    if (entry->type == NOXS_TYPE_VIF) {
        describe_vif(&entry->u.vif, domid, entry->index, out->detail, sizeof(out->detail));
        devices_tell_bridge(host, host_id, entry->u.vif.mtu, out->detail, sizeof(out->detail));
    } else if (entry->type == NOXS_TYPE_VBD) {
        describe_vbd(&entry->u.vbd, out->detail, sizeof(out->detail));
    }
}

int noxs_list_devices(struct device_host *host, const struct device_guest *guest,
                      struct chaos_device **out, size_t *count, chaos_error *err)
{
    struct noxs_entry entries[NOXS_MAX_DEVICES];
    cleanup_free struct noxs_status *all = NULL;
    int rc = entries_read(host, guest, entries, err), nr_all;

    if (rc < 0)
        return rc;
    nr_all = entries_back_ends(host, guest->domid, &all);
    if (nr_all < 0)
        return error_errno(err, nr_all == -ENOMEM ? CHAOS_E_NO_MEMORY : CHAOS_E_IO, -nr_all,
                           "cannot list the back ends of domain %u", guest->domid);
    *out = calloc(rc + 1, sizeof(**out));
    if (!*out)
        return error_oom(err);
    for (int i = 0; i < rc; i++)
        describe(host, &entries[i], guest->domid, all, nr_all, &(*out)[i]);
    *count = rc;
    return 0;
}
