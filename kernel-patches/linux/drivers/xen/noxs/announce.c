// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries of device pages that lie in guests' own memory. The toolstack writes those pages and never
 * reads them back: what stands in them is kept here, with each device, and ends with it.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/hashtable.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "noxs.h"

/*
 * Counts the changes of all pages, so that no page has a generation twice and no two devices a
 * serial. It begins anywhere: guests may outlive this module.
 */
static u32 noxs_changes;	/* under noxs_table_lock */

void noxs_announce_init(void)
{
	noxs_changes = get_random_u32();
}

static u32 noxs_change(void)
{
	return ++noxs_changes * 2;
}

static bool announced(const struct noxs_device *dev)
{
	return dev->entry.type != NOXS_TYPE_NONE;
}

/* The lowest slot that no entry of the domain has. */
static int noxs_free_slot(u16 domid)
{
	u64 used = 0;	/* a bit a slot */
	struct noxs_device *dev;

	BUILD_BUG_ON(NOXS_MAX_DEVICES > 63);
	hash_for_each_possible(noxs_table, dev, node, domid)
		if (dev->domid == domid && announced(dev))
			used |= 1ULL << dev->slot;
	used = ~used & ((1ULL << NOXS_MAX_DEVICES) - 1);
	return used ? __ffs64(used) : -ENOSPC;
}

static struct noxs_device *noxs_ready(const struct noxs_announce *a)
{
	struct noxs_device *dev = noxs_find(a->domid, a->entry.type, a->entry.index);

	return dev && dev->ready ? dev : NULL;
}

static int noxs_announce_one(struct noxs_announce *a)
{
	struct noxs_device *dev = noxs_ready(a);
	int slot;

	if (!dev)
		return -ENOENT;
	if (announced(dev))
		return -EEXIST;
	slot = noxs_free_slot(a->domid);
	if (slot < 0)
		return slot;

	dev->slot = slot;
	dev->entry = (struct noxs_entry) {
		.type = dev->type,
		.index = dev->index,
		.serial = ++noxs_changes,
		.grant = dev->gref,
		.port = dev->port,
	};
	memcpy(&dev->entry.u, &a->entry.u, sizeof(dev->entry.u));
	a->slot = slot;
	a->entry = dev->entry;
	return 0;
}

static void noxs_forget(const struct noxs_announce *a)
{
	noxs_ready(a)->entry.type = NOXS_TYPE_NONE;
}

/* Adds all entries or none; `failed` is set to the one that could not be added. */
int noxs_announce(struct noxs_announce *all, u32 nr, u32 *failed)
{
	u32 i, generation;
	int rc = 0;

	for (i = 1; i < nr; i++)
		if (all[i].domid != all[0].domid)
			return -EINVAL;

	mutex_lock(&noxs_table_lock);
	for (i = 0; i < nr; i++) {
		*failed = i;
		rc = noxs_announce_one(&all[i]);
		if (rc)
			break;
	}
	if (rc)
		while (i--)
			noxs_forget(&all[i]);
	generation = noxs_change();
	mutex_unlock(&noxs_table_lock);

	for (i = 0; i < nr; i++)
		all[i].generation = generation;
	return rc;
}

int noxs_retract(struct noxs_announce *a)
{
	struct noxs_device *dev;
	int rc = -ENOENT;

	mutex_lock(&noxs_table_lock);
	dev = noxs_ready(a);
	if (dev && announced(dev)) {
		a->slot = dev->slot;
		a->entry = dev->entry;
		a->generation = noxs_change();
		dev->entry.type = NOXS_TYPE_NONE;
		rc = 0;
	}
	mutex_unlock(&noxs_table_lock);
	return rc;
}
