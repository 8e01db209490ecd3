/* SPDX-License-Identifier: BSD-3-Clause */
/* One attachment to a console: what its two files share. */
#ifndef ATTACH_H
#define ATTACH_H

#include "cli/cmd.h"

#define INPUT_ROOM 1024

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
    char input[INPUT_ROOM]; /* typed, but the guest's ring was full */
    size_t pending;
};

/* These give GO_ON or an exit code. */
int attach_failed(struct session *s);
/* Shows everything that was written until now. */
int attach_drain(struct session *s);
/* Opens the console of s->dom; 0 or -errno. */
int attach_console(struct session *s);
/* Somebody's domain ended: ours? Follows its policy then. */
int attach_check_end(struct session *s);

#endif
