/* SPDX-License-Identifier: BSD-3-Clause */
/* One VM's console in chaosd's hands: what the files of this folder share. */
#ifndef CHAOSD_CONSOLE_H
#define CHAOSD_CONSOLE_H

#include <uv.h>

#include <chaos/daemon.h>
#include <chaos/log.h>

struct conn;
struct daemon;

struct console {
    struct daemon *d;
    chaos_console *con; /* NULL: the VM is gone, and some viewer has not got all output yet */
    uv_poll_t poll;
    struct chaos_domain dom;
    struct chaos_console_settings own;
    enum chaos_reason reason; /* of its end */
    bool ended;               /* it will write no more, unless somebody lets it go on */
    unsigned int seen;        /* the pass of consoles_look that saw the VM */

    /* scrollback.c: the last `used` bytes that it wrote, which end before position `end` */
    char *bytes;
    size_t room, start, used;
    uint32_t end;

    chaos_log *log;
    uint64_t log_again; /* uv_now() before which a log that failed is not tried again */
    uint64_t log_told;  /* uv_now() before which the next failure is not told */
    bool unlogged;      /* what it wrote from this position on is not in the log */
    uint32_t unlogged_from;

    /* flow.c */
    int64_t tokens;     /* bytes that may be taken now; below 1: it waits for its turn */
    uint64_t tokens_at; /* uv_now() when tokens were last added */
    bool throttled;
    uint64_t held_until; /* uv_now() before which nothing is taken; 0: it is not held */
    struct console *next_throttled;

    struct pty *pty; /* NULL: it has no terminal */
    struct conn *viewers;
    struct conn *writer; /* whose input counts; NULL: the next that types */
    char *left;          /* input of a viewer that has gone, which the ring had no room for */
    size_t nr_left;
    unsigned int nr_viewers;
};

/* server.c */
struct console *console_find(struct daemon *d, const struct chaos_domain *dom);
/* Attaches to a console. 0, or -errno with d->err: -ENOENT where it is not to be served. */
int console_new(struct daemon *d, const struct chaos_domain *dom, struct console **out);
/* Pushes what the writer typed. */
void console_input(struct console *c);

/* scrollback.c */
void console_keep(struct console *c, const char *buf, size_t len);
/* Copies the kept output from `position` on; returns how many bytes. */
size_t console_copy(const struct console *c, uint32_t position, void *buf, size_t room);
/* Frees a console that neither a VM nor viewers nor the loop need any more. */
void console_put(struct console *c);

/* pty.c: the terminal of a VM that xl sees, too. Without one, chaosd's own viewers have it all. */
void pty_open(struct console *c);
/* There is more output, or the VM may take input. */
void pty_turn(struct console *c);
void pty_close(struct console *c);

/* console_log.c: writes to the VM's log, which is opened first if need be */
void console_log(struct console *c, const char *buf, size_t len);
void console_log_close(struct console *c);

/* flow.c: `resume` is called for a console whose turn has come */
void flow_start(struct daemon *d, void (*resume)(struct console *c));
/* Whether output may be taken from it now. */
bool flow_may(struct console *c);
/* Takes it out of the loop until its turn comes. */
void flow_wait(struct console *c);
/* It waits no more. */
void flow_leave(struct console *c);
/* Output of a VM from before this chaosd stays in the ring until a viewer comes, or for half a
 * second: viewers of the last chaosd are on their way, and would miss what this one takes and keeps
 * if it were killed before they have it. */
void flow_hold(struct console *c);
/* A viewer has come. */
void flow_release(struct console *c);

#endif
