/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices of a domain that runs. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "devices/xenstore/bus_xenstore.h"
#include "devices/xenstore/gone.h"
#include "devices/xenstore/host.h"
#include "devices/xenstore/plan.h"
#include "devices/xenstore/tree.h"

/* What the domain has, as one look found it. */
struct present {
    struct device_slot slots[DEVICE_SLOTS];
    int nr;
    struct store_disk disks[DEVICE_SLOTS];
    int nr_disks;
};

static int look(struct device_host *host, const struct device_guest *guest, struct present *out,
                chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};
    unsigned int vifs = batch_list(&batch, "/libxl/%" PRIu32 "/device/vif", guest->domid);
    unsigned int vbds = batch_read(&batch, "/libxl/%" PRIu32 "/device/vbd", guest->domid);
    unsigned int mark = batch_read(&batch, "/libxl/%" PRIu32 "/chaos", guest->domid);
    int rc = xenstore_run(host, &batch, err);

    if (rc == 0)
        rc = xenstore_knows(&batch, mark, guest, err);

    out->nr = out->nr_disks = 0;
    if (rc < 0)
        return rc;
    for (const char *name = NULL;
         out->nr < DEVICE_SLOTS && (name = batch_next(&batch, vifs, name));)
        out->slots[out->nr++] =
            (struct device_slot){.kind = DEVICE_VIF, .index = (uint16_t)strtoul(name, NULL, 10)};
    out->nr_disks = disks_parse(batch_value(&batch, vbds), out->disks);
    for (int i = 0; i < out->nr_disks && out->nr < DEVICE_SLOTS; i++)
        out->slots[out->nr++] = (struct device_slot){
            .kind = DEVICE_VBD, .index = out->disks[i].index, .vdev = out->disks[i].vdev};
    return 0;
}

int xenstore_slots(struct device_host *host, const struct device_guest *guest,
                   struct device_slot *out, chaos_error *err)
{
    struct present now;
    int rc = look(host, guest, &now, err);

    if (rc < 0)
        return rc;
    memcpy(out, now.slots, now.nr * sizeof(*out));
    return now.nr;
}

static const struct device_slot *find(const struct present *now, enum device_kind kind,
                                      unsigned int index)
{
    for (int i = 0; i < now->nr; i++) {
        if (now->slots[i].kind == kind && now->slots[i].index == index)
            return &now->slots[i];
    }
    return NULL;
}

/* One process at a time: XenStore itself would let two write the same device. The lock goes with
 * the descriptor. */
static int lock(struct device_host *host, chaos_error *err)
{
    cleanup_close int fd = open(host->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = -1;

    while (fd >= 0 && (rc = flock(fd, LOCK_EX)) < 0 && errno == EINTR)
        ;
    if (rc < 0)
        return error_errno(err, CHAOS_E_IO, errno, "cannot lock %s", host->run_dir);
    return steal_fd(fd);
}

/* The list with one disk more (or less: `vdev`). */
static void tell_disks(struct store_batch *batch, uint32_t domid, const struct present *now,
                       const struct store_disk *more, uint32_t less)
{
    struct store_disk disks[DEVICE_SLOTS];
    char list[DISKS_TEXT];
    int nr = 0;

    for (int i = 0; i < now->nr_disks; i++) {
        if (now->disks[i].vdev != less)
            disks[nr++] = now->disks[i];
    }
    if (more && nr < DEVICE_SLOTS)
        disks[nr++] = *more;
    disks_format(disks, nr, list);
    tree_disks(batch, domid, list);
}

/* Removes a device, and once more when the kernel has let go of it (gone.h). */
static int remove_one(struct device_host *host, uint32_t domid, const struct present *now,
                      enum device_kind kind, uint32_t id, chaos_error *err)
{
    struct leaving leaving = {.domid = domid, .nr = 1, .ends = {{kind, id}}};
    cleanup_batch struct store_batch batch = {0};
    int rc;

    tree_remove_device(&batch, domid, kind, id);
    if (kind == DEVICE_VBD)
        tell_disks(&batch, domid, now, NULL, id);
    rc = xenstore_run(host, &batch, err);
    if (rc < 0)
        return rc;
    leaving_wait(&leaving, GONE_TIMEOUT_MS);
    batch_again(&batch);
    return xenstore_run(host, &batch, err);
}

static int plug(struct device_host *host, struct plan *plan, const struct present *now,
                const struct config_vif *vif, const struct config_vbd *vbd, uint16_t index,
                chaos_error *err)
{
    uint32_t domid = plan->guest->domid;
    uint8_t mac[6];
    int rc;

    if (vif) {
        devices_mac(host, vif, plan->guest->name, index, mac);
        rc = plan_vif(plan, vif, mac, index, err);
    } else {
        rc = plan_vbd(host, plan, vbd, index, err);
        if (rc == 0)
            tell_disks(&plan->batch, domid, now, &plan->disks[0].entry, vbd->vdev);
    }
    if (rc < 0)
        return rc;
    rc = xenstore_run(host, &plan->batch, err);
    if (rc == 0)
        rc = plan_join(host, plan, err);
    if (rc < 0)
        remove_one(host, domid, now, vif ? DEVICE_VIF : DEVICE_VBD, vif ? index : vbd->vdev, NULL);
    return rc;
}

int xenstore_plug(struct device_host *host, const struct device_guest *guest,
                  const struct config_vif *vif, const struct config_vbd *vbd, uint16_t index,
                  chaos_error *err)
{
    cleanup_close int locked = lock(host, err);
    enum device_kind kind = vif ? DEVICE_VIF : DEVICE_VBD;
    struct present now;
    struct plan plan;
    int rc = locked < 0 ? locked : look(host, guest, &now, err);

    if (rc < 0)
        return rc;
    if (find(&now, kind, index))
        return error_set(err, CHAOS_E_EXISTS, EEXIST,
                         "%s %u has been added meanwhile by another (try again)",
                         device_kind_name(kind), index);
    plan_begin(&plan, guest);
    rc = plug(host, &plan, &now, vif, vbd, index, err);
    plan_end(&plan, rc < 0);
    return rc;
}

/* The back end's state; 0: it is gone. -errno. */
static int state_of(struct device_host *host, const char *path, chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};
    const char *value;
    int rc;

    batch_read(&batch, "%s", path);
    rc = xenstore_run(host, &batch, err);
    value = batch_value(&batch, 0);
    return rc < 0 ? rc : value ? (int)strtoul(value, NULL, 10) : 0;
}

