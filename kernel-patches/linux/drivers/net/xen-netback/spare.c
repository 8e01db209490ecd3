// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page frames for the next queues, ready before they connect.
 *
 * A queue takes MAX_PENDING_REQS frames that guests' pages are mapped at. The kernel adds such
 * frames by the memory section, 32768 of them: for each 128th queue it waits for RCU and then
 * builds page tables, one hypercall an entry, and nobody else gets the CPU meanwhile. Here that
 * is done ahead, when the CPU has nothing else to do.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/kthread.h>
#include <linux/sched/stat.h>
#include <linux/slab.h>

/* Exported; declared where modules cannot see it, in kernel/rcu/rcu.h. */
void rcu_expedite_gp(void);
void rcu_unexpedite_gp(void);

#undef gnttab_alloc_pages	/* the shim's */

/* Long enough for a guest that has just connected, and for its creator, to finish. */
#define SPARE_DELAY (HZ / 50)
/* How long to wait for an idle moment; if none comes, the pages are allocated anyway. */
#define SPARE_PATIENCE HZ

/* A kernel without such frames takes them from Dom0's own memory: not more than are in use. */
static unsigned int spare_queues = IS_ENABLED(CONFIG_XEN_UNPOPULATED_ALLOC) ? 64 : 0;
module_param(spare_queues, uint, 0444);
MODULE_PARM_DESC(spare_queues, "Queues whose page frames are ready before they connect (0: none)");

struct spare {
	struct list_head node;
	struct page *page[MAX_PENDING_REQS];
};

static DEFINE_SPINLOCK(spare_lock);
static LIST_HEAD(spares);
static unsigned int spare_nr;		/* how many are on the list */
static struct kthread_worker *spare_worker;

static struct spare *spare_get(void)
{
	struct spare *spare;

	spin_lock(&spare_lock);
	spare = list_first_entry_or_null(&spares, struct spare, node);
	if (spare) {
		list_del(&spare->node);
		spare_nr--;
	}
	spin_unlock(&spare_lock);

	return spare;
}

static void spare_put(struct spare *spare)
{
	spin_lock(&spare_lock);
	list_add(&spare->node, &spares);
	spare_nr++;
	spin_unlock(&spare_lock);
}

/* A low priority does not keep this work out of the way of other tasks, so it begins only in an idle moment. */
static void spare_wait_idle(unsigned long until)
{
	while (!single_task_running() && time_before(jiffies, until))
		schedule_timeout_idle(1);
}

/*
 * Where there is no memory for it, the next queue to connect has this tried again. RCU is to be
 * quick, or it ends a dozen ms later, in the midst of something else.
 */
static void spare_refill(struct kthread_work *work)
{
	unsigned long until = jiffies + SPARE_PATIENCE;

	rcu_expedite_gp();
	while (READ_ONCE(spare_nr) < spare_queues) {
		struct spare *spare = kmalloc(sizeof(*spare), GFP_KERNEL | __GFP_NOWARN);

		if (!spare)
			break;
		spare_wait_idle(until);
		if (gnttab_alloc_pages(MAX_PENDING_REQS, spare->page)) {
			kfree(spare);
			break;
		}
		spare_put(spare);
		cond_resched();
	}
	rcu_unexpedite_gp();
}

static DEFINE_KTHREAD_DELAYED_WORK(spare_work, spare_refill);

static void spare_want(void)
{
	if (READ_ONCE(spare_nr) * 2 <= spare_queues)
		kthread_queue_delayed_work(spare_worker, &spare_work, SPARE_DELAY);
}

/* Called by netback's core when it makes a queue; the core returns the pages to the kernel by itself. */
int vif_alloc_pages(int nr, struct page **pages)
{
	struct spare *spare;

	if (!spare_queues || nr != MAX_PENDING_REQS)
		return gnttab_alloc_pages(nr, pages);

	spare = spare_get();
	spare_want();
	if (!spare)
		return gnttab_alloc_pages(nr, pages);
	memcpy(pages, spare->page, sizeof(spare->page));
	kfree(spare);
	return 0;
}

int vif_spare_init(void)
{
	if (!spare_queues)
		return 0;

	spare_worker = kthread_create_worker(0, "noxs-spare");
	if (IS_ERR(spare_worker))
		return PTR_ERR(spare_worker);
	set_user_nice(spare_worker->task, MAX_NICE);
	spare_want();
	return 0;
}

void vif_spare_exit(void)
{
	struct spare *spare;

	if (!spare_queues)
		return;

	kthread_cancel_delayed_work_sync(&spare_work);
	kthread_destroy_worker(spare_worker);
	while ((spare = spare_get())) {
		gnttab_free_pages(MAX_PENDING_REQS, spare->page);
		kfree(spare);
	}
}
