/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/show.h"

#include <stdio.h>

const char *shown_name(const struct chaos_domain *dom)
{
    return dom->name[0] ? dom->name : dom->pooled ? "(pool)" : dom->ours ? "(shell)" : "-";
}

const char *shown_state(const struct chaos_domain *dom)
{
    return dom->state == CHAOS_SHUTDOWN ? chaos_reason_name(dom->reason)
                                        : chaos_state_name(dom->state);
}

static json_t *restart_json(chaos_host *host, const struct chaos_domain *dom)
{
    struct chaos_restart restart;

    if (dom->state != CHAOS_RESTARTING || chaos_domain_restart(host, dom, &restart, NULL) < 0)
        return NULL;
    return json_pack("{s:i, s:I, s:s*}", "attempts", (int)restart.attempts, "tried",
                     (json_int_t)restart.tried, "why", restart.why[0] ? restart.why : NULL);
}

json_t *domain_json(chaos_host *host, const struct chaos_domain *dom)
{
    bool ended = dom->state == CHAOS_SHUTDOWN || dom->state == CHAOS_RESTARTING;

    return json_pack("{s:o, s:s, s:s*, s:b, s:s, s:s, s:s*, s:I, s:i, s:I, s:o*}", "id",
                     dom->domid ? json_integer(dom->domid) : json_null(), "uuid", dom->uuid, "name",
                     dom->name[0] ? dom->name : NULL, "chaos", (int)dom->ours, "type",
                     chaos_type_name(dom->type), "state", chaos_state_name(dom->state), "reason",
                     ended ? chaos_reason_name(dom->reason) : NULL, "memory_kib",
                     (json_int_t)dom->memory_kib, "vcpus", (int)dom->vcpus, "cpu_ns",
                     (json_int_t)dom->cpu_ns, "restart", restart_json(host, dom));
}

json_t *devices_json(const struct chaos_device *devs, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s, s:i, s:s, s:s, s:b}", "type", devs[i].type,
                                              "index", (int)devs[i].index, "state", devs[i].state,
                                              "detail", devs[i].detail, "late", devs[i].late));
    return list;
}

const char *shown_late(const struct chaos_device *dev)
{
    return !dev->late ? "" : ", not connected by the guest so far";
}

int print_json(json_t *top)
{
    int rc = top ? json_dumpf(top, stdout, JSON_INDENT(2)) : -1;

    putchar('\n');
    json_decref(top);
    return rc < 0 ? CHAOS_E_IO : CHAOS_OK;
}
