/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * chaosd.yaml. What a shell is like is written with the keys of chaos.yaml, and read by the reader
 * of chaos.yaml: it is given the file with everything else blanked out, so that its messages name
 * the right line and column.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "chaosd.h"

#define FILE_MAX (1U << 20)

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    const char *path;
    char *text, *shape; /* shape: the text with all but one flavour's shape blanked out */
    size_t len;
    char *why;
    size_t room;
    bool failed;
};

static bool wrong(struct reader *r, const char *fmt, ...)
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

static bool next(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (!yaml_parser_parse(&r->parser, &r->event)) {
        memset(&r->event, 0, sizeof(r->event));
        r->event.start_mark = r->parser.problem_mark;
        return wrong(r, "not YAML: %s", r->parser.problem ? r->parser.problem : "out of memory");
    }
    if (r->event.type == YAML_ALIAS_EVENT)
        return wrong(r, "aliases are not accepted");
    return true;
}

static const char *scalar(struct reader *r)
{
    const char *text = (const char *)r->event.data.scalar.value;

    if (r->event.type != YAML_SCALAR_EVENT || strlen(text) != r->event.data.scalar.length ||
        !*text) {
        wrong(r, "give one value here");
        return NULL;
    }
    return text;
}

/* Where a mark is in the text: libyaml counts characters, not bytes. */
static size_t byte_at(const struct reader *r, size_t characters)
{
    size_t at = 0;

    while (at < r->len && (characters || (r->text[at] & 0xc0) == 0x80)) {
        if ((r->text[at] & 0xc0) != 0x80)
            characters--;
        at++;
    }
    return at;
}

static bool number(struct reader *r, const char *key, unsigned long min, unsigned long max,
                   unsigned int *out)
{
    const char *text = next(r) ? scalar(r) : NULL;
    unsigned long value;
    char *end;

    if (!text)
        return false;
    value = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || value < min || value > max)
        return wrong(r, "%s: \"%.40s\" is not a number from %lu to %lu", key, text, min, max);
    *out = value;
    return true;
}

/* Copies one key and its value to where the reader of chaos.yaml will see it. */
static bool copy_pair(struct reader *r)
{
    size_t start = byte_at(r, r->event.start_mark.index), end;
    int depth = 0;

    do {
        if (!next(r))
            return false;
        if (r->event.type == YAML_MAPPING_START_EVENT || r->event.type == YAML_SEQUENCE_START_EVENT)
            depth++;
        else if (r->event.type == YAML_MAPPING_END_EVENT ||
                 r->event.type == YAML_SEQUENCE_END_EVENT)
            depth--;
    } while (depth > 0);
    end = byte_at(r, r->event.end_mark.index);
    memcpy(r->shape + start, r->text + start, end - start);
    return true;
}

static bool shape_key(const char *key)
{
    static const char *const keys[] = {"type", "memory", "vcpus",   "vifs",
                                       "vbds", "kernel", "ramdisk", "cmdline"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(key, keys[i]) == 0)
            return true;
    }
    return false;
}

static bool flavour_key(struct reader *r, struct flavour *fl, struct flavour *others, char *key)
{
    const char *text;

    if (shape_key(key))
        return copy_pair(r);
    if (strcmp(key, "target") == 0)
        return number(r, key, 0, 100000, &fl->configured);
    if (strcmp(key, "low") == 0)
        return number(r, key, 0, 100000, &fl->low);
    if (strcmp(key, "rate") == 0)
        return number(r, key, 1, 100000, &fl->rate);
    if (strcmp(key, "max_cpu_share") == 0)
        return number(r, key, 1, 100, &fl->cpu_percent);
    if (strcmp(key, "flavour") != 0)
        return wrong(r,
                     "%.40s: unknown key (there are flavour, target, low, rate, max_cpu_share, "
                     "and of chaos.yaml type, memory, vcpus, vifs, vbds, kernel, ramdisk and "
                     "cmdline)",
                     key);
    text = next(r) ? scalar(r) : NULL;
    if (!text)
        return false;
    if (!chaos_name_valid(text))
        return wrong(r,
                     "flavour: \"%.80s\" is not a name (letters, digits, '.', '_' and '-', at "
                     "most %d)",
                     text, CHAOS_POOL_FLAVOUR_MAX);
    if (flavour_find(others, text))
        return wrong(r, "flavour: \"%s\" is given twice", text);
    snprintf(fl->name, sizeof(fl->name), "%s", text);
    return true;
}

/* The rest of what is wrong with a flavour is seen when it is whole. */
static bool finish(struct reader *r, struct flavour *fl, chaos_error *err)
{
    int rc = chaos_config_parse(r->path, r->shape, r->len, &fl->cfg, err);

    if (rc == 0 && chaos_config_kernel(fl->cfg)) {
        fl->warm = true;
        rc = chaos_config_check(fl->cfg, err);
    }
    if (rc < 0) {
        r->failed = true;
        snprintf(r->why, r->room, "%s", chaos_error_message(err));
        return false;
    }
    if (!fl->name[0])
        return wrong(r, "flavour: is missing (give the flavour a name)");
    if (!chaos_config_memory_kib(fl->cfg))
        return wrong(r, "%s: memory: is missing (add memory: 512MiB)", fl->name);
    if (fl->low == UINT32_MAX)
        fl->low = fl->configured;
    if (fl->low > fl->configured)
        return wrong(r, "%s: low: is above target (%u)", fl->name, fl->configured);
    fl->target = fl->configured;
    if (chaos_pool_shape(fl->cfg, fl->shape) < 0)
        return wrong(r, "%s: has too many devices for a flavour", fl->name);
    return true;
}

