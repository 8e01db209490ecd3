/* SPDX-License-Identifier: BSD-3-Clause */
/* Claiming names: the registry says which domain has a name, the hypervisor whether that domain
 * still lives. */
#include <errno.h>

#include "base/error.h"
#include "life/claim.h"
#include "life/domain.h"

int name_check_free(chaos_host *host, const char *name, chaos_error *err)
{
    char uuid[CHAOS_UUID_TEXT];
    struct chaos_error why;
    struct hv_domain dom;
    int rc = registry_lookup(&host->registry, name, uuid);

    if (rc == -ENOENT)
        return 0;
    if (rc < 0)
        return error_errno(err, CHAOS_E_IO, -rc, "registry: cannot look up \"%s\"", name);
    rc = domain_by_uuid(host, uuid, &dom, &why);
    if (rc == 0)
        return error_set(err, CHAOS_E_EXISTS, EEXIST,
                         "name \"%s\" is in use by domain %u; choose another or destroy that one",
                         name, dom.domid);
    if (rc != -ENOENT)
        return error_copy(err, rc, &why);
    if (registry_restarting(&host->registry, uuid, NULL))
        return error_set(
            err, CHAOS_E_EXISTS, EEXIST,
            "name \"%s\" is in use by a VM that waits for its restart; choose another, "
            "or end that one with 'chaos destroy %s'",
            name, name);
    registry_drop(&host->registry, name, uuid);
    return 0;
}

int name_claim(chaos_host *host, const char *name, const char *uuid, chaos_error *err)
{
    struct chaos_error why;
    int rc = registry_claim(&host->registry, name, uuid, &why);

    if (rc != -EEXIST)
        return rc < 0 ? error_copy(err, rc, &why) : 0;
    rc = name_check_free(host, name, err);
    return rc < 0 ? rc : registry_claim(&host->registry, name, uuid, err);
}
