/* SPDX-License-Identifier: BSD-3-Clause */
/* A terminal, or a pipe, on a VM's console. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd.h"

#define ESCAPE      0x1d /* Ctrl-] */
#define LOG_CAP     (1ULL << 20)
#define LOG_KEEP    4
#define INPUT_ROOM  1024
#define CONTINUE    (-1) /* not an exit code: go on */
#define EXIT_SIGNAL 130

struct session {
    chaos_host *host;
    struct chaos_domain *dom;
    chaos_error *err;
    chaos_console *con;
    chaos_log *log;
    bool supervise, stdin_open, broken;
    int watch;
    char input[INPUT_ROOM]; /* typed, but the guest's ring was full */
    size_t pending;
};

static struct termios saved;
static bool raw;

static void restore_terminal(void)
{
    if (raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    raw = false;
}

static void raw_terminal(void)
{
    struct termios now;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved) < 0)
        return;
    now = saved;
    cfmakeraw(&now);
    raw = tcsetattr(STDIN_FILENO, TCSANOW, &now) == 0;
}

static int failed(struct session *s)
{
    report_error(s->err);
    return chaos_error_status(s->err);
}

static bool write_all(int fd, const char *buf, size_t len)
{
    while (len) {
        ssize_t n = write(fd, buf, len);

        if (n < 0 && errno == EINTR && !interrupted())
            continue;
        if (n < 0)
            return false;
        buf += n;
        len -= n;
    }
    return true;
}

/* Everything the guest has written until now. */
static int drain(struct session *s)
{
    char buf[2048];
    int n;

    while ((n = chaos_console_read(s->con, buf, sizeof(buf))) != 0) {
        if (n < 0) { /* the guest's own doing: say so, once, and go on with what it writes next */
            if (!s->broken)
                report_info("the VM broke its console ring; some output is lost");
            s->broken = true;
            break;
        }
        if (s->log && chaos_log_write(s->log, buf, n) < 0) {
            report_info("cannot write the console log: %m; it ends here");
            chaos_log_close(s->log);
            s->log = NULL;
        }
        if (!write_all(STDOUT_FILENO, buf, n))
            return CHAOS_E_IO;
        if (interrupted())
            return EXIT_SIGNAL;
    }
    return CONTINUE;
}

static void push_input(struct session *s)
{
    int n = s->pending ? chaos_console_write(s->con, s->input, s->pending) : 0;

    if (n < 0) { /* a broken ring takes no input any more */
        s->pending = 0;
    } else {
        s->pending -= n;
        memmove(s->input, s->input + n, s->pending);
    }
}

static int take_input(struct session *s)
{
    char *at = s->input + s->pending, *escape;
    ssize_t n = read(STDIN_FILENO, at, INPUT_ROOM - s->pending);

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return CONTINUE;
    if (n <= 0) { /* no more to type; the VM's output goes on */
        s->stdin_open = false;
        return CONTINUE;
    }
    escape = memchr(at, ESCAPE, n);
    s->pending += escape ? escape - at : n;
    push_input(s);
    return escape ? CHAOS_OK : CONTINUE;
}

static int open_console(struct session *s)
{
    return chaos_console_open(s->host, s->dom, &s->con, s->err) < 0 ? failed(s) : CONTINUE;
}

static int end_code(enum chaos_reason reason)
{
    return reason == CHAOS_CRASH || reason == CHAOS_WATCHDOG ? CHAOS_E_FAILED : CHAOS_OK;
}

/* False where it is no more. */
static bool look(struct session *s, struct chaos_domain *now)
{
    char id[16];

    snprintf(id, sizeof(id), "%u", s->dom->domid);
    return chaos_find(s->host, id, now, s->err) == 0 && strcmp(now->uuid, s->dom->uuid) == 0;
}

static bool has_ended(struct session *s, enum chaos_reason *reason)
{
    struct chaos_domain now;

    *reason = CHAOS_DESTROYED;
    if (!look(s, &now))
        return true;
    if (now.state == CHAOS_SHUTDOWN)
        *reason = now.reason;
    return now.state == CHAOS_SHUTDOWN || now.state == CHAOS_DYING;
}

