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
#include <xen/page.h>

#include "noxs.h"

/*
 * Counts the changes of all pages, so that no page has a generation twice and no two devices a
 * serial. It begins anywhere: guests may outlive this module.
 */
static u32 noxs_changes;	/* under noxs_table_lock */

/* What is copied into a guest; under noxs_table_lock. */
static struct noxs_page *noxs_page;

int noxs_announce_init(void)
{
	noxs_changes = get_random_u32();
	noxs_page = (void *)__get_free_page(GFP_KERNEL);

	return noxs_page ? 0 : -ENOMEM;
}

void noxs_announce_exit(void)
{
	free_page((unsigned long)noxs_page);
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
static int noxs_announce_all(struct noxs_announce *all, u32 nr, u32 *failed)
{
	u32 i, generation;
	int rc = 0;

	for (i = 1; i < nr; i++)
		if (all[i].domid != all[0].domid)
			return -EINVAL;

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

	for (i = 0; i < nr; i++)
		all[i].generation = generation;
	return rc;
}

int noxs_announce(struct noxs_announce *all, u32 nr, u32 *failed)
{
	int rc;

	mutex_lock(&noxs_table_lock);
	rc = noxs_announce_all(all, nr, failed);
	mutex_unlock(&noxs_table_lock);

	return rc;
}

static bool noxs_any_announced(u16 domid)
{
	struct noxs_device *dev;

	hash_for_each_possible(noxs_table, dev, node, domid)
		if (dev->domid == domid && announced(dev))
			return true;
	return false;
}

/* The page of a guest whose first entries these are, up to the last one; it does not run. */
static u32 noxs_fill_page(const struct noxs_announce *all, u32 nr)
{
	struct noxs_page *page = noxs_page;
	u32 i;

	memset(page, 0, offsetof(struct noxs_page, entry[nr]));
	page->magic = NOXS_PAGE_MAGIC;
	page->version = NOXS_ABI_VERSION;
	page->generation = all[0].generation;
	page->slots = nr;
	page->count = nr;
	page->domid = all[0].domid;
	for (i = 0; i < nr; i++)
		page->entry[all[i].slot] = all[i].entry;
	return offsetof(struct noxs_page, entry[nr]);
}

/* Mapping the page, for a few bytes, would take ten times as long. */
static int noxs_copy_page(u16 domid, grant_ref_t grant, u32 bytes)
{
	struct gnttab_copy copy = {
		.source.domid = DOMID_SELF,
		.source.u.gmfn = virt_to_gfn(noxs_page),
		.dest.domid = domid,
		.dest.u.ref = grant,
		.len = bytes,
		.flags = GNTCOPY_dest_gref,
	};

	gnttab_batch_copy(&copy, 1);
	return copy.status == GNTST_okay ? 0 : -EIO;
}

int noxs_announce_first(struct noxs_announce *all, u32 nr, u32 grant, u32 *failed)
{
	u32 i;
	int rc;

	mutex_lock(&noxs_table_lock);
	rc = noxs_any_announced(all[0].domid) ? -EEXIST : noxs_announce_all(all, nr, failed);
	if (!rc) {
		rc = noxs_copy_page(all[0].domid, grant, noxs_fill_page(all, nr));
		for (i = 0; rc && i < nr; i++)
			noxs_forget(&all[i]);
	}
	mutex_unlock(&noxs_table_lock);

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
