/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/command.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <chaos/error.h>

#define MESSAGE_ROOM 1024

static const struct command *command; /* NULL: unit tests have none */
static const struct verb *running;

const char *command_verb(void)
{
    return running ? running->name : NULL;
}

/* Lets the program write `text` in a form of its own; false where it has none. */
static bool written(const char *text)
{
    return command && command->message && command->message(text);
}

/* True where the message is plain text. */
static bool report_list(const char *fmt, va_list ap)
{
    char text[MESSAGE_ROOM];

    vsnprintf(text, sizeof(text), fmt, ap);
    if (written(text))
        return false;
    fprintf(stderr, "%s%s%s: %s\n", command ? command->name : program_invocation_short_name,
            running ? " " : "", running ? running->name : "", text);
    return true;
}

void report(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    report_list(fmt, ap);
    va_end(ap);
}

static void hint(void)
{
    fprintf(stderr, "Try '%s help%s%s'.\n", command->name, running ? " " : "",
            running ? running->name : "");
}

int usage_error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (report_list(fmt, ap))
        hint();
    va_end(ap);
    return CHAOS_E_USAGE;
}

static const struct verb *verb_find(const char *name)
{
    for (const struct verb *verb = command->verbs; verb->name; verb++) {
        if (strcmp(verb->name, name) == 0)
            return verb;
    }
    return NULL;
}

static int no_such_verb(const char *name)
{
    running = NULL; /* there is no help on it */
    return usage_error("no such command: \"%s\"", name);
}

static int verb_usage(const struct verb *verb)
{
    printf("Usage: %s %s %s\n%c%s.\n\n%s%s", command->name, verb->name, verb->args,
           verb->summary[0] - 'a' + 'A', verb->summary + 1, verb->options ? verb->options : "",
           command->options);
    return CHAOS_OK;
}

static void overview(FILE *to)
{
    fprintf(to, "%s: %s\n\nUsage: %s %s\n\nCommands:\n", command->name, command->about,
            command->name, command->synopsis);
    for (const struct verb *verb = command->verbs; verb->name; verb++)
        fprintf(to, "  %-9s %s\n", verb->name, verb->summary);
    fprintf(to, "\n%s", command->closing);
}

/* An option that every verb takes: GO_ON or the exit code. */
static int common_option(int opt)
{
    if (opt == '?') { /* getopt said, in plain text, what is wrong */
        if (!written("the options are wrong"))
            hint();
        return CHAOS_E_USAGE;
    }
    if (opt != 'h')
        return command->option(opt);
    if (running)
        return verb_usage(running);
    overview(stdout);
    return CHAOS_OK;
}

static bool is_common(int opt)
{
    if (opt == '?')
        return true;
    for (const struct option *o = command->longs + 1; o->name; o++) {
        if (o->val == opt)
            return true;
    }
    return false;
}

int verb_option(int argc, char **argv, const char *shorts, const struct option *longs, int *status)
{
    int opt;

    *status = GO_ON;
    do {
        opt = getopt_long(argc, argv, shorts, longs, NULL);
        if (opt == -1 || !is_common(opt))
            return opt;
        *status = common_option(opt);
    } while (*status == GO_ON);
    return -1;
}

int verb_no_options(int argc, char **argv)
{
    int status;

    verb_option(argc, argv, command->shorts + strlen("+V"), command->longs + 1, &status);
    return status;
}

int command_help(int argc, char **argv)
{
    int status = verb_no_options(argc, argv);
    const struct verb *verb;

    if (status != GO_ON)
        return status;
    if (optind == argc) {
        overview(stdout);
        return CHAOS_OK;
    }
    verb = verb_find(argv[optind]);
    return verb ? verb_usage(verb) : no_such_verb(argv[optind]);
}

/* Options ahead of the verb: GO_ON, or the exit code. The verb reads those behind it. */
static int leading_options(int argc, char **argv)
{
    int status;

    if (verb_option(argc, argv, command->shorts, command->longs, &status) != 'V')
        return status;
    optind = 0; /* getopt begins anew */
    return verb_find("version")->run(1, argv);
}

int command_main(const struct command *which, int argc, char **argv)
{
    int status;

    command = which;
    running = NULL;
    status = leading_options(argc, argv);
    if (status != GO_ON)
        return status;
    if (optind >= argc) {
        overview(stderr);
        return CHAOS_E_USAGE;
    }
    running = verb_find(argv[optind]);
    if (!running)
        return no_such_verb(argv[optind]);
    argc -= optind;
    argv += optind;
    optind = 0; /* glibc: begin anew; options may now stand behind arguments, too */
    status = running->run(argc, argv);
    /* A full disk or a closed pipe must not look like success. */
    if (fflush(stdout) != 0 && status == CHAOS_OK) {
        report("cannot write the output: %m");
        status = CHAOS_E_IO;
    }
    return status;
}
