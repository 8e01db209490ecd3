// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grants that a guest still maps when its device goes: their pages are freed when it let go, at
 * the latest with the guest's own end. The kernel's own list for that complains in the log.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "noxs.h"

#define GRAVE_PERIOD (HZ / 2)

struct noxs_grave {
	struct list_head node;
	grant_ref_t gref;
	void *page;
};

static void noxs_grave_work(struct work_struct *work);

static DEFINE_MUTEX(grave_lock);
static LIST_HEAD(graves);
static DECLARE_DELAYED_WORK(grave_work, noxs_grave_work);

static bool noxs_grave_free(grant_ref_t gref, void *page)
{
	if (!gnttab_try_end_foreign_access(gref))
		return false;
	free_page((unsigned long)page);
	return true;
}

static void noxs_grave_work(struct work_struct *work)
{
	struct noxs_grave *grave, *next;

	mutex_lock(&grave_lock);
	list_for_each_entry_safe(grave, next, &graves, node) {
		if (!noxs_grave_free(grave->gref, grave->page))
			continue;
		list_del(&grave->node);
		kfree(grave);
	}
	if (!list_empty(&graves))
		schedule_delayed_work(&grave_work, GRAVE_PERIOD);
	mutex_unlock(&grave_lock);
}

void noxs_grave_add(grant_ref_t gref, void *page)
{
	struct noxs_grave *grave;

	if (noxs_grave_free(gref, page))
		return;

	grave = kmalloc(sizeof(*grave), GFP_KERNEL | __GFP_NOFAIL);
	grave->gref = gref;
	grave->page = page;
	mutex_lock(&grave_lock);
	list_add_tail(&grave->node, &graves);
	mutex_unlock(&grave_lock);
	schedule_delayed_work(&grave_work, GRAVE_PERIOD);
}

/* A page that is still mapped is handed to the kernel's own deferred list. */
void noxs_grave_exit(void)
{
	struct noxs_grave *grave, *next;

	cancel_delayed_work_sync(&grave_work);
	list_for_each_entry_safe(grave, next, &graves, node) {
		gnttab_end_foreign_access(grave->gref, virt_to_page(grave->page));
		kfree(grave);
	}
}
