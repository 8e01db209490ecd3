/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YAML to configuration. The language accepted is what a VM needs: one document, one mapping of
 * known keys, no anchors, aliases or tags. So nothing here grows beyond the file's own size.
 */
#include "config_reader.h"

#include "cpus.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

static int read_cpu_list(struct reader *r)
{
    struct cpu_list list = {0};
    yaml_mark_t start = r->event.start_mark;
    int rc;

    for (;;) {
        const char *text;

        rc = reader_next(r);
        if (rc < 0)
            return rc;
        if (r->event.type == YAML_SEQUENCE_END_EVENT)
            break;
        rc = reader_scalar(r, &text);
        if (rc < 0)
            return rc;
        rc = cpus_add(&list, text, r->err);
        if (rc < 0)
            return reader_blame(r, rc);
    }
    rc = cpus_finish(&list, r->cfg->cpus, r->err);
    if (rc < 0)
        return reader_blame_at(r, start.line, start.column, rc);
    r->cfg->pinned = !cpus_all(r->cfg->cpus);
    return 0;
}

/* Looks at a key; takes its value. */
static int read_pair(struct reader *r, enum config_key key)
{
    struct config_where *where = &r->cfg->where[key];
    const char *text;
    int rc;

    r->key = config_key_name(key);
    if (where->line)
        return reader_wrong(r, "given twice (first in line %u)", where->line);
    rc = reader_next(r);
    if (rc < 0)
        return rc;
    where->line = (unsigned int)r->event.start_mark.line + 1;
    where->column = (unsigned int)r->event.start_mark.column + 1;
    if (key == KEY_CPUS && r->event.type == YAML_SEQUENCE_START_EVENT)
        return read_cpu_list(r);
    rc = reader_scalar(r, &text);
    if (rc < 0)
        return rc;
    rc = config_key_set(r->cfg, key, r->base, text, r->err);
    return rc < 0 ? reader_blame(r, rc) : 0;
}

/* Looks for the next key of a mapping, whose full name `name` becomes; 0 at the mapping's end. */
static int next_key(struct reader *r, const char *parent, char *name, size_t size)
{
    const char *text;
    int rc;

    r->key = *parent ? "console" : NULL;
    rc = reader_next(r);
    if (rc < 0)
        return rc;
    if (r->event.type == YAML_MAPPING_END_EVENT)
        return 0;
    if (r->event.type != YAML_SCALAR_EVENT)
        return reader_wrong(r, "a key is not a word (write KEY: VALUE)");
    text = (const char *)r->event.data.scalar.value;
    /* A name cut short is as unknown as the long one; so is one that a NUL ends. */
    snprintf(name, size, "%s%s%s", parent, text,
             strlen(text) == r->event.data.scalar.length ? "" : "\\0");
    return 1;
}

static int unknown(struct reader *r, const char *name)
{
    int rc = config_key_unknown(name, r->err);

    if (rc != -ENOMEM)
        error_prefix(r->err, rc, "%s", *name ? SHOW(name) : "\"\"");
    r->key = NULL;
    return reader_blame(r, rc);
}

static int read_console(struct reader *r, struct config_where *seen)
{
    char name[TEXT_BUF];
    int rc;

    r->key = "console";
    if (seen->line)
        return reader_wrong(r, "given twice (first in line %u)", seen->line);
    seen->line = (unsigned int)r->event.start_mark.line + 1;
    rc = reader_next(r);
    if (rc < 0)
        return rc;
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return reader_wrong(r, "is not a mapping (write console: {log: FILE})");
    while ((rc = next_key(r, "console.", name, sizeof(name))) > 0) {
        enum config_key key = config_key_find(name);

        rc = key == CONFIG_KEYS ? unknown(r, name) : read_pair(r, key);
        if (rc < 0)
            break;
    }
    return rc;
}

static int read_list(struct reader *r, enum config_list list, struct config_where *seen)
{
    r->key = config_lists[list].name;
    if (seen->line)
        return reader_wrong(r, "given twice (first in line %u)", seen->line);
    seen->line = (unsigned int)r->event.start_mark.line + 1;
    return reader_list(r, list);
}

static int read_root(struct reader *r)
{
    struct config_where console = {0, 0}, lists[CONFIG_LISTS] = {{0, 0}};
    char name[TEXT_BUF];
    int rc;

    while ((rc = next_key(r, "", name, sizeof(name))) > 0) {
        enum config_key key = config_key_find(name);
        enum config_list list = config_list_find(name);

        if (!strcmp(name, "console"))
            rc = read_console(r, &console);
        else if (list != CONFIG_LISTS)
            rc = read_list(r, list, &lists[list]);
        else if (key == KEY_CONSOLE_LOG)
            rc = reader_wrong(r, "console.log: is written console: {log: FILE} in a file");
        else
            rc = key == CONFIG_KEYS ? unknown(r, name) : read_pair(r, key);
        if (rc < 0)
            break;
    }
    return rc;
}

static int read_stream(struct reader *r)
{
    int rc = reader_next(r); /* the stream's start */

    if (!rc)
        rc = reader_next(r);
    if (!rc && r->event.type == YAML_DOCUMENT_START_EVENT)
        rc = reader_next(r);
    if (rc < 0)
        return rc;
    if (r->event.type == YAML_STREAM_END_EVENT ||
        (r->event.type == YAML_SCALAR_EVENT && !r->event.data.scalar.length))
        return reader_blame_at(r, 0, 0,
                               error_set(r->err, CHAOS_E_CONFIG, EINVAL,
                                         "no key in it (kernel and memory are needed)"));
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return reader_wrong(r, "not a mapping (write KEY: VALUE, one a line)");
    r->cfg->root.line = (unsigned int)r->event.start_mark.line + 1;
    r->cfg->root.column = (unsigned int)r->event.start_mark.column + 1;
    rc = read_root(r);
    r->key = NULL;
    if (!rc)
        rc = reader_next(r); /* the document's end */
    if (!rc)
        rc = reader_next(r);
    if (!rc && r->event.type != YAML_STREAM_END_EVENT)
        return reader_wrong(r, "a second document begins (write one VM a file)");
    return rc;
}

int config_read_yaml(const char *label, const char *base, const char *text, size_t len,
                     chaos_config **out, chaos_error *err)
{
    struct reader r = {.label = label, .base = base, .text = text, .len = len, .err = err};
    int rc;

    *out = NULL;
    if (len > CONFIG_MAX_BYTES)
        return error_set(err, CHAOS_E_CONFIG, EFBIG,
                         "%s: longer than 1 MiB, which no configuration is", label);
    if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
        r.text += 3;
        r.len -= 3;
    }
    rc = config_new(label, &r.cfg, err);
    if (rc < 0)
        return rc;
    if (!yaml_parser_initialize(&r.parser)) {
        chaos_config_free(r.cfg);
        return error_oom(err);
    }
    /* Without this a file that begins like UTF-16 would be read as such. */
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.text, r.len);
    rc = read_stream(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    if (rc < 0) {
        chaos_config_free(r.cfg);
        return rc;
    }
    *out = r.cfg;
    return 0;
}
