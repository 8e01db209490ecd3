/* SPDX-License-Identifier: BSD-3-Clause */
/* Where and how much the hypervisor runs a VM: cpus, cpu_weight, cpu_cap. */
#ifndef CHAOS_SCHEDULE_H
#define CHAOS_SCHEDULE_H

#include "build/guest.h"
#include "config/config.h"
#include "hv/hv.h"

/* True where something is to be done: most creations never touch the code. */
static inline bool schedule_any(const chaos_config *cfg)
{
    return cfg->pinned || cfg->cpu_weight || cfg->cpu_cap;
}

int schedule(struct hv *hv, const struct guest *guest, const chaos_config *cfg, chaos_error *err);

#endif
