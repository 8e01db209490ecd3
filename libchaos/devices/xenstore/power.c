/* SPDX-License-Identifier: BSD-3-Clause */
/* Power requests: control/shutdown, which the guest clears when it has read it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "base/uuid.h"
#include "devices/xenstore/bus_xenstore.h"
#include "devices/xenstore/host.h"

static const char *word(enum chaos_power what)
{
    return what == CHAOS_POWER_OFF ? "poweroff" : what == CHAOS_POWER_REBOOT ? "reboot" : "suspend";
}

/* Whether a request waits in the node: 1, 0, or -errno. */
static int waits(struct device_host *host, const char *path, chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};
    const char *value;
    int rc;

    batch_read(&batch, "%s", path);
    rc = xenstore_run(host, &batch, err);
    value = batch_value(&batch, 0);
    return rc < 0 ? rc : value && *value;
}

/* Until the guest has taken the request: 0, -ETIMEDOUT without a message, -errno. */
static int wait_taken(struct device_host *host, const char *path, unsigned int timeout_ms,
                      chaos_error *err)
{
    int64_t end = now_ms() + timeout_ms;
    int rc;

    while ((rc = waits(host, path, err)) > 0) {
        int64_t left = end - now_ms();

        rc = left > 0 ? store_wait(host->xenstore->store, (unsigned int)left) : -ETIMEDOUT;
        if (rc == -ETIMEDOUT)
            return rc;
        if (rc < 0)
            return error_errno(err, CHAOS_E_IO, -rc, "xenstored is gone");
    }
    return rc;
}

/* Takes back what the guest did not take: it may not come to it later, when nobody expects it any
 * more. Whether it said that it listens at all. */
static bool withdraw(struct device_host *host, uint32_t domid, const char *path,
                     enum chaos_power what)
{
    cleanup_batch struct store_batch batch = {0};

    const char *feature;

    batch_read(&batch, "/local/domain/%" PRIu32 "/control/feature-%s", domid, word(what));
    batch_write(&batch, path, "%s", "");
    if (xenstore_ask(host, &batch, NULL) < 0)
        return true;
    feature = batch_value(&batch, 0); /* xl leaves an empty node for the guest to fill */
    return feature && *feature;
}

/* A guest that xenstored does not know any more never hears of a request. Other toolstacks' have no
 * mark. */
static int check_known(struct device_host *host, const struct device_guest *guest, chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};
    int rc;

    if (!uuid_ours(guest->uuid))
        return 0;
    batch_read(&batch, "/libxl/%" PRIu32 "/chaos", guest->domid);
    rc = xenstore_run(host, &batch, err);
    return rc < 0 ? rc : xenstore_knows(&batch, 0, guest, err);
}

int xenstore_power(struct device_host *host, const struct device_guest *guest,
                   enum chaos_power what, unsigned int timeout_ms, int *answer, chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0}, after = {0};
    char path[64];
    int rc;

    snprintf(path, sizeof(path), "/local/domain/%" PRIu32 "/control/shutdown", guest->domid);
    rc = check_known(host, guest, err);
    if (rc < 0)
        return rc;
    rc = waits(host, path, err);
    if (rc > 0)
        *answer = -EBUSY;
    if (rc != 0)
        return rc < 0 ? rc : 0;
    batch_write(&batch, path, "%s", word(what));
    batch_watch(&batch, path);
    rc = xenstore_run(host, &batch, err);
    if (rc < 0)
        return rc;
    rc = wait_taken(host, path, timeout_ms, err);
    *answer = 0;
    if (rc == -ETIMEDOUT)
        *answer = withdraw(host, guest->domid, path, what) ? -ETIMEDOUT : -ENOTCONN;
    batch_unwatch(&after, path);
    xenstore_ask(host, &after, NULL);
    return rc == -ETIMEDOUT ? 0 : rc;
}
