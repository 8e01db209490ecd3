/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/xl_items.h"

#include "base/error.h"
#include "base/util.h"

#include <stdio.h>
#include <string.h>

const char *xl_item_name(const struct xl_item *item, const char *key, char buf[XL_ITEM_NAME])
{
    snprintf(buf, XL_ITEM_NAME, *key ? "%s[%u].%s" : "%s[%u]", item->list, item->number, key);
    return buf;
}

int xl_item_begin(struct xl_item *item)
{
    chaos_config *cfg = item->x->cfg;
    int rc;

    item->index = *config_list_count(cfg, item->ours);
    if (item->index == config_lists[item->ours].max)
        return xl_item_wrong(item, "", "is too many (at most %u)", item->index);
    rc = config_list_append(cfg, item->ours, item->x->err);
    for (unsigned int key = 0; !rc && key < config_lists[item->ours].nr_keys; key++)
        config_item_where(cfg, item->ours, item->index)->keys[key] = item->where;
    return rc;
}

int xl_item_set(struct xl_item *item, unsigned int key, const char *text)
{
    chaos_config *cfg = item->x->cfg;
    int rc = config_item_set(cfg, item->ours, item->index, key, item->x->base, text, item->x->err);

    if (rc < 0)
        return xl_blame(item->x, item->where, XL_NAMED(item, config_lists[item->ours].keys[key]),
                        rc);
    config_item_where(cfg, item->ours, item->index)->keys[key] = item->where;
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

char *xl_item_token(char **text)
{
    char *start = *text, *end = start + strcspn(start, ",");

    *text = *end ? end + 1 : end;
    while (end > start && is_blank(end[-1]))
        end--;
    *end = '\0';
    while (is_blank(*start))
        start++;
    return start;
}

int xl_items(struct xl_reader *x, const struct xl_pair *pair, enum config_list ours,
             int (*read)(struct xl_item *item, char *text))
{
    struct xl_item item = {.x = x, .list = pair->name, .ours = ours};

    if (pair->value.kind != XL_LIST)
        return xl_wrong(x, pair->value.where, pair->name, "is not a list (write %s = [ \"...\" ])",
                        pair->name);
    for (; item.number < pair->value.nr; item.number++) {
        const struct xl_value *value = &pair->value.items[item.number];
        unsigned int before = *config_list_count(x->cfg, ours);
        cleanup_free char *copy = NULL;
        int rc;

        item.where = value->where;
        if (value->kind == XL_LIST)
            return xl_item_wrong(&item, "", "is a list (write it as text)");
        copy = strdup(value->text);
        if (!copy)
            return error_oom(x->err);
        rc = read(&item, copy);
        if (rc < 0)
            return rc;
        if (rc && *config_list_count(x->cfg, ours) > before)
            config_list_drop_last(x->cfg, ours);
    }
    return 0;
}
