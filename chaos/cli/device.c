/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/show.h"

#define DEFAULT_TIMEOUT_S 10

/* What the words after the verb ask for. */
struct request {
    int (*act)(chaos_host *host, const struct chaos_domain *dom, const struct request *req,
               chaos_error *err);
    const char *ref, *type, *spec;
    bool json, force;
    unsigned long timeout_s, index;
};

static int print_devices(const struct chaos_device *devs, size_t count)
{
    return print_json(json_pack("{s:i, s:o}", "schema", 1, "devices", devices_json(devs, count)));
}

static int list(chaos_host *host, const struct chaos_domain *dom, const struct request *req,
                chaos_error *err)
{
    struct chaos_device *devs;
    size_t count;
    int status = CHAOS_OK;

    if (chaos_device_list(host, dom, &devs, &count, err) < 0)
        return failed(err);
    if (req->json) {
        status = print_devices(devs, count);
    } else {
        printf("%-8s %5s %-12s %s\n", "TYPE", "INDEX", "STATE", "DETAIL");
        for (size_t i = 0; i < count; i++)
            printf("%-8s %5u %-12s %s%s\n", devs[i].type, devs[i].index, devs[i].state,
                   devs[i].detail, shown_late(&devs[i]));
    }
    free(devs);
    return status;
}

static int add(chaos_host *host, const struct chaos_domain *dom, const struct request *req,
               chaos_error *err)
{
    unsigned int index;

    if (chaos_device_add(host, dom, req->type, req->spec, &index, err) < 0)
        return failed(err);
    printf("%s %u\n", req->type, index);
    return CHAOS_OK;
}

static int take_away(chaos_host *host, const struct chaos_domain *dom, const struct request *req,
                     chaos_error *err)
{
    if (chaos_device_remove(host, dom, req->type, req->index, req->timeout_s * 1000, req->force,
                            err) < 0)
        return failed(err);
    return CHAOS_OK;
}

static int find_and_act(chaos_host *host, void *request, chaos_error *err)
{
    const struct request *req = request;
    struct chaos_domain dom;

    return chaos_find(host, req->ref, &dom, err) < 0 ? failed(err) : req->act(host, &dom, req, err);
}

/* GO_ON, or the exit code. */
static int words(char **argv, int nr, struct request *req)
{
    if (nr == 2 && strcmp(argv[0], "list") == 0)
        req->act = list;
    else if (nr == 4 && strcmp(argv[0], "add") == 0)
        req->act = add;
    else if (nr == 4 && strcmp(argv[0], "remove") == 0)
        req->act = take_away;
    else
        return usage_error("add ID|NAME vif|vbd KEY=VALUE[,KEY=VALUE...], remove ID|NAME vif|vbd "
                           "INDEX, or list ID|NAME");
    if (req->act == take_away && !parse_number(argv[3], 0, 65535, &req->index))
        return usage_error("\"%s\" is not a device's index", argv[3]);
    req->ref = argv[1];
    req->type = nr > 2 ? argv[2] : NULL;
    req->spec = nr > 2 ? argv[3] : NULL;
    return GO_ON;
}

int cmd_device(int argc, char **argv)
{
    enum { OPT_FORMAT = OPT_FIRST, OPT_TIMEOUT };
    static const struct option options[] = {{"format", required_argument, NULL, OPT_FORMAT},
                                            {"force", no_argument, NULL, 'f'},
                                            {"timeout", required_argument, NULL, OPT_TIMEOUT},
                                            COMMON_LONG};
    struct request req = {.timeout_s = DEFAULT_TIMEOUT_S};
    int opt, status;

    while ((opt = verb_option(argc, argv, "f" COMMON_SHORT, options, &status)) != -1) {
        if (opt == 'f') {
            req.force = true;
        } else if (opt == OPT_FORMAT) {
            if (!parse_format(optarg, "table", &req.json))
                return CHAOS_E_USAGE;
        } else if (!parse_number(optarg, 0, 1000000, &req.timeout_s)) {
            return usage_error("--timeout: \"%s\" is not a number of seconds", optarg);
        }
    }
    if (status == GO_ON)
        status = words(argv + optind, argc - optind, &req);
    return status == GO_ON ? on_host(find_and_act, &req) : status;
}
