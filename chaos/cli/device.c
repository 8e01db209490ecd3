/* SPDX-License-Identifier: BSD-3-Clause */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/show.h"

#define DEFAULT_TIMEOUT_S 10

struct request {
    bool json, force;
    unsigned long timeout_s, index;
};

static int failed(chaos_error *err)
{
    report_error(err);
    return chaos_error_status(err);
}

static int print_json(const struct chaos_device *devs, size_t count)
{
    json_t *top = json_pack("{s:i, s:o}", "schema", 1, "devices", devices_json(devs, count));
    int rc = top ? json_dumpf(top, stdout, JSON_INDENT(2)) : -1;

    putchar('\n');
    json_decref(top);
    return rc < 0 ? CHAOS_E_IO : CHAOS_OK;
}

static int list(chaos_host *host, const struct chaos_domain *dom, bool json, chaos_error *err)
{
    struct chaos_device *devs;
    size_t count;
    int status = CHAOS_OK;

    if (chaos_device_list(host, dom, &devs, &count, err) < 0)
        return failed(err);
    if (json) {
        status = print_json(devs, count);
    } else {
        printf("%-8s %5s %-12s %s\n", "TYPE", "INDEX", "STATE", "DETAIL");
        for (size_t i = 0; i < count; i++)
            printf("%-8s %5u %-12s %s\n", devs[i].type, devs[i].index, devs[i].state,
                   devs[i].detail);
    }
    free(devs);
    return status;
}

/* `argv`: what follows the domain. */
static int act(chaos_host *host, const char *action, char **argv, const struct request *req,
               chaos_error *err)
{
    struct chaos_domain dom;
    unsigned int index;

    if (chaos_find(host, argv[0], &dom, err) < 0)
        return failed(err);
    if (strcmp(action, "list") == 0)
        return list(host, &dom, req->json, err);
    if (strcmp(action, "add") == 0) {
        if (chaos_device_add(host, &dom, argv[1], argv[2], &index, err) < 0)
            return failed(err);
        printf("%s %u\n", argv[1], index);
        return CHAOS_OK;
    }
    if (chaos_device_remove(host, &dom, argv[1], req->index, req->timeout_s * 1000, req->force,
                            err) < 0)
        return failed(err);
    return CHAOS_OK;
}

static int check_words(char **argv, int nr, struct request *req)
{
    if (nr == 2 && strcmp(argv[0], "list") == 0)
        return -1;
    if (nr == 4 && strcmp(argv[0], "add") == 0)
        return -1;
    if (nr == 4 && strcmp(argv[0], "remove") == 0) {
        if (parse_number(argv[3], 0, 65535, &req->index))
            return -1;
        return usage_error("\"%s\" is not a device's index", argv[3]);
    }
    return usage_error("add ID|NAME vif|vbd KEY=VALUE[,KEY=VALUE...], remove ID|NAME vif|vbd "
                       "INDEX, or list ID|NAME");
}

int cmd_device(int argc, char **argv)
{
    enum { OPT_FORMAT = OPT_FIRST, OPT_TIMEOUT };
    static const struct option options[] = {{"format", required_argument, NULL, OPT_FORMAT},
                                            {"force", no_argument, NULL, 'f'},
                                            {"timeout", required_argument, NULL, OPT_TIMEOUT},
                                            COMMON_LONG};
    struct request req = {.timeout_s = DEFAULT_TIMEOUT_S};
    chaos_error *err;
    chaos_host *host;
    int opt, status;

    while ((opt = getopt_long(argc, argv, "f" COMMON_SHORT, options, NULL)) != -1) {
        if (opt == 'f') {
            req.force = true;
        } else if (opt == OPT_FORMAT) {
            if (!parse_format(optarg, "table", &req.json))
                return CHAOS_E_USAGE;
        } else if (opt == OPT_TIMEOUT) {
            if (!parse_number(optarg, 0, 1000000, &req.timeout_s))
                return usage_error("--timeout: \"%s\" is not a number of seconds", optarg);
        } else {
            status = common_option(opt);
            if (status >= 0)
                return status;
        }
    }
    status = check_words(argv + optind, argc - optind, &req);
    if (status >= 0)
        return status;
    err = chaos_error_new();
    host = open_host(err, &status);
    if (host)
        status = act(host, argv[optind], argv + optind + 1, &req, err);
    chaos_host_close(host);
    chaos_error_free(err);
    return status;
}
