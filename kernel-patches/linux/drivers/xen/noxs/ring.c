// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping of a guest's ring pages. XenBus has the like, but tells XenStore of a bad reference,
 * and waits for ever where no XenStore runs.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "noxs.h"

struct noxs_ring {
	struct list_head node;	/* in noxs_device.rings, under its lock */
	struct page *page;
	grant_handle_t handle;
};

int noxs_ring_map(struct xenbus_device *xdev, grant_ref_t *gref, unsigned int nr, void **addr)
{
	struct noxs_device *dev = container_of(xdev, struct noxs_device, xdev);
	struct gnttab_map_grant_ref op;
	struct noxs_ring *ring;
	int rc;

	*addr = NULL;
	if (nr != 1)
		return -EINVAL;

	ring = kmalloc(sizeof(*ring), GFP_KERNEL);
	if (!ring)
		return -ENOMEM;

	rc = gnttab_alloc_pages(1, &ring->page);
	if (rc)
		goto free;

	gnttab_set_map_op(&op, (unsigned long)page_address(ring->page), GNTMAP_host_map, *gref,
			  dev->domid);
	rc = gnttab_map_refs(&op, NULL, &ring->page, 1);
	if (!rc && op.status != GNTST_okay)
		rc = -ENOENT;
	if (rc)
		goto free_page;

	ring->handle = op.handle;
	list_add(&ring->node, &dev->rings);
	*addr = page_address(ring->page);
	return 0;

free_page:
	gnttab_free_pages(1, &ring->page);
free:
	kfree(ring);
	return rc;
}
EXPORT_SYMBOL_GPL(noxs_ring_map);

int noxs_ring_unmap(struct xenbus_device *xdev, void *addr)
{
	struct noxs_device *dev = container_of(xdev, struct noxs_device, xdev);
	struct gnttab_unmap_grant_ref op;
	struct noxs_ring *ring;

	list_for_each_entry(ring, &dev->rings, node) {
		if (page_address(ring->page) != addr)
			continue;
		list_del(&ring->node);
		gnttab_set_unmap_op(&op, (unsigned long)addr, GNTMAP_host_map, ring->handle);
		/* A page that stays mapped must not be reused: leaking it is better than sharing it. */
		if (WARN_ON(gnttab_unmap_refs(&op, NULL, &ring->page, 1)))
			return -EIO;
		gnttab_free_pages(1, &ring->page);
		kfree(ring);
		return 0;
	}

	/* netback's core asks twice where a queue's second ring could not be mapped. */
	return -ENOENT;
}
EXPORT_SYMBOL_GPL(noxs_ring_unmap);
