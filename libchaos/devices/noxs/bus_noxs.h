/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions of this bus, as struct device_bus has them. */
#ifndef CHAOS_BUS_NOXS_H
#define CHAOS_BUS_NOXS_H

#include "devices/bus.h"

int noxs_slots(struct device_host *host, const struct device_guest *guest, struct device_slot *out,
               chaos_error *err);
/* One device; a vif, a vbd, or (both NULL) power control. */
int noxs_plug(struct device_host *host, const struct device_guest *guest,
              const struct config_vif *vif, const struct config_vbd *vbd, uint16_t index,
              chaos_error *err);
int noxs_remove_device(struct device_host *host, const struct device_guest *guest,
                       enum device_kind kind, unsigned int index, unsigned int timeout_ms,
                       bool force, chaos_error *err);
int noxs_list_devices(struct device_host *host, const struct device_guest *guest,
                      struct chaos_device **out, size_t *count, chaos_error *err);
int noxs_power_guest(struct device_host *host, const struct device_guest *guest,
                     enum chaos_power what, unsigned int timeout_ms, int *answer, chaos_error *err);

#endif
