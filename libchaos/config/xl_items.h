/* SPDX-License-Identifier: BSD-3-Clause */
/* The lists vif and disk of a file in xl's format. */
#ifndef CHAOS_XL_ITEMS_H
#define CHAOS_XL_ITEMS_H

#include "config/config_device.h"
#include "config/xl.h"

/* The item that is being read. */
struct xl_item {
    struct xl_reader *x;
    const char *list;    /* its name in the file */
    unsigned int number; /* in the file's list */
    struct config_where where;
    enum config_list ours;
    unsigned int index; /* in the configuration's list, which lacks those that are left out */
};

/* Reads each text of the list with `read`, which may write to it. If that returns 1, the item is
 * left out. */
int xl_items(struct xl_reader *x, const struct xl_pair *pair, enum config_list ours,
             int (*read)(struct xl_item *item, char *text));

/* Adds the item to the configuration, with all defaults. */
int xl_item_begin(struct xl_item *item);
int xl_item_set(struct xl_item *item, unsigned int key, const char *text);
/* Cuts the text before the next comma off, without the blanks around it, and moves *text. */
char *xl_item_token(char **text);

/* The name of one of the item's keys, for messages: "vif[0].mac". */
#define XL_ITEM_NAME 400
const char *xl_item_name(const struct xl_item *item, const char *key, char buf[XL_ITEM_NAME]);
#define XL_NAMED(item, key) xl_item_name(item, key, (char[XL_ITEM_NAME]){0})
#define xl_item_wrong(item, key, ...)                                                              \
    xl_wrong((item)->x, (item)->where, XL_NAMED(item, key), __VA_ARGS__)
#define xl_item_note(item, key, ...)                                                               \
    xl_note((item)->x, (item)->where, XL_NAMED(item, key), __VA_ARGS__)
#define xl_item_refuse(item, key, ...)                                                             \
    xl_refuse((item)->x, (item)->where, XL_NAMED(item, key), __VA_ARGS__)

#endif
