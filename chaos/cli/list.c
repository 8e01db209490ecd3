/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/show.h"

static void print_row(chaos_host *host, const struct chaos_domain *dom, int width)
{
    struct chaos_restart restart;
    char id[16] = "-";

    if (dom->domid)
        snprintf(id, sizeof(id), "%u", dom->domid);
    printf("%-*s %6s %-10s %-4s %9llu %5u %9.1f", width, shown_name(dom), id, shown_state(dom),
           chaos_type_name(dom->type), (unsigned long long)dom->memory_kib, dom->vcpus,
           (double)dom->cpu_ns / 1e9);
    if (dom->state == CHAOS_RESTARTING && chaos_domain_restart(host, dom, &restart, NULL) == 0 &&
        restart.why[0])
        printf("  %s", restart.why);
    putchar('\n');
}

static void print_table(chaos_host *host, const struct chaos_domain *doms, size_t count)
{
    int width = 4;

    for (size_t i = 0; i < count; i++) {
        if ((int)strlen(doms[i].name) > width)
            width = strlen(doms[i].name);
    }
    printf("%-*s %6s %-10s %-4s %9s %5s %9s\n", width, "NAME", "ID", "STATE", "TYPE", "MEM(KiB)",
           "VCPUS", "TIME(s)");
    for (size_t i = 0; i < count; i++)
        print_row(host, &doms[i], width);
}

static int print_domains(chaos_host *host, const struct chaos_domain *doms, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < count; i++)
        json_array_append_new(list, domain_json(host, &doms[i]));
    return print_json(json_pack("{s:i, s:o}", "schema", 1, "domains", list));
}

static int print_ids(const struct chaos_domain *doms, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (doms[i].ours && doms[i].domid)
            printf("%u\n", doms[i].domid);
    }
    return CHAOS_OK;
}

/* Leaves the pool's shells out of the list; returns how many domains are left. */
static size_t without_pool(struct chaos_domain *doms, size_t count)
{
    size_t left = 0;

    for (size_t i = 0; i < count; i++) {
        if (!doms[i].pooled)
            doms[left++] = doms[i];
    }
    return left;
}

struct request {
    bool json, quiet, all;
};

static int list(chaos_host *host, void *request, chaos_error *err)
{
    const struct request *req = request;
    struct chaos_domain *doms;
    size_t count;
    int status = CHAOS_OK;

    if (chaos_list(host, &doms, &count, err) < 0)
        return failed(err);
    if (!req->all)
        count = without_pool(doms, count);
    if (req->quiet)
        status = print_ids(doms, count);
    else if (req->json)
        status = print_domains(host, doms, count);
    else
        print_table(host, doms, count);
    free(doms);
    return status;
}

int cmd_list(int argc, char **argv)
{
    enum { OPT_FORMAT = OPT_FIRST };
    static const struct option options[] = {{"quiet", no_argument, NULL, 'q'},
                                            {"all", no_argument, NULL, 'a'},
                                            {"format", required_argument, NULL, OPT_FORMAT},
                                            COMMON_LONG};
    struct request req = {.json = false};
    int opt, status;

    while ((opt = verb_option(argc, argv, "aq" COMMON_SHORT, options, &status)) != -1) {
        if (opt == 'q')
            req.quiet = true;
        else if (opt == 'a')
            req.all = true;
        else if (!parse_format(optarg, "table", &req.json))
            return CHAOS_E_USAGE;
    }
    if (status != GO_ON)
        return status;
    if (optind != argc)
        return usage_error("list takes no arguments; 'chaos info %s' shows one", argv[optind]);
    return on_host(list, &req);
}
