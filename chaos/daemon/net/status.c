/* SPDX-License-Identifier: BSD-3-Clause */
/* chaos pool status: the state of the pool as JSON. */
#include <jansson.h>

#include "daemon/daemon.h"

static unsigned int count_leases(const struct lease *lease, const struct flavour *fl)
{
    unsigned int count = 0;

    for (; lease; lease = lease->next)
        count += lease->flavour == fl;
    return count;
}

static unsigned int taken(const struct daemon *d, const struct flavour *fl)
{
    unsigned int count = count_leases(d->pool.orphans, fl);

    for (const struct conn *conn = d->net.conns; conn; conn = conn->next)
        count += count_leases(conn->leases, fl);
    return count;
}

static json_t *flavour_json(const struct daemon *d, const struct flavour *fl)
{
    return json_pack("{s:s, s:s, s:I, s:i, s:b, s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:b, s:s*}",
                     "name", fl->name, "type", chaos_type_name(chaos_config_type(fl->cfg)),
                     "memory_kib", (json_int_t)chaos_config_memory_kib(fl->cfg), "vcpus",
                     (int)chaos_config_vcpus(fl->cfg), "warm", (int)fl->warm, "target",
                     (int)fl->target, "low", (int)fl->low, "idle", (int)fl->nr_idle, "taken",
                     (int)taken(d, fl), "hits", (json_int_t)fl->hits, "misses",
                     (json_int_t)fl->misses, "refills", (json_int_t)fl->refills, "failures",
                     (json_int_t)fl->failures, "loading", (int)fl->loading, "error",
                     fl->error[0] ? fl->error : NULL);
}

char *status_text(struct daemon *d)
{
    json_t *flavours = json_array(), *top;
    char *text;

    for (const struct flavour *fl = d->settings.flavours; flavours && fl; fl = fl->next)
        json_array_append_new(flavours, flavour_json(d, fl));
    top = json_pack("{s:i, s:s, s:i, s:i, s:i, s:o}", "schema", 1, "version", CHAOS_VERSION,
                    "clients", (int)d->net.nr_conns, "consoles", (int)d->consoles.nr, "viewers",
                    (int)d->consoles.nr_viewers, "flavours", flavours);
    text = top ? json_dumps(top, JSON_INDENT(2)) : NULL;
    json_decref(top);
    return text;
}
