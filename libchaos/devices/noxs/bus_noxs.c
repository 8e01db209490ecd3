/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that the guest finds in its device page. */
#include "devices/noxs/bus_noxs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <noxs/ioctl.h>

#include "noxs.h"
#include "devices/bridge.h"
#include "devices/noxs/back_ends.h"
#include "devices/noxs/entries.h"
#include "devices/noxs/page.h"
#include "devices/noxs/vbd.h"
#include "base/error.h"
#include "base/util.h"

static int no_pages(int rc, chaos_error *err)
{
    return error_set(err, CHAOS_E_HYPERVISOR, -rc,
                     "cannot speak noxs with this hypervisor (%s); is it of this version of chaos?",
                     strerror(-rc));
}

static int no_backs(int rc, chaos_error *err)
{
    return error_set(err, CHAOS_E_HYPERVISOR, -rc,
                     "cannot open /dev/noxs: %s; load the modules noxs, noxs-netback and "
                     "noxs-blkback that 'make modules' builds",
                     strerror(-rc));
}

/* Who keeps device pages: Xen, or where it does not, this library. */
static int open_pages(struct device_host *host)
{
    unsigned int version = hv_pages_version(host->hv);
    int rc = 0;

    if (host->noxs.keeper)
        return 0;
    if (version)
        rc = version == NOXS_ABI_VERSION ? noxs_attach(&host->noxs.pages) : -EPROTO;
    if (rc == 0)
        host->noxs.keeper = version ? &page_xen : &page_memory;
    return rc;
}

/* Where the modules are missing that is kept in mind; not where it failed for once: want of memory
 * or descriptors passes. */
static int open_backs(struct device_host *host)
{
    int rc = host->noxs.backs ? 0 : back_ends_open(&host->noxs.backs);

    host->noxs.no_backs = rc == -ENOENT || rc == -ENODEV || rc == -ENXIO;
    return rc;
}

int noxs_need(struct device_host *host, chaos_error *err)
{
    int rc = open_pages(host);

    if (rc < 0)
        return no_pages(rc, err);
    rc = open_backs(host);
    return rc < 0 ? no_backs(rc, err) : 0;
}

static int available(struct device_host *host, chaos_error *err)
{
    int rc = host->noxs.no_backs ? -ENOENT : open_backs(host);

    if (rc < 0)
        return host->noxs.no_backs ? 0 : no_backs(rc, err);
    rc = open_pages(host);
    return rc < 0 ? no_pages(rc, err) : 1;
}

static bool has_backs(struct device_host *host)
{
    return !host->noxs.no_backs && open_backs(host) == 0;
}

static void close_host(struct device_host *host)
{
    back_ends_close(host->noxs.backs);
    noxs_close(host->noxs.pages);
    host->noxs.backs = NULL;
    host->noxs.pages = NULL;
    host->noxs.keeper = NULL;
}

/* Where the hypervisor has the page a virtual interrupt stands for the channel. A guest that cannot
 * map a grant has no use for either (hv_spec.bare). */
static bool wants_page(struct device_host *host, const chaos_config *cfg)
{
    return (!config_is_bare(cfg) || cfg->max_maptrack_frames > 0) && !hv_keeps_pages(host->hv);
}

static struct device_slot slot(const uint8_t record[DEVICE_RECORD])
{
    return entry_slot((const struct noxs_entry *)(const void *)record);
}

static void fill_vif(struct device_host *host, const struct config_vif *vif, const char *name,
                     unsigned int index, struct noxs_vif_config *out)
{
    memset(out, 0, sizeof(*out));
    devices_mac(host, vif, name, index, out->mac);
    out->mtu = vif->mtu;
    memcpy(out->ipv4, vif->ip, sizeof(out->ipv4));
    memcpy(out->gateway, vif->gateway, sizeof(out->gateway));
    out->prefix = vif->prefix;
}

/* The back end's own parameters; the guest's name is not known yet. */
static void request_vif(const struct config_vif *vif, struct noxs_request *req,
                        struct bridge_port *port)
{
    /* netback's credit scheduler: so many bytes each 50 ms */
    enum { PERIOD_USEC = 50000 };

    req->u.vif.mac[0] = 0x02;
    if (vif->has_mac)
        memcpy(req->u.vif.mac, vif->mac, sizeof(req->u.vif.mac));
    if (vif->rate_bytes) {
        req->u.vif.rate_usec = PERIOD_USEC;
        req->u.vif.rate_bytes = vif->rate_bytes * PERIOD_USEC / 1000000 + 1;
    }
    snprintf(port->bridge, sizeof(port->bridge), "%s", vif->bridge);
    port->mtu = vif->mtu;
}

