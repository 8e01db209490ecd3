/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages for people. */
#include <stdarg.h>

#include "cmd.h"

const char *verb_name;

void report_list(const char *fmt, va_list ap)
{
    fprintf(stderr, verb_name ? "tinyx %s: " : "tinyx: ", verb_name);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
}

void report(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    report_list(fmt, ap);
    va_end(ap);
}

int fail(const chaos_error *err)
{
    report("%s", err->text);
    return err->status;
}
