/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens to the devices of a VM that runs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <noxs/ioctl.h>

#include "base/error.h"
#include "devices/noxs/back_ends.h"
#include "devices/noxs/page.h"
#include "devices/noxs/bus_noxs.h"
#include "devices/noxs/entries.h"

_Static_assert((int)CHAOS_POWER_OFF == NOXS_POWER_POWEROFF, "numbers of the ABI");
_Static_assert((int)CHAOS_POWER_REBOOT == NOXS_POWER_REBOOT, "numbers of the ABI");
_Static_assert((int)CHAOS_POWER_SUSPEND == NOXS_POWER_SUSPEND, "numbers of the ABI");

int noxs_slots(struct device_host *host, const struct device_guest *guest, struct device_slot *out,
               chaos_error *err)
{
    struct noxs_entry entries[NOXS_MAX_DEVICES];
    int nr = entries_read(host, guest, entries, err);

    for (int i = 0; i < nr; i++)
        out[i] = entry_slot(&entries[i]);
    return nr;
}

/* Asks the guest to let go of a device. With `force` it need not, nor need there be a back end. */
static int release(struct device_host *host, const struct device_guest *guest,
                   const struct noxs_close *which, bool force, chaos_error *err)
{
    const char *type = device_kind_name(which->type);
    struct noxs_entry entries[NOXS_MAX_DEVICES];
    int rc = back_ends_release(host->noxs.backs, which), nr;

    if (rc >= 0 || force)
        return 0;
    if (rc != -ENOENT)
        return error_set(err, rc == -ETIMEDOUT ? CHAOS_E_TIMEOUT : CHAOS_E_FAILED, -rc,
                         "domain %u does not let go of %s %u (%s); --force takes it away all the "
                         "same",
                         which->domid, type, which->index, strerror(-rc));
    nr = entries_read(host, guest, entries, err);
    for (int i = 0; i < nr; i++) {
        if (entries[i].type == which->type && entries[i].index == which->index)
            return error_set(err, CHAOS_E_FAILED, ENOENT,
                             "the back end of domain %u's %s %u is gone; --force takes the device "
                             "from the guest, too",
                             which->domid, type, which->index);
    }
    return nr < 0 ? nr
                  : error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "domain %u has no %s %u",
                              which->domid, type, which->index);
}

int noxs_remove_device(struct device_host *host, const struct device_guest *guest,
                       enum device_kind kind, unsigned int index, unsigned int timeout_ms,
                       bool force, chaos_error *err)
{
    uint32_t domid = guest->domid;
    struct noxs_id id = {.type = kind, .index = index};
    struct noxs_close which = {
        .domid = domid, .type = id.type, .index = index, .timeout_ms = timeout_ms};
    int rc = noxs_need(host, err), removed;

    if (rc == 0)
        rc = release(host, guest, &which, force, err);
    if (rc < 0)
        return rc;
    rc = host->noxs.keeper->remove(host, guest, &id, err);
    removed = back_ends_remove(host->noxs.backs, &which);
    if (rc == -ENOENT && removed <= 0)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "domain %u has no %s %u", domid,
                         device_kind_name(kind), index);
    return rc == -ENOENT ? 0 : rc;
}

int noxs_power_guest(struct device_host *host, const struct device_guest *guest,
                     enum chaos_power what, unsigned int timeout_ms, int *answer, chaos_error *err)
{
    int rc = noxs_need(host, err);

    if (rc < 0)
        return rc;
    *answer = back_ends_power(host->noxs.backs, guest->domid, what, timeout_ms);
    if (*answer != -ENOENT)
        return 0;
    rc = noxs_plug(host, guest, NULL, NULL, 0, err); /* it had no power control yet */
    if (rc == 0)
        *answer = back_ends_power(host->noxs.backs, guest->domid, what, timeout_ms);
    return rc;
}
