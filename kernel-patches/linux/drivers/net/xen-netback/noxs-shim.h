/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before netback's core: its XenBus device is the noxs device's own, and its rings are
 * mapped without XenStore.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include "common.h"
#include "../../xen/noxs/noxs.h"

#define xenvif_to_xenbus_device(vif) ((vif)->be->dev)
#define xenbus_map_ring_valloc	     noxs_ring_map
#define xenbus_unmap_ring_vfree	     noxs_ring_unmap