/* Our mapping kept the memory of a domain that somebody destroyed, and so its name. */
static void let_go(struct session *s)
{
    struct pollfd fd = {.fd = s->watch, .events = POLLIN};
    enum chaos_outcome outcome;
    enum chaos_reason reason;
    struct chaos_domain now;

    chaos_console_close(s->con);
    s->con = NULL;
    /* Xen takes a moment to free it all, and tells when it has. */
    for (int i = 0; i < 10 && look(s, &now) && now.state == CHAOS_DYING; i++) {
        if (poll(&fd, 1, 100) > 0)
            chaos_watch_ack(s->host, NULL);
    }
    chaos_reap(s->host, s->dom, false, &outcome, &reason, NULL);
}

/* Follows the restart policy. */
static int follow(struct session *s)
{
    enum chaos_outcome outcome;
    enum chaos_reason reason;

    /* The mapping would keep the dead domain's memory. A live one's is mapped again. */
    chaos_console_close(s->con);
    s->con = NULL;
    if (chaos_reap(s->host, s->dom, false, &outcome, &reason, s->err) < 0)
        return failed(s);
    if (outcome == CHAOS_STILL_RUNS)
        return open_console(s);
    report_info("\"%s\" has ended: %s%s", s->dom->name, chaos_reason_name(reason),
                outcome == CHAOS_RESTARTED   ? ", restarted"
                : outcome == CHAOS_PRESERVED ? ", preserved"
                                             : "");
    return outcome == CHAOS_RESTARTED ? open_console(s) : end_code(reason);
}

/* Somebody's domain ended: ours? */
static int check_end(struct session *s)
{
    enum chaos_reason reason;
    /* Asked before the last read: what it writes after a read, and then ends, would be lost. */
    bool ended = has_ended(s, &reason);
    int status = drain(s);

    if (status != CONTINUE || !ended)
        return status;
    if (reason == CHAOS_DESTROYED)
        let_go(s);
    if (s->supervise)
        return follow(s);
    report_info("domain %u has ended: %s", s->dom->domid, chaos_reason_name(reason));
    return CHAOS_OK;
}

static int turn(struct session *s)
{
    bool want_input = s->stdin_open && s->pending < INPUT_ROOM;
    struct pollfd fds[] = {
        {.fd = chaos_console_fd(s->con), .events = POLLIN},
        {.fd = s->watch, .events = POLLIN},
        {.fd = want_input ? STDIN_FILENO : -1, .events = POLLIN},
    };
    int status = CONTINUE;

    if (poll(fds, 3, -1) < 0)
        return interrupted() ? EXIT_SIGNAL : errno == EINTR ? CONTINUE : CHAOS_E_FAILED;
    if (fds[0].revents) {
        chaos_console_ack(s->con);
        status = drain(s);
        push_input(s);
    }
    if (status == CONTINUE && fds[2].revents)
        status = take_input(s);
    if (status == CONTINUE && fds[1].revents)
        status = chaos_watch_ack(s->host, s->err) < 0 ? failed(s) : check_end(s);
    return status;
}

/* The log named on the command line, or in the domain's configuration. */
static int open_log(struct session *s, const char *path)
{
    chaos_config *cfg = NULL;
    int rc = 0;

    if (!path && chaos_domain_config(s->host, s->dom, &cfg, NULL) == 0)
        path = chaos_config_console_log(cfg);
    if (path)
        rc = chaos_log_open(path, LOG_CAP, LOG_KEEP, &s->log, s->err);
    chaos_config_free(cfg);
    return rc < 0 ? failed(s) : CONTINUE;
}

static int run(struct session *s)
{
    int status;

    s->watch = chaos_watch_fd(s->host, s->err);
    if (s->watch < 0)
        return failed(s);
    status = open_console(s);
    if (status == CONTINUE && s->supervise && chaos_unpause(s->host, s->dom, s->err) < 0)
        status = failed(s);
    if (status == CONTINUE && isatty(STDIN_FILENO))
        report_info("attached to \"%s\"; Ctrl-] leaves", s->dom->name);
    raw_terminal();
    if (status == CONTINUE)
        status = check_end(s); /* it may have ended before anybody listened */
    while (status == CONTINUE)
        status = turn(s);
    restore_terminal();
    return status;
}

int attach(chaos_host *host, struct chaos_domain *dom, const char *log, bool supervise,
           chaos_error *err)
{
    struct session s = {
        .host = host, .dom = dom, .err = err, .supervise = supervise, .stdin_open = true};
    int status;

    catch_interrupts();
    status = open_log(&s, log);
    if (status == CONTINUE)
        status = run(&s);
    chaos_console_close(s.con);
    chaos_log_close(s.log);
    return status;
}
