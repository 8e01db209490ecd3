/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/noxs/entries.h"

#include <errno.h>

#include "base/error.h"
#include "base/util.h"
#include "devices/noxs/back_ends.h"
#include "devices/noxs/page.h"

/* The kinds that the facade knows have the numbers of this bus. */
_Static_assert((int)DEVICE_CONTROL == NOXS_TYPE_CONTROL, "numbers of the ABI");
_Static_assert((int)DEVICE_VIF == NOXS_TYPE_VIF, "numbers of the ABI");
_Static_assert((int)DEVICE_VBD == NOXS_TYPE_VBD, "numbers of the ABI");
_Static_assert(NOXS_MAX_DEVICES <= DEVICE_SLOTS, "slots outgrow their room");
_Static_assert(sizeof(struct noxs_entry) == DEVICE_RECORD, "an entry is a record");

struct device_slot entry_slot(const struct noxs_entry *entry)
{
    return (struct device_slot){
        .kind = entry->type <= NOXS_TYPE_VBD ? (enum device_kind)entry->type : DEVICE_NONE,
        .index = entry->index,
        .vdev = entry->type == NOXS_TYPE_VBD ? entry->u.vbd.vdev : 0,
    };
}

int entries_read(struct device_host *host, const struct device_guest *guest,
                 struct noxs_entry *entries, chaos_error *err)
{
    int rc = noxs_need(host, err);

    return rc < 0 ? rc : host->noxs.keeper->list(host, guest, entries, err);
}

int entries_back_ends(struct device_host *host, uint32_t domid, struct noxs_status **out)
{
    int room = 0, nr;

    *out = NULL;
    /* More may come between two looks. */
    while ((nr = back_ends_list(host->noxs.backs, domid, *out, room)) > room) {
        free(*out);
        room = nr + 16;
        *out = calloc(room, sizeof(**out));
        if (!*out)
            return -ENOMEM;
    }
    return nr;
}
