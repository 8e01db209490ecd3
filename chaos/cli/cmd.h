/* SPDX-License-Identifier: BSD-3-Clause */
/* What the verbs share. Each verb is one file with one function, listed in main.c. */
#ifndef CHAOS_CMD_H
#define CHAOS_CMD_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include <chaos.h>

struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *args;    /* for the usage line */
    const char *summary; /* one line */
    const char *options; /* its own options, a line each; NULL: none */
};

extern const struct verb verbs[];
const struct verb *verb_find(const char *name);

/* Options that every verb takes. */
struct common {
    const char *verb;
    bool verbose;
    bool json_log;
    const char *run_dir;
};
extern struct common common;

#define COMMON_SHORT "hv"
#define COMMON_LONG                                                                                \
    {"help", no_argument, NULL, 'h'}, {"verbose", no_argument, NULL, 'v'},                         \
        {"log-format", required_argument, NULL, OPT_LOG_FORMAT},                                   \
        {"run-dir", required_argument, NULL, OPT_RUN_DIR},                                         \
    {                                                                                              \
        NULL, 0, NULL, 0                                                                           \
    }
enum { OPT_LOG_FORMAT = 256, OPT_RUN_DIR, OPT_FIRST };

/* Handles an option that is no verb's own: -1 to go on, else the exit code. */
int common_option(int opt);

void verb_usage(FILE *to, const struct verb *verb);
/* "chaos VERB: text" and a hint; returns CHAOS_E_USAGE. */
int usage_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* For people, on stderr. */
void report_error(const chaos_error *err);
void report_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prints err and returns its exit code; frees it. */
int fail(chaos_error *err);

/* The host, with -v's step listener; NULL after an error was printed to *status. */
chaos_host *open_host(chaos_error *err, int *status);

/* Whole numbers; false where `text` is none in [min, max]. */
bool parse_number(const char *text, unsigned long min, unsigned long max, unsigned long *out);

/* The options of a verb that only has --timeout: its seconds into *timeout_s, which else stays. At
 * least one domain must follow; optind is the first's. -1 to go on, else the exit code. */
int timeout_options(int argc, char **argv, unsigned long min, unsigned long max,
                    unsigned long *timeout_s);

/* True once SIGINT, SIGTERM or SIGHUP came. */
bool interrupted(void);
void catch_interrupts(void);

/* Connects the terminal (or a pipe) to the console of `dom` until the domain ends or Ctrl-] is
 * typed. `log`: file to append to, or NULL for the one the domain's configuration names.
 * `flags`: of chaos_console_attach. `supervise`: start the domain, which is paused, follow its
 * restart policy. Returns an exit code. */
int attach(chaos_host *host, struct chaos_domain *dom, const char *log, unsigned int flags,
           bool supervise, chaos_error *err);

int cmd_create(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_console(int argc, char **argv);
int cmd_pause(int argc, char **argv);
int cmd_unpause(int argc, char **argv);
int cmd_destroy(int argc, char **argv);
int cmd_wait(int argc, char **argv);
int cmd_shutdown(int argc, char **argv);
int cmd_reboot(int argc, char **argv);
int cmd_suspend(int argc, char **argv);
int cmd_resume(int argc, char **argv);
int cmd_device(int argc, char **argv);
int cmd_pool(int argc, char **argv);
int cmd_version(int argc, char **argv);
int cmd_help(int argc, char **argv);

#endif
