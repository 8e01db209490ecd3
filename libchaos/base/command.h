/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program of verbs, as in "chaos create": its table of verbs, its help, the options before and
 * behind a verb, and its messages. chaos and tinyx are such programs.
 */
#ifndef CHAOS_COMMAND_H
#define CHAOS_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#define GO_ON (-1) /* stands where an exit code could: nothing has ended the verb yet */

struct verb {
    const char *name;
    int (*run)(int argc, char **argv); /* returns the exit code; argv[0] is the verb */
    const char *args;                  /* for the usage line */
    const char *summary;               /* one line */
    const char *options;               /* help on its own options, a line each; NULL: none */
};

struct command {
    const char *name;
    const char *about;        /* what it does: the overview's first line */
    const char *synopsis;     /* the overview's usage line, behind the name */
    const char *closing;      /* the overview's end: manual pages, exit codes */
    const char *options;      /* help on the options that every verb takes, a line each */
    const struct verb *verbs; /* ended by a row without a name; "version" is one of them */

    /* The options for getopt_long(): "+V" and --version first, which stand ahead of a verb only;
     * then those that every verb takes, -h among them. */
    const char *shorts;
    const struct option *longs;
    /* Takes one of the options of every verb: GO_ON, or the exit code where its value is wrong.
     * NULL where there is none but -h. */
    int (*option)(int opt);
    /* Writes a message in a form of its own and returns true; false where it is to be plain text.
     * NULL: it always is. */
    bool (*message)(const char *text);
};

/* Runs the verb that the command line names; returns the exit code. */
int command_main(const struct command *command, int argc, char **argv);
/* The name of the verb that runs; NULL before there is one. */
const char *command_verb(void);
/* The verb "help". */
int command_help(int argc, char **argv);

/* The next option of the verb's own, as getopt_long() returns it; options of every verb are taken
 * on the way. -1 where there are no more: *status is then GO_ON, or the exit code with which the
 * verb is to end, after --help or an option that does not exist. */
int verb_option(int argc, char **argv, const char *shorts, const struct option *longs, int *status);
/* The same for a verb without options of its own: GO_ON, or the exit code. */
int verb_no_options(int argc, char **argv);

/* "PROGRAM VERB: text" and where to find help, on stderr; returns CHAOS_E_USAGE. */
int usage_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "PROGRAM VERB: text" for people, on stderr. */
void report(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
