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

/* The page comes with the first entries, and stays without them. */
static int ease(struct device_host *host, const struct device_guest *guest,
                const struct noxs_entry *entries, unsigned int nr, chaos_error *err)
{
    struct noxs_id ids[DEVICES_MAX];
    int rc = add(host, guest, entries, nr, false, err);

    if (rc < 0)
        return rc;
    for (unsigned int i = 0; i < nr; i++)
        ids[i] = (struct noxs_id){.type = entries[i].type, .index = entries[i].index};
    rc = noxs_remove(host->noxs.pages, guest->domid, ids, nr);
    return rc < 0 ? hv_refused(err, rc, guest->domid, "noxs_op(remove)") : 1;
}

static int list(struct device_host *host, const struct device_guest *guest,
                struct noxs_entry *entries, chaos_error *err)
{
    int rc = noxs_list(host->noxs.pages, guest->domid, entries, NOXS_MAX_DEVICES, NULL);

    if (rc < 0)
        return hv_refused(err, rc, guest->domid, "noxs_op(list)");
    return rc > (int)NOXS_MAX_DEVICES ? (int)NOXS_MAX_DEVICES : rc;
}

const struct page_keeper page_xen = {
    .add = add, .ease = ease, .remove = remove_entry, .list = list};
