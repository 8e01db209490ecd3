/* SPDX-License-Identifier: BSD-3-Clause */
/* vifs: and vbds: as lists of items with keys. */
#include "config/config_device.h"

#include "base/error.h"
#include "base/text.h"
#include "base/util.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define bad(err, ...) error_set(err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__)

static const char *const vif_keys[VIF_KEYS] = {"bridge", "mac", "ip", "gateway", "mtu", "rate"};
static const char *const vbd_keys[VBD_KEYS] = {"target", "vdev", "mode", "format"};

const struct config_list_form config_lists[CONFIG_LISTS] = {
    [LIST_VIFS] = {"vifs", "bridge: NAME", vif_keys, VIF_KEYS, CONFIG_MAX_VIFS},
    [LIST_VBDS] = {"vbds", "target: FILE", vbd_keys, VBD_KEYS, CONFIG_MAX_VBDS},
};

/* Names that other tools have for these keys. */
static const struct {
    enum config_list list;
    const char *other, *ours;
} synonyms[] = {
    {LIST_VIFS, "network", "bridge"}, {LIST_VIFS, "br", "bridge"},
    {LIST_VIFS, "macaddr", "mac"},    {LIST_VIFS, "address", "ip"},
    {LIST_VIFS, "ipv4", "ip"},        {LIST_VIFS, "netmask", "ip"},
    {LIST_VIFS, "gw", "gateway"},     {LIST_VBDS, "path", "target"},
    {LIST_VBDS, "file", "target"},    {LIST_VBDS, "source", "target"},
    {LIST_VBDS, "access", "mode"},    {LIST_VBDS, "readonly", "mode"},
    {LIST_VBDS, "dev", "vdev"},       {LIST_VBDS, "name", "vdev"},
};

enum config_list config_list_find(const char *name)
{
    unsigned int list = 0;

    while (list < CONFIG_LISTS && strcmp(name, config_lists[list].name))
        list++;
    return list;
}

unsigned int *config_list_count(chaos_config *cfg, enum config_list list)
{
    return list == LIST_VIFS ? &cfg->nr_vifs : &cfg->nr_vbds;
}

int config_list_append(chaos_config *cfg, enum config_list list, chaos_error *err)
{
    if (list == LIST_VIFS) {
        config_vif_init(&cfg->vifs[cfg->nr_vifs]);
    } else if (config_vbd_init(&cfg->vbds[cfg->nr_vbds], err) < 0) {
        return -ENOMEM;
    }
    (*config_list_count(cfg, list))++;
    config_vbds_name(cfg);
    config_changed(cfg);
    return 0;
}

void config_list_drop_last(chaos_config *cfg, enum config_list list)
{
    unsigned int last = --*config_list_count(cfg, list);

    if (list == LIST_VBDS)
        free(cfg->vbds[last].target);
    config_changed(cfg);
}

void config_list_clear(chaos_config *cfg, enum config_list list)
{
    while (*config_list_count(cfg, list))
        config_list_drop_last(cfg, list);
}

struct config_item_where *config_item_where(chaos_config *cfg, enum config_list list,
                                            unsigned int index)
{
    return list == LIST_VIFS ? &cfg->vifs[index].where : &cfg->vbds[index].where;
}

unsigned int config_item_key(enum config_list list, const char *name)
{
    const struct config_list_form *form = &config_lists[list];
    unsigned int key = 0;

    while (key < form->nr_keys && strcmp(name, form->keys[key]))
        key++;
    return key;
}

int config_item_unknown(enum config_list list, const char *name, chaos_error *err)
{
    const struct config_list_form *form = &config_lists[list];
    const char *guess = text_guess(name, form->keys, form->nr_keys);

    for (size_t i = 0; i < ARRAY_SIZE(synonyms); i++) {
        if (synonyms[i].list == list && !strcmp(name, synonyms[i].other))
            guess = synonyms[i].ours;
    }
    if (guess)
        return bad(err, "unknown key (did you mean %s?)", guess);
    return bad(err, "unknown key (there are %s)",
               list == LIST_VIFS ? "bridge, mac, ip, gateway, mtu and rate"
                                 : "target, vdev, mode and format");
}

int config_item_set(chaos_config *cfg, enum config_list list, unsigned int index, unsigned int key,
                    const char *base, const char *text, chaos_error *err)
{
    int rc = list == LIST_VIFS ? config_vif_set(&cfg->vifs[index], key, text, err)
                               : config_vbd_set(&cfg->vbds[index], key, base, text, err);

    if (rc < 0)
        return rc;
    config_item_where(cfg, list, index)->keys[key] = (struct config_where){0, 0};
    config_vbds_name(cfg);
    config_changed(cfg);
    return 0;
}

const char *config_item_text(const chaos_config *cfg, enum config_list list, unsigned int index,
                             unsigned int key, char buf[ITEM_BUF])
{
    return list == LIST_VIFS ? config_vif_text(&cfg->vifs[index], key, buf)
                             : config_vbd_text(&cfg->vbds[index], key, buf);
}

/* Sets a key of an item, or of a new item behind the last one. `name` is "[N].KEY". */
static int assign(chaos_config *cfg, enum config_list list, const char *name, const char *text,
                  chaos_error *err)
{
    const struct config_list_form *form = &config_lists[list];
    unsigned int count = *config_list_count(cfg, list), key;
    const char *p = name + 1;
    uint64_t index;
    int rc;

    if (*name != '[' || !text_number(&p, &index) || strncmp(p, "].", 2))
        return bad(err, "is not a key (try %s[0].%s=VALUE)", form->name, form->keys[0]);
    key = config_item_key(list, p + 2);
    if (key == form->nr_keys)
        return config_item_unknown(list, p + 2, err);
    if (index >= form->max)
        return bad(err, "is too many (at most %u)", form->max);
    if (index > count)
        return bad(err, "is not there, nor the next (which is %s[%u])", form->name, count);
    if (index == count) {
        rc = config_list_append(cfg, list, err);
        if (rc < 0)
            return rc;
    }
    rc = config_item_set(cfg, list, (unsigned int)index, key, NULL, text, err);
    if (rc < 0 && index == count)
        config_list_drop_last(cfg, list);
    return rc;
}

bool config_list_assign(chaos_config *cfg, const char *name, const char *text, int *rc,
                        chaos_error *err)
{
    enum config_list list = 0;
    size_t len = strcspn(name, "[.");

    while (list < CONFIG_LISTS &&
           (strlen(config_lists[list].name) != len || strncmp(name, config_lists[list].name, len)))
        list++;
    if (list == CONFIG_LISTS)
        return false;
    if (name[len]) {
        *rc = assign(cfg, list, name + len, *text ? text : NULL, err);
    } else if (*text) {
        *rc = bad(err, "is a list (set its items, as in %s[0].%s=VALUE)", name,
                  config_lists[list].keys[0]);
    } else {
        config_list_clear(cfg, list);
        *rc = 0;
    }
    if (*rc < 0 && *rc != -ENOMEM)
        error_prefix(err, *rc, "%s", SHOW(name));
    return true;
}
