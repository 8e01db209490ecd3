/* SPDX-License-Identifier: BSD-3-Clause */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/show.h"

static void print_table(const struct chaos_domain *doms, size_t count)
{
    int width = 4;

    for (size_t i = 0; i < count; i++) {
        if ((int)strlen(doms[i].name) > width)
            width = strlen(doms[i].name);
    }
    printf("%-*s %6s %-8s %-4s %9s %5s %9s\n", width, "NAME", "ID", "STATE", "TYPE", "MEM(KiB)",
           "VCPUS", "TIME(s)");
    for (size_t i = 0; i < count; i++) {
        const struct chaos_domain *dom = &doms[i];

        printf("%-*s %6u %-8s %-4s %9llu %5u %9.1f\n", width, shown_name(dom), dom->domid,
               shown_state(dom), chaos_type_name(dom->type), (unsigned long long)dom->memory_kib,
               dom->vcpus, (double)dom->cpu_ns / 1e9);
    }
}

static int print_json(const struct chaos_domain *doms, size_t count)
{
    json_t *list = json_array(), *top;
    int rc;

    for (size_t i = 0; list && i < count; i++)
        json_array_append_new(list, domain_json(&doms[i]));
    top = json_pack("{s:i, s:o}", "schema", 1, "domains", list);
    rc = top ? json_dumpf(top, stdout, JSON_INDENT(2)) : -1;
    putchar('\n');
    json_decref(top);
    return rc < 0 ? CHAOS_E_IO : CHAOS_OK;
}

static int print_ids(const struct chaos_domain *doms, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (doms[i].ours)
            printf("%u\n", doms[i].domid);
    }
    return CHAOS_OK;
}

/* Leaves out the pool's shells; how many are left. */
static size_t without_pool(struct chaos_domain *doms, size_t count)
{
    size_t left = 0;

    for (size_t i = 0; i < count; i++) {
        if (!doms[i].pooled)
            doms[left++] = doms[i];
    }
    return left;
}

static int list(chaos_host *host, bool json, bool quiet, bool all, chaos_error *err)
{
    struct chaos_domain *doms;
    size_t count;
    int status = CHAOS_OK;

    if (chaos_list(host, &doms, &count, err) < 0) {
        report_error(err);
        return chaos_error_status(err);
    }
    if (!all)
        count = without_pool(doms, count);
    if (quiet)
        status = print_ids(doms, count);
    else if (json)
        status = print_json(doms, count);
    else
        print_table(doms, count);
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
    bool json = false, quiet = false, all = false;
    chaos_error *err;
    chaos_host *host;
    int opt, status;

    while ((opt = getopt_long(argc, argv, "aq" COMMON_SHORT, options, NULL)) != -1) {
        if (opt == 'q') {
            quiet = true;
        } else if (opt == 'a') {
            all = true;
        } else if (opt == OPT_FORMAT) {
            if (!parse_format(optarg, "table", &json))
                return CHAOS_E_USAGE;
        } else {
            status = common_option(opt);
            if (status >= 0)
                return status;
        }
    }
    if (optind != argc)
        return usage_error("list takes no arguments; 'chaos info %s' shows one", argv[optind]);
    err = chaos_error_new();
    host = open_host(err, &status);
    if (host)
        status = list(host, json, quiet, all, err);
    chaos_host_close(host);
    chaos_error_free(err);
    return status;
}
