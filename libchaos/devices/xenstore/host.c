/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/xenstore/host.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "base/uuid.h"

static int connect_error(chaos_error *err, int rc)
{
    if (rc == -ENOMEM)
        return error_oom(err);
    if (rc == -ETIMEDOUT)
        return error_set(err, CHAOS_E_TIMEOUT, ETIMEDOUT,
                         "xenstored takes no connection; it hangs, or is stopped");
    if (rc == -EACCES || rc == -EPERM)
        return error_errno(err, CHAOS_E_PERMISSION, -rc,
                           "cannot connect to xenstored (run as root)");
    return error_set(err, CHAOS_E_IO, -rc,
                     "no xenstored runs on this host (%s); start it, or say devices: noxs",
                     strerror(-rc));
}

static void disconnect(struct device_host *host)
{
    store_close(host->xenstore->store);
    host->xenstore->store = NULL;
    host->xenstore->lost = false;
}

int xenstore_need(struct device_host *host, chaos_error *err)
{
    int rc = 0;

    if (!host->xenstore)
        host->xenstore = calloc(1, sizeof(*host->xenstore));
    if (!host->xenstore)
        return error_oom(err);
    if (!host->xenstore->store) {
        host->xenstore->used = false;
        rc = store_open(&host->xenstore->store);
    }
    return rc < 0 ? connect_error(err, rc) : 0;
}

int xenstore_available(struct device_host *host, chaos_error *err)
{
    chaos_error why = {0};
    int rc = xenstore_need(host, &why);

    if (rc == -ENOENT || rc == -ECONNREFUSED)
        return 0;
    return rc < 0 ? error_copy(err, rc, &why) : 1;
}

void xenstore_settle(struct device_host *host)
{
    if (host->xenstore && host->xenstore->store && !host->xenstore->lost)
        store_settle(host->xenstore->store);
}

void xenstore_close(struct device_host *host)
{
    xenstore_settle(host);
    if (host->xenstore)
        disconnect(host);
    free(host->xenstore);
    host->xenstore = NULL;
}

static int ask_error(chaos_error *err, int rc)
{
    switch (-rc) {
    case ENOMEM:
        return error_oom(err);
    case ETIMEDOUT:
        return error_set(err, CHAOS_E_TIMEOUT, ETIMEDOUT,
                         "xenstored has not answered for %d s; it hangs, or is stopped",
                         STORE_TIMEOUT_MS / 1000);
    case EPIPE:
        return error_set(err, CHAOS_E_IO, EPIPE,
                         "xenstored has closed the connection; it ended, or was restarted");
    case ENAMETOOLONG:
        return error_set(err, CHAOS_E_CONFIG, ENAMETOOLONG,
                         "a path or a value is too long for XenStore (4096 bytes in all)");
    case EPROTO:
        return error_set(err, CHAOS_E_IO, EPROTO, "xenstored's answer is not one");
    default:
        return error_errno(err, CHAOS_E_IO, -rc, "cannot speak with xenstored");
    }
}

int xenstore_ask(struct device_host *host, struct store_batch *batch, chaos_error *err)
{
    int rc;

    if (host->xenstore && host->xenstore->lost)
        disconnect(host);
    rc = xenstore_need(host, err);
    if (rc < 0)
        return rc;
    rc = store_run(host->xenstore->store, batch);
    if (rc == -EPIPE && host->xenstore->used) {
        disconnect(host);
        rc = xenstore_need(host, err);
        if (rc < 0)
            return rc;
        batch_again(batch);
        rc = store_run(host->xenstore->store, batch);
    }
    if (rc == 0) {
        host->xenstore->used = true;
        return 0;
    }
    host->xenstore->lost = rc == -ETIMEDOUT || rc == -EPROTO;
    if (batch->rc == 0 && !host->xenstore->lost)
        disconnect(host);
    return ask_error(err, rc);
}

int xenstore_knows(const struct store_batch *batch, unsigned int mark,
                   const struct device_guest *guest, chaos_error *err)
{
    const char *value = batch_value(batch, mark);
    char uuid[CHAOS_UUID_TEXT];

    uuid_format(guest->uuid, uuid);
    if (value && strcmp(value, uuid) == 0)
        return 0;
    return error_set(err, CHAOS_E_IO, ENODATA,
                     "xenstored knows nothing of domain %" PRIu32
                     "; where it was restarted it has forgotten all, and a VM of before has its "
                     "devices until it is destroyed, but nobody can look at them, or change them",
                     guest->domid);
}

int xenstore_undo(struct device_host *host, struct store_batch *batch)
{
    if (!host->xenstore || !host->xenstore->lost)
        return xenstore_ask(host, batch, NULL);
    store_send(host->xenstore->store, batch);
    disconnect(host);
    return -ETIMEDOUT;
}

/* What a refusal may mean beside its errno. Dom0's own quota is none, but for the length of a value
 * with oxenstored; with xenstored in C, what belongs to a guest counts as the guest's memory. */
static const char *hint(int rc)
{
    switch (-rc) {
    case ENOSPC:
    case EDQUOT:
        return " (a quota of its own is reached)";
    case E2BIG:
        return " (the value is longer than its quota allows: quota-maxsize in oxenstored.conf)";
    case EIO:
        return " (its log may say why; it is so where a VM has used up its quota of memory there)";
    default:
        return "";
    }
}

int xenstore_run(struct device_host *host, struct store_batch *batch, chaos_error *err)
{
    int rc = xenstore_ask(host, batch, err);
    unsigned int failed;

    if (rc < 0)
        return rc;
    failed = batch_failed(batch);
    if (failed == batch_awaited(batch))
        return 0;
    rc = batch->reqs[failed].rc;
    return error_set(err, rc == -ENOMEM ? CHAOS_E_NO_MEMORY : CHAOS_E_IO, -rc,
                     "xenstored refused %s %s: %s%s", store_type_name(batch->reqs[failed].type),
                     batch_path(batch, failed), strerror(-rc), hint(rc));
}
