/* SPDX-License-Identifier: BSD-3-Clause */
/* What the verbs share. Each verb is a file with a function cmd_VERB; main.c has the table. */
#ifndef CHAOS_CMD_H
#define CHAOS_CMD_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/command.h"
#include "base/interrupt.h"
#include <chaos.h>

/* ---- options.c ------------------------------------------------------------------------------ */

/* The options that every verb takes. */
struct common {
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
enum { OPT_LOG_FORMAT = 256, OPT_RUN_DIR, OPT_FIRST, OPT_FOREIGN = OPT_FIRST + 64 };

/* Takes an option that every verb has: GO_ON, or the exit code. */
int common_option(int opt);

/* A whole number; false where `text` is none in [min, max]. */
bool parse_number(const char *text, unsigned long min, unsigned long max, unsigned long *out);

/* The value of --format: `text` or "json". Prints the error itself. */
bool parse_format(const char *value, const char *text, bool *json);

/* The options of a verb that has --timeout only, and --foreign unless `foreign` is NULL: the
 * seconds into *timeout_s, which stays as it is without the option. At least one domain must
 * follow; optind is the first's. GO_ON, or the exit code. */
int timeout_options(int argc, char **argv, unsigned long min, unsigned long max,
                    unsigned long *timeout_s, bool *foreign);

/* ---- messages.c ----------------------------------------------------------------------------- */

/* Prints what `err` says, on stderr; returns its exit code. */
int failed(const chaos_error *err);
/* Prints what a file in xl's format says that has no counterpart, on stderr. */
void report_notes(const chaos_config *cfg);
/* Writes a message as JSON where --log-format asks for that; else false. */
bool message_json(const char *text);
/* A step of creation or destruction, for -v. */
void message_step(void *opaque, const char *step, uint64_t ns);
/* A remark, for -v. */
void message_note(void *opaque, const char *text);

/* ---- on_host.c ------------------------------------------------------------------------------ */

/* Opens the host, with a listener for -v. NULL: the error is printed and *status is its code. */
chaos_host *open_host(chaos_error *err, int *status);
/* Opens the host, calls `act`, whose exit code it returns, and closes the host. */
typedef int host_fn(chaos_host *host, void *request, chaos_error *err);
int on_host(host_fn *act, void *request);
/* Calls `act` for each domain that `refs` name. A failure is printed and the others are tried all
 * the same; the exit code is that of the first failure. */
/* As chaos_find; `foreign`: a domain that another toolstack made counts, too. */
int find_domain(chaos_host *host, const char *ref, bool foreign, struct chaos_domain *out,
                chaos_error *err);
#define FOREIGN_LONG                                                                               \
    {                                                                                              \
        "foreign", no_argument, NULL, OPT_FOREIGN                                                  \
    }
typedef int domain_fn(chaos_host *host, struct chaos_domain *dom, void *request, chaos_error *err);
int each_domain(chaos_host *host, char **refs, int count, bool foreign, domain_fn *act,
                void *request, chaos_error *err);

/* ---- attach.c ------------------------------------------------------------------------------- */

struct attach_options {
    const char *log;    /* file to append to; NULL: the one that the VM's configuration names */
    unsigned int flags; /* of chaos_console_attach */
    bool supervise;     /* start the VM, which is paused, and follow its restart policy */
    int escape;         /* the byte that leaves, where a terminal sends it; or ESCAPE_NONE */
};

#define ESCAPE_DEFAULT 0x1d /* Ctrl-] */
#define ESCAPE_NONE    (-1)
#define ESCAPE_NAME    8
#define ESCAPE_WRONG   "-e: \"%s\" is neither a character, one behind ^ (^] is Ctrl-]), nor none"

/* The value of --escape: a character, ^ and a character for a control character, or "none". */
bool escape_parse(const char *text, int *escape);
/* The escape as people know it, such as Ctrl-]. Returns buf. */
const char *escape_name(int escape, char buf[ESCAPE_NAME]);

/* Connects the terminal (or a pipe) to the console of `dom` until the domain ends or the user
 * leaves. Returns an exit code. */
int attach(chaos_host *host, struct chaos_domain *dom, const struct attach_options *options,
           chaos_error *err);

/* ---- the verbs ------------------------------------------------------------------------------ */

int cmd_create(int argc, char **argv);
int cmd_convert(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_console(int argc, char **argv);
int cmd_pause(int argc, char **argv);
int cmd_unpause(int argc, char **argv);
int cmd_destroy(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_wait(int argc, char **argv);
int cmd_shutdown(int argc, char **argv);
int cmd_reboot(int argc, char **argv);
int cmd_suspend(int argc, char **argv);
int cmd_resume(int argc, char **argv);
int cmd_device(int argc, char **argv);
int cmd_pool(int argc, char **argv);
int cmd_version(int argc, char **argv);

#endif
