/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The flavours of chaosd.yaml. A shell is described with keys of chaos.yaml, and they are read by
 * the reader of chaos.yaml: it is given the file with everything else blanked out, so that its
 * messages name the right line and column.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/pool/flavour.h"
#include "daemon/settings/settings_read.h"

#define NO_MEMORY_KEY "memory: is missing (add memory: 512MiB)"

/* One flavour as it is read. */
struct flavour_text {
    struct flavour *flavour;
    const struct flavour *others;
    char *shape; /* the file's text, all blanks but for this flavour's shape */
    bool shaped; /* it is not all blanks */
};

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
static int read_shape(struct reader *r, const struct setting *s, void *to)
{
    struct flavour_text *text = to;
    size_t start = byte_at(r, r->event.start_mark.index), end;
    int depth = 0, rc;

    do {
        rc = reader_next(r);
        if (rc < 0)
            return rc;
        if (r->event.type == YAML_MAPPING_START_EVENT || r->event.type == YAML_SEQUENCE_START_EVENT)
            depth++;
        else if (r->event.type == YAML_MAPPING_END_EVENT ||
                 r->event.type == YAML_SEQUENCE_END_EVENT)
            depth--;
    } while (depth > 0);
    end = byte_at(r, r->event.end_mark.index);
    memcpy(text->shape + start, r->text + start, end - start);
    text->shaped = true;
    return 0;
}

static int read_name(struct reader *r, const struct setting *s, void *to)
{
    const struct flavour_text *text = to;
    const char *name;
    int rc = read_text(r, &name);

    if (rc < 0)
        return rc;
    if (!chaos_name_valid(name))
        return reader_wrong(r,
                            "\"%s\" is not a name (letters, digits, '.', '_' and '-', at most %d)",
                            SHOW(name), CHAOS_POOL_FLAVOUR_MAX);
    for (const struct flavour *fl = text->others; fl; fl = fl->next) {
        if (strcmp(fl->name, name) == 0)
            return reader_wrong(r, "\"%s\" is another flavour's name already", name);
    }
    snprintf(text->flavour->name, sizeof(text->flavour->name), "%s", name);
    return 0;
}

/* A number of the flavour itself. */
static int read_count(struct reader *r, const struct setting *s, void *to)
{
    return read_number(r, s, ((const struct flavour_text *)to)->flavour);
}

static const struct setting keys[] = {
    {"flavour", read_name, .offset = 0},
    {"target", read_count, offsetof(struct flavour, configured), FROM_TO(0, 100000)},
    {"low", read_count, offsetof(struct flavour, low), FROM_TO(0, 100000)},
    {"rate", read_count, offsetof(struct flavour, rate), FROM_TO(1, 100000)},
    {"max_cpu_share", read_count, offsetof(struct flavour, cpu_percent), FROM_TO(1, 100)},
    {"type", read_shape, .offset = 0},
    {"memory", read_shape, .offset = 0},
    {"vcpus", read_shape, .offset = 0},
    {"vifs", read_shape, .offset = 0},
    {"vbds", read_shape, .offset = 0},
    {"devices", read_shape, .offset = 0},
    {"kernel", read_shape, .offset = 0},
    {"ramdisk", read_shape, .offset = 0},
    {"cmdline", read_shape, .offset = 0},
};

/* Checks the flavour as a whole, at its end. */
static int finish(struct reader *r, const struct flavour_text *text)
{
    struct flavour *fl = text->flavour;
    int rc;

    if (!fl->name[0])
        return reader_wrong(r, "flavour: is missing (give the flavour a name)");
    if (!text->shaped)
        return reader_wrong(r, NO_MEMORY_KEY);
    rc = chaos_config_parse(r->label, text->shape, r->len, &fl->cfg, r->err);
    if (rc == 0 && chaos_config_kernel(fl->cfg)) {
        fl->warm = true;
        rc = chaos_config_check(fl->cfg, r->err);
    }
    if (rc < 0)
        return rc;
    if (!chaos_config_memory_kib(fl->cfg))
        return reader_wrong(r, NO_MEMORY_KEY);
    if (fl->low == UINT32_MAX)
        fl->low = fl->configured;
    if (fl->low > fl->configured)
        return reader_wrong(r, "low: is above target (%u)", fl->configured);
    if (chaos_pool_check(fl->cfg, fl->configured) < 0)
        return reader_wrong(r, "target: %u shells cannot write to the same disk (set its mode: ro)",
                            fl->configured);
    fl->target = fl->configured;
    if (chaos_pool_shape(fl->cfg, fl->shape) < 0)
        return reader_wrong(r, "has too many devices for a flavour");
    return 0;
}

static int read_one(struct reader *r, struct flavour_text *text)
{
    yaml_mark_t start = r->event.start_mark;
    char parent[CHAOS_POOL_FLAVOUR_MAX + 16];
    int rc;

    if (r->event.type != YAML_MAPPING_START_EVENT ||
        r->event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE)
        return reader_wrong(r, "is not a flavour (write KEY: VALUE, one a line)");
    memset(text->shape, ' ', r->len);
    for (size_t i = 0; i < r->len; i++) {
        if (r->text[i] == '\n')
            text->shape[i] = '\n';
    }
    rc = read_settings(r, "pools", keys, ARRAY_SIZE(keys), text);
    if (rc < 0)
        return rc;
    snprintf(parent, sizeof(parent), "pools.%s", text->flavour->name);
    r->key = text->flavour->name[0] ? parent : "pools";
    r->event.start_mark = start; /* which messages about the whole flavour name */
    rc = finish(r, text);
    r->key = "pools";
    return rc;
}

static struct flavour *new_flavour(void)
{
    struct flavour *fl = calloc(1, sizeof(*fl));

    if (!fl)
        return NULL;
    fl->shape = calloc(1, sizeof(*fl->shape));
    if (!fl->shape) {
        free(fl);
        return NULL;
    }
    fl->low = UINT32_MAX;
    fl->rate = 1000;
    fl->cpu_percent = 50;
    return fl;
}

int read_pools(struct reader *r, const struct setting *s, void *to)
{
    struct flavour **list = (void *)((char *)to + s->offset), **at = list;
    cleanup_free char *shape = malloc(r->len + 1);
    unsigned int count = 0;
    int rc = shape ? reader_next(r) : error_oom(r->err);

    if (rc < 0)
        return rc;
    if (r->event.type != YAML_SEQUENCE_START_EVENT)
        return reader_wrong(r, "is not a list (write \"- flavour: NAME\" for each)");
    while ((rc = reader_next(r)) == 0 && r->event.type != YAML_SEQUENCE_END_EVENT) {
        struct flavour *fl;

        if (++count > FLAVOURS_MAX)
            return reader_wrong(r, "are too many (at most %d flavours)", FLAVOURS_MAX);
        fl = new_flavour();
        if (!fl)
            return error_oom(r->err);
        rc = read_one(r, &(struct flavour_text){fl, *list, shape, false});
        *at = fl; /* freed with the settings, whatever comes */
        at = &fl->next;
        if (rc < 0)
            break;
    }
    return rc;
}
