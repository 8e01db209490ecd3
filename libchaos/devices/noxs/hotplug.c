/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that come and go while the VM runs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <noxs/ioctl.h>

#include "noxs.h"
#include "devices/bridge.h"
#include "devices/devices.h"
#include "devices/noxs/back_ends.h"
#include "base/error.h"
#include "config/config_device.h"
#include "base/util.h"

static const char *type_name(uint8_t type)
{
    static const char *const names[] = {"none", "control", "vif", "vbd"};

    return type < ARRAY_SIZE(names) ? names[type] : "unknown";
}

static uint8_t type_number(const char *name)
{
    return strcmp(name, "vif") == 0   ? NOXS_TYPE_VIF
           : strcmp(name, "vbd") == 0 ? NOXS_TYPE_VBD
                                      : NOXS_TYPE_NONE;
}

static int bad_type(const char *type, chaos_error *err)
{
    return error_set(err, CHAOS_E_USAGE, EINVAL, "\"%s\" is no kind of device (vif or vbd)", type);
}

/* The entries of the guest's device page, by slot; how many, or -errno. */
static int read_entries(struct device_host *host, uint32_t domid, struct noxs_entry *entries,
                        chaos_error *err)
{
    int rc = devices_need(host, err);

    if (rc < 0)
        return rc;
    rc = noxs_list(host->noxs, domid, entries, NOXS_MAX_DEVICES, NULL);
    if (rc < 0)
        return hv_refused(err, rc, domid, "noxs_op(list)");
    return rc > (int)NOXS_MAX_DEVICES ? (int)NOXS_MAX_DEVICES : rc;
}

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

/* Adds where the interface is, if the kernel tells. */
static void describe_bridge(struct device_host *host, const struct noxs_vif_config *vif,
                            uint32_t ifindex, char *out, size_t room)
{
    struct bridge_place place;
    size_t len = strlen(out);

    if (ifindex && (host->bridges || bridges_open(&host->bridges) == 0) &&
        bridges_look(host->bridges, ifindex, &place) == 0)
        bridge_place_text(&place, vif->mtu, out + len, room - len);
}

static void describe_vbd(const struct noxs_vbd_config *vbd, char *out, size_t room)
{
    char letter = 'a' + ((vbd->vdev & 0xff) >> 4);

    snprintf(out, room, "xvd%c %llu KiB %s", letter, (unsigned long long)vbd->sectors / 2,
             vbd->flags & NOXS_VBD_READONLY ? "ro" : "rw");
}

static void describe(struct device_host *host, const struct noxs_entry *entry, uint32_t domid,
                     const struct noxs_status *all, int nr_all, struct chaos_device *out)
{
    uint32_t ifindex = 0;

    memset(out, 0, sizeof(*out));
    snprintf(out->type, sizeof(out->type), "%s", type_name(entry->type));
    out->index = entry->index;
    snprintf(out->state, sizeof(out->state), "no back end");
    for (int i = 0; i < nr_all; i++) {
        if (all[i].domid != domid || all[i].type != entry->type || all[i].index != entry->index)
            continue;
        snprintf(out->state, sizeof(out->state), "%s", state_name(all[i].back_state));
        ifindex = all[i].ifindex;
    }
    if (entry->type == NOXS_TYPE_VIF) {
        describe_vif(&entry->u.vif, domid, entry->index, out->detail, sizeof(out->detail));
        describe_bridge(host, &entry->u.vif, ifindex, out->detail, sizeof(out->detail));
    } else if (entry->type == NOXS_TYPE_VBD)
        describe_vbd(&entry->u.vbd, out->detail, sizeof(out->detail));
}

int devices_list(struct device_host *host, uint32_t domid, struct chaos_device **out, size_t *count,
                 chaos_error *err)
{
    struct noxs_entry entries[NOXS_MAX_DEVICES];
    cleanup_free struct noxs_status *all = calloc(NOXS_RECORDS_MAX, sizeof(*all));
    int rc = read_entries(host, domid, entries, err), nr_all;

    *out = NULL;
    *count = 0;
    if (rc < 0)
        return rc;
    *out = calloc(rc + 1, sizeof(**out));
    if (!all || !*out) {
        free(*out);
        *out = NULL;
        return error_oom(err);
    }
    nr_all = back_ends_list(host->backs, all, NOXS_RECORDS_MAX);
    if (nr_all > (int)NOXS_RECORDS_MAX)
        nr_all = NOXS_RECORDS_MAX;
    for (int i = 0; i < rc; i++)
        describe(host, &entries[i], domid, all, nr_all, &(*out)[i]);
    *count = rc;
    return 0;
}

