/* SPDX-License-Identifier: BSD-3-Clause */
/* chaos pool metrics: all figures, in Prometheus' text format. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"

#define COUNT_EVERY_MS 1000

static void head(FILE *to, const char *name, const char *type, const char *help)
{
    fprintf(to, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void counters(FILE *to, const struct daemon *d)
{
    static const struct {
        const char *name, *type, *help;
        size_t offset;
        bool wide;
    } rows[] = {
#define ROW(name, type, help, field)                                                               \
    {"chaos_pool_" name, type, help, offsetof(struct flavour, field),                              \
     sizeof(((struct flavour *)NULL)->field) == 8}
        ROW("idle", "gauge", "Shells that are ready.", nr_idle),
        ROW("target", "gauge", "Shells that should be ready.", target),
        ROW("hits_total", "counter", "Shells handed out.", hits),
        ROW("misses_total", "counter", "Takes that found none.", misses),
        ROW("refills_total", "counter", "Shells made.", refills),
        ROW("refill_failures_total", "counter", "Shells that could not be made.", failures),
#undef ROW
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        head(to, rows[i].name, rows[i].type, rows[i].help);
        for (const struct flavour *fl = d->settings.flavours; fl; fl = fl->next) {
            const void *field = (const char *)fl + rows[i].offset;

            fprintf(to, "%s{flavour=\"%s\"} %llu\n", rows[i].name, fl->name,
                    rows[i].wide ? (unsigned long long)*(const uint64_t *)field
                                 : *(const unsigned int *)field);
        }
    }
    head(to, "chaos_pool_prepare_seconds_total", "counter", "Time spent on making shells.");
    for (const struct flavour *fl = d->settings.flavours; fl; fl = fl->next)
        fprintf(to, "chaos_pool_prepare_seconds_total{flavour=\"%s\"} %.6f\n", fl->name,
                (double)fl->prepare_ns / 1e9);
}

static void histogram(FILE *to, const char *name, const char *help,
                      const struct chaos_pool_times *times)
{
    unsigned long long sum = 0;

    head(to, name, "histogram", help);
    for (unsigned int i = 0; i < CHAOS_POOL_BUCKETS; i++) {
        sum += times->buckets[i];
        if (i + 1 < CHAOS_POOL_BUCKETS)
            fprintf(to, "%s_bucket{le=\"%g\"} %llu\n", name, 1e-6 * (1 << i), sum);
    }
    fprintf(to, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.6f\n%s_count %llu\n", name, sum, name,
            (double)times->sum_ns / 1e9, name, sum);
}

/* Counts the VMs by their state; false where that fails. */
static bool count_domains(struct daemon *d)
{
    struct chaos_domain *doms;
    size_t count;

    if (chaos_list(d->host, &doms, &count, NULL) < 0)
        return false;
    memset(d->net.by_state, 0, sizeof(d->net.by_state));
    for (size_t i = 0; i < count; i++)
        d->net.by_state[doms[i].state] += doms[i].ours && !doms[i].pooled;
    free(doms);
    d->net.counted = uv_now(&d->loop);
    return true;
}

static void domains(FILE *to, struct daemon *d, bool fresh)
{
    bool known = d->net.counted && uv_now(&d->loop) - d->net.counted < COUNT_EVERY_MS;

    if ((fresh || !known) && !count_domains(d))
        return;
    head(to, "chaos_domains", "gauge", "VMs by state.");
    for (int state = 0; state <= CHAOS_RESTARTING; state++)
        fprintf(to, "chaos_domains{state=\"%s\"} %u\n", chaos_state_name(state),
                d->net.by_state[state]);
}

static void consoles(FILE *to, const struct consoles *all)
{
    const struct {
        const char *name, *type, *help;
        unsigned long long value;
    } rows[] = {
        {"chaos_consoles", "gauge", "VMs whose console is served.", all->nr},
        {"chaos_console_viewers", "gauge", "Viewers of consoles.", all->nr_viewers},
        {"chaos_console_bytes_total", "counter", "Bytes that VMs wrote.", all->bytes},
        {"chaos_console_lost_bytes_total", "counter", "Bytes that slow viewers lost.",
         all->lost_bytes},
        {"chaos_console_throttled_total", "counter", "Times that a VM had to wait for its turn.",
         all->throttles},
        {"chaos_console_log_errors_total", "counter", "Failures of logs.", all->log_errors},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        head(to, rows[i].name, rows[i].type, rows[i].help);
        fprintf(to, "%s %llu\n", rows[i].name, rows[i].value);
    }
}

char *metrics_text(struct daemon *d, bool fresh)
{
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);

    if (!to)
        return NULL;
    counters(to, d);
    histogram(to, "chaos_take_seconds", "Time from a take's arrival to its answer.",
              &d->pool.takes);
    histogram(to, "chaos_execute_seconds", "Time that clients took to make VMs of shells.",
              &d->pool.executes);
    domains(to, d, fresh);
    consoles(to, &d->consoles);
    head(to, "chaos_restarts_total", "counter", "VMs restarted by their policy.");
    fprintf(to, "chaos_restarts_total %llu\n", (unsigned long long)d->policy.restarts);
    head(to, "chaos_ended_total", "counter", "VMs that ended and were cleared away.");
    fprintf(to, "chaos_ended_total %llu\n", (unsigned long long)d->policy.ended);
    if (fclose(to) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
