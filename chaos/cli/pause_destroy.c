/* SPDX-License-Identifier: BSD-3-Clause */
/* pause, unpause, destroy: one operation on each domain named. */
#include <string.h>

#include "cli/cmd.h"

typedef int operation(chaos_host *host, const struct chaos_domain *dom, chaos_error *err);

/* Tries all; the first failure's code is the exit code. */
static int each(chaos_host *host, char **refs, int count, operation *op, chaos_error *err)
{
    int status = CHAOS_OK;

    for (int i = 0; i < count; i++) {
        struct chaos_domain dom;

        if (chaos_find(host, refs[i], &dom, err) < 0 || op(host, &dom, err) < 0) {
            report_error(err);
            if (status == CHAOS_OK)
                status = chaos_error_status(err);
        }
    }
    return status;
}

static int all(chaos_host *host, chaos_error *err)
{
    size_t count;
    int rc = chaos_destroy_all(host, &count, err);

    if (rc < 0)
        report_error(err);
    report_info("%zu destroyed", count);
    return rc < 0 ? (int)chaos_error_status(err) : CHAOS_OK;
}

static int run(int argc, char **argv, operation *op, bool takes_all)
{
    static const struct option with_all[] = {{"all", no_argument, NULL, 'a'}, COMMON_LONG};
    bool want_all = false;
    chaos_error *err;
    chaos_host *host;
    int opt, status;

    while ((opt = getopt_long(argc, argv, takes_all ? "a" COMMON_SHORT : COMMON_SHORT,
                              takes_all ? with_all : with_all + 1, NULL)) != -1) {
        if (opt == 'a' && takes_all) {
            want_all = true;
            continue;
        }
        status = common_option(opt);
        if (status >= 0)
            return status;
    }
    if (want_all != (optind == argc))
        return usage_error(want_all ? "either --all or names, not both"
                                    : "which domains? Give ids or names%s",
                           takes_all ? ", or --all" : "");
    err = chaos_error_new();
    host = open_host(err, &status);
    if (host)
        status = want_all ? all(host, err) : each(host, argv + optind, argc - optind, op, err);
    chaos_host_close(host);
    chaos_error_free(err);
    return status;
}

int cmd_pause(int argc, char **argv)
{
    return run(argc, argv, chaos_pause, false);
}

int cmd_unpause(int argc, char **argv)
{
    return run(argc, argv, chaos_unpause, false);
}

int cmd_destroy(int argc, char **argv)
{
    return run(argc, argv, chaos_destroy, true);
}
