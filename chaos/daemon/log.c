/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages are text, with a level in front if systemd reads them, or JSON, a line each. */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/daemon.h"

static bool json;

void log_json_lines(void)
{
    json = true;
}

void log_line(int level, const char *fmt, ...)
{
    static const char *const names[] = {
        [LOG_ERR] = "error", [LOG_WARN] = "warning", [LOG_NOTE] = "info"};
    char text[1200];
    json_t *line;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (!json) {
        if (getenv("JOURNAL_STREAM"))
            fprintf(stderr, "<%d>", level);
        fprintf(stderr, "chaosd: %s\n", text);
        return;
    }
    line =
        json_pack("{s:s, s:s, s:s}", "level", names[level], "program", "chaosd", "message", text);
    if (line && json_dumpf(line, stderr, JSON_COMPACT | JSON_ENSURE_ASCII) == 0)
        fputc('\n', stderr);
    json_decref(line);
}
