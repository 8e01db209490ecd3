/* SPDX-License-Identifier: BSD-3-Clause */
/* The lists vifs: and vbds:, and one device as text; chaos.yaml(5) says what the keys mean. */
#ifndef CHAOS_CONFIG_DEVICE_H
#define CHAOS_CONFIG_DEVICE_H

#include "config/config.h"

enum config_list { LIST_VIFS, LIST_VBDS, CONFIG_LISTS };

struct config_list_form {
    const char *name, *example;
    const char *const *keys;
    unsigned int nr_keys, max;
};
extern const struct config_list_form config_lists[CONFIG_LISTS];

/* Finds a list by its name; CONFIG_LISTS if there is none. */
enum config_list config_list_find(const char *name);
/* How many items the list has. */
unsigned int *config_list_count(chaos_config *cfg, enum config_list list);
/* Appends an item with all defaults; there must be room. Fails only for want of memory. */
int config_list_append(chaos_config *cfg, enum config_list list, chaos_error *err);
/* Takes the last item away again; there must be one. */
void config_list_drop_last(chaos_config *cfg, enum config_list list);
void config_list_clear(chaos_config *cfg, enum config_list list);
struct config_item_where *config_item_where(chaos_config *cfg, enum config_list list,
                                            unsigned int index);

/* Finds a key of the list's items by its name; nr_keys if there is none. */
unsigned int config_item_key(enum config_list list, const char *name);
/* Says what is wrong with a name that config_item_key did not find. */
int config_item_unknown(enum config_list list, const char *name, chaos_error *err);
/* Sets one key of an item from text, as config_key_set does; NULL puts its default back. */
int config_item_set(chaos_config *cfg, enum config_list list, unsigned int index, unsigned int key,
                    const char *base, const char *text, chaos_error *err);
/* The canonical value of one key of an item; NULL if it has none. */
#define ITEM_BUF 40
const char *config_item_text(const chaos_config *cfg, enum config_list list, unsigned int index,
                             unsigned int key, char buf[ITEM_BUF]);

/* Does the work of chaos_config_set for "vifs", "vifs[0].mac" and the like. False if `name` does
 * not begin with a list's name; else *rc is the result, and a message begins with the name. */
bool config_list_assign(chaos_config *cfg, const char *name, const char *text, int *rc,
                        chaos_error *err);

/* One device from "KEY=VALUE,KEY=VALUE" (no value can hold a comma), checked. Relative targets
 * begin at the working directory. A vbd without a vdev has 0 there; the caller frees its target,
 * which is NULL on failure. */
int config_vif_parse_pairs(const char *text, struct config_vif *out, chaos_error *err);
int config_vbd_parse_pairs(const char *text, struct config_vbd *out, chaos_error *err);

/* The same for an item of one list. */
void config_vif_init(struct config_vif *vif);
int config_vif_set(struct config_vif *vif, enum config_vif_key key, const char *text,
                   chaos_error *err);
const char *config_vif_text(const struct config_vif *vif, enum config_vif_key key,
                            char buf[ITEM_BUF]);
int config_vbd_init(struct config_vbd *vbd, chaos_error *err);
int config_vbd_set(struct config_vbd *vbd, enum config_vbd_key key, const char *base,
                   const char *text, chaos_error *err);
const char *config_vbd_text(const struct config_vbd *vbd, enum config_vbd_key key,
                            char buf[ITEM_BUF]);

/* The n-th disk's number in Xen's vbd interface, and a number's name: xvda ... */
#define VDEV_NAME 8
uint32_t config_vdev(unsigned int n);
void config_vdev_name(uint32_t vdev, char out[VDEV_NAME]);

/* Whether two disks may be on the same file or device at the same time. */
bool config_disk_together(const struct config_vbd *a, const struct config_vbd *b);
/* Whether they are, by whatever path. */
bool config_disk_same(const struct config_vbd *a, const struct config_vbd *b);
/* Whether the target is there, of the right kind and size, and accessible. */
int config_disk_check(const struct config_vbd *vbd, chaos_error *err);
/* Whether the target's content can be a disk. `note` is what a person should hear of all the same,
 * or "". */
#define DISK_NOTE 512
int config_disk_look(const struct config_vbd *vbd, char note[DISK_NOTE], chaos_error *err);

/* Checks that the gateway goes with the address. The message does not name the key. */
int config_vif_check(const struct config_vif *vif, chaos_error *err);

/* Gives each vbd without a vdev of its own the first one that is free. */
void config_vbds_name(chaos_config *cfg);

#endif