/* Waits for the end of what is connected now. -ETIMEDOUT without a message. */
static int wait_closed(struct device_host *host, const char *path, unsigned int timeout_ms,
                       chaos_error *err)
{
    int64_t end = now_ms() + timeout_ms;
    int state;

    while ((state = state_of(host, path, err)) > 0 && state != STORE_CLOSED) {
        int64_t left = end - now_ms();
        int rc = left > 0 ? store_wait(host->xenstore->store, (unsigned int)left) : -ETIMEDOUT;

        if (rc == -ETIMEDOUT)
            return rc;
        if (rc < 0)
            return error_errno(err, CHAOS_E_IO, -rc, "xenstored is gone");
    }
    return state < 0 ? state : 0;
}

/* Asks the guest to let go of a device that it has. */
static int release(struct device_host *host, uint32_t domid, enum device_kind kind,
                   unsigned int index, uint32_t id, unsigned int timeout_ms, chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0}, after = {0};
    char back[80], path[88];
    int rc, state;

    snprintf(back, sizeof(back), "/local/domain/0/backend/%s/%" PRIu32 "/%" PRIu32,
             device_kind_name(kind), domid, id);
    snprintf(path, sizeof(path), "%s/state", back);
    state = state_of(host, path, err);
    if (state < 0 || state != STORE_CONNECTED)
        return state < 0 ? state : 0;
    batch_watch(&batch, path);
    batch_dir(&batch, "%s", back);
    batch_write(&batch, "online", "0");
    batch_write(&batch, "state", "%d", STORE_CLOSING);
    rc = xenstore_run(host, &batch, err);
    if (rc < 0)
        return rc;
    rc = wait_closed(host, path, timeout_ms, err);
    batch_unwatch(&after, path);
    xenstore_ask(host, &after, NULL);
    return rc != -ETIMEDOUT
               ? rc
               : error_set(err, CHAOS_E_TIMEOUT, ETIMEDOUT,
                           "domain %" PRIu32 " does not let go of %s %u (%s); --force takes it "
                           "away all the same",
                           domid, device_kind_name(kind), index, strerror(ETIMEDOUT));
}

int xenstore_unplug(struct device_host *host, const struct device_guest *guest,
                    enum device_kind kind, unsigned int index, unsigned int timeout_ms, bool force,
                    chaos_error *err)
{
    cleanup_close int locked = lock(host, err);
    const struct device_slot *slot;
    struct present now;
    uint32_t id;
    int rc = locked < 0 ? locked : look(host, guest, &now, err);

    if (rc < 0)
        return rc;
    slot = find(&now, kind, index);
    if (!slot)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "domain %" PRIu32 " has no %s %u",
                         guest->domid, device_kind_name(kind), index);
    id = kind == DEVICE_VBD ? slot->vdev : index;
    if (!force)
        rc = release(host, guest->domid, kind, index, id, timeout_ms, err);
    if (rc < 0)
        return rc;
    rc = remove_one(host, guest->domid, &now, kind, id, err);
    for (int i = 0; rc == 0 && kind == DEVICE_VBD && i < now.nr_disks; i++) {
        if (now.disks[i].vdev == id)
            disks_release_one(guest, &now.disks[i]);
    }
    return rc;
}
