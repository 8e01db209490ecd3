/* SPDX-License-Identifier: BSD-3-Clause */
/* What guests cost: Xen's free memory, Dom0's used memory, and the time that no CPU was idle. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenctrl.h>

#include "mass.h"

#define MAX_CPUS    64
#define MAX_DOMAINS 32752
/* New interfaces announce themselves for a while; that is no cost of a guest that is idle. */
#define SETTLE_S 30

static xc_interface *xen(void)
{
    static xc_interface *xch;

    if (!xch)
        xch = xc_interface_open(NULL, NULL, 0);
    if (!xch)
        die("libxenctrl", NULL);
    return xch;
}

/* Free pages, those that still await scrubbing included. */
static uint64_t xen_free_kib(void)
{
    xc_physinfo_t info;

    if (xc_physinfo(xen(), &info) != 0)
        die("physinfo", NULL);
    return (info.free_pages + info.scrub_pages) * 4;
}

static uint64_t meminfo(const char *key)
{
    FILE *f = fopen("/proc/meminfo", "r");
    char line[128];
    uint64_t kib = 0;

    while (f && fgets(line, sizeof(line), f)) {
        if (strncmp(line, key, strlen(key)) == 0)
            sscanf(line + strlen(key), ": %lu", &kib);
    }
    if (f)
        fclose(f);
    return kib;
}

/* What is left in use after all caches were dropped: processes, sockets, interfaces, files of the
 * registry. */
static uint64_t dom0_used_kib(void)
{
    FILE *f = fopen("/proc/sys/vm/drop_caches", "w");

    if (f) {
        fputs("3", f);
        fclose(f);
    }
    return meminfo("MemTotal") - meminfo("MemFree");
}

static uint64_t idle_ns(unsigned int *cpus)
{
    xc_cpuinfo_t info[MAX_CPUS];
    uint64_t sum = 0;
    int count = 0;

    if (xc_getcpuinfo(xen(), MAX_CPUS, info, &count) != 0)
        die("getcpuinfo", NULL);
    for (int i = 0; i < count; i++)
        sum += info[i].idletime;
    *cpus = (unsigned int)count;
    return sum;
}

static uint64_t guests_ns(void)
{
    xc_domaininfo_t *info = calloc(MAX_DOMAINS, sizeof(*info));
    int count = info ? xc_domain_getinfolist(xen(), 1, MAX_DOMAINS, info) : -1;
    uint64_t sum = 0;

    if (count < 0)
        die("getinfolist", NULL);
    for (int i = 0; i < count; i++)
        sum += info[i].cpu_time;
    free(info);
    return sum;
}

void cost_read(struct cost *cost, unsigned long idle_ms)
{
    uint64_t start, idle, guests;
    unsigned int cpus;

    memset(cost, 0, sizeof(*cost));
    cost->dom0_used_kib = dom0_used_kib();
    cost->xen_free_kib = xen_free_kib();
    if (!idle_ms)
        return;
    sleep(SETTLE_S);
    guests = guests_ns();
    start = now_ns();
    idle = idle_ns(&cpus);
    usleep(idle_ms * 1000);
    idle = idle_ns(&cpus) - idle;
    cost->window_ns = now_ns() - start;
    cost->guests_ns = guests_ns() - guests;
    if (idle < cost->window_ns * cpus)
        cost->busy_ns = cost->window_ns * cpus - idle;
}

#define CALM_STEP_US 2000

void cost_calm(unsigned long ms)
{
    for (unsigned long us = 0; us < ms * 1000; us += CALM_STEP_US) {
        unsigned int cpus;
        uint64_t start = now_ns(), idle = idle_ns(&cpus);

        usleep(CALM_STEP_US);
        idle = idle_ns(&cpus) - idle;
        if (idle * 10 >= (now_ns() - start) * cpus * 9)
            return;
    }
}

json_t *cost_json(const struct cost *cost)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "xen_free_kib", (json_int_t)cost->xen_free_kib,
                     "dom0_used_kib", (json_int_t)cost->dom0_used_kib, "window_ns",
                     (json_int_t)cost->window_ns, "busy_ns", (json_int_t)cost->busy_ns, "guests_ns",
                     (json_int_t)cost->guests_ns);
}
