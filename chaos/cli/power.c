/* SPDX-License-Identifier: BSD-3-Clause */
/* shutdown, reboot, suspend, resume: with the guest's consent. */
#include <stdlib.h>

#include "cli/cmd.h"

#define DEFAULT_TIMEOUT_S 60

struct request {
    enum chaos_power what; /* 0: resume */
    unsigned long timeout_s;
};

static int one(chaos_host *host, const char *ref, const struct request *req, chaos_error *err)
{
    struct chaos_domain dom;

    if (chaos_find(host, ref, &dom, err) < 0)
        return -1;
    return req->what ? chaos_power(host, &dom, req->what, req->timeout_s * 1000, err)
                     : chaos_resume(host, &dom, err);
}

static int run(int argc, char **argv, enum chaos_power what)
{
    struct request req = {what, DEFAULT_TIMEOUT_S};
    chaos_error *err;
    chaos_host *host;
    int status = timeout_options(argc, argv, 1, 1000000, &req.timeout_s);

    if (status >= 0)
        return status;
    err = chaos_error_new();
    host = open_host(err, &status);
    for (int i = optind; host && i < argc; i++) {
        if (i == optind)
            status = CHAOS_OK;
        if (one(host, argv[i], &req, err) < 0) {
            report_error(err);
            status = status == CHAOS_OK ? (int)chaos_error_status(err) : status;
        }
    }
    chaos_host_close(host);
    chaos_error_free(err);
    return status;
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