/* The lowest index of its type that is free. */
static uint16_t free_index(const struct noxs_entry *entries, int nr, uint8_t type)
{
    uint16_t index = 0;

    for (int i = 0; i < nr; i++) {
        if (entries[i].type == type && entries[i].index == index) {
            index++;
            i = -1; /* begin anew: entries are in no order */
        }
    }
    return index;
}

static int add_vif(struct device_host *host, uint32_t domid, const char *name, const char *spec,
                   uint16_t index, chaos_error *err)
{
    struct config_vif vif;
    int rc = config_vif_parse_pairs(spec, &vif, err);

    return rc < 0 ? rc : devices_plug(host, domid, name, &vif, NULL, index, err);
}

static int add_vbd(struct device_host *host, uint32_t domid, const char *name, const char *spec,
                   uint16_t index, chaos_error *err)
{
    struct config_vbd vbd;
    int rc = config_vbd_parse_pairs(spec, &vbd, err);

    if (rc < 0)
        return rc;
    if (!vbd.vdev)
        vbd.vdev = 202U << 8 | (uint32_t)index << 4;
    rc = devices_plug(host, domid, name, NULL, &vbd, index, err);
    free(vbd.target);
    return rc;
}

int devices_add(struct device_host *host, uint32_t domid, const char *name, const char *type,
                const char *spec, unsigned int *index, chaos_error *err)
{
    struct noxs_entry entries[NOXS_MAX_DEVICES];
    uint8_t number = type_number(type);
    int rc;

    if (number == NOXS_TYPE_NONE)
        return bad_type(type, err);
    rc = read_entries(host, domid, entries, err);
    if (rc < 0)
        return rc;
    *index = free_index(entries, rc, number);
    return number == NOXS_TYPE_VIF ? add_vif(host, domid, name, spec, *index, err)
                                   : add_vbd(host, domid, name, spec, *index, err);
}

int devices_remove(struct device_host *host, uint32_t domid, const char *type, unsigned int index,
                   unsigned int timeout_ms, bool force, chaos_error *err)
{
    struct noxs_id id = {.type = type_number(type), .index = index};
    struct noxs_close which = {
        .domid = domid, .type = id.type, .index = index, .timeout_ms = timeout_ms};
    int rc;

    if (id.type == NOXS_TYPE_NONE)
        return bad_type(type, err);
    rc = devices_need(host, err);
    if (rc < 0)
        return rc;
    rc = back_ends_release(host->backs, &which);
    if (rc == -ENOENT)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "domain %u has no %s %u", domid, type,
                         index);
    if (rc < 0 && !force)
        return error_set(err, rc == -ETIMEDOUT ? CHAOS_E_TIMEOUT : CHAOS_E_FAILED, -rc,
                         "domain %u does not let go of %s %u (%s); --force takes it away all the "
                         "same",
                         domid, type, index, strerror(-rc));
    rc = noxs_remove(host->noxs, domid, &id, 1);
    back_ends_remove(host->backs, &which);
    return rc < 0 && rc != -ENOENT ? hv_refused(err, rc, domid, "noxs_op(remove)") : 0;
}

int devices_power(struct device_host *host, uint32_t domid, uint32_t request,
                  unsigned int timeout_ms, int *answer, chaos_error *err)
{
    int rc = devices_need(host, err);

    if (rc < 0)
        return rc;
    *answer = back_ends_power(host->backs, domid, request, timeout_ms);
    if (*answer != -ENOENT)
        return 0;
    rc = devices_plug(host, domid, NULL, NULL, NULL, 0, err); /* it had no power control yet */
    if (rc == 0)
        *answer = back_ends_power(host->backs, domid, request, timeout_ms);
    return rc;
}
