/* SPDX-License-Identifier: BSD-3-Clause */
/* Device pages that Xen keeps. */
#include "devices/noxs/page.h"

#include <errno.h>

#include "noxs.h"

static int add(struct device_host *host, const struct device_guest *guest,
               const struct noxs_entry *entries, unsigned int nr, bool runs, chaos_error *err)
{
    int rc = noxs_add(host->noxs.pages, guest->domid, entries, nr);

    return rc < 0 ? hv_refused(err, rc, guest->domid, "noxs_op(add)") : 0;
}

static int remove_entry(struct device_host *host, const struct device_guest *guest,
                        const struct noxs_id *id, chaos_error *err)
{
    int rc = noxs_remove(host->noxs.pages, guest->domid, id, 1);

    return rc < 0 && rc != -ENOENT ? hv_refused(err, rc, guest->domid, "noxs_op(remove)") : rc;
}

static int list(struct device_host *host, const struct device_guest *guest,
                struct noxs_entry *entries, chaos_error *err)
{
    int rc = noxs_list(host->noxs.pages, guest->domid, entries, NOXS_MAX_DEVICES, NULL);

    if (rc < 0)
        return hv_refused(err, rc, guest->domid, "noxs_op(list)");
    return rc > (int)NOXS_MAX_DEVICES ? (int)NOXS_MAX_DEVICES : rc;
}

const struct page_keeper page_xen = {.add = add, .remove = remove_entry, .list = list};
