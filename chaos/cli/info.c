/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/show.h"

/* A domain's configuration as text, and its devices. */
struct details {
    char *config; /* NULL: none, or nobody knows */
    struct chaos_device *devs;
    size_t nr_devs;
};

static int print_text(const struct chaos_domain *dom, const struct details *more)
{
    printf("id: %u\nuuid: %s\n", dom->domid, dom->uuid);
    if (dom->name[0])
        printf("name: %s\n", dom->name);
    printf("made by chaos: %s\ntype: %s\nstate: %s\nmemory: %llu KiB\nvcpus: %u\n"
           "cpu time: %.3f s\n",
           dom->ours ? "yes" : "no", chaos_type_name(dom->type), shown_state(dom),
           (unsigned long long)dom->memory_kib, dom->vcpus, (double)dom->cpu_ns / 1e9);
    if (more->nr_devs)
        puts("devices:");
    for (size_t i = 0; i < more->nr_devs; i++) {
        const struct chaos_device *dev = &more->devs[i];

        printf("  %s %u: %s%s%s\n", dev->type, dev->index, dev->state, dev->detail[0] ? ", " : "",
               dev->detail);
    }
    if (more->config)
        printf("configuration:\n%s", more->config);
    return CHAOS_OK;
}

static int print_json(const struct chaos_domain *dom, const struct details *more)
{
    json_t *top = domain_json(dom);
    int rc = -1;

    if (top) {
        json_object_set_new(top, "schema", json_integer(1));
        json_object_set_new(top, "devices", devices_json(more->devs, more->nr_devs));
        if (more->config)
            json_object_set_new(top, "config_yaml", json_string(more->config));
        rc = json_dumpf(top, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(top);
    }
    return rc < 0 ? CHAOS_E_IO : CHAOS_OK;
}

static int info(chaos_host *host, const char *ref, bool json, chaos_error *err)
{
    struct chaos_domain dom;
    struct details more = {NULL};
    chaos_config *cfg = NULL;
    int status;

    if (chaos_find(host, ref, &dom, err) < 0) {
        report_error(err);
        return chaos_error_status(err);
    }
    /* A shell, or a domain made by others, has no configuration here. */
    if (dom.ours && chaos_domain_config(host, &dom, &cfg, NULL) == 0)
        chaos_config_dump(cfg, &more.config, NULL);
    /* A host without noxs has no devices to tell of. */
    if (dom.ours && chaos_device_list(host, &dom, &more.devs, &more.nr_devs, NULL) < 0)
        more.nr_devs = 0;
    status = json ? print_json(&dom, &more) : print_text(&dom, &more);
    free(more.devs);
    free(more.config);
    chaos_config_free(cfg);
    return status;
}

int cmd_info(int argc, char **argv)
{
    enum { OPT_FORMAT = OPT_FIRST };
    static const struct option options[] = {{"format", required_argument, NULL, OPT_FORMAT},
                                            COMMON_LONG};
    bool json = false;
    chaos_error *err;
    chaos_host *host;
    int opt, status;

    while ((opt = getopt_long(argc, argv, COMMON_SHORT, options, NULL)) != -1) {
        if (opt == OPT_FORMAT) {
            if (!parse_format(optarg, "text", &json))
                return CHAOS_E_USAGE;
            continue;
        }
        status = common_option(opt);
        if (status >= 0)
            return status;
    }
    if (optind + 1 != argc)
        return usage_error("which domain? Give one id or name");
    err = chaos_error_new();
    host = open_host(err, &status);
    if (host)
        status = info(host, argv[optind], json, err);
    chaos_host_close(host);
    chaos_error_free(err);
    return status;
}
