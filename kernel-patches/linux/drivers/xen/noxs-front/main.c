// SPDX-License-Identifier: GPL-2.0-only
/*
 * noxs in a guest: from changes of the device page to devices that come and go.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/events.h>
#include <xen/xen.h>

#include "front.h"

static DEFINE_MUTEX(noxs_scan_lock);
static DEFINE_SPINLOCK(fronts_lock);	/* adds to the mutex where readers come without it */
static LIST_HEAD(fronts);
static evtchn_port_t port;	/* says that the device page changed; 0: Xen's VIRQ does */
static int irq = -1;

#define RETRY_DELAY (HZ / 10)

static bool same(const struct noxs_front *front, const struct noxs_entry *entry)
{
	return front->entry.serial == entry->serial && front->entry.type == entry->type &&
	       front->entry.index == entry->index;
}

static bool present(const struct noxs_front *front, const struct noxs_entry *entries,
		    unsigned int nr)
{
	while (nr--)
		if (same(front, &entries[nr]))
			return true;
	return false;
}

static bool known(const struct noxs_entry *entry)
{
	struct noxs_front *front;

	list_for_each_entry(front, &fronts, node)
		if (same(front, entry))
			return true;
	return false;
}

static void come(const struct noxs_entry *entry)
{
	struct noxs_front *front = noxs_front_make(entry);
	int rc = PTR_ERR_OR_ZERO(front);

	if (rc) {
		if (rc != -ENODEV)
			pr_warn("noxs: device %u/%u: error %d\n", entry->type, entry->index, rc);
		return;
	}
	spin_lock(&fronts_lock);
	list_add_tail(&front->node, &fronts);
	spin_unlock(&fronts_lock);
	if (entry->type == NOXS_TYPE_CONTROL)
		noxs_power_start(front);
	else if (device_add(&front->xdev.dev))
		pr_warn("noxs: %s: cannot be registered\n", front->name);
}

static void go(struct noxs_front *front)
{
	noxs_front_drop(front);
	spin_lock(&fronts_lock);
	list_del(&front->node);
	spin_unlock(&fronts_lock);
	put_device(&front->xdev.dev);
}

/*
 * The device that a driver names by `dir`: its own, so that it will stay. `rest` is what follows
 * the device's name.
 */
struct noxs_front *noxs_front_find(const char *dir, const char **rest)
{
	struct noxs_front *front, *found = NULL;

	spin_lock(&fronts_lock);
	list_for_each_entry(front, &fronts, node) {
		size_t len = strlen(front->name);

		if (strncmp(dir, front->name, len) || (dir[len] && dir[len] != '/'))
			continue;
		*rest = dir + len;
		found = front;
		break;
	}
	spin_unlock(&fronts_lock);

	return found;
}

static void scan(struct work_struct *work);
static DECLARE_DELAYED_WORK(scan_work, scan);

static void follow(const struct noxs_entry *entries, unsigned int nr)
{
	struct noxs_front *front, *next;
	unsigned int i;

	list_for_each_entry_safe(front, next, &fronts, node)
		if (!present(front, entries, nr))
			go(front);
	for (i = 0; i < nr; i++)
		if (entries[i].type != NOXS_TYPE_NONE && !known(&entries[i]))
			come(&entries[i]);
}

static void scan(struct work_struct *work)
{
	struct noxs_entry *entries = kcalloc(NOXS_MAX_DEVICES, sizeof(*entries), GFP_KERNEL);
	int nr;

	if (!entries)
		return;

	mutex_lock(&noxs_scan_lock);
	if (!noxs_page_map()) {
		nr = noxs_page_read(entries);
		if (nr >= 0)
			follow(entries, nr);
		else
			schedule_delayed_work(&scan_work, RETRY_DELAY);
	}
	mutex_unlock(&noxs_scan_lock);
	kfree(entries);
}

static irqreturn_t changed(int irq, void *data)
{
	mod_delayed_work(system_wq, &scan_work, 0);
	return IRQ_HANDLED;
}

int noxs_driver_register(struct xenbus_driver *driver, struct module *owner, const char *name)
{
	driver->driver.name = driver->name ?: driver->ids[0].devicetype;
	driver->driver.bus = &noxs_bus;
	driver->driver.owner = owner;
	driver->driver.mod_name = name;
	return driver_register(&driver->driver);
}
EXPORT_SYMBOL_GPL(noxs_driver_register);

void noxs_driver_unregister(struct xenbus_driver *driver)
{
	driver_unregister(&driver->driver);
}
EXPORT_SYMBOL_GPL(noxs_driver_unregister);

static int bind(void)
{
	if (port)
		return bind_evtchn_to_irqhandler(port, changed, 0, "noxs", &fronts);
	return bind_virq_to_irqhandler(NOXS_VIRQ, 0, changed, 0, "noxs", &fronts);
}

/* A port that the toolstack gave stays bound, or the next load of this module would find it closed. */
static void unbind(void)
{
	if (port)
		free_irq(irq, &fronts);
	else
		unbind_from_irqhandler(irq, &fronts);
}

static int __init noxs_front_init(void)
{
	int rc;

	if (!xen_domain() || xen_initial_domain())
		return -ENODEV;
	rc = noxs_page_find(&port);
	if (rc)
		return rc;

	rc = bus_register(&noxs_bus);
	if (rc)
		goto forget;

	irq = bind();
	if (irq < 0) {
		rc = irq;
		bus_unregister(&noxs_bus);
		goto forget;
	}
	noxs_power_init();
	schedule_delayed_work(&scan_work, 0);
	return 0;

forget:
	noxs_own_forget();
	return rc;
}
module_init(noxs_front_init);

static void __exit noxs_front_exit(void)
{
	struct noxs_front *front, *next;

	noxs_power_exit();
	unbind();
	cancel_delayed_work_sync(&scan_work);
	list_for_each_entry_safe(front, next, &fronts, node)
		go(front);
	noxs_page_unmap();
	noxs_own_forget();
	bus_unregister(&noxs_bus);
}
module_exit(noxs_front_exit);

MODULE_DESCRIPTION("Devices of a Xen guest without XenStore");
MODULE_LICENSE("GPL");
