/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of a domain's nodes, back ends and loop devices when it is gone. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "base/uuid.h"
#include "devices/xenstore/bus_xenstore.h"
#include "devices/xenstore/disks.h"
#include "devices/xenstore/gone.h"
#include "devices/xenstore/host.h"
#include "devices/xenstore/listing.h"
#include "devices/xenstore/tree.h"
#include "devices/xenstore/unheard.h"

/* Removes all that is about a domain but the mark, and waits for its back ends. `list`: what it has
 * of disks, NULL where nobody knows. How many back ends it had, -ETIMEDOUT where some stay, -errno.
 */
static int take_down(struct device_host *host, const struct device_guest *guest, char **list)
{
    cleanup_batch struct store_batch batch = {0};
    struct leaving leaving = {.domid = guest->domid};
    unsigned int disks, vifs, vbds;
    int nr, rc;

    disks = batch_read(&batch, "/libxl/%" PRIu32 "/device/vbd", guest->domid);
    vifs = batch_list(&batch, "/local/domain/0/backend/vif/%" PRIu32, guest->domid);
    vbds = batch_list(&batch, "/local/domain/0/backend/vbd/%" PRIu32, guest->domid);
    tree_remove(&batch, guest->domid, guest->uuid);
    rc = xenstore_undo(host, &batch);
    *list = NULL;
    if (rc < 0)
        return rc;
    *list = strdup(batch_value(&batch, disks) ? batch_value(&batch, disks) : "");
    leaving_add(&leaving, &batch, vifs, DEVICE_VIF);
    leaving_add(&leaving, &batch, vbds, DEVICE_VBD);
    nr = leaving.nr;
    rc = leaving_wait(&leaving, GONE_TIMEOUT_MS);
    return rc < 0 ? rc : nr;
}

static bool is_another(void *domid, uint32_t other)
{
    return other != *(uint32_t *)domid;
}

/* What back ends have written since, and the mark. Where XenStore has neither back ends nor a mark
 * it may have forgotten them, and then the kernel has them still: 1, and the kernel is told. */
static int finish(struct device_host *host, uint32_t domid, bool had_none)
{
    cleanup_batch struct store_batch batch = {0};
    int rc;

    if (had_none)
        batch_read(&batch, "/libxl/%" PRIu32 "/chaos", domid);
    tree_remove_last(&batch, domid);
    rc = xenstore_undo(host, &batch);
    if (rc < 0 || !had_none || batch_value(&batch, 0))
        return rc;
    unheard_release(host, is_another, &domid);
    return 1;
}

/* Behind requests that were not answered: all at once, and nobody waits. */
static int take_down_blindly(struct device_host *host, const struct device_guest *guest)
{
    cleanup_batch struct store_batch batch = {0};

    tree_remove(&batch, guest->domid, guest->uuid);
    tree_remove_last(&batch, guest->domid);
    return xenstore_undo(host, &batch);
}

void xenstore_remove_all(struct device_host *host, const struct device_guest *guest)
{
    cleanup_free char *list = NULL;
    bool lost = host->xenstore && host->xenstore->lost;
    int rc = lost ? take_down_blindly(host, guest) : take_down(host, guest, &list);

    /* A loop device that its back end has open frees itself when that closes it. Without an answer
     * the loop devices tell themselves whose they are. */
    disks_release(guest, list);
    /* With back ends that stay, the mark does, for a sweep to try again. */
    if (rc >= 0 && finish(host, guest->domid, rc == 0) > 0)
        disks_release(guest, NULL);
}

int xenstore_remove_left(struct device_host *host, uint32_t domid, const char *vm, chaos_error *err)
{
    struct device_guest old = {.domid = domid};
    cleanup_batch struct store_batch batch = {0};
    cleanup_free char *list = NULL;
    int rc;

    if (vm && strncmp(vm, "/vm/", 4) == 0)
        batch_remove(&batch, "%s", vm);
    rc = xenstore_run(host, &batch, err);
    if (rc < 0)
        return rc;
    rc = take_down(host, &old, &list);
    devices_free_loops(host);
    if (rc >= 0)
        rc = finish(host, domid, false);
    if (rc < 0)
        return error_set(err, CHAOS_E_BUSY, EBUSY,
                         "what an earlier domain %" PRIu32 " left does not go away (%s; see "
                         "/sys/devices)",
                         domid, strerror(-rc));
    return 0;
}

void xenstore_clear(struct device_host *host, uint32_t domid)
{
    cleanup_batch struct store_batch batch = {0};
    cleanup_free char *uuid = NULL;
    char vm[CHAOS_UUID_TEXT + 8];

    if (!host->xenstore || !host->xenstore->store)
        return;
    batch_read(&batch, "/libxl/%" PRIu32 "/chaos", domid);
    if (xenstore_ask(host, &batch, NULL) < 0 || !batch_value(&batch, 0))
        return;
    snprintf(vm, sizeof(vm), "/vm/%s", batch_value(&batch, 0));
    xenstore_remove_left(host, domid, vm, NULL);
}

/* Which of them chaos' mark is on. */
static int marked(struct device_host *host, const uint32_t *ids, int nr, struct store_batch *batch)
{
    for (int i = 0; i < nr; i++)
        batch_read(batch, "/libxl/%" PRIu32 "/chaos", ids[i]);
    return nr > 0 ? xenstore_ask(host, batch, NULL) : nr;
}

void xenstore_sweep(struct device_host *host, devices_alive_fn *alive, void *opaque)
{
    cleanup_batch struct store_batch batch = {0};
    cleanup_free uint32_t *ids = NULL;
    int nr;

    devices_free_loops(host);
    if (xenstore_available(host, NULL) <= 0)
        return;
    nr = store_numbers(host, "/libxl", &ids, NULL);
    if (marked(host, ids, nr, &batch) < 0)
        return;
    for (int i = 0; i < nr; i++) {
        struct device_guest gone = {.domid = ids[i]};
        const char *uuid = batch_value(&batch, i);

        if (uuid && uuid_parse(uuid, gone.uuid) && !alive(opaque, ids[i]))
            xenstore_remove_all(host, &gone);
    }
    unheard_release(host, alive, opaque);
}
