/* SPDX-License-Identifier: BSD-3-Clause */
/* Options and messages that the verbs share. */
#include <stdarg.h>

#include "cmd.h"

void verb_usage(FILE *to, const struct verb *verb)
{
    fprintf(to, "Usage: tinyx %s %s\n%c%s.\n\n%s", verb->name, verb->args,
            verb->summary[0] - 'a' + 'A', verb->summary + 1, verb->options ? verb->options : "");
    fputs("  -h, --help           this text\n", to);
}

static void print(const char *fmt, va_list ap)
{
    fprintf(stderr, verb_name ? "tinyx %s: " : "tinyx: ", verb_name);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
}

int usage_error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    print(fmt, ap);
    va_end(ap);
    fprintf(stderr, "Try 'tinyx help%s%s'.\n", verb_name ? " " : "", verb_name ? verb_name : "");
    return CHAOS_E_USAGE;
}

void report(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    print(fmt, ap);
    va_end(ap);
}

int fail(const chaos_error *err)
{
    report("%s", err->text);
    return err->status;
}

int common_option(int opt)
{
    if (opt != 'h')
        return usage_error("see above"); /* getopt said what is wrong */
    verb_usage(stdout, verb_find(verb_name));
    return CHAOS_OK;
}
