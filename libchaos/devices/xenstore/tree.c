/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/xenstore/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "base/uuid.h"
#include "config/config_device.h"

/* `xl destroy` runs what is here when it takes a device away, and Dom0's network back end does not
 * start without it. There is nothing to do for it. */
#define SCRIPT "/bin/true"

/* What xenconsoled keeps of a console that nobody reads: without a limit, all of it. */
#define CONSOLE_LIMIT 1048576

/* netback's credit scheduler: so many bytes each 50 ms */
#define RATE_USEC 50000

#define MTU_DEFAULT 1500 /* of Ethernet, and of front ends that are told of none */

void tree_begin(struct store_batch *batch, const struct device_guest *guest)
{
    char uuid[CHAOS_UUID_TEXT];

    uuid_format(guest->uuid, uuid);
    batch_dir(batch, "/libxl/%" PRIu32, guest->domid);
    batch_make(batch, 0, 0);
    batch_write(batch, "chaos", "%s", uuid);
    batch_write(batch, "type", "%s", guest->type == CHAOS_PVH ? "pvh" : "pv");
    batch_dir(batch, "/local/domain/%" PRIu32, guest->domid);
    batch_make(batch, 0, guest->domid);
}

static void console(struct store_batch *batch, const struct device_guest *guest, bool by_chaosd)
{
    batch_dir(batch, "/local/domain/%" PRIu32 "/console", guest->domid);
    batch_write(batch, "type", by_chaosd ? "chaos" : "xenconsoled");
    batch_write(batch, "limit", "%d", CONSOLE_LIMIT);
    batch_write(batch, "ring-ref", "%" PRIu64, guest->console_frame);
    batch_write(batch, "port", "%" PRIu32, guest->console_port);
}

void tree_domain(struct store_batch *batch, const struct device_guest *guest,
                 const chaos_config *cfg, bool by_chaosd)
{
    char uuid[CHAOS_UUID_TEXT];

    uuid_format(guest->uuid, uuid);
    batch_dir(batch, "/vm/%s", uuid);
    batch_make(batch, 0, guest->domid);
    batch_write(batch, "uuid", "%s", uuid);

    batch_dir(batch, "/local/domain/%" PRIu32, guest->domid);
    batch_write(batch, "domid", "%" PRIu32, guest->domid);
    batch_write(batch, "vm", "/vm/%s", uuid);
    batch_write(batch, "memory/static-max", "%" PRIu64, cfg->memory_kib);
    batch_write(batch, "memory/target", "%" PRIu64, cfg->memory_kib);
    batch_write(batch, "store/port", "%" PRIu32, guest->bus_port);
    batch_write(batch, "store/ring-ref", "%" PRIu64, guest->bus_frame);
    for (unsigned int i = 0; i < cfg->vcpus; i++) {
        char name[32];

        snprintf(name, sizeof(name), "cpu/%u/availability", i);
        batch_write(batch, name, "online");
    }
    console(batch, guest, by_chaosd);
    batch_dir(batch, "/local/domain/%" PRIu32 "/control", guest->domid);
    batch_make(batch, guest->domid, guest->domid);
}

void tree_name(struct store_batch *batch, const struct device_guest *guest)
{
    batch_dir(batch, "/local/domain/%" PRIu32, guest->domid);
    batch_write(batch, "name", "%s", guest->name);
}

void tree_vm_name(struct store_batch *batch, const struct device_guest *guest)
{
    char uuid[CHAOS_UUID_TEXT];

    uuid_format(guest->uuid, uuid);
    batch_dir(batch, "/vm/%s", uuid);
    batch_write(batch, "name", "%s", guest->name);
}

/* Where a device's two ends are, and `xl`'s note of them. */
struct ends {
    char front[64], back[80];
};

static struct ends ends_of(uint32_t domid, enum device_kind kind, uint32_t id)
{
    const char *name = device_kind_name(kind);
    struct ends ends;

    snprintf(ends.front, sizeof(ends.front), "/local/domain/%" PRIu32 "/device/%s/%" PRIu32, domid,
             name, id);
    snprintf(ends.back, sizeof(ends.back), "/local/domain/0/backend/%s/%" PRIu32 "/%" PRIu32, name,
             domid, id);
    return ends;
}

static void note(struct store_batch *batch, uint32_t domid, enum device_kind kind, uint32_t id,
                 const struct ends *ends)
{
    batch_dir(batch, "/libxl/%" PRIu32 "/device/%s/%" PRIu32, domid, device_kind_name(kind), id);
    batch_write(batch, "frontend", "%s", ends->front);
    batch_write(batch, "backend", "%s", ends->back);
}

/* The guest's end, when the other one is there: a guest that runs looks for it at once. Its
 * directory stays the current one. */
static void front(struct store_batch *batch, uint32_t domid, const struct ends *ends)
{
    batch_dir(batch, "%s", ends->front);
    batch_make(batch, domid, 0);
    batch_write(batch, "backend", "%s", ends->back);
    batch_write(batch, "backend-id", "0");
}

