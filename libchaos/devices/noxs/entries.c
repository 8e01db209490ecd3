/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/noxs/entries.h"

#include <errno.h>
#include <string.h>

#include "noxs.h"
#include "base/error.h"
#include "base/util.h"
#include "devices/noxs/back_ends.h"

static const char *const names[] = {"none", "control", "vif", "vbd"};

const char *entry_type_name(uint8_t type)
{
    return type < ARRAY_SIZE(names) ? names[type] : "unknown";
}

uint8_t entry_type_number(const char *name)
{
    for (uint8_t type = NOXS_TYPE_VIF; type <= NOXS_TYPE_VBD; type++) {
        if (strcmp(name, names[type]) == 0)
            return type;
    }
    return NOXS_TYPE_NONE;
}

int entries_read(struct device_host *host, uint32_t domid, struct noxs_entry *entries,
                 chaos_error *err)
{
    int rc = devices_need(host, err);

    if (rc < 0)
        return rc;
    rc = noxs_list(host->noxs, domid, entries, NOXS_MAX_DEVICES, NULL);
    if (rc < 0)
        return hv_refused(err, rc, domid, "noxs_op(list)");
    return rc > (int)NOXS_MAX_DEVICES ? (int)NOXS_MAX_DEVICES : rc;
}

int entries_back_ends(struct device_host *host, uint32_t domid, struct noxs_status **out)
{
    int room = 0, nr;

    *out = NULL;
    /* More may come between two looks. */
    while ((nr = back_ends_list(host->backs, domid, *out, room)) > room) {
        free(*out);
        room = nr + 16;
        *out = calloc(room, sizeof(**out));
        if (!*out)
            return -ENOMEM;
    }
    return nr;
}
