/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "cli/cmd.h"
#include "cli/show.h"

/* A domain's configuration as text, and its devices. */
struct details {
    char *config; /* NULL: none, or nobody knows */
    struct chaos_device *devs;
    size_t nr_devs;
    struct chaos_bus bus;
};

static int print_text(chaos_host *host, const struct chaos_domain *dom, const struct details *more)
{
    struct chaos_restart restart;

    if (dom->domid)
        printf("id: %u\n", dom->domid);
    printf("uuid: %s\n", dom->uuid);
    if (dom->name[0])
        printf("name: %s\n", dom->name);
    printf("made by chaos: %s\ntype: %s\nstate: %s\nmemory: %llu KiB\nvcpus: %u\n"
           "cpu time: %.3f s\n",
           dom->ours ? "yes" : "no", chaos_type_name(dom->type), shown_state(dom),
           (unsigned long long)dom->memory_kib, dom->vcpus, (double)dom->cpu_ns / 1e9);
    if (dom->state == CHAOS_RESTARTING && chaos_domain_restart(host, dom, &restart, NULL) == 0)
        printf("restart: %u attempts%s%s\n", restart.attempts, restart.why[0] ? ": " : "",
               restart.why);
    if (more->nr_devs || more->bus.why[0])
        printf("bus: %s%s%s%s\n", more->bus.name, more->bus.why[0] ? " (" : "", more->bus.why,
               more->bus.why[0] ? ")" : "");
    if (more->nr_devs)
        puts("devices:");
    for (size_t i = 0; i < more->nr_devs; i++) {
        const struct chaos_device *dev = &more->devs[i];

        printf("  %s %u: %s%s%s%s\n", dev->type, dev->index, dev->state, dev->detail[0] ? ", " : "",
               dev->detail, shown_late(dev));
    }
    if (more->config)
        printf("configuration:\n%s", more->config);
    return CHAOS_OK;
}

static int print_domain(chaos_host *host, const struct chaos_domain *dom,
                        const struct details *more)
{
    json_t *top = domain_json(host, dom);

    if (top)
        json_object_set_new(top, "schema", json_integer(1));
    if (top)
        json_object_set_new(top, "devices", devices_json(more->devs, more->nr_devs));
    if (top && more->bus.name[0])
        json_object_set_new(top, "bus",
                            json_pack("{s:s, s:s*}", "name", more->bus.name, "why",
                                      more->bus.why[0] ? more->bus.why : NULL));
    if (top && more->config)
        json_object_set_new(top, "config_yaml", json_string(more->config));
    return print_json(top);
}

struct request {
    const char *ref;
    bool json;
};

static int info(chaos_host *host, void *request, chaos_error *err)
{
    const struct request *req = request;
    struct chaos_domain dom;
    struct details more = {NULL};
    chaos_config *cfg = NULL;
    int status;

    if (chaos_find(host, req->ref, &dom, err) < 0)
        return failed(err);
    /* A shell, or a domain made by others, has no configuration here. */
    if (dom.ours && chaos_domain_config(host, &dom, &cfg, NULL) == 0)
        chaos_config_dump(cfg, &more.config, NULL);
    /* A host without noxs has no devices to tell of. */
    if (dom.ours && chaos_device_list(host, &dom, &more.devs, &more.nr_devs, NULL) < 0)
        more.nr_devs = 0;
    chaos_device_bus(host, &dom, &more.bus, NULL);
    status = req->json ? print_domain(host, &dom, &more) : print_text(host, &dom, &more);
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
    struct request req = {.json = false};
    int status;

    while (verb_option(argc, argv, COMMON_SHORT, options, &status) == OPT_FORMAT) {
        if (!parse_format(optarg, "text", &req.json))
            return CHAOS_E_USAGE;
    }
    if (status != GO_ON)
        return status;
    if (optind + 1 != argc)
        return usage_error("which domain? Give one id or name");
    req.ref = argv[optind];
    return on_host(info, &req);
}
