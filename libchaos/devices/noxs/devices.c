/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/devices.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <noxs/ioctl.h>

#include "noxs.h"
#include "devices/bridge.h"
#include "devices/mac.h"
#include "devices/noxs/back_ends.h"
#include "devices/noxs/entries.h"
#include "devices/noxs/vbd.h"
#include "base/error.h"
#include "base/util.h"

int devices_need(struct device_host *host, chaos_error *err)
{
    int rc = 0;

    if (!host->noxs)
        rc = noxs_open(&host->noxs);
    if (rc < 0)
        return error_set(err, CHAOS_E_HYPERVISOR, -rc,
                         "this hypervisor has no noxs (%s); boot the one that 'make hypervisor' "
                         "builds, or leave out vifs and vbds",
                         strerror(-rc));
    if (!host->backs)
        rc = back_ends_open(&host->backs);
    if (rc < 0)
        return error_set(err, CHAOS_E_HYPERVISOR, -rc,
                         "cannot open /dev/noxs: %s; load the modules noxs, noxs-netback and "
                         "noxs-blkback that 'make modules' builds",
                         strerror(-rc));
    return 0;
}

void devices_close(struct device_host *host)
{
    back_ends_close(host->backs);
    bridges_close(host->bridges);
    noxs_close(host->noxs);
    host->backs = NULL;
    host->bridges = NULL;
    host->noxs = NULL;
}

/* Only an interface without an address of its own needs the seed, which takes a look at files. */
static uint64_t seed_of(struct device_host *host)
{
    if (!host->has_mac_seed)
        host->mac_seed = mac_seed(MAC_ETC, host->run_dir);
    host->has_mac_seed = true;
    return host->mac_seed;
}

static void fill_vif(struct device_host *host, const struct config_vif *vif, const char *name,
                     unsigned int index, struct noxs_vif_config *out)
{
    memset(out, 0, sizeof(*out));
    if (vif->has_mac)
        memcpy(out->mac, vif->mac, sizeof(out->mac));
    else
        mac_automatic(seed_of(host), name, index, out->mac);
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

static int plug(struct device_host *host, struct plan *plan, chaos_error *err)
{
    unsigned int port = 0, failed;
    int rc;

    for (unsigned int i = 0; i < plan->nr; i++) {
        if (plan->reqs[i].type == NOXS_TYPE_VIF)
            plan->ports[port++].ifindex = plan->reqs[i].u.vif.ifindex;
    }
    if (!plan->nr_ports)
        return 0;
    rc = host->bridges ? 0 : bridges_open(&host->bridges);
    if (rc < 0)
        return error_errno(err, CHAOS_E_IO, -rc, "cannot speak with the kernel about bridges");
    rc = bridges_join(host->bridges, plan->ports, plan->nr_ports, &failed);
    if (rc == -ENODEV)
        return error_set(err, CHAOS_E_IO, ENODEV,
                         "vif %u: no bridge \"%s\" on this host; make it (ip link add %s type "
                         "bridge) or name another",
                         failed, plan->ports[failed].bridge, plan->ports[failed].bridge);
    if (rc < 0)
        return error_errno(err, CHAOS_E_IO, -rc, "vif %u: cannot put it into bridge \"%s\"", failed,
                           plan->ports[failed].bridge);
    return 0;
}

/* A disk that something has is a case of its own; -EBUSY with a message. */
static int make_backs(struct device_host *host, struct plan *plan, unsigned int *failed,
                      chaos_error *err)
{
    int rc;

    do {
        rc = back_ends_add(host->backs, plan->reqs, plan->nr, failed);
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
                           entry_type_name(plan->reqs[failed].type), plan->reqs[failed].index);
    rc = plug(host, plan, err);
    for (unsigned int i = 0; rc < 0 && i < plan->nr; i++) {
        struct noxs_close which = {
            .domid = domid, .type = plan->reqs[i].type, .index = plan->reqs[i].index};

        back_ends_remove(host->backs, &which);
    }
    return rc;
}

/* Entries without what only the VM's name tells. */
static void enter(const struct plan *plan, struct devices *out)
{
    out->nr = plan->nr;
    for (unsigned int i = 0; i < plan->nr; i++) {
        const struct noxs_request *req = &plan->reqs[i];

        out->entries[i] = (struct noxs_entry){
            .type = req->type, .index = req->index, .grant = req->grant, .port = req->port};
        if (req->type == NOXS_TYPE_VBD)
            vbd_fill(req, &out->entries[i].u.vbd);
    }
}

int devices_prepare(struct device_host *host, uint32_t domid, const chaos_config *cfg,
                    struct devices *out, chaos_error *err)
{
    struct plan plan = {.nr = 0};
    int rc;

    out->nr = 0;
    if (!cfg->nr_vifs && !cfg->nr_vbds) {
        if (host->backs)
            back_ends_remove_domain(host->backs, domid);
        return 0;
    }
    rc = devices_need(host, err);
    if (rc < 0)
        return rc;
    back_ends_remove_domain(host->backs, domid);
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

static int add_entries(struct device_host *host, uint32_t domid, const struct noxs_entry *entries,
                       unsigned int nr, chaos_error *err)
{
    int rc = nr ? noxs_add(host->noxs, domid, entries, nr) : 0;

    return rc < 0 ? hv_refused(err, rc, domid, "noxs_op(add)") : 0;
}

int devices_announce(struct device_host *host, uint32_t domid, const chaos_config *cfg,
                     const char *name, struct devices *devs, chaos_error *err)
{
    for (unsigned int i = 0; i < devs->nr; i++) {
        struct noxs_entry *entry = &devs->entries[i];

        if (entry->type == NOXS_TYPE_VIF)
            fill_vif(host, &cfg->vifs[entry->index], name, entry->index, &entry->u.vif);
    }
    return add_entries(host, domid, devs->entries, devs->nr, err);
}

void devices_remove_all(struct device_host *host, uint32_t domid)
{
    if (!host->backs && !host->no_backs) {
        int rc = back_ends_open(&host->backs);

        /* Not where it failed for once: want of memory or descriptors passes. */
        host->no_backs = rc == -ENOENT || rc == -ENODEV || rc == -ENXIO;
    }
    if (host->backs)
        back_ends_remove_domain(host->backs, domid);
}

void devices_sweep(struct device_host *host, bool (*alive)(void *opaque, uint32_t domid),
                   void *opaque)
{
    cleanup_free struct noxs_status *all = NULL;
    int count;

    if (!host->backs && back_ends_open(&host->backs) < 0)
        return;
    count = entries_back_ends(host, 0, &all);
    for (int i = 0; i < count; i++) {
        if (!alive(opaque, all[i].domid))
            back_ends_remove_domain(host->backs, all[i].domid);
    }
}

int devices_plug(struct device_host *host, uint32_t domid, const char *name,
                 const struct config_vif *vif, const struct config_vbd *vbd, uint16_t index,
                 chaos_error *err)
{
    struct plan plan = {.nr = 0};
    struct devices devs;
    int rc = devices_need(host, err);

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
        fill_vif(host, vif, name, index, &devs.entries[0].u.vif);
    rc = add_entries(host, domid, devs.entries, 1, err);
    if (rc < 0) {
        struct noxs_close which = {
            .domid = domid, .type = devs.entries[0].type, .index = devs.entries[0].index};

        back_ends_remove(host->backs, &which);
    }
    return rc;
}
