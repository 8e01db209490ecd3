/* SPDX-License-Identifier: BSD-3-Clause */
/* vifs: and vbds: in YAML: lists of mappings. */
#include "config/config_reader.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static struct config_where here(const struct reader *r)
{
    return (struct config_where){(unsigned int)r->event.start_mark.line + 1,
                                 (unsigned int)r->event.start_mark.column + 1};
}

/* Reads a value of an item; the current event is its key. Bit n of *seen: key n was given. */
static int read_pair(struct config_reader *c, enum config_list list, unsigned int index,
                     unsigned int *seen)
{
    struct reader *r = &c->yaml;
    struct config_where *where, value;
    const char *text;
    unsigned int key;
    int rc;

    if (r->event.type != YAML_SCALAR_EVENT)
        return reader_wrong(r, "a key is not a word (write KEY: VALUE)");
    text = (const char *)r->event.data.scalar.value;
    snprintf(c->pair, sizeof(c->pair), "%s.%s", c->item, *text ? SHOW(text) : "\"\"");
    r->key = c->pair;
    if (strlen(text) != r->event.data.scalar.length)
        return reader_wrong(r, "a key holds a NUL");
    key = config_item_key(list, text);
    if (key == config_lists[list].nr_keys)
        return reader_blame(r, config_item_unknown(list, text, r->err));
    where = &config_item_where(c->cfg, list, index)->keys[key];
    if (*seen & 1U << key)
        return reader_wrong(r, "given twice (first in line %u)", where->line);
    rc = reader_next(r);
    if (!rc)
        rc = reader_scalar(r, &text);
    if (rc < 0)
        return rc;
    value = here(r);
    rc = config_item_set(c->cfg, list, index, key, c->base, text, r->err);
    *where = value;
    *seen |= 1U << key;
    return rc < 0 ? reader_blame(r, rc) : 0;
}

/* Reads an item; the current event is its start. */
static int read_item(struct config_reader *c, enum config_list list)
{
    struct reader *r = &c->yaml;
    unsigned int index = *config_list_count(c->cfg, list), seen = 0;
    int rc;

    if (index == config_lists[list].max)
        return reader_wrong(r, "is too long (at most %u items)", index);
    snprintf(c->item, sizeof(c->item), "%s[%u]", config_lists[list].name, index);
    r->key = c->item;
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return reader_wrong(r, "is not a mapping (write - %s)", config_lists[list].example);
    rc = config_list_append(c->cfg, list, r->err);
    if (rc < 0)
        return rc;
    for (unsigned int key = 0; key < config_lists[list].nr_keys; key++)
        config_item_where(c->cfg, list, index)->keys[key] = here(r);
    while (!(rc = reader_next(r)) && r->event.type != YAML_MAPPING_END_EVENT) {
        rc = read_pair(c, list, index, &seen);
        if (rc < 0)
            return rc;
        r->key = c->item;
    }
    return rc;
}

int config_reader_list(struct config_reader *c, enum config_list list)
{
    struct reader *r = &c->yaml;
    int rc;

    r->key = config_lists[list].name;
    rc = reader_next(r);
    if (rc < 0)
        return rc;
    if (reader_is_null(r)) /* written by a template for a VM that has none */
        return 0;
    if (r->event.type != YAML_SEQUENCE_START_EVENT)
        return reader_wrong(r, "is not a list (write - %s, one line or more for each)",
                            config_lists[list].example);
    while (!(rc = reader_next(r)) && r->event.type != YAML_SEQUENCE_END_EVENT) {
        rc = read_item(c, list);
        if (rc < 0)
            return rc;
        r->key = config_lists[list].name;
    }
    return rc;
}
