/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages on stderr: text for people, or JSON, a line each. */
#include <jansson.h>
#include <string.h>

#include "cli/cmd.h"

/* One line of JSON; takes over `fields`. */
static void log_json(const char *level, json_t *fields)
{
    json_t *line = json_pack("{s:s, s:s*}", "level", level, "command", command_verb());

    if (line && fields)
        json_object_update(line, fields);
    if (line && json_dumpf(line, stderr, JSON_COMPACT | JSON_ENSURE_ASCII) == 0)
        fputc('\n', stderr);
    json_decref(line);
    json_decref(fields);
}

int failed(const chaos_error *err)
{
    if (common.json_log)
        log_json("error", json_pack("{s:i, s:i, s:s}", "code", chaos_error_status(err), "errno",
                                    chaos_error_errno(err), "message", chaos_error_message(err)));
    else
        report("%s", chaos_error_message(err));
    return chaos_error_status(err);
}

void report_notes(const chaos_config *cfg)
{
    const char *note = chaos_config_notes(cfg);

    while (note && *note) {
        int len = (int)strcspn(note, "\n");

        report("%.*s", len, note);
        note += len + 1;
    }
}

bool message_json(const char *text)
{
    if (common.json_log)
        log_json("info", json_pack("{s:s}", "message", text));
    return common.json_log;
}

void message_step(void *opaque, const char *step, uint64_t ns)
{
    if (common.json_log)
        log_json("step", json_pack("{s:s, s:f}", "step", step, "us", (double)ns / 1000.0));
    else
        fprintf(stderr, "  %-12s %10.1f us\n", step, (double)ns / 1000.0);
}

void message_note(void *opaque, const char *text)
{
    report("%s", text);
}
