/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions of this bus that are in files of their own, as struct device_bus has them. */
#ifndef CHAOS_BUS_XENSTORE_H
#define CHAOS_BUS_XENSTORE_H

#include "devices/bus.h"

int xenstore_slots(struct device_host *host, const struct device_guest *guest,
                   struct device_slot *out, chaos_error *err);
int xenstore_plug(struct device_host *host, const struct device_guest *guest,
                  const struct config_vif *vif, const struct config_vbd *vbd, uint16_t index,
                  chaos_error *err);
int xenstore_unplug(struct device_host *host, const struct device_guest *guest,
                    enum device_kind kind, unsigned int index, unsigned int timeout_ms, bool force,
                    chaos_error *err);
int xenstore_list(struct device_host *host, const struct device_guest *guest,
                  struct chaos_device **out, size_t *count, chaos_error *err);
int xenstore_power(struct device_host *host, const struct device_guest *guest,
                   enum chaos_power what, unsigned int timeout_ms, int *answer, chaos_error *err);

void xenstore_clear(struct device_host *host, uint32_t domid);
void xenstore_remove_all(struct device_host *host, const struct device_guest *guest);
void xenstore_sweep(struct device_host *host, devices_alive_fn *alive, void *opaque);
/* Removes all that an earlier domain of this number left, and waits until its back ends are gone.
 * `vm`: the node that is about it alone (/vm/UUID), NULL: none known. */
int xenstore_remove_left(struct device_host *host, uint32_t domid, const char *vm,
                         chaos_error *err);

#endif
