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

    if (chaos_console_attach(host, dom, CHAOS_CONSOLE_DUMP, &con, err) < 0)
        return failed(err);
    while ((n = next(con, buf, sizeof(buf))) > 0)
        fwrite(buf, 1, n, stdout);
    chaos_console_close(con);
    if (n < 0)
        report(n == -EPROTO ? "the VM broke its console ring; some output is lost"
                            : "the console cannot be read");
    return n < 0 ? CHAOS_E_FAILED : CHAOS_OK;
}

struct request {
    struct attach_options attach;
    bool dump, foreign;
    const char *ref;
};

static int console(chaos_host *host, void *request, chaos_error *err)
{
    const struct request *req = request;
    struct chaos_domain dom;

    if (find_domain(host, req->ref, req->foreign, &dom, err) < 0)
        return failed(err);
    return req->dump ? dump(host, &dom, err) : attach(host, &dom, &req->attach, err);
}

/* GO_ON, or the exit code. */
static int options(int argc, char **argv, struct request *req)
{
    enum { OPT_LOG = OPT_FIRST, OPT_DUMP };
    static const struct option options[] = {{"log", required_argument, NULL, OPT_LOG},
                                            {"dump", no_argument, NULL, OPT_DUMP},
                                            {"read-only", no_argument, NULL, 'r'},
                                            {"force", no_argument, NULL, 'f'},
                                            {"escape", required_argument, NULL, 'e'},
                                            FOREIGN_LONG,
                                            COMMON_LONG};
    int opt, status;

    while ((opt = verb_option(argc, argv, "rfe:" COMMON_SHORT, options, &status)) != -1) {
        if (opt == OPT_LOG) {
            req->attach.log = optarg;
        } else if (opt == OPT_DUMP) {
            req->dump = true;
        } else if (opt == OPT_FOREIGN) {
            req->foreign = true;
        } else if (opt == 'r') {
            req->attach.flags |= CHAOS_CONSOLE_READ_ONLY;
        } else if (opt == 'e') {
            if (!escape_parse(optarg, &req->attach.escape))
                return usage_error(ESCAPE_WRONG, optarg);
        } else {
            req->attach.flags |= CHAOS_CONSOLE_FORCE;
        }
    }
    if (status != GO_ON)
        return status;
    if (optind + 1 != argc)
        return usage_error("which domain? Give one id or name");
    if (req->dump && req->attach.log)
        return usage_error("--dump writes to stdout only");
    if (req->attach.flags == (CHAOS_CONSOLE_READ_ONLY | CHAOS_CONSOLE_FORCE))
        return usage_error("--force is about typing, which --read-only is not");
    req->ref = argv[optind];
    return GO_ON;
}

int cmd_console(int argc, char **argv)
{
    struct request req = {.attach.escape = ESCAPE_DEFAULT};
    int status = options(argc, argv, &req);

    return status == GO_ON ? on_host(console, &req) : status;
}
