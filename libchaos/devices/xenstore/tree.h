/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is in XenStore about a domain: just what guests, Dom0's back ends and `xl` look at. All of
 * these add requests to a batch.
 *
 * A child that Dom0 makes inherits its directory's permissions, so that these are set once a
 * directory, before anything is in it. A back end's `state` is written last: its driver does not
 * look at a device before.
 *
 * /libxl/DOMID/chaos is chaos' mark, with the domain's uuid: what is under a domid without it was
 * made by others. It is the first to come and the last to go.
 */
#ifndef CHAOS_XENSTORE_TREE_H
#define CHAOS_XENSTORE_TREE_H

#include "devices/bus.h"
#include "devices/xenstore/batch.h"

/* `state` of both ends of a device. */
enum {
    STORE_INITIALISING = 1,
    STORE_INIT_WAIT,
    STORE_INITIALISED,
    STORE_CONNECTED,
    STORE_CLOSING,
    STORE_CLOSED
};

/* The mark, and the directories that devices go into. */
void tree_begin(struct store_batch *batch, const struct device_guest *guest);
/* All else that a domain has, its console and the way to xenstored included, but no name.
 * `by_chaosd`: chaosd is going to serve the console, else xenconsoled may. */
void tree_domain(struct store_batch *batch, const struct device_guest *guest,
                 const chaos_config *cfg, bool by_chaosd);
/* The domain's name; what it is written into was made by tree_domain. `xl` looks for the first one,
 * old programs for the second. */
void tree_name(struct store_batch *batch, const struct device_guest *guest);
void tree_vm_name(struct store_batch *batch, const struct device_guest *guest);
/* An interface; without `mac` the address comes later, at both ends. */
void tree_vif(struct store_batch *batch, uint32_t domid, unsigned int index,
              const struct config_vif *vif, const uint8_t *mac);
void tree_front_mac(struct store_batch *batch, uint32_t domid, unsigned int index,
                    const uint8_t mac[6]);
void tree_back_mac(struct store_batch *batch, uint32_t domid, unsigned int index,
                   const uint8_t mac[6]);
void tree_vbd(struct store_batch *batch, uint32_t domid, const struct config_vbd *vbd, dev_t rdev);
/* The list of the domain's disks (disks.h). */
void tree_disks(struct store_batch *batch, uint32_t domid, const char *list);

/* Removes one device. */
void tree_remove_device(struct store_batch *batch, uint32_t domid, enum device_kind kind,
                        uint32_t id);
/* Removes what is about the domain, but for the mark; and, when its back ends are gone, the rest.
 */
void tree_remove(struct store_batch *batch, uint32_t domid, const uint8_t uuid[16]);
void tree_remove_last(struct store_batch *batch, uint32_t domid);

#endif
