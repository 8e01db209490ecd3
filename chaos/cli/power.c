/* SPDX-License-Identifier: BSD-3-Clause */
/* shutdown, reboot, suspend, resume: with the guest's consent. */
#include "cli/cmd.h"

#define DEFAULT_TIMEOUT_S 60

struct request {
    enum chaos_power what; /* 0: resume */
    unsigned long timeout_s;
    char **refs;
    int count;
    bool foreign;
};

static int one(chaos_host *host, struct chaos_domain *dom, void *request, chaos_error *err)
{
    const struct request *req = request;

    return req->what ? chaos_power(host, dom, req->what, req->timeout_s * 1000, err)
                     : chaos_resume(host, dom, err);
}

static int each(chaos_host *host, void *request, chaos_error *err)
{
    const struct request *req = request;

    return each_domain(host, req->refs, req->count, req->foreign, one, request, err);
}

static int run(int argc, char **argv, enum chaos_power what)
{
    struct request req = {.what = what, .timeout_s = DEFAULT_TIMEOUT_S};
    int status = timeout_options(argc, argv, 1, 1000000, &req.timeout_s,
                                 what == CHAOS_POWER_OFF ? &req.foreign : NULL);

    if (status != GO_ON)
        return status;
    req.refs = argv + optind;
    req.count = argc - optind;
    return on_host(each, &req);
}

int cmd_shutdown(int argc, char **argv)
{
    return run(argc, argv, CHAOS_POWER_OFF);
}

int cmd_reboot(int argc, char **argv)
{
    return run(argc, argv, CHAOS_POWER_REBOOT);
}

int cmd_suspend(int argc, char **argv)
{
    return run(argc, argv, CHAOS_POWER_SUSPEND);
}

int cmd_resume(int argc, char **argv)
{
    return run(argc, argv, 0);
}
