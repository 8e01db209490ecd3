/* SPDX-License-Identifier: BSD-3-Clause */
/* What the verbs share. Each verb is one file with one function, listed in main.c. */
#ifndef TINYX_CMD_H
#define TINYX_CMD_H

#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *args;    /* for the usage line */
    const char *summary; /* one line */
    const char *options; /* its own options, a line each; NULL: none */
};

extern const struct verb verbs[];
const struct verb *verb_find(const char *name);

/* The verb that runs; NULL before there is one. */
extern const char *verb_name;

/* The option that every verb takes. */
#define COMMON_SHORT "h"
#define COMMON_LONG                                                                                \
    {"help", no_argument, NULL, 'h'},                                                              \
    {                                                                                              \
        NULL, 0, NULL, 0                                                                           \
    }

/* Handles an option that is no verb's own; returns the exit code. */
int common_option(int opt);

void verb_usage(FILE *to, const struct verb *verb);
/* "tinyx VERB: text" and a hint; returns CHAOS_E_USAGE. */
int usage_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* For people, on stderr. */
void report(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void report_list(const char *fmt, va_list ap);
/* Prints err and returns its exit code. */
int fail(const chaos_error *err);

int cmd_version(int argc, char **argv);
int cmd_build(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_kernel(int argc, char **argv);
int cmd_trim(int argc, char **argv);
int cmd_help(int argc, char **argv);

#endif