/* What one call makes: all back ends at once, then all interfaces into their bridges. */
struct plan {
    struct noxs_request reqs[DEVICES_MAX];
    struct vbd_plan disks[DEVICES_MAX]; /* of the requests that are for one */
    struct bridge_port ports[CONFIG_MAX_VIFS];
    unsigned int nr, nr_ports;
};

static struct noxs_request *plan_add(struct plan *plan, uint32_t domid, uint8_t type,
                                     unsigned int index)
{
    struct noxs_request *req = &plan->reqs[plan->nr++];

    req->domid = domid;
    req->type = type;
    req->index = index;
    return req;
}

static int plan_disk(struct device_host *host, struct plan *plan, uint32_t domid,
                     const struct config_vbd *vbd, unsigned int index, chaos_error *err)
{
    struct vbd_plan *disk = &plan->disks[plan->nr];

    return vbd_request(host, vbd, plan_add(plan, domid, NOXS_TYPE_VBD, index), disk, err);
}

/* Closes the disks: the back ends hold them by now, or never will. */
static void plan_close(struct plan *plan)
{
    for (unsigned int i = 0; i < plan->nr; i++) {
        if (plan->reqs[i].type == NOXS_TYPE_VBD && plan->reqs[i].u.vbd.fd >= 0)
            close(plan->reqs[i].u.vbd.fd);
    }
}

static int join(struct device_host *host, struct plan *plan, chaos_error *err)
{
    unsigned int port = 0, first = 0;

    for (unsigned int i = 0; i < plan->nr; i++) {
        if (plan->reqs[i].type != NOXS_TYPE_VIF)
            continue;
        if (!port)
            first = plan->reqs[i].index;
        plan->ports[port++].ifindex = plan->reqs[i].u.vif.ifindex;
    }
    return devices_join(host, plan->ports, plan->nr_ports, first, err);
}

/* A disk that something has is a case of its own; -EBUSY with a message. */
static int make_backs(struct device_host *host, struct plan *plan, unsigned int *failed,
                      chaos_error *err)
{
    int rc;

    do {
        rc = back_ends_add(host->noxs.backs, plan->reqs, plan->nr, failed);
        if (rc != -EBUSY || plan->reqs[*failed].type != NOXS_TYPE_VBD)
            break;
        rc = vbd_taken(host, &plan->disks[*failed], &plan->reqs[*failed], err);
    } while (rc == 0);
    return rc;
}

/* Runs a plan: back ends, then bridges; all or none. */
static int run(struct device_host *host, uint32_t domid, struct plan *plan, chaos_error *err)
{
    unsigned int failed;
    int rc = make_backs(host, plan, &failed, err);

    if (rc == -EBUSY)
        return rc; /* of a disk: said already */
    if (rc < 0)
        return error_errno(err, rc == -ENOMEM ? CHAOS_E_NO_MEMORY : CHAOS_E_IO, -rc,
                           "cannot make the back end of %s %u",
                           device_kind_name(plan->reqs[failed].type), plan->reqs[failed].index);
    rc = join(host, plan, err);
    for (unsigned int i = 0; rc < 0 && i < plan->nr; i++) {
        struct noxs_close which = {
            .domid = domid, .type = plan->reqs[i].type, .index = plan->reqs[i].index};

        back_ends_remove(host->noxs.backs, &which);
    }
    return rc;
}

/* Entries without what only the VM's name tells. */
static void enter(const struct plan *plan, struct devices *out)
{
    out->nr = plan->nr;
    for (unsigned int i = 0; i < plan->nr; i++) {
        const struct noxs_request *req = &plan->reqs[i];

        entries_of(out)[i] = (struct noxs_entry){
            .type = req->type, .index = req->index, .grant = req->grant, .port = req->port};
        if (req->type == NOXS_TYPE_VBD)
            vbd_fill(req, &entries_of(out)[i].u.vbd);
    }
}

static void clear(struct device_host *host, uint32_t domid)
{
    if (host->noxs.backs)
        back_ends_remove_domain(host->noxs.backs, domid);
}

static int prepare(struct device_host *host, const struct device_guest *guest,
                   const chaos_config *cfg, struct devices *out, chaos_error *err)
{
    uint32_t domid = guest->domid;
    struct plan plan = {.nr = 0};
    int rc = cfg->nr_vifs || cfg->nr_vbds ? noxs_need(host, err) : 0;

    if (rc < 0)
        return rc;
    clear(host, domid);
    if (!cfg->nr_vifs && !cfg->nr_vbds)
        return 0;
    for (unsigned int i = 0; i < cfg->nr_vifs; i++)
        request_vif(&cfg->vifs[i], plan_add(&plan, domid, NOXS_TYPE_VIF, i),
                    &plan.ports[plan.nr_ports++]);
    for (unsigned int i = 0; rc == 0 && i < cfg->nr_vbds; i++)
        rc = plan_disk(host, &plan, domid, &cfg->vbds[i], i, err);
    if (rc == 0)
        rc = run(host, domid, &plan, err);
    plan_close(&plan);
    if (rc == 0)
        enter(&plan, out);
    return rc;
}