static bool read_flavour(struct reader *r, struct settings *out, chaos_error *err)
{
    struct flavour *fl = calloc(1, sizeof(*fl)), **at = &out->flavours;
    yaml_event_t start = r->event;
    char key[64];

    if (!fl || !(fl->shape = calloc(1, sizeof(*fl->shape)))) {
        free(fl);
        return wrong(r, "out of memory");
    }
    fl->low = UINT32_MAX;
    fl->rate = 1000;
    fl->cpu_percent = 50;
    while (*at)
        at = &(*at)->next;
    *at = fl; /* freed with the settings, whatever comes */
    if (start.type != YAML_MAPPING_START_EVENT ||
        start.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE)
        return wrong(r, "not a flavour (write KEY: VALUE, one a line)");
    memset(r->shape, ' ', r->len);
    for (size_t i = 0; i < r->len; i++) {
        if (r->text[i] == '\n')
            r->shape[i] = '\n';
    }
    while (next(r) && r->event.type != YAML_MAPPING_END_EVENT) {
        const char *text = scalar(r);

        if (!text)
            return false;
        snprintf(key, sizeof(key), "%s", text);
        if (!flavour_key(r, fl, out->flavours, key))
            return false;
    }
    return !r->failed && finish(r, fl, err);
}

static bool read_pools(struct reader *r, struct settings *out, chaos_error *err)
{
    if (!next(r))
        return false;
    if (r->event.type != YAML_SEQUENCE_START_EVENT)
        return wrong(r, "pools: is not a list (write \"- flavour: NAME\" for each)");
    while (next(r) && r->event.type != YAML_SEQUENCE_END_EVENT) {
        if (!read_flavour(r, out, err))
            return false;
    }
    return !r->failed;
}

static bool read_size(struct reader *r, const char *key, uint64_t *kib, chaos_error *err)
{
    const char *text = next(r) ? scalar(r) : NULL;
    chaos_config *scratch;
    char assignment[128];
    bool good;

    if (!text)
        return false;
    if (strcmp(text, "0") == 0) {
        *kib = 0;
        return true;
    }
    snprintf(assignment, sizeof(assignment), "memory=%s", text);
    if (chaos_config_parse("", "type: pv\n", 9, &scratch, err) < 0)
        return wrong(r, "out of memory");
    good = chaos_config_set(scratch, assignment, err) == 0;
    *kib = chaos_config_memory_kib(scratch);
    chaos_config_free(scratch);
    return good || wrong(r, "%s: \"%.40s\" is not a size (try 64MiB)", key, text);
}

static bool read_policies(struct reader *r, struct settings *out)
{
    const char *text = next(r) ? scalar(r) : NULL;

    if (!text)
        return false;
    out->policies = strcmp(text, "follow") == 0;
    return out->policies || strcmp(text, "leave") == 0 ||
           wrong(r, "policies: \"%.40s\" is neither follow nor leave", text);
}

static bool read_top(struct reader *r, struct settings *out, chaos_error *err)
{
    while (next(r) && r->event.type != YAML_MAPPING_END_EVENT) {
        const char *key = scalar(r);
        bool good;

        if (!key)
            return false;
        if (strcmp(key, "pools") == 0) {
            good = read_pools(r, out, err);
        } else if (strcmp(key, "keep_free") == 0) {
            good = read_size(r, "keep_free", &out->keep_free_kib, err);
        } else if (strcmp(key, "policies") == 0) {
            good = read_policies(r, out);
        } else if (strcmp(key, "socket_group") == 0) {
            const char *text = next(r) ? scalar(r) : NULL;

            good = text != NULL;
            snprintf(out->group, sizeof(out->group), "%s", text ? text : "");
        } else {
            good = wrong(r,
                         "%.40s: unknown key (there are pools, keep_free, policies and "
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
    if (!next(r) || !next(r))
        return false;
    if (r->event.type == YAML_STREAM_END_EVENT)
        return true; /* an empty file: all defaults */
    if (!next(r))
        return false;
    if (r->event.type == YAML_SCALAR_EVENT && r->event.data.scalar.length == 0)
        return true;
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return wrong(r, "not a mapping (write KEY: VALUE, one a line)");
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

void flavour_free(struct flavour *fl)
{
    for (unsigned int i = 0; i < fl->nr_idle; i++)
        chaos_shell_free(fl->idle[i]);
    free(fl->idle);
    chaos_config_free(fl->cfg);
    free(fl->shape);
    free(fl);
}

void settings_free(struct settings *settings)
{
    while (settings->flavours) {
        struct flavour *fl = settings->flavours;

        settings->flavours = fl->next;
        flavour_free(fl);
    }
}
