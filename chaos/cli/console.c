/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "cli/cmd.h"

#define PATIENCE_MS 2000

/* Reads on; 0 at the end: of the ring, or of what chaosd keeps. */
static int next(chaos_console *con, char *buf, size_t room)
{
    struct pollfd fd = {.fd = chaos_console_fd(con), .events = POLLIN};
    int n;

    while ((n = chaos_console_read(con, buf, room)) == 0 && chaos_console_by_chaosd(con)) {
        if (poll(&fd, 1, PATIENCE_MS) <= 0)
            return -ETIMEDOUT;
        fd.fd = chaos_console_fd(con);
    }
    return n == -ENOTCONN ? 0 : n;
}

/* What there is now, without waiting for more. */
static int dump(chaos_host *host, const struct chaos_domain *dom, chaos_error *err)
{
    chaos_console *con;
    char buf[2048];
    int n;

    if (chaos_console_attach(host, dom, CHAOS_CONSOLE_DUMP, &con, err) < 0) {
        report_error(err);
        return chaos_error_status(err);
    }
    while ((n = next(con, buf, sizeof(buf))) > 0)
        fwrite(buf, 1, n, stdout);
    chaos_console_close(con);
    if (n < 0)
        report_info(n == -EPROTO ? "the VM broke its console ring; some output is lost"
                                 : "the console cannot be read");
    return n < 0 ? CHAOS_E_FAILED : CHAOS_OK;
}

struct request {
    const char *log;
    unsigned int flags;
    bool dump;
};

static int console(chaos_host *host, const char *ref, const struct request *req, chaos_error *err)
{
    struct chaos_domain dom;

    if (chaos_find(host, ref, &dom, err) < 0) {
        report_error(err);
        return chaos_error_status(err);
    }
    return req->dump ? dump(host, &dom, err) : attach(host, &dom, req->log, req->flags, false, err);
}

/* -1 to go on. */
static int options(int argc, char **argv, struct request *req)
{
    enum { OPT_LOG = OPT_FIRST, OPT_DUMP };
    static const struct option options[] = {{"log", required_argument, NULL, OPT_LOG},
                                            {"dump", no_argument, NULL, OPT_DUMP},
                                            {"read-only", no_argument, NULL, 'r'},
                                            {"force", no_argument, NULL, 'f'},
                                            COMMON_LONG};
    int opt, status;

    while ((opt = getopt_long(argc, argv, COMMON_SHORT "rf", options, NULL)) != -1) {
        if (opt == OPT_LOG) {
            req->log = optarg;
        } else if (opt == OPT_DUMP) {
            req->dump = true;
        } else if (opt == 'r') {
            req->flags |= CHAOS_CONSOLE_READ_ONLY;
        } else if (opt == 'f') {
            req->flags |= CHAOS_CONSOLE_FORCE;
        } else {
            status = common_option(opt);
            if (status >= 0)
                return status;
        }
    }
    if (optind + 1 != argc)
        return usage_error("which domain? Give one id or name");
    if (req->dump && req->log)
        return usage_error("--dump writes to stdout only");
    if (req->flags == (CHAOS_CONSOLE_READ_ONLY | CHAOS_CONSOLE_FORCE))
        return usage_error("--force is about typing, which --read-only is not");
    return -1;
}

int cmd_console(int argc, char **argv)
{
    struct request req = {.log = NULL};
    int status = options(argc, argv, &req);
    chaos_error *err;
    chaos_host *host;

    if (status >= 0)
        return status;
    err = chaos_error_new();
    host = open_host(err, &status);
    if (host)
        status = console(host, argv[optind], &req, err);
    chaos_host_close(host);
    chaos_error_free(err);
    return status;
}
