/* SPDX-License-Identifier: BSD-3-Clause */
/* What the hypervisor keeps: domains, pages, and Dom0's event channels. */
#include "oracle.h"

#include <errno.h>

#include <xenctrl.h>

#define BATCH 256

static void record_domains(xc_interface *xch, struct state *state)
{
    static xc_domaininfo_t info[BATCH];
    uint32_t next = 0;
    int n, i;

    while ((n = xc_domain_getinfolist(xch, next, BATCH, info)) > 0) {
        for (i = 0; i < n; i++) {
            /* Dom0 gives pages to the machine and takes them back as it maps guests' memory. */
            if (info[i].domain == 0)
                state->pages += (long)info[i].tot_pages;
            else
                state_add(state, "domain %u%s", info[i].domain,
                          info[i].flags & XEN_DOMINF_dying ? " (dying)" : "");
        }
        next = info[n - 1].domain + 1;
    }
    if (n < 0)
        oracle_fail("list of domains");
}

static void record_pages(xc_interface *xch, struct state *state)
{
    xc_physinfo_t info = {0};

    if (xc_physinfo(xch, &info) < 0)
        oracle_fail("physinfo");
    state->pages += (long)(info.free_pages + info.scrub_pages);
    if (info.outstanding_pages)
        state_add(state, "claimed pages %llu", (unsigned long long)info.outstanding_pages);
}

static void record_event_channels(xc_interface *xch, struct state *state)
{
    xc_evtchn_status_t status;
    uint32_t port;

    for (port = 0;; port++) {
        status.dom = DOMID_SELF;
        status.port = port;
        if (xc_evtchn_status(xch, &status) < 0) {
            if (errno == EINVAL || errno == ESRCH) /* beyond the last port */
                return;
            oracle_fail("status of event channel");
        }
        /* Ports are reused in any order: what counts is how many there are of each kind. */
        switch (status.status) {
        case EVTCHNSTAT_unbound:
            state_add(state, "event channel unbound, for domain %u", status.u.unbound.dom);
            break;
        case EVTCHNSTAT_interdomain:
            state_add(state, "event channel to domain %u", status.u.interdomain.dom);
            break;
        case EVTCHNSTAT_pirq:
            state_add(state, "event channel of physical interrupt %u", status.u.pirq);
            break;
        case EVTCHNSTAT_virq:
            state_add(state, "event channel of virtual interrupt %u", status.u.virq);
            break;
        case EVTCHNSTAT_ipi:
            state_add(state, "event channel between CPUs");
            break;
        }
    }
}

void record_xen(struct state *state)
{
    xc_interface *xch = xc_interface_open(NULL, NULL, 0);

    if (!xch)
        oracle_fail("hypervisor");
    record_domains(xch, state);
    record_pages(xch, state);
    record_event_channels(xch, state);
    xc_interface_close(xch);
}
