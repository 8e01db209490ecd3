/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/xenstore/taken.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/util.h"
#include "devices/xenstore/disks.h"
#include "devices/xenstore/host.h"

#define SOME 64

/* All domains but Dom0; how many. */
static int domains(struct device_host *host, uint32_t **out, chaos_error *err)
{
    cleanup_free uint32_t *ids = NULL;
    uint32_t first = 1;
    int nr = 0, got;

    do {
        struct hv_domain some[SOME];
        uint32_t *grown;

        got = hv_list(host->hv, first, some, SOME, err);
        if (got < 0)
            return got;
        grown = realloc(ids, (nr + got + 1) * sizeof(*ids));
        if (!grown)
            return error_oom(err);
        ids = grown;
        for (int i = 0; i < got; i++)
            ids[nr++] = some[i].domid;
        first = nr ? ids[nr - 1] + 1 : first;
    } while (got == SOME);
    *out = steal(ids);
    return nr;
}

static int add(struct store_taken **all, int *nr, uint32_t domid, uint32_t vdev, const char *list)
{
    struct store_taken *grown = realloc(*all, (*nr + 1) * sizeof(*grown));
    struct store_disk disks[DEVICE_SLOTS];
    int known = list ? disks_parse(list, disks) : 0;

    if (!grown)
        return -ENOMEM;
    *all = grown;
    grown[*nr] = (struct store_taken){.disk.domid = domid, .vdev = vdev};
    for (int i = 0; i < known; i++)
        grown[*nr].shared |= disks[i].vdev == vdev && disks[i].shared;
    ++*nr;
    return 0;
}

/* Which disks there are. */
static int find(struct device_host *host, const uint32_t *ids, int nr_ids, struct store_taken **all,
                chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};
    int nr = 0, rc;

    for (int i = 0; i < nr_ids; i++) {
        batch_list(&batch, "/local/domain/0/backend/vbd/%" PRIu32, ids[i]);
        batch_read(&batch, "/libxl/%" PRIu32 "/device/vbd", ids[i]);
    }
    rc = xenstore_run(host, &batch, err);
    for (int i = 0; rc == 0 && i < nr_ids; i++) {
        for (const char *name = NULL; rc == 0 && (name = batch_next(&batch, 2 * i, name));)
            rc = add(all, &nr, ids[i], strtoul(name, NULL, 10), batch_value(&batch, 2 * i + 1));
    }
    return rc == -ENOMEM ? error_oom(err) : rc < 0 ? rc : nr;
}

/* What is behind them. Those of which nothing is known yet have no device. */
static int describe(struct device_host *host, struct store_taken *all, int nr, chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};
    int rc;

    for (int i = 0; i < nr; i++) {
        char back[80];

        snprintf(back, sizeof(back), "/local/domain/0/backend/vbd/%" PRIu32 "/%" PRIu32,
                 all[i].disk.domid, all[i].vdev);
        batch_read(&batch, "%s/physical-device", back);
        batch_read(&batch, "%s/mode", back);
    }
    rc = xenstore_run(host, &batch, err);
    for (int i = 0; rc == 0 && i < nr; i++) {
        const char *device = batch_value(&batch, 2 * i), *mode = batch_value(&batch, 2 * i + 1);
        unsigned int maj, min;

        if (device && sscanf(device, "%x:%x", &maj, &min) == 2)
            all[i].disk.rdev = makedev(maj, min);
        all[i].readonly = mode && !strchr(mode, 'w');
    }
    return rc;
}

int taken_list(struct device_host *host, struct store_taken **out, chaos_error *err)
{
    cleanup_free struct store_taken *all = NULL;
    cleanup_free uint32_t *ids = NULL;
    int nr = domains(host, &ids, err), rc;

    *out = NULL;
    if (nr > 0)
        nr = find(host, ids, nr, &all, err);
    if (nr <= 0)
        return nr;
    rc = describe(host, all, nr, err);
    if (rc < 0)
        return rc;
    *out = steal(all);
    return nr;
}

int xenstore_disks(struct device_host *host, struct disk_taken **out)
{
    cleanup_free struct store_taken *all = NULL;
    int nr = taken_list(host, &all, NULL);

    *out = nr > 0 ? calloc(nr, sizeof(**out)) : NULL;
    for (int i = 0; *out && i < nr; i++)
        (*out)[i] = all[i].disk;
    return *out ? nr : 0;
}
