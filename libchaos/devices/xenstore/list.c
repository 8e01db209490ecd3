/* SPDX-License-Identifier: BSD-3-Clause */
/* The devices of a domain, for people. */
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/util.h"
#include "config/config_device.h"
#include "devices/xenstore/bus_xenstore.h"
#include "devices/xenstore/host.h"

/* The questions about one device, in this order. */
enum { STATE, MAC, MTU, SECTORS, MODE, PROBLEM, QUESTIONS };

static void ask(struct store_batch *batch, uint32_t domid, const struct device_slot *slot)
{
    const char *kind = device_kind_name(slot->kind);
    uint32_t id = slot->kind == DEVICE_VBD ? slot->vdev : slot->index;
    char front[64], back[80];

    snprintf(front, sizeof(front), "/local/domain/%" PRIu32 "/device/%s/%" PRIu32, domid, kind, id);
    snprintf(back, sizeof(back), "backend/%s/%" PRIu32 "/%" PRIu32, kind, domid, id);
    batch_read(batch, "/local/domain/0/%s/state", back);
    batch_read(batch, "/local/domain/0/%s/mac", back); /* the guest could rewrite its own */
    batch_read(batch, "%s/mtu", front);
    batch_read(batch, "/local/domain/0/%s/sectors", back);
    batch_read(batch, "/local/domain/0/%s/mode", back);
    batch_read(batch, "/local/domain/0/error/%s/error", back);
}

static const char *state_name(const char *state)
{
    static const char *const names[] = {"unknown",   "starting", "waiting", "waiting",
                                        "connected", "closing",  "closed"};
    unsigned long nr = state ? strtoul(state, NULL, 10) : 0;

    return !state ? "no back end" : nr < ARRAY_SIZE(names) ? names[nr] : names[0];
}

static void describe_vif(struct device_host *host, const struct store_batch *batch,
                         unsigned int first, uint32_t domid, struct chaos_device *out)
{
    const char *mac = batch_value(batch, first + MAC), *mtu = batch_value(batch, first + MTU);
    unsigned long bytes = mtu ? strtoul(mtu, NULL, 10) : 1500;
    char name[16];

    snprintf(name, sizeof(name), "vif%" PRIu32 ".%u", domid, out->index);
    snprintf(out->detail, sizeof(out->detail), "%s mac %s mtu %lu", name, mac ? mac : "?", bytes);
    devices_tell_bridge(host, if_nametoindex(name), (uint32_t)bytes, out->detail,
                        sizeof(out->detail));
}

static void describe_vbd(const struct store_batch *batch, unsigned int first, uint32_t vdev,
                         struct chaos_device *out)
{
    const char *mode = batch_value(batch, first + MODE);
    const char *sectors = batch_value(batch, first + SECTORS);
    char name[VDEV_NAME];
    int len;

    config_vdev_name(vdev, name);
    len = snprintf(out->detail, sizeof(out->detail), "%s", name);
    if (sectors)
        len += snprintf(out->detail + len, sizeof(out->detail) - len, " %llu KiB",
                        strtoull(sectors, NULL, 10) / 2);
    snprintf(out->detail + len, sizeof(out->detail) - len, " %s",
             mode && strchr(mode, 'w') ? "rw" : "ro");
}

static void describe(struct device_host *host, const struct store_batch *batch, unsigned int first,
                     uint32_t domid, const struct device_slot *slot, struct chaos_device *out)
{
    const char *problem = batch_value(batch, first + PROBLEM);
    size_t len;

    memset(out, 0, sizeof(*out));
    snprintf(out->type, sizeof(out->type), "%s", device_kind_name(slot->kind));
    out->index = slot->index;
    snprintf(out->state, sizeof(out->state), "%s", state_name(batch_value(batch, first + STATE)));
    if (slot->kind == DEVICE_VIF)
        describe_vif(host, batch, first, domid, out);
    else
        describe_vbd(batch, first, slot->vdev, out);
    len = strlen(out->detail);
    if (problem)
        snprintf(out->detail + len, sizeof(out->detail) - len, " (%s)", SHOW(problem));
}

int xenstore_list(struct device_host *host, const struct device_guest *guest,
                  struct chaos_device **out, size_t *count, chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};
    struct device_slot slots[DEVICE_SLOTS];
    int nr = xenstore_slots(host, guest, slots, err), rc;

    for (int i = 0; i < nr; i++)
        ask(&batch, guest->domid, &slots[i]);
    rc = nr < 0 ? nr : xenstore_run(host, &batch, err);
    if (rc < 0)
        return rc;
    *out = calloc(nr + 1, sizeof(**out));
    if (!*out)
        return error_oom(err);
    for (int i = 0; i < nr; i++)
        describe(host, &batch, QUESTIONS * i, guest->domid, &slots[i], &(*out)[i]);
    *count = nr;
    return 0;
}
