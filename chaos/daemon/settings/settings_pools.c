/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The flavours of chaosd.yaml. What a shell is like is written with the keys of chaos.yaml, and
 * read by the reader of chaos.yaml: it is given the file with everything else blanked out, so that
 * its messages name the right line and column.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/settings/settings_reader.h"

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

/* Copies one key and its value to where the reader of chaos.yaml will see it. */
static bool copy_pair(struct reader *r)
{
    size_t start = byte_at(r, r->event.start_mark.index), end;
    int depth = 0;

    do {
        if (!config_next(r))
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
        return read_number(r, key, 0, 100000, &fl->configured);
    if (strcmp(key, "low") == 0)
        return read_number(r, key, 0, 100000, &fl->low);
    if (strcmp(key, "rate") == 0)
        return read_number(r, key, 1, 100000, &fl->rate);
    if (strcmp(key, "max_cpu_share") == 0)
        return read_number(r, key, 1, 100, &fl->cpu_percent);
    if (strcmp(key, "flavour") != 0)
        return config_wrong(
            r,
            "%.40s: unknown key (there are flavour, target, low, rate, max_cpu_share, "
            "and of chaos.yaml type, memory, vcpus, vifs, vbds, kernel, ramdisk and "
            "cmdline)",
            key);
    text = config_next(r) ? config_scalar(r) : NULL;
    if (!text)
        return false;
    if (!chaos_name_valid(text))
        return config_wrong(
            r,
            "flavour: \"%.80s\" is not a name (letters, digits, '.', '_' and '-', at "
            "most %d)",
            text, CHAOS_POOL_FLAVOUR_MAX);
    if (flavour_find(others, text))
        return config_wrong(r, "flavour: \"%s\" is given twice", text);
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
        return config_wrong(r, "flavour: is missing (give the flavour a name)");
    if (!chaos_config_memory_kib(fl->cfg))
        return config_wrong(r, "%s: memory: is missing (add memory: 512MiB)", fl->name);
    if (fl->low == UINT32_MAX)
        fl->low = fl->configured;
    if (fl->low > fl->configured)
        return config_wrong(r, "%s: low: is above target (%u)", fl->name, fl->configured);
    fl->target = fl->configured;
    if (chaos_pool_shape(fl->cfg, fl->shape) < 0)
        return config_wrong(r, "%s: has too many devices for a flavour", fl->name);
    return true;
}

static bool read_flavour(struct reader *r, struct settings *out, chaos_error *err)
{
    struct flavour *fl = calloc(1, sizeof(*fl)), **at = &out->flavours;
    yaml_event_t start = r->event;
    char key[64];

    if (!fl || !(fl->shape = calloc(1, sizeof(*fl->shape)))) {
        free(fl);
        return config_wrong(r, "out of memory");
    }
    fl->low = UINT32_MAX;
    fl->rate = 1000;
    fl->cpu_percent = 50;
    while (*at)
        at = &(*at)->next;
    *at = fl; /* freed with the settings, whatever comes */
    if (start.type != YAML_MAPPING_START_EVENT ||
        start.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE)
        return config_wrong(r, "not a flavour (write KEY: VALUE, one a line)");
    memset(r->shape, ' ', r->len);
    for (size_t i = 0; i < r->len; i++) {
        if (r->text[i] == '\n')
            r->shape[i] = '\n';
    }
    while (config_next(r) && r->event.type != YAML_MAPPING_END_EVENT) {
        const char *text = config_scalar(r);

        if (!text)
            return false;
        snprintf(key, sizeof(key), "%s", text);
        if (!flavour_key(r, fl, out->flavours, key))
            return false;
    }
    return !r->failed && finish(r, fl, err);
}

bool read_pools(struct reader *r, struct settings *out, chaos_error *err)
{
    if (!config_next(r))
        return false;
    if (r->event.type != YAML_SEQUENCE_START_EVENT)
        return config_wrong(r, "pools: is not a list (write \"- flavour: NAME\" for each)");
    while (config_next(r) && r->event.type != YAML_SEQUENCE_END_EVENT) {
        if (!read_flavour(r, out, err))
            return false;
    }
    return !r->failed;
}
