/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "cmd.h"

/* What is in the ring now, without waiting. */
static int dump(chaos_host *host, const struct chaos_domain *dom, chaos_error *err)
{
    chaos_console *con;
    char buf[2048];
    int n;

    if (chaos_console_open(host, dom, &con, err) < 0) {
        report_error(err);
        return chaos_error_status(err);
    }
    while ((n = chaos_console_read(con, buf, sizeof(buf))) > 0)
        fwrite(buf, 1, n, stdout);
    chaos_console_close(con);
    if (n < 0)
        report_info("the VM broke its console ring; some output is lost");
    return n < 0 ? CHAOS_E_FAILED : CHAOS_OK;
}

static int console(chaos_host *host, const char *ref, const char *log, bool once, chaos_error *err)
{
    struct chaos_domain dom;

    if (chaos_find(host, ref, &dom, err) < 0) {
        report_error(err);
        return chaos_error_status(err);
    }
    return once ? dump(host, &dom, err) : attach(host, &dom, log, false, err);
}

int cmd_console(int argc, char **argv)
{
    enum { OPT_LOG = OPT_FIRST, OPT_DUMP };
    static const struct option options[] = {{"log", required_argument, NULL, OPT_LOG},
                                            {"dump", no_argument, NULL, OPT_DUMP},
                                            COMMON_LONG};
    const char *log = NULL;
    bool once = false;
    chaos_error *err;
    chaos_host *host;
    int opt, status;

    while ((opt = getopt_long(argc, argv, COMMON_SHORT, options, NULL)) != -1) {
        if (opt == OPT_LOG) {
            log = optarg;
        } else if (opt == OPT_DUMP) {
            once = true;
        } else {
            status = common_option(opt);
            if (status >= 0)
                return status;
        }
    }
    if (optind + 1 != argc)
        return usage_error("which domain? Give one id or name");
    if (once && log)
        return usage_error("--dump writes to stdout only");
    err = chaos_error_new();
    host = open_host(err, &status);
    if (host)
        status = console(host, argv[optind], log, once, err);
    chaos_host_close(host);
    chaos_error_free(err);
    return status;
}
