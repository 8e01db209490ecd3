/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that the guest finds in XenStore, with the back ends of a stock Dom0. */
#include "devices/xenstore/bus_xenstore.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <chaos/pool.h>

#include "base/error.h"
#include "base/lock.h"
#include "base/util.h"
#include "devices/xenstore/host.h"
#include "devices/xenstore/plan.h"
#include "devices/xenstore/tree.h"

/* The shell's record of a device. */
struct store_record {
    uint16_t kind, index;
    uint32_t vdev;
    uint8_t mac[6]; /* that XenStore has for an interface; zero: none */
};
_Static_assert(sizeof(struct store_record) <= DEVICE_RECORD, "a record outgrows its room");

/* Linux and others look for XenStore whether or not they have devices. */
static bool wants_page(struct device_host *host, const chaos_config *cfg)
{
    return true;
}

static struct device_slot slot(const uint8_t record[DEVICE_RECORD])
{
    struct store_record rec;
    bool known;

    memcpy(&rec, record, sizeof(rec));
    known = rec.kind == DEVICE_VIF || rec.kind == DEVICE_VBD;
    return (struct device_slot){
        .kind = known ? (enum device_kind)rec.kind : DEVICE_NONE,
        .index = rec.index,
        .vdev = rec.kind == DEVICE_VBD ? rec.vdev : 0,
    };
}

static void enter(struct devices *out, const struct store_record *rec)
{
    memset(out->records[out->nr], 0, DEVICE_RECORD);
    memcpy(out->records[out->nr++], rec, sizeof(*rec));
}

static void enter_all(struct devices *out, const chaos_config *cfg)
{
    for (unsigned int i = 0; i < cfg->nr_vifs; i++) {
        struct store_record rec = {.kind = DEVICE_VIF, .index = i};

        if (cfg->vifs[i].has_mac)
            memcpy(rec.mac, cfg->vifs[i].mac, sizeof(rec.mac));
        enter(out, &rec);
    }
    for (unsigned int i = 0; i < cfg->nr_vbds; i++)
        enter(out,
              &(struct store_record){.kind = DEVICE_VBD, .index = i, .vdev = cfg->vbds[i].vdev});
}

static int plan_all(struct device_host *host, struct plan *plan, const chaos_config *cfg,
                    chaos_error *err)
{
    struct store_disk disks[CONFIG_MAX_VBDS];
    char list[DISKS_TEXT];
    int rc = 0;

    tree_begin(&plan->batch, plan->guest);
    for (unsigned int i = 0; rc == 0 && i < cfg->nr_vifs; i++)
        rc = plan_vif(plan, &cfg->vifs[i], cfg->vifs[i].has_mac ? cfg->vifs[i].mac : NULL, i, err);
    for (unsigned int i = 0; rc == 0 && i < cfg->nr_vbds; i++) {
        rc = plan_vbd(host, plan, &cfg->vbds[i], i, err);
        disks[i] = plan->disks[i].entry;
    }
    if (rc < 0 || !cfg->nr_vbds)
        return rc;
    disks_format(disks, (int)cfg->nr_vbds, list);
    tree_disks(&plan->batch, plan->guest->domid, list);
    return 0;
}

/* Runs the plan, whose batch begins with two questions about what an earlier domain of this number
 * left. */
static int run(struct device_host *host, struct plan *plan, chaos_error *err)
{
    cleanup_free char *vm = NULL;
    int rc = xenstore_run(host, &plan->batch, err);

    if (rc < 0 || (plan->batch.reqs[0].rc == -ENOENT && plan->batch.reqs[1].rc == -ENOENT))
        return rc;
    if (batch_value(&plan->batch, 0)) {
        vm = strdup(batch_value(&plan->batch, 0));
        if (!vm)
            return error_oom(err);
    }
    rc = xenstore_remove_left(host, plan->guest->domid, vm, err);
    if (rc == 0)
        rc = plan_listen(plan, err);
    if (rc < 0)
        return rc;
    batch_again(&plan->batch);
    return xenstore_run(host, &plan->batch, err);
}

/* Where it fails, what there is by then goes with the domain: by its caller, after the domain has
 * been destroyed. */
static int prepare(struct device_host *host, const struct device_guest *guest,
                   const chaos_config *cfg, struct devices *out, chaos_error *err)
{
    struct plan plan;
    int rc = xenstore_need(host, err);

    if (rc < 0)
        return rc;
    plan_begin(&plan, guest);
    batch_read(&plan.batch, "/local/domain/%" PRIu32 "/vm", guest->domid);
    batch_read(&plan.batch, "/libxl/%" PRIu32 "/type", guest->domid);
    rc = plan_all(host, &plan, cfg, err);
    if (rc == 0)
        rc = run(host, &plan, err);
    if (rc == 0)
        rc = plan_join(host, &plan, err);
    plan_end(&plan, rc < 0);
    if (rc == 0)
        enter_all(out, cfg);
    return rc;
}

