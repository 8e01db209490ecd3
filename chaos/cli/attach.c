/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A terminal, or a pipe, on a VM's console. Where chaosd serves it, chaosd keeps the log and says
 * when there is no more to come.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/attach.h"

int attach_failed(struct session *s)
{
    return failed(s->err);
}

/* The log named on the command line; else the one in the configuration, which chaosd writes where
 * it serves the console. That one missing keeps nobody from the console. */
static int open_log(struct session *s)
{
    struct chaos_console_settings own = {.log_keep = -1};
    bool by_chaosd = !s->log_path && chaos_console_by_chaosd(s->con);
    const char *path;
    int rc = 0;

    if (by_chaosd) {
        chaos_log_close(s->log);
        s->log = NULL;
    }
    if (s->log || s->no_log || by_chaosd)
        return GO_ON;
    chaos_domain_console(s->host, s->dom, &own, NULL); /* a VM of other tools has no record */
    path = s->log_path ? s->log_path : own.log;
    if (path)
        rc = chaos_log_open(path, (own.log_kib ? own.log_kib : CHAOS_LOG_KIB) * 1024,
                            own.log_keep < 0 ? CHAOS_LOG_KEEP : (unsigned int)own.log_keep, &s->log,
                            s->err);
    free(own.log);
    s->no_log = !s->log;
    if (rc < 0 && s->log_path)
        return attach_failed(s);
    if (rc < 0)
        report("%s; it is not logged%s", chaos_error_message(s->err),
               terminal_is_raw() ? "\r" : "");
    return GO_ON;
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

/* Tells the user what happened to the console. For a script, input that goes nowhere is an error.
 */
static int tell(struct session *s)
{
    char text[256];
    enum chaos_console_notice notice = chaos_console_notice(s->con, text, sizeof(text));

    if (notice == CHAOS_CONSOLE_NOTHING)
        return GO_ON;
    report("%s%s%s", text, notice == CHAOS_CONSOLE_INPUT_LOST ? "; --force takes over" : "",
           terminal_is_raw() ? "\r" : "");
    return notice == CHAOS_CONSOLE_INPUT_LOST && !terminal_is_raw() ? CHAOS_E_BUSY : GO_ON;
}

/* A ring that the guest broke is told once: the guest may go on writing. */
static int cannot_read(struct session *s, int why)
{
    if (why == -ENOTCONN) {
        s->over = true;
        return GO_ON;
    }
    if (why == -EBUSY) {
        report("the console is attached elsewhere now");
        return CHAOS_E_BUSY;
    }
    if (!s->broken)
        report("the VM broke its console ring; some output is lost");
    s->broken = true;
    return GO_ON;
}

/* Everything the guest has written until now. */
int attach_drain(struct session *s)
{
    char buf[2048];
    int n, rc;

    if (open_log(s) != GO_ON) /* chaosd may have come, and wants it, or gone */
        return chaos_error_status(s->err);
    while ((n = chaos_console_read(s->con, buf, sizeof(buf))) != 0) {
        if (n < 0) {
            int status = cannot_read(s, n);

            if (status != GO_ON)
                return status;
            break;
        }
        if (open_log(s) != GO_ON) /* chaosd wrote it until now */
            return chaos_error_status(s->err);
        rc = s->log ? chaos_log_write(s->log, buf, n) : 0;
        if (rc < 0) {
            report("cannot write the console log: %s; it ends here", strerror(-rc));
            chaos_log_close(s->log);
            s->log = NULL;
            s->no_log = true;
        }
        if (!write_all(STDOUT_FILENO, buf, n))
            return CHAOS_E_IO;
        if (interrupted())
            return CHAOS_E_INTERRUPTED;
    }
    return tell(s);
}

int attach_console(struct session *s)
{
    unsigned int flags = s->flags;

    s->over = false;
    if (s->terminal && !(flags & CHAOS_CONSOLE_READ_ONLY))
        flags |= CHAOS_CONSOLE_CLAIM;
    return chaos_console_attach(s->host, s->dom, flags, &s->con, s->err);
}

/* Waits for the VM, the user, or the end of some domain, and does what there is to do. */
static int turn(struct session *s)
{
    bool told = chaos_console_by_chaosd(s->con); /* of the end: nothing else is waited for then */
    struct pollfd fds[] = {
        {.fd = chaos_console_fd(s->con), .events = POLLIN},
        {.fd = told ? -1 : s->watch, .events = POLLIN},
        {.fd = input_wanted(s) ? STDIN_FILENO : -1, .events = POLLIN},
    };
    int status = GO_ON;

    if (interrupt_poll(fds, 3, input_timeout_ms(s)) < 0)
        return interrupted() ? CHAOS_E_INTERRUPTED : errno == EINTR ? GO_ON : CHAOS_E_FAILED;
    if (fds[0].revents) {
        chaos_console_ack(s->con);
        status = attach_drain(s);
        push_input(s);
        if (status == GO_ON && s->over)
            status = attach_check_end(s);
    }
    if (status == GO_ON && fds[2].revents)
        take_input(s);
    else if (status == GO_ON)
        status = input_timeout(s);
    if (status == GO_ON && fds[1].revents)
        status = chaos_watch_ack(s->host, s->err) < 0 ? attach_failed(s) : attach_check_end(s);
    return status;
}

static int open_console(struct session *s)
{
    return attach_console(s) < 0 ? attach_failed(s) : GO_ON;
}

static void tell_how_to_leave(const struct session *s)
{
    char name[ESCAPE_NAME];

    if (s->escape == ESCAPE_NONE)
        report("attached to \"%s\"; nothing that is typed leaves", s->dom->name);
    else
        report("attached to \"%s\"; %s leaves", s->dom->name, escape_name(s->escape, name));
}

static int run(struct session *s)
{
    int status;

    s->watch = chaos_watch_fd(s->host, s->err);
    if (s->watch < 0)
        return attach_failed(s);
    status = open_console(s);
    if (status == GO_ON)
        status = open_log(s);
    if (status == GO_ON && s->supervise && chaos_unpause(s->host, s->dom, s->err) < 0)
        status = attach_failed(s);
    if (status == GO_ON && s->terminal)
        tell_how_to_leave(s);
    terminal_raw();
    if (status == GO_ON)
        status = attach_check_end(s); /* it may have ended before anybody listened */
    while (status == GO_ON)
        status = s->leaving && !s->pending ? CHAOS_OK : turn(s);
    terminal_restore();
    return status;
}

int attach(chaos_host *host, struct chaos_domain *dom, const struct attach_options *options,
           chaos_error *err)
{
    struct session s = {.host = host,
                        .dom = dom,
                        .err = err,
                        .log_path = options->log,
                        .flags = options->flags,
                        .supervise = options->supervise,
                        .escape = options->escape};
    int status;

    if (!input_open(&s)) {
        report("out of memory");
        return CHAOS_E_NO_MEMORY;
    }
    catch_interrupts();
    status = run(&s);
    free(s.input);
    chaos_console_close(s.con);
    chaos_log_close(s.log);
    return status;
}
