/* SPDX-License-Identifier: BSD-3-Clause */
/* One attachment to a console: what its three files share. */
#ifndef ATTACH_H
#define ATTACH_H

#include "cli/cmd.h"

/* A pipe waits while the VM takes nothing. A terminal is read on, for the escape may come yet. */
#define INPUT_ROOM          1024
#define INPUT_ROOM_TERMINAL (1 << 20)
#define ESCAPE_MS           400  /* how long a second escape may take to follow the first */
#define LEAVE_MS            2000 /* how long the VM may take nothing of what was typed before */

struct session {
    chaos_host *host;
    struct chaos_domain *dom;
    chaos_error *err;
    chaos_console *con;
    chaos_log *log;
    const char *log_path;
    unsigned int flags;
    bool supervise, stdin_open, broken;
    bool no_log;
    bool over; /* chaosd says so: all was read */
    int watch;
    int escape;          /* ESCAPE_NONE where no byte is one, as in all that a pipe brings */
    bool escaped;        /* the last byte typed was an escape, and the next one decides */
    bool leaving;        /* the user left; `input` is still to be delivered */
    bool hurry;          /* ... or is not: an escape came while leaving */
    int64_t deadline_ms; /* when a lone escape counts, or leaving waits no longer; 0: never */
    bool terminal;       /* input comes from one */
    bool told_full;
    char *input; /* typed, but not taken yet: `pending` bytes from `start` on */
    size_t start, pending, room;
};

/* Those that return an int give GO_ON or an exit code. */

/* ---- attach.c ---- */

int attach_failed(struct session *s);
/* Shows everything that was written until now. */
int attach_drain(struct session *s);
/* Opens the console of s->dom; 0 or -errno. */
int attach_console(struct session *s);

/* ---- attach_end.c ---- */

/* Some domain ended: if it is this one, follows its policy. */
int attach_check_end(struct session *s);

/* ---- attach_input.c ---- */

void terminal_raw(void);
void terminal_restore(void);
bool terminal_is_raw(void);
/* Makes room for input; false without memory. */
bool input_open(struct session *s);
/* Whether standard input is to be read now. */
bool input_wanted(const struct session *s);
/* Reads what was typed and passes it on. */
void take_input(struct session *s);
/* Gives the VM as much of the pending input as it takes now. */
void push_input(struct session *s);
/* How long to wait until input_timeout() has something to do; -1: for ever. */
int input_timeout_ms(const struct session *s);
/* Looks whether the time of a lone escape, or of leaving, is over. */
int input_timeout(struct session *s);

#endif
