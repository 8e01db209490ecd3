/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens to a domain that has ended: its policy, and its successor. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "config/config.h"
#include "life/lifecycle.h"

static enum chaos_action action_for(const chaos_config *cfg, enum chaos_reason reason)
{
    switch (reason) {
    case CHAOS_POWEROFF:
        return cfg->on_poweroff;
    case CHAOS_REBOOT:
        return cfg->on_reboot;
    case CHAOS_CRASH:
    case CHAOS_WATCHDOG:
        return cfg->on_crash;
    default: /* a soft reset: somebody wants to go on with this very domain */
        return CHAOS_PRESERVE;
    }
}

/* Destroys `dom` and creates its successor, which takes over name and configuration. */
static int restart(chaos_host *host, struct chaos_domain *dom, const chaos_config *cfg, bool paused,
                   chaos_error *err)
{
    struct chaos_domain old = *dom;
    uint32_t domid;
    int rc;

    rc = domain_end(host, old.domid, true, err);
    if (rc < 0)
        return rc;
    rc = lifecycle_create(host, cfg, old.name, old.uuid, paused, &domid, err);
    registry_drop(&host->registry, old.name, old.uuid); /* the name only where it failed */
    if (rc < 0)
        return error_prefix(err, rc, "cannot restart \"%s\"", old.name);
    return chaos_find(host, old.name, dom, err);
}

/* Somebody else has its name by now. */
static bool succeeded(chaos_host *host, struct chaos_domain *dom)
{
    struct chaos_domain next;

    if (chaos_find(host, dom->name, &next, NULL) < 0 || strcmp(next.uuid, dom->uuid) == 0)
        return false;
    *dom = next;
    return true;
}

/* The domain is gone, and a chaosd follows policies: it left word, and restarts it or not. */
static void ended_elsewhere(chaos_host *host, struct chaos_domain *dom, enum chaos_outcome *outcome,
                            enum chaos_reason *reason)
{
    chaos_config *cfg;

    *outcome = CHAOS_ENDED;
    if (!ended_ask(host, dom->uuid, reason))
        return;
    if (succeeded(host, dom)) {
        *outcome = CHAOS_RESTARTED;
    } else if (chaos_domain_config(host, dom, &cfg, NULL) == 0) {
        /* The record goes when the successor has the name. */
        if (action_for(cfg, *reason) == CHAOS_RESTART)
            *outcome = CHAOS_STILL_RUNS;
        chaos_config_free(cfg);
    } else if (succeeded(host, dom)) { /* just now */
        *outcome = CHAOS_RESTARTED;
    }
}

char *chaos_reap_kernel(chaos_host *host, const struct chaos_domain *dom)
{
    chaos_config *cfg;
    char *kernel = NULL;

    if (dom->state != CHAOS_SHUTDOWN || chaos_domain_config(host, dom, &cfg, NULL) < 0)
        return NULL;
    if (action_for(cfg, dom->reason) == CHAOS_RESTART)
        kernel = steal(cfg->kernel);
    chaos_config_free(cfg);
    return kernel;
}

int chaos_reap(chaos_host *host, struct chaos_domain *dom, bool paused, enum chaos_outcome *outcome,
               enum chaos_reason *reason, chaos_error *err)
{
    struct chaos_error why;
    enum chaos_action action;
    chaos_config *cfg;
    struct hv_domain now;
    int rc = domain_check(host, dom, &now, &why);

    *outcome = CHAOS_STILL_RUNS;
    *reason = CHAOS_DESTROYED;
    if (rc == -ENOENT || (rc == 0 && now.dying)) {
        *outcome = CHAOS_ENDED;
        /* Whoever destroyed it left the record while somebody held its memory. */
        if (ended_by_chaosd(host))
            ended_elsewhere(host, dom, outcome, reason);
        else if (rc == -ENOENT && domain_by_uuid(host, dom->uuid, &now, NULL) == -ENOENT)
            domain_forget(host, dom);
        return 0;
    }
    if (rc < 0)
        return error_copy(err, rc, &why);
    if (!now.shutdown || now.reason == CHAOS_SUSPEND) /* that waits for its resumption */
        return 0;
    *reason = now.reason;
    rc = chaos_domain_config(host, dom, &cfg, err);
    if (rc < 0)
        return rc;
    action = action_for(cfg, *reason);
    if (action != CHAOS_PRESERVE && ended_by_chaosd(host)) {
        chaos_config_free(cfg);
        return 0; /* still runs, as far as we are concerned: chaosd is at it */
    }
    if (action != CHAOS_PRESERVE)
        ended_tell(host, dom->uuid, *reason);
    switch (action) {
    case CHAOS_RESTART:
        *outcome = CHAOS_RESTARTED;
        rc = restart(host, dom, cfg, paused, err);
        break;
    case CHAOS_PRESERVE:
        *outcome = CHAOS_PRESERVED;
        break;
    case CHAOS_DESTROY:
        *outcome = CHAOS_ENDED;
        rc = chaos_destroy(host, dom, err);
        break;
    }
    chaos_config_free(cfg);
    return rc;
}
