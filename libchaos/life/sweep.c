/* SPDX-License-Identifier: BSD-3-Clause */
/* Tidying up: names, records and back ends of domains that are gone. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "base/uuid.h"
#include "devices/devices.h"
#include "life/domain.h"

#define DOMIDS 0x7ff0

struct live {
    chaos_host *host;
    struct chaos_domain *doms; /* by uuid */
    size_t count;
    bool has[DOMIDS]; /* domains that exist */
    bool had[DOMIDS]; /* domains that do not, and had back ends */
    size_t with_ends; /* how many in `had` */
};

static int uuid_to_domain(const void *key, const void *dom)
{
    return strcmp(key, ((const struct chaos_domain *)dom)->uuid);
}

static int compare_domains(const void *a, const void *b)
{
    return strcmp(((const struct chaos_domain *)a)->uuid, ((const struct chaos_domain *)b)->uuid);
}

/* A domain that is not on the list may be younger than the list. It exists before anything is
 * written down of it, so that asking again, now that something was read, gives the answer. */
static bool is_live(void *opaque, const char *uuid)
{
    struct live *live = opaque;
    struct hv_domain dom;

    return (live->count &&
            bsearch(uuid, live->doms, live->count, sizeof(*live->doms), uuid_to_domain)) ||
           domain_by_uuid(live->host, uuid, &dom, NULL) != -ENOENT;
}

static bool has_domain(void *opaque, uint32_t domid)
{
    struct live *live = opaque;
    struct hv_domain dom;

    if (domid >= DOMIDS || live->has[domid])
        return true;
    live->has[domid] = hv_domain_info(live->host->hv, domid, &dom, NULL) != -ENOENT;
    if (!live->has[domid] && !live->had[domid]) {
        live->had[domid] = true;
        live->with_ends++;
    }
    return live->has[domid];
}

int chaos_sweep(chaos_host *host, size_t *count, chaos_error *err)
{
    cleanup_free struct live *live = calloc(1, sizeof(*live));
    size_t removed = 0;
    int rc;

    *count = 0;
    if (!live)
        return error_oom(err);
    live->host = host;
    rc = domain_list_all(host, &live->doms, &live->count, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < live->count; i++)
        live->has[live->doms[i].domid] = true;
    if (live->count)
        qsort(live->doms, live->count, sizeof(*live->doms), compare_domains);
    devices_sweep(&host->devices, has_domain, live);
    rc = registry_sweep(&host->registry, is_live, live, &removed, err);
    *count = removed + live->with_ends;
    free(live->doms);
    return rc;
}

void domain_forget(chaos_host *host, uint32_t domid, const char *name, const char *uuid)
{
    struct device_guest gone = {.domid = domid};
    struct hv_domain other;

    if (uuid_parse(uuid, gone.uuid) && uuid_ours(gone.uuid) &&
        hv_domain_info(host->hv, domid, &other, NULL) == -ENOENT)
        devices_remove_all(&host->devices, &gone);
    registry_drop(&host->registry, name, uuid);
}
