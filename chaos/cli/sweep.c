/* SPDX-License-Identifier: BSD-3-Clause */
/* sweep: tidies up after domains that are gone. */
#include "cli/cmd.h"

static int sweep(chaos_host *host, void *request, chaos_error *err)
{
    size_t count;
    int status = chaos_sweep(host, &count, err) < 0 ? failed(err) : CHAOS_OK;

    report("%zu swept", count);
    return status;
}

int cmd_sweep(int argc, char **argv)
{
    int status = verb_no_options(argc, argv);

    if (status != GO_ON)
        return status;
    if (optind < argc)
        return usage_error("sweep takes no arguments");
    return on_host(sweep, NULL);
}
