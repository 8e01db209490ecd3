/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YAML to configuration. The language accepted is what a VM needs: one document, one mapping of
 * known keys, no anchors, aliases or tags. So nothing here grows beyond the file's own size.
 */
#include "config/config_reader.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static int read_cpu_list(struct config_reader *c)
{
    struct reader *r = &c->yaml;
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
        rc = config_cpus_add(c->cfg, text, r->err);
        if (rc < 0)
            return reader_blame(r, rc);
    }
    if (!c->cfg->nr_pins)
        return reader_blame_at(
            r, start.line, start.column,
            error_set(r->err, CHAOS_E_CONFIG, EINVAL, "is an empty list (leave it out)"));
    if (!c->cfg->pinned) /* all of them run anywhere */
        config_cpus_clear(c->cfg);
    return 0;
}

/* Reads the value of `key`; the current event is the key. */
static int read_pair(struct config_reader *c, enum config_key key)
{
    struct reader *r = &c->yaml;
    struct config_where *where = &c->cfg->where[key];
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
        return read_cpu_list(c);
    rc = reader_scalar(r, &text);
    if (rc < 0)
        return rc;
    rc = config_key_set(c->cfg, key, c->base, text, r->err);
    return rc < 0 ? reader_blame(r, rc) : 0;
}

static int unknown(struct reader *r, const char *name)
{
    int rc = config_key_unknown(name, r->err);

    if (rc != -ENOMEM)
        error_prefix(r->err, rc, "%s", *name ? SHOW(name) : "\"\"");
    r->key = NULL;
    return reader_blame(r, rc);
}

static int read_console(struct config_reader *c, struct config_where *seen)
{
    struct reader *r = &c->yaml;
    char name[TEXT_BUF];
    int rc;

    r->key = "console";
    if (seen->line)
        return reader_wrong(r, "given twice (first in line %u)", seen->line);
    seen->line = (unsigned int)r->event.start_mark.line + 1;
    rc = reader_next(r);
    if (rc < 0)
        return rc;
    if (reader_is_null(r)) /* written by a template that has nothing to put there */
        return 0;
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return reader_wrong(r, "is not a mapping (write console: {log: FILE})");
    while (r->key = "console", (rc = reader_key(r, "console.", name, sizeof(name))) > 0) {
        enum config_key key = config_key_find(name);

        rc = key == CONFIG_KEYS ? unknown(r, name) : read_pair(c, key);
        if (rc < 0)
            break;
    }
    return rc;
}

static int read_list(struct config_reader *c, enum config_list list, struct config_where *seen)
{
    struct reader *r = &c->yaml;

    r->key = config_lists[list].name;
    if (seen->line)
        return reader_wrong(r, "given twice (first in line %u)", seen->line);
    seen->line = (unsigned int)r->event.start_mark.line + 1;
    return config_reader_list(c, list);
}

static int read_root(struct config_reader *c)
{
    struct reader *r = &c->yaml;
    struct config_where console = {0, 0}, lists[CONFIG_LISTS] = {{0, 0}};
    char name[TEXT_BUF];
    int rc;

    while (r->key = NULL, (rc = reader_key(r, "", name, sizeof(name))) > 0) {
        enum config_key key = config_key_find(name);
        enum config_list list = config_list_find(name);

        if (!strcmp(name, "console"))
            rc = read_console(c, &console);
        else if (list != CONFIG_LISTS)
            rc = read_list(c, list, &lists[list]);
        else if (key != CONFIG_KEYS && key >= KEY_CONSOLE_LOG)
            rc = reader_wrong(r, "%s: is written console: {%s: %s} in a file", name,
                              name + strlen("console."), key == KEY_CONSOLE_LOG ? "FILE" : "VALUE");
        else
            rc = key == CONFIG_KEYS ? unknown(r, name) : read_pair(c, key);
        if (rc < 0)
            break;
    }
    return rc;
}

int config_read_yaml(const char *label, const char *base, const char *text, size_t len,
                     chaos_config **out, chaos_error *err)
{
    struct config_reader c = {.base = base};
    struct reader *r = &c.yaml;
    int rc;

    *out = NULL;
    rc = reader_open(r, label, text, len, err);
    if (rc < 0)
        return rc;
    rc = config_new(label, &c.cfg, err);
    if (!rc)
        rc = reader_begin(r, "kernel and memory are needed");
    if (!rc) {
        c.cfg->root.line = (unsigned int)r->event.start_mark.line + 1;
        c.cfg->root.column = (unsigned int)r->event.start_mark.column + 1;
        rc = read_root(&c);
    }
    if (!rc)
        rc = reader_end(r, "VM");
    reader_close(r);
    if (rc < 0) {
        chaos_config_free(c.cfg);
        return rc;
    }
    *out = c.cfg;
    return 0;
}
