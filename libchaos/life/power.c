/* SPDX-License-Identifier: BSD-3-Clause */
/* Asking guests to end, and letting suspended ones go on. */
#include <errno.h>
#include <string.h>

#include "devices/devices.h"
#include "base/error.h"
#include "life/domain.h"

static int explain(int rc, const struct chaos_domain *dom, chaos_error *err)
{
    const char *name = dom->name[0] ? dom->name : dom->uuid;

    switch (rc) {
    case -ETIMEDOUT:
        return error_set(err, CHAOS_E_TIMEOUT, ETIMEDOUT,
                         "\"%s\" did not answer in time; 'chaos destroy' ends it at once", name);
    case -ENOTCONN:
        return error_set(
            err, CHAOS_E_FAILED, ENOTCONN,
            "\"%s\" does not listen to power requests (a guest that does not know them, "
            "or one that still boots); 'chaos destroy' ends it at once",
            name);
    case -EBUSY:
        return error_set(err, CHAOS_E_BUSY, EBUSY, "\"%s\" has not answered the last request yet",
                         name);
    case -EOPNOTSUPP:
        return error_set(err, CHAOS_E_FAILED, EOPNOTSUPP, "\"%s\" does not know this request",
                         name);
    default:
        return error_errno(err, CHAOS_E_FAILED, -rc, "\"%s\" refuses", name);
    }
}

int chaos_power(chaos_host *host, const struct chaos_domain *dom, enum chaos_power what,
                unsigned int timeout_ms, chaos_error *err)
{
    struct device_guest guest;
    struct record rec = {.owned = NULL};
    struct hv_domain now;
    int rc = domain_check_meant(host, dom, &now, err), answer;

    if (rc < 0)
        return rc;
    if (now.shutdown && now.reason == CHAOS_SUSPEND)
        return error_set(err, CHAOS_E_FAILED, EALREADY,
                         "domain %u has suspended itself; 'chaos resume' lets it go on",
                         dom->domid);
    if (now.shutdown)
        return error_set(err, CHAOS_E_FAILED, EALREADY, "domain %u has ended already: %s",
                         dom->domid, chaos_reason_name(now.reason));
    domain_guest(host, &now, &rec, &guest);
    rc = devices_power(&host->devices, &guest, what, timeout_ms, &answer, err);
    record_clear(&rec);
    if (rc < 0)
        return rc;
    return answer < 0 ? explain(answer, dom, err) : 0;
}

int chaos_resume(chaos_host *host, const struct chaos_domain *dom, chaos_error *err)
{
    struct hv_domain now;
    int rc = domain_check(host, dom, &now, err);

    if (rc < 0)
        return rc;
    if (!now.shutdown || now.reason != CHAOS_SUSPEND)
        return error_set(err, CHAOS_E_FAILED, EINVAL, "domain %u is not suspended", dom->domid);
    rc = host->hv->backend->resume(host->hv, dom->domid);
    return rc < 0 ? hv_refused(err, rc, dom->domid, "resumedomain") : 0;
}
