/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The terminal of a VM over XenStore, where `xl console` and others look for it. It is one more
 * viewer and one more that types, for as long as chaosd has the console. Nobody may read it for
 * long: it begins with what is kept, and goes on from there when somebody does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "daemon/console/console.h"
#include "daemon/daemon.h"

struct pty {
    struct console *c; /* NULL: being closed */
    uv_poll_t poll;
    int master, user;  /* `user`: its other end, which others open, too */
    uint32_t position; /* of the next byte for the terminal */
    char input[256];   /* typed, and not taken by the VM yet */
    size_t nr_input;
};

static void on_closed(uv_handle_t *handle)
{
    struct pty *pty = handle->data;

    close(pty->master);
    close(pty->user);
    free(pty);
}

/* 1 where the terminal takes no more now. */
static int feed(struct pty *pty)
{
    const struct console *c = pty->c;
    char buf[1024];

    if (c->end - pty->position > c->used) /* the rest is not kept any more */
        pty->position = c->end - (uint32_t)c->used;
    while (pty->position != c->end) {
        size_t len = console_copy(c, pty->position, buf, sizeof(buf));
        ssize_t n = len ? write(pty->master, buf, len) : -1;

        if (n <= 0)
            return len != 0;
        pty->position += (uint32_t)n;
    }
    return 0;
}

static void take_input(struct pty *pty)
{
    ssize_t n = read(pty->master, pty->input + pty->nr_input, sizeof(pty->input) - pty->nr_input);

    if (n > 0)
        pty->nr_input += (size_t)n;
}

static void push_input(struct pty *pty)
{
    int n = pty->nr_input && pty->c->con
                ? chaos_console_write(pty->c->con, pty->input, pty->nr_input)
                : 0;

    if (n < 0) /* a broken ring takes no input any more: drop it */
        n = (int)pty->nr_input;
    pty->nr_input -= (size_t)n;
    memmove(pty->input, pty->input + n, pty->nr_input);
}

static void on_event(uv_poll_t *poll, int status, int events);

static void go_on(struct pty *pty)
{
    int full = feed(pty);

    push_input(pty);
    uv_poll_start(&pty->poll,
                  (full ? UV_WRITABLE : 0) |
                      (pty->nr_input < sizeof(pty->input) ? UV_READABLE : 0) | UV_DISCONNECT,
                  on_event);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct pty *pty = poll->data;

    if (!pty->c)
        return;
    if (events & UV_READABLE)
        take_input(pty);
    go_on(pty);
    if (pty->c->con)
        chaos_console_rest(pty->c->con);
}

/* Opens both ends. The kernel is to change no byte. */
static int open_both(struct pty *pty, char *path, size_t room)
{
    struct termios raw;

    pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (pty->master < 0)
        return -errno;
    if (grantpt(pty->master) < 0 || unlockpt(pty->master) < 0 ||
        ptsname_r(pty->master, path, room) != 0)
        return -errno;
    pty->user = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (pty->user < 0 || tcgetattr(pty->user, &raw) < 0)
        return -errno;
    cfmakeraw(&raw);
    return tcsetattr(pty->user, TCSANOW, &raw) < 0 ? -errno : 0;
}

static int open_pty(struct console *c, struct pty *pty)
{
    char path[64];
    int rc = open_both(pty, path, sizeof(path));

    if (rc == 0)
        rc = uv_poll_init(&c->d->loop, &pty->poll, pty->master);
    if (rc < 0)
        return rc;
    pty->poll.data = pty;
    pty->c = c;
    pty->position = c->end - (uint32_t)c->used;
    c->pty = pty;
    c->d->consoles.nr_ptys++;
    go_on(pty);
    return chaos_console_publish(c->d->host, &c->dom, path, c->d->err);
}

void pty_open(struct console *c)
{
    struct chaos_bus bus;
    struct pty *pty;

    if (chaos_device_bus(c->d->host, &c->dom, &bus, NULL) < 0 || strcmp(bus.name, "xenstore") != 0)
        return;
    pty = calloc(1, sizeof(*pty));
    if (!pty)
        return;
    pty->master = pty->user = -1;
    if (open_pty(c, pty) == 0)
        return;
    if (c->pty) {
        pty_close(c);
        return;
    }
    if (pty->master >= 0)
        close(pty->master);
    if (pty->user >= 0)
        close(pty->user);
    free(pty);
}

void pty_turn(struct console *c)
{
    if (c->pty)
        go_on(c->pty);
}

void pty_close(struct console *c)
{
    struct pty *pty = c->pty;

    if (!pty)
        return;
    feed(pty); /* what fits of its last words */
    pty->c = NULL;
    c->pty = NULL;
    c->d->consoles.nr_ptys--;
    uv_poll_stop(&pty->poll);
    uv_close((uv_handle_t *)&pty->poll, on_closed);
}
