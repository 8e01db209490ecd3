/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of a domain's nodes, back ends and loop devices when it is gone. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/util.h"
#include "base/uuid.h"
#include "devices/xenstore/bus_xenstore.h"
#include "devices/xenstore/disks.h"
#include "devices/xenstore/host.h"
#include "devices/xenstore/listing.h"
#include "devices/xenstore/tree.h"

#define BACK_ENDS "/sys/bus/xen-backend/devices"
/* For back ends of a domain that has left some: nobody waits for this in an ordinary creation. */
#define LEFT_TRIES    500
#define LEFT_PAUSE_NS 20000000

void xenstore_remove_all(struct device_host *host, const struct device_guest *guest)
{
    cleanup_batch struct store_batch batch = {0};
    unsigned int list;
    int rc = host->xenstore ? 0 : xenstore_need(host, NULL);

    list = batch_read(&batch, "/libxl/%" PRIu32 "/device/vbd", guest->domid);
    tree_remove(&batch, guest->domid, guest->uuid);
    if (rc == 0)
        rc = xenstore_undo(host, &batch);
    /* A loop device that its back end has open frees itself when that closes it. Without an answer
     * the loop devices tell themselves whose they are. */
    if (rc < 0 || batch.reqs[list].rc != -ENOENT)
        disks_release(guest, rc < 0 ? NULL : batch_value(&batch, list));
}

/* Whether Dom0's kernel has a back end for this domid. */
static bool has_back_end(uint32_t domid)
{
    DIR *dir = opendir(BACK_ENDS);
    struct dirent *entry;
    bool found = false;

    while (dir && !found && (entry = readdir(dir))) {
        unsigned int id;

        found = (sscanf(entry->d_name, "vif-%u-", &id) == 1 ||
                 sscanf(entry->d_name, "vbd-%u-", &id) == 1) &&
                id == domid;
    }
    if (dir)
        closedir(dir);
    return found;
}

int xenstore_remove_left(struct device_host *host, uint32_t domid, const char *vm, chaos_error *err)
{
    const struct timespec pause = {.tv_nsec = LEFT_PAUSE_NS};
    static const uint8_t nobody[16];
    cleanup_batch struct store_batch batch = {0};
    int rc;

    tree_remove(&batch, domid, nobody);
    if (vm && strncmp(vm, "/vm/", 4) == 0)
        batch_remove(&batch, "%s", vm);
    rc = xenstore_run(host, &batch, err);
    devices_free_loops(host);
    for (int i = 0; rc == 0 && i < LEFT_TRIES && has_back_end(domid); i++)
        nanosleep(&pause, NULL);
    if (rc == 0 && has_back_end(domid))
        rc = error_set(
            err, CHAOS_E_BUSY, EBUSY,
            "back ends of an earlier domain %" PRIu32 " do not go away (see " BACK_ENDS ")", domid);
    return rc;
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
}
