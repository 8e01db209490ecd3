/* SPDX-License-Identifier: BSD-3-Clause */
/* What is done about a domain that has ended, as its policy says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "config/config.h"
#include "life/backoff.h"
#include "life/last_words.h"
#include "life/domain.h"
#include "life/restart.h"

#define BUSY_MS 20 /* another process restarts a VM, which takes it that long or so */

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

/* One look at a VM: its arguments, and what came of it. */
struct look {
    chaos_host *host;
    struct chaos_domain *dom;
    bool paused;
    enum chaos_outcome outcome;
    enum chaos_reason reason;
};

/* Restarts the VM if it is time to, else leaves it as it is. */
static int restart(struct look *l, const chaos_config *cfg, chaos_error *err)
{
    struct chaos_domain old = *l->dom;
    struct chaos_error why;
    int rc;

    l->outcome = CHAOS_STILL_RUNS;
    if (backoff_wait(l->host, &old))
        return 0;
    ended_tell(l->host, old.uuid, l->reason);
    rc = restart_vm(l->host, l->dom, cfg, l->reason, l->paused, &why);
    if (rc == 0) {
        backoff_restarted(l->host, l->dom);
        l->outcome = CHAOS_RESTARTED;
        return 0;
    }
    if (rc == -EWOULDBLOCK) {
        backoff_defer(l->host, &old, BUSY_MS);
        return 0;
    }
    if (registry_owns(&l->host->registry, old.name, old.uuid) == 0 &&
        !registry_restarting(&l->host->registry, old.uuid, NULL)) { /* destroyed meanwhile */
        backoff_forget(l->host, &old);
        registry_drop(&l->host->registry, old.name, old.uuid);
        l->outcome = CHAOS_ENDED;
        l->reason = CHAOS_DESTROYED;
        return 0;
    }
    backoff_failed(l->host, &old);
    l->outcome = CHAOS_RESTART_FAILED;
    error_copy(err, rc, &why);
    return error_prefix(err, rc, "cannot restart \"%s\"", old.name);
}

/* True if another domain has dom's name by now; *dom becomes that one. */
static bool succeeded(chaos_host *host, struct chaos_domain *dom)
{
    struct chaos_domain next;

    if (chaos_find(host, dom->name, &next, NULL) < 0 || strcmp(next.uuid, dom->uuid) == 0)
        return false;
    *dom = next;
    return true;
}

/* The domain is gone, and a chaosd follows policies: it left word, and restarts the VM or not. */
static void ended_elsewhere(struct look *l)
{
    struct record rec;
    chaos_config *cfg;

    if (registry_restarting(&l->host->registry, l->dom->uuid, &rec)) {
        l->reason = rec.restart.reason;
        l->outcome = CHAOS_STILL_RUNS;
        record_clear(&rec);
        return;
    }
    if (!ended_ask(l->host, l->dom->uuid, &l->reason))
        return;
    if (succeeded(l->host, l->dom)) {
        l->outcome = CHAOS_RESTARTED;
    } else if (chaos_domain_config(l->host, l->dom, &cfg, NULL) == 0) {
        /* The record goes when the successor has the name. */
        if (action_for(cfg, l->reason) == CHAOS_RESTART)
            l->outcome = CHAOS_STILL_RUNS;
        chaos_config_free(cfg);
    } else if (succeeded(l->host, l->dom)) { /* just now */
        l->outcome = CHAOS_RESTARTED;
    }
}

/* Goes on with a restart that another process has begun, or that has failed. */
static int restart_again(struct look *l, chaos_error *err)
{
    chaos_config *cfg;
    int rc = chaos_domain_config(l->host, l->dom, &cfg, err);

    if (rc < 0)
        return rc;
    rc = restart(l, cfg, err);
    chaos_config_free(cfg);
    return rc;
}

/* The domain is gone, or dying: `check` is what domain_check says. */
static int reap_gone(struct look *l, int check, chaos_error *err)
{
    struct chaos_domain *dom = l->dom;
    struct hv_domain now;
    struct record rec;

    l->outcome = CHAOS_ENDED;
    if (ended_by_chaosd(l->host)) {
        ended_elsewhere(l);
        return 0;
    }
    if (registry_restarting(&l->host->registry, dom->uuid, &rec)) {
        l->reason = rec.restart.reason;
        record_clear(&rec);
        return restart_again(l, err);
    }
    backoff_forget(l->host, dom);
    /* What destroyed it left the record, if somebody held its memory. */
    if (check == -ENOENT && domain_by_uuid(l->host, dom->uuid, &now, NULL) == -ENOENT)
        domain_forget(l->host, dom->domid, dom->name, dom->uuid);
    return 0;
}

/* The domain has ended by itself. */
static int reap_ended(struct look *l, chaos_error *err)
{
    enum chaos_action action;
    chaos_config *cfg;
    int rc = chaos_domain_config(l->host, l->dom, &cfg, err);

    if (rc < 0)
        return rc;
    action = action_for(cfg, l->reason);
    if (action == CHAOS_PRESERVE) {
        l->outcome = CHAOS_PRESERVED;
    } else if (ended_by_chaosd(l->host)) {
        /* still runs, as far as this process is concerned: chaosd is at it */
    } else if (action == CHAOS_RESTART) {
        rc = restart(l, cfg, err);
    } else {
        ended_tell(l->host, l->dom->uuid, l->reason);
        l->outcome = CHAOS_ENDED;
        rc = chaos_destroy(l->host, l->dom, err);
    }
    chaos_config_free(cfg);
    return rc;
}

char *chaos_reap_kernel(chaos_host *host, const struct chaos_domain *dom)
{
    chaos_config *cfg;
    char *kernel = NULL;

    if (!chaos_domain_ended(dom) || backoff_wait(host, dom) ||
        chaos_domain_config(host, dom, &cfg, NULL) < 0)
        return NULL;
    if (action_for(cfg, dom->reason) == CHAOS_RESTART)
        kernel = steal(cfg->kernel);
    chaos_config_free(cfg);
    return kernel;
}

int chaos_reap(chaos_host *host, struct chaos_domain *dom, bool paused, enum chaos_outcome *outcome,
               enum chaos_reason *reason, chaos_error *err)
{
    struct look l = {host, dom, paused, CHAOS_STILL_RUNS, CHAOS_DESTROYED};
    struct chaos_error why;
    struct hv_domain now;
    int rc = domain_check(host, dom, &now, &why);

    if (rc == -ENOENT || (rc == 0 && now.dying)) {
        rc = reap_gone(&l, rc, err);
    } else if (rc < 0) {
        error_copy(err, rc, &why);
    } else if (now.shutdown && now.reason != CHAOS_SUSPEND) { /* that waits for its resumption */
        l.reason = now.reason;
        rc = reap_ended(&l, err);
    }
    *outcome = l.outcome;
    *reason = l.reason;
    return rc;
}
