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

int usage_error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    report_list(fmt, ap);
    va_end(ap);
    fprintf(stderr, "Try 'tinyx help%s%s'.\n", verb_name ? " " : "", verb_name ? verb_name : "");
    return CHAOS_E_USAGE;
}

int common_option(int opt)
{
    if (opt != 'h')
        return usage_error("see above"); /* getopt said what is wrong */
    verb_usage(stdout, verb_find(verb_name));
    return CHAOS_OK;
}