/* What XenStore has of any VM with this shell, and the way to it. */
static int plan_domain(struct device_host *host, const struct device_guest *guest,
                       const chaos_config *cfg, struct store_batch *batch, chaos_error *err)
{
    /* By their numbers, which Xen reserves: console, store. */
    const uint64_t grants[] = {guest->console_frame, guest->bus_frame};
    int rc = hv_seed_grants(host->hv, guest->domid, grants, ARRAY_SIZE(grants), err);

    if (rc == 0)
        tree_domain(batch, guest, cfg, lock_held(host->run_dir, CHAOS_POOL_LOCK));
    return rc;
}

/* Calls `put` for each interface whose address is another one than XenStore has: a shell was made
 * before anybody knew which VM it would be. Without a name all get one for the time being. */
static void plan_macs(struct device_host *host, const struct device_guest *guest,
                      const chaos_config *cfg, const struct devices *devs,
                      struct store_batch *batch,
                      void (*put)(struct store_batch *batch, uint32_t domid, unsigned int index,
                                  const uint8_t mac[6]))
{
    for (unsigned int i = 0; i < devs->nr; i++) {
        uint8_t mac[6] = {0x02};
        struct store_record rec;

        memcpy(&rec, devs->records[i], sizeof(rec));
        if (rec.kind != DEVICE_VIF)
            continue;
        if (guest->name || cfg->vifs[rec.index].has_mac)
            devices_mac(host, &cfg->vifs[rec.index], guest->name, rec.index, mac);
        if (memcmp(mac, rec.mac, sizeof(mac)) != 0)
            put(batch, guest->domid, rec.index, mac);
    }
}

/* Dom0's back end wants to find an address when the guest connects, and does not care which. */
static int announce_ahead(struct device_host *host, const struct device_guest *guest,
                          const chaos_config *cfg, struct devices *devs, chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};
    int rc;

    if (!guest->bus_frame)
        return 0;
    rc = plan_domain(host, guest, cfg, &batch, err);
    if (rc < 0)
        return rc;
    plan_macs(host, guest, cfg, devs, &batch, tree_back_mac);
    batch_introduce(&batch, guest->domid, guest->bus_frame, guest->bus_port);
    rc = xenstore_run(host, &batch, err);
    return rc < 0 ? rc : 1;
}

/* A shell that has all else. The guest needs its addresses; the rest is for others, and is not
 * waited for: each answer takes as long as a tenth of a process. */
static int announce_name(struct device_host *host, const struct device_guest *guest,
                         const chaos_config *cfg, struct devices *devs, chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};
    bool macs;

    plan_macs(host, guest, cfg, devs, &batch, tree_front_mac);
    macs = batch.nr > 0;
    batch_await_no_more(&batch);
    tree_name(&batch, guest);
    if (!macs)
        batch_await_no_more(&batch);
    tree_vm_name(&batch, guest);
    plan_macs(host, guest, cfg, devs, &batch, tree_back_mac);
    return xenstore_run(host, &batch, err);
}

static int announce(struct device_host *host, const struct device_guest *guest,
                    const chaos_config *cfg, struct devices *devs, chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};
    int rc;

    if (guest->announced)
        return announce_name(host, guest, cfg, devs, err);
    rc = plan_domain(host, guest, cfg, &batch, err);
    if (rc < 0)
        return rc;
    tree_name(&batch, guest);
    tree_vm_name(&batch, guest);
    plan_macs(host, guest, cfg, devs, &batch, tree_front_mac);
    plan_macs(host, guest, cfg, devs, &batch, tree_back_mac);
    batch_introduce(&batch, guest->domid, guest->bus_frame, guest->bus_port);
    return xenstore_run(host, &batch, err);
}

const struct device_bus xenstore_bus = {
    .name = "xenstore",
    .always = true,
    .available = xenstore_available,
    .need = xenstore_need,
    .wants_page = wants_page,
    .slot = slot,
    .clear = xenstore_clear,
    .prepare = prepare,
    .announce_ahead = announce_ahead,
    .announce = announce,
    .remove_all = xenstore_remove_all,
    .sweep = xenstore_sweep,
    .slots = xenstore_slots,
    .plug = xenstore_plug,
    .remove = xenstore_unplug,
    .list = xenstore_list,
    .power = xenstore_power,
    .disks = xenstore_disks,
    .settle = xenstore_settle,
    .close = xenstore_close,
};
