/* SPDX-License-Identifier: BSD-3-Clause */
/* vifs: and vbds: lists of mappings. */
#include "config_reader.h"

#include <stdio.h>
#include <string.h>

#include "config_device.h"
#include "text.h"

/* Reads one KEY: VALUE of device `index`; `seen` has the keys that it was given so far. */
static int read_pair(struct reader *r, bool vif, unsigned int index, const char *const *keys,
                     unsigned int *seen)
{
    chaos_config *cfg = r->cfg;
    char key[TEXT_SHOWN], name[TEXT_BUF];
    const char *text;
    int rc;

    if (r->event.type != YAML_SCALAR_EVENT)
        return reader_wrong(r, "a key is not a word (write KEY: VALUE)");
    text = (const char *)r->event.data.scalar.value;
    snprintf(key, sizeof(key), "%s%s", text,
             strlen(text) == r->event.data.scalar.length ? "" : "\\0");
    snprintf(name, sizeof(name), "%s[%u].%s", vif ? "vifs" : "vbds", index, SHOW(key));
    r->key = name;
    for (unsigned int i = 0; keys[i]; i++) {
        if (strcmp(key, keys[i]) == 0 && *seen & 1U << i)
            return reader_wrong(r, "given twice");
        if (strcmp(key, keys[i]) == 0)
            *seen |= 1U << i;
    }
    rc = reader_next(r);
    if (rc == 0)
        rc = reader_scalar(r, &text);
    if (rc < 0)
        return rc;
    rc = vif ? config_vif_set(&cfg->vifs[index], key, text, r->err)
             : config_vbd_set(&cfg->vbds[index], r->base, key, text, r->err);
    rc = rc < 0 ? reader_blame(r, rc) : 0;
    r->key = NULL;
    return rc;
}

static int read_device(struct reader *r, bool vif, unsigned int index)
{
    yaml_mark_t start = r->event.start_mark;
    unsigned int seen = 0;
    char name[16];
    int rc;

    if (r->event.type != YAML_MAPPING_START_EVENT)
        return reader_wrong(r, "is not a list of mappings (write \"- %s\")",
                            vif ? "bridge: NAME" : "target: FILE");
    for (;;) {
        rc = reader_next(r);
        if (rc < 0)
            return rc;
        if (r->event.type == YAML_MAPPING_END_EVENT)
            break;
        rc = read_pair(r, vif, index, vif ? config_vif_keys : config_vbd_keys, &seen);
        if (rc < 0)
            return rc;
    }
    rc = vif ? config_vif_check(&r->cfg->vifs[index], r->err)
             : config_vbd_check(&r->cfg->vbds[index], r->err);
    snprintf(name, sizeof(name), "%s[%u]", vif ? "vifs" : "vbds", index);
    r->key = name;
    rc = rc < 0 ? reader_blame_at(r, start.line, start.column, rc) : 0;
    r->key = NULL;
    return rc;
}

int config_read_devices(struct reader *r, bool vif)
{
    unsigned int *nr = vif ? &r->cfg->nr_vifs : &r->cfg->nr_vbds, at;
    const char *list = vif ? "vifs" : "vbds";
    yaml_mark_t start;
    int rc;

    r->key = list;
    rc = reader_next(r);
    if (rc < 0)
        return rc;
    start = r->event.start_mark;
    if (r->event.type != YAML_SEQUENCE_START_EVENT)
        return reader_wrong(r, "is not a list (write \"- %s\", one a device)",
                            vif ? "bridge: NAME" : "target: FILE");
    for (;;) {
        rc = reader_next(r);
        if (rc < 0)
            return rc;
        if (r->event.type == YAML_SEQUENCE_END_EVENT)
            break;
        r->key = list;
        if (*nr == (vif ? CONFIG_MAX_VIFS : CONFIG_MAX_VBDS))
            return reader_wrong(r, "more than %d", *nr);
        if (vif)
            config_vif_init(&r->cfg->vifs[*nr]);
        (*nr)++; /* from here on chaos_config_free sees to it */
        rc = read_device(r, vif, *nr - 1);
        if (rc < 0)
            return rc;
    }
    r->key = list;
    rc = vif ? 0 : config_vbds_finish(r->cfg, &at, r->err);
    rc = rc < 0 ? reader_blame_at(r, start.line, start.column, rc) : 0;
    r->key = NULL;
    return rc;
}
