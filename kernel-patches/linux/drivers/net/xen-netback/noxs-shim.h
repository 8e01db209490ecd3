/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before netback's core: its XenBus device is the noxs device's own, its rings are mapped
 * without XenStore, and page frames for its queues are ready before they connect.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include "common.h"
#include "../../xen/noxs/noxs.h"

#define xenvif_to_xenbus_device(vif) ((vif)->be->dev)
#define xenbus_map_ring_valloc	     noxs_ring_map
#define xenbus_unmap_ring_vfree	     noxs_ring_unmap

/* spare.c */
#define gnttab_alloc_pages	     vif_alloc_pages
int vif_alloc_pages(int nr, struct page **pages);
int vif_spare_init(void);
void vif_spare_exit(void);
