/* SPDX-License-Identifier: BSD-3-Clause */
/* The console server's part of chaosd.yaml. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "daemon/settings/settings_read.h"

static int read_dir(struct reader *r, const struct setting *s, void *to)
{
    struct console_settings *out = to;
    const char *text;
    int rc = read_text(r, &text);

    if (rc < 0)
        return rc;
    if (text[0] != '/' || strlen(text) >= sizeof(out->log_dir) || text_fault(text))
        return reader_wrong(r, "\"%s\" is not a path that begins with / (of %zu bytes at most)",
                            SHOW(text), sizeof(out->log_dir) - 1);
    snprintf(out->log_dir, sizeof(out->log_dir), "%s", text);
    return 0;
}

static const struct setting keys[] = {
    {"server", read_choice, offsetof(struct console_settings, server), .yes = "on", .no = "off"},
    {"log_dir", read_dir, .offset = 0},
    {"log_size", read_size, offsetof(struct console_settings, log_kib), FROM_TO(16, 1ULL << 30)},
    {"log_keep", read_number, offsetof(struct console_settings, log_keep), FROM_TO(0, 100)},
    {"rate", read_rate, offsetof(struct console_settings, rate_kib), FROM_TO(1, 1 << 20)},
    {"buffer", read_size, offsetof(struct console_settings, buffer_kib), FROM_TO(4, 1024)},
};

int read_console(struct reader *r, const struct setting *s, void *to)
{
    int rc = reader_next(r);

    if (rc < 0)
        return rc;
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return reader_wrong(r, "is not a mapping (write console: {log_dir: DIR})");
    return read_settings(r, "console", keys, ARRAY_SIZE(keys), (char *)to + s->offset);
}
