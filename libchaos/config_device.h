/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of one vif and one vbd; chaos.yaml(5) says what they mean. */
#ifndef CHAOS_CONFIG_DEVICE_H
#define CHAOS_CONFIG_DEVICE_H

#include "config.h"

/* Room for a value as text. */
#define DEVICE_TEXT 64

void config_vif_init(struct config_vif *vif);

/* Sets one key from text; an unknown one fails with a hint. Messages name neither key nor place. */
int config_vif_set(struct config_vif *vif, const char *key, const char *text, chaos_error *err);
/* Relative targets begin at `base` (see config_path). */
int config_vbd_set(struct config_vbd *vbd, const char *base, const char *key, const char *text,
                   chaos_error *err);
/* What one key alone cannot show. Messages begin with the key. */
int config_vif_check(const struct config_vif *vif, chaos_error *err);
int config_vbd_check(const struct config_vbd *vbd, chaos_error *err);

/* The whole of one device from "KEY=VALUE,KEY=VALUE". A vbd without vdev has 0 there; the caller
 * frees its target. */
int config_vif_parse_pairs(const char *text, struct config_vif *out, chaos_error *err);
int config_vbd_parse_pairs(const char *text, struct config_vbd *out, chaos_error *err);

/* Canonical text of the value of each key; "" where it is not given. */
extern const char *const config_vif_keys[], *const config_vbd_keys[]; /* NULL at the end */
void config_vif_text(const struct config_vif *vif, const char *key, char out[DEVICE_TEXT]);
void config_vbd_text(const struct config_vbd *vbd, const char *key, char out[DEVICE_TEXT]);

/* Gives each vbd without a vdev the next free one; fails where two have the same. */
int config_vbds_finish(chaos_config *cfg, unsigned int *at, chaos_error *err);

#endif