/* The entries with what only the VM's name and configuration tell. */
static struct noxs_entry *complete(struct device_host *host, const struct device_guest *guest,
                                   const chaos_config *cfg, struct devices *devs)
{
    struct noxs_entry *entries = entries_of(devs);

    for (unsigned int i = 0; i < devs->nr; i++) {
        if (entries[i].type == NOXS_TYPE_VIF)
            fill_vif(host, &cfg->vifs[entries[i].index], guest->name, entries[i].index,
                     &entries[i].u.vif);
    }
    return entries;
}

static int announce_ahead(struct device_host *host, const struct device_guest *guest,
                          const chaos_config *cfg, struct devices *devs, chaos_error *err)
{
    int rc = devs->nr ? noxs_need(host, err) : 0;

    return rc < 0 || !devs->nr
               ? rc
               : host->noxs.keeper->ease(host, guest, entries_of(devs), devs->nr, err);
}

static int announce(struct device_host *host, const struct device_guest *guest,
                    const chaos_config *cfg, struct devices *devs, chaos_error *err)
{
    int rc = devs->nr ? noxs_need(host, err) : 0;

    return rc < 0 || !devs->nr
               ? rc
               : host->noxs.keeper->add(host, guest, complete(host, guest, cfg, devs), devs->nr,
                                        false, err);
}

static int compose(struct device_host *host, const struct device_guest *guest,
                   const chaos_config *cfg, struct devices *devs, void *page, chaos_error *err)
{
    int rc = devs->nr ? noxs_need(host, err) : 0;

    return rc < 0 || !devs->nr || !host->noxs.keeper->compose || !guest->bus_port
               ? rc
               : host->noxs.keeper->compose(host, guest, complete(host, guest, cfg, devs), devs->nr,
                                            page, err);
}

static void remove_all(struct device_host *host, const struct device_guest *guest)
{
    if (has_backs(host))
        back_ends_remove_domain(host->noxs.backs, guest->domid);
}

static void sweep(struct device_host *host, devices_alive_fn *alive, void *opaque)
{
    cleanup_free struct noxs_status *all = NULL;
    int count;

    if (!host->noxs.backs && back_ends_open(&host->noxs.backs) < 0)
        return;
    count = entries_back_ends(host, 0, &all);
    for (int i = 0; i < count; i++) {
        if (!alive(opaque, all[i].domid))
            back_ends_remove_domain(host->noxs.backs, all[i].domid);
    }
}

int noxs_plug(struct device_host *host, const struct device_guest *guest,
              const struct config_vif *vif, const struct config_vbd *vbd, uint16_t index,
              chaos_error *err)
{
    uint32_t domid = guest->domid;
    struct plan plan = {.nr = 0};
    struct devices devs;
    struct noxs_entry *entry = entries_of(&devs);
    int rc = noxs_need(host, err);

    if (rc < 0)
        return rc;
    if (vif)
        request_vif(vif, plan_add(&plan, domid, NOXS_TYPE_VIF, index),
                    &plan.ports[plan.nr_ports++]);
    else if (vbd)
        rc = plan_disk(host, &plan, domid, vbd, index, err);
    else
        plan_add(&plan, domid, NOXS_TYPE_CONTROL, 0);
    if (rc == 0)
        rc = run(host, domid, &plan, err);
    plan_close(&plan);
    if (rc < 0)
        return rc;
    enter(&plan, &devs);
    if (vif)
        fill_vif(host, vif, guest->name, index, &entry->u.vif);
    rc = host->noxs.keeper->add(host, guest, entry, 1, true, err);
    if (rc < 0) {
        struct noxs_close which = {.domid = domid, .type = entry->type, .index = entry->index};

        back_ends_remove(host->noxs.backs, &which);
    }
    return rc;
}

const struct device_bus noxs_bus = {
    .name = "noxs",
    .available = available,
    .need = noxs_need,
    .wants_page = wants_page,
    .slot = slot,
    .clear = clear,
    .prepare = prepare,
    .announce_ahead = announce_ahead,
    .announce = announce,
    .compose = compose,
    .remove_all = remove_all,
    .sweep = sweep,
    .slots = noxs_slots,
    .plug = noxs_plug,
    .remove = noxs_remove_device,
    .list = noxs_list_devices,
    .power = noxs_power_guest,
    .disks = noxs_disks,
    .close = close_host,
};