/* Both ends may begin. The guest's comes first: without it the back end would take it for gone. */
static void start(struct store_batch *batch, const struct ends *ends)
{
    char state[sizeof(ends->back) + 8];

    batch_write(batch, "state", "%d", STORE_INITIALISING);
    snprintf(state, sizeof(state), "%s/state", ends->back);
    batch_write(batch, state, "%d", STORE_INITIALISING);
}

static void back(struct store_batch *batch, uint32_t domid, const struct ends *ends)
{
    batch_dir(batch, "%s", ends->back);
    batch_make(batch, 0, domid);
    batch_write(batch, "frontend", "%s", ends->front);
    batch_write(batch, "frontend-id", "%" PRIu32, domid);
    batch_write(batch, "online", "1");
    batch_write(batch, "script", SCRIPT);
}

static void write_mac(struct store_batch *batch, const uint8_t mac[6])
{
    batch_write(batch, "mac", "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                mac[4], mac[5]);
}

void tree_vif(struct store_batch *batch, uint32_t domid, unsigned int index,
              const struct config_vif *vif, const uint8_t *mac)
{
    struct ends ends = ends_of(domid, DEVICE_VIF, index);

    note(batch, domid, DEVICE_VIF, index, &ends);
    back(batch, domid, &ends);
    batch_write(batch, "handle", "%u", index);
    batch_write(batch, "type", "vif");
    batch_write(batch, "hotplug-status", "connected"); /* chaos does what a script would */
    if (vif->bridge[0])
        batch_write(batch, "bridge", "%s", vif->bridge);
    if (vif->rate_bytes)
        batch_write(batch, "rate", "%" PRIu64 ",%d", vif->rate_bytes * RATE_USEC / 1000000 + 1,
                    RATE_USEC);
    if (mac)
        write_mac(batch, mac);
    front(batch, domid, &ends);
    batch_write(batch, "handle", "%u", index);
    if (vif->mtu != MTU_DEFAULT)
        batch_write(batch, "mtu", "%u", vif->mtu);
    if (mac)
        write_mac(batch, mac);
    start(batch, &ends);
}

void tree_front_mac(struct store_batch *batch, uint32_t domid, unsigned int index,
                    const uint8_t mac[6])
{
    batch_dir(batch, "%s", ends_of(domid, DEVICE_VIF, index).front);
    write_mac(batch, mac);
}

void tree_back_mac(struct store_batch *batch, uint32_t domid, unsigned int index,
                   const uint8_t mac[6])
{
    batch_dir(batch, "%s", ends_of(domid, DEVICE_VIF, index).back);
    write_mac(batch, mac);
}

void tree_vbd(struct store_batch *batch, uint32_t domid, const struct config_vbd *vbd, dev_t rdev)
{
    struct ends ends = ends_of(domid, DEVICE_VBD, vbd->vdev);
    char name[VDEV_NAME];

    config_vdev_name(vbd->vdev, name);
    note(batch, domid, DEVICE_VBD, vbd->vdev, &ends);
    back(batch, domid, &ends);
    batch_write(batch, "dev", "%s", name);
    batch_write(batch, "type", "phy");
    batch_write(batch, "params", "%s", vbd->target);
    batch_write(batch, "mode", vbd->readonly ? "r" : "w");
    batch_write(batch, "device-type", "disk");
    batch_write(batch, "physical-device", "%x:%x", major(rdev), minor(rdev));
    front(batch, domid, &ends);
    batch_write(batch, "virtual-device", "%" PRIu32, vbd->vdev);
    batch_write(batch, "device-type", "disk");
    start(batch, &ends);
}

void tree_disks(struct store_batch *batch, uint32_t domid, const char *list)
{
    batch_dir(batch, "/libxl/%" PRIu32 "/device", domid);
    batch_write(batch, "vbd", "%s", list);
}

void tree_remove_device(struct store_batch *batch, uint32_t domid, enum device_kind kind,
                        uint32_t id)
{
    struct ends ends = ends_of(domid, kind, id);

    batch_remove(batch, "%s", ends.front);
    batch_remove(batch, "%s", ends.back);
    batch_remove(batch, "/libxl/%" PRIu32 "/device/%s/%" PRIu32, domid, device_kind_name(kind), id);
}

static void remove_back_ends(struct store_batch *batch, uint32_t domid)
{
    batch_remove(batch, "/local/domain/0/backend/vif/%" PRIu32, domid);
    batch_remove(batch, "/local/domain/0/backend/vbd/%" PRIu32, domid);
}

void tree_remove(struct store_batch *batch, uint32_t domid, const uint8_t uuid[16])
{
    char text[CHAOS_UUID_TEXT];

    uuid_format(uuid, text);
    batch_remove(batch, "/local/domain/%" PRIu32, domid);
    remove_back_ends(batch, domid);
    if (!uuid_ours(uuid)) /* xl gives its consoles back ends */
        batch_remove(batch, "/local/domain/0/backend/console/%" PRIu32, domid);
    batch_remove(batch, "/vm/%s", text);
}

void tree_remove_last(struct store_batch *batch, uint32_t domid)
{
    remove_back_ends(batch, domid);
    batch_remove(batch, "/local/domain/0/error/backend/vif/%" PRIu32, domid);
    batch_remove(batch, "/local/domain/0/error/backend/vbd/%" PRIu32, domid);
    batch_remove(batch, "/libxl/%" PRIu32, domid);
}
