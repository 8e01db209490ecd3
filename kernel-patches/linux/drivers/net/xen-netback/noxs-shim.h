/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before netback's core: its XenBus device is the noxs device's own, its rings are mapped
 * without XenStore, and page frames for its queues are ready before they connect.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include "common.h"
#include "../../xen/noxs/noxs.h"
#include "../../xen/noxs/alias.h"

#define xenvif_to_xenbus_device(vif) ((vif)->be->dev)
#define xenbus_map_ring_valloc	     noxs_ring_map
#define xenbus_unmap_ring_vfree	     noxs_ring_unmap

/*
 * The core changes a vif's list of multicast addresses from each queue's own context, without a lock. So the list of a
 * vif with several queues takes no address: it is full. (The only user, xenvif_mcast_add(), has `vif` in scope.)
 */
#undef XEN_NETBK_MCAST_MAX
#define XEN_NETBK_MCAST_MAX ((vif)->num_queues > 1 ? (vif)->fe_mcast_count : NOXS_VIF_MCAST_MAX)
#define NOXS_VIF_MCAST_MAX  64U

/* spare.c */
#define gnttab_alloc_pages	     vif_alloc_pages
int vif_alloc_pages(int nr, struct page **pages);
int vif_spare_init(void);
void vif_spare_exit(void);
