/* SPDX-License-Identifier: BSD-3-Clause */
/* chaosd.yaml as a whole. */
#include "daemon/settings/settings_reader.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (1U << 20)

bool config_wrong(struct reader *r, const char *fmt, ...)
{
    size_t used;
    va_list ap;

    if (r->failed)
        return false;
    r->failed = true;
    used = snprintf(r->why, r->room, "%s:%zu:%zu: ", r->path, r->event.start_mark.line + 1,
                    r->event.start_mark.column + 1);
    va_start(ap, fmt);
    if (used < r->room)
        vsnprintf(r->why + used, r->room - used, fmt, ap);
    va_end(ap);
    return false;
}

bool config_next(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (!yaml_parser_parse(&r->parser, &r->event)) {
        memset(&r->event, 0, sizeof(r->event));
        r->event.start_mark = r->parser.problem_mark;
        return config_wrong(r, "not YAML: %s",
                            r->parser.problem ? r->parser.problem : "out of memory");
    }
    if (r->event.type == YAML_ALIAS_EVENT)
        return config_wrong(r, "aliases are not accepted");
    return true;
}

const char *config_scalar(struct reader *r)
{
    const char *text = (const char *)r->event.data.scalar.value;

    if (r->event.type != YAML_SCALAR_EVENT || strlen(text) != r->event.data.scalar.length ||
        !*text) {
        config_wrong(r, "give one value here");
        return NULL;
    }
    return text;
}

bool read_number(struct reader *r, const char *key, unsigned long min, unsigned long max,
                 unsigned int *out)
{
    const char *text = config_next(r) ? config_scalar(r) : NULL;
    unsigned long value;
    char *end;

    if (!text)
        return false;
    value = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || value < min || value > max)
        return config_wrong(r, "%s: \"%.40s\" is not a number from %lu to %lu", key, text, min,
                            max);
    *out = value;
    return true;
}

bool read_size(struct reader *r, const char *key, uint64_t min_kib, uint64_t max_kib, uint64_t *kib)
{
    const char *text = config_next(r) ? config_scalar(r) : NULL;

    if (!text)
        return false;
    *kib = 0;
    if (strcmp(text, "0") != 0 && chaos_size_kib(text, kib) < 0)
        return config_wrong(r, "%s: \"%.40s\" is not a size (try 64MiB)", key, text);
    return (*kib >= min_kib && *kib <= max_kib) ||
           config_wrong(r, "%s: \"%.40s\" is not from %lluKiB to %lluKiB", key, text,
                        (unsigned long long)min_kib, (unsigned long long)max_kib);
}

static bool read_policies(struct reader *r, struct settings *out)
{
    const char *text = config_next(r) ? config_scalar(r) : NULL;

    if (!text)
        return false;
    out->policies = strcmp(text, "follow") == 0;
    return out->policies || strcmp(text, "leave") == 0 ||
           config_wrong(r, "policies: \"%.40s\" is neither follow nor leave", text);
}

static bool read_top(struct reader *r, struct settings *out, chaos_error *err)
{
    while (config_next(r) && r->event.type != YAML_MAPPING_END_EVENT) {
        const char *key = config_scalar(r);
        bool good;

        if (!key)
            return false;
        if (strcmp(key, "pools") == 0) {
            good = read_pools(r, out, err);
        } else if (strcmp(key, "keep_free") == 0) {
            good = read_size(r, key, 0, 1ULL << 40, &out->keep_free_kib);
        } else if (strcmp(key, "console") == 0) {
            good = read_console(r, &out->console);
        } else if (strcmp(key, "policies") == 0) {
            good = read_policies(r, out);
        } else if (strcmp(key, "socket_group") == 0) {
            const char *text = config_next(r) ? config_scalar(r) : NULL;

            good = text != NULL;
            snprintf(out->group, sizeof(out->group), "%s", text ? text : "");
        } else {
            good = config_wrong(
                r,
                "%.40s: unknown key (there are pools, console, keep_free, policies and "
                "socket_group)",
                key);
        }
        if (!good)
            return false;
    }
    return !r->failed;
}

static bool read_file(struct reader *r)
{
    FILE *file = fopen(r->path, "re");

    r->text = malloc(FILE_MAX + 1);
    if (!file || !r->text) {
        snprintf(r->why, r->room, "%s: %s", r->path, strerror(errno));
        if (file)
            fclose(file);
        return false;
    }
    r->len = fread(r->text, 1, FILE_MAX + 1, file);
    fclose(file);
    r->shape = malloc(r->len + 1);
    if (r->len > FILE_MAX || !r->shape)
        snprintf(r->why, r->room, "%s: longer than 1 MiB, which no configuration is", r->path);
    return r->len <= FILE_MAX && r->shape;
}

static bool read_stream(struct reader *r, struct settings *out, chaos_error *err)
{
    if (!config_next(r) || !config_next(r))
        return false;
    if (r->event.type == YAML_STREAM_END_EVENT)
        return true; /* an empty file: all defaults */
    if (!config_next(r))
        return false;
    if (r->event.type == YAML_SCALAR_EVENT && r->event.data.scalar.length == 0)
        return true;
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return config_wrong(r, "not a mapping (write KEY: VALUE, one a line)");
    return read_top(r, out, err);
}

int settings_load(const char *path, struct settings *out, char *why, size_t room)
{
    struct reader r = {.path = path, .why = why, .room = room};
    chaos_error *err = chaos_error_new();
    bool good = false;

    memset(out, 0, sizeof(*out));
    snprintf(out->group, sizeof(out->group), "chaos");
    out->policies = true;
    out->console = (struct console_settings){.server = true,
                                             .log_kib = CHAOS_LOG_KIB,
                                             .log_keep = CHAOS_LOG_KEEP,
                                             .rate_kib = 1024,
                                             .buffer_kib = 64};
    snprintf(why, room, "out of memory");
    if (err && read_file(&r) && yaml_parser_initialize(&r.parser)) {
        yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&r.parser, (unsigned char *)r.text, r.len);
        good = read_stream(&r, out, err);
        yaml_event_delete(&r.event);
        yaml_parser_delete(&r.parser);
    }
    chaos_error_free(err);
    free(r.text);
    free(r.shape);
    if (!good)
        settings_free(out);
    return good ? 0 : -EINVAL;
}

void settings_free(struct settings *settings)
{
    while (settings->flavours) {
        struct flavour *fl = settings->flavours;

        settings->flavours = fl->next;
        flavour_free(fl);
    }
}
