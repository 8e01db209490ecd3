/* SPDX-License-Identifier: BSD-3-Clause */
/* pause, unpause, destroy: one operation on each domain named. */
#include "cli/cmd.h"

typedef int operation(chaos_host *host, const struct chaos_domain *dom, chaos_error *err);

struct request {
    operation *op;
    bool all; /* instead of those named */
    bool foreign;
    char **refs;
    int count;
};

static int one(chaos_host *host, struct chaos_domain *dom, void *request, chaos_error *err)
{
    return ((const struct request *)request)->op(host, dom, err);
}

static int destroy_all(chaos_host *host, chaos_error *err)
{
    size_t count;
    int status = chaos_destroy_all(host, &count, err) < 0 ? failed(err) : CHAOS_OK;

    report("%zu destroyed", count);
    return status;
}

static int act(chaos_host *host, void *request, chaos_error *err)
{
    const struct request *req = request;

    return req->all ? destroy_all(host, err)
                    : each_domain(host, req->refs, req->count, req->foreign, one, request, err);
}

static int run(int argc, char **argv, operation *op)
{
    static const struct option with_all[] = {
        {"all", no_argument, NULL, 'a'}, FOREIGN_LONG, COMMON_LONG};
    bool may_all = op == chaos_destroy;
    struct request req = {.op = op};
    int opt, status;

    while ((opt = verb_option(argc, argv, may_all ? "a" COMMON_SHORT : COMMON_SHORT,
                              may_all ? with_all : with_all + 2, &status)) != -1) {
        if (opt == 'a')
            req.all = true;
        else
            req.foreign = true;
    }
    if (status != GO_ON)
        return status;
    if (req.all && req.foreign)
        return usage_error("--foreign takes ids, not --all");
    if (req.all != (optind == argc))
        return usage_error(req.all ? "either --all or names, not both"
                                   : "which domains? Give ids or names%s",
                           may_all ? ", or --all" : "");
    req.refs = argv + optind;
    req.count = argc - optind;
    return on_host(act, &req);
}

int cmd_pause(int argc, char **argv)
{
    return run(argc, argv, chaos_pause);
}

int cmd_unpause(int argc, char **argv)
{
    return run(argc, argv, chaos_unpause);
}

int cmd_destroy(int argc, char **argv)
{
    return run(argc, argv, chaos_destroy);
}
