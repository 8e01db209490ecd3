/* SPDX-License-Identifier: BSD-3-Clause */
/* chaosd.yaml as a whole. */
#include "daemon/settings/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <chaos/log.h>

#include "base/text.h"
#include "daemon/pool/flavour.h"
#include "daemon/settings/settings_read.h"

static int read_group(struct reader *r, const struct setting *s, void *to)
{
    struct settings *out = to;
    const char *text;
    int rc = read_text(r, &text);

    if (rc < 0)
        return rc;
    if (!*text || strlen(text) >= sizeof(out->group) || text_fault(text))
        return reader_wrong(r, "\"%s\" is not a group's name", SHOW(text));
    snprintf(out->group, sizeof(out->group), "%s", text);
    return 0;
}

static const struct setting keys[] = {
    {"pools", read_pools, .offset = offsetof(struct settings, flavours)},
    {"console", read_console, .offset = offsetof(struct settings, console)},
    {"keep_free", read_size, offsetof(struct settings, keep_free_kib), FROM_TO(0, 1ULL << 40)},
    {"policies", read_choice, offsetof(struct settings, policies), .yes = "follow", .no = "leave"},
    {"socket_group", read_group, .offset = 0},
};

static void set_defaults(struct settings *out)
{
    *out = (struct settings){
        .console = {.server = true,
                    .log_kib = CHAOS_LOG_KIB,
                    .log_keep = CHAOS_LOG_KEEP,
                    .rate_kib = 1024,
                    .buffer_kib = 64},
        .group = "chaos",
        .policies = true,
    };
}

int settings_parse(const char *label, const char *text, size_t len, struct settings *out,
                   chaos_error *err)
{
    struct reader r;
    int rc;

    set_defaults(out);
    rc = reader_open(&r, label, text, len, err);
    if (rc < 0)
        return rc;
    rc = reader_begin(&r, NULL);
    if (rc == 0 && r.event.type == YAML_MAPPING_START_EVENT)
        rc = read_settings(&r, NULL, keys, ARRAY_SIZE(keys), out);
    if (rc == 0 && r.event.type != YAML_STREAM_END_EVENT)
        rc = reader_end(&r, "configuration");
    reader_close(&r);
    return rc;
}

int settings_load(const char *path, bool optional, struct settings *out, chaos_error *err)
{
    cleanup_free char *text = NULL, *base = NULL;
    size_t len = 0;
    int rc;

    set_defaults(out);
    rc = reader_load(path, &text, &len, &base, err);
    if (rc == -ENOENT && optional)
        return 0;
    return rc < 0 ? rc : settings_parse(path, text, len, out, err);
}

void settings_free(struct settings *settings)
{
    while (settings->flavours) {
        struct flavour *fl = settings->flavours;

        settings->flavours = fl->next;
        flavour_free(fl);
    }
}
