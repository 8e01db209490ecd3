// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's devices: control page and event channel, and the way to the driver.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/events.h>

#include "front.h"

static const char *const type_names[] = {
	[NOXS_TYPE_CONTROL] = "control",
	[NOXS_TYPE_VIF] = "vif",
	[NOXS_TYPE_VBD] = "vbd",
};

void noxs_front_set_state(struct noxs_front *front, u32 state)
{
	struct noxs_half *half = noxs_half(front);

	if (state == NOXS_STATE_INITIALISING) {
		front->features = 0;
		half->features = 0;
		noxs_keys_reset(front);
	}
	front->xdev.state = state;
	virt_wmb();	/* publish the fields before the state */
	WRITE_ONCE(half->state, state);
	notify_remote_via_irq(front->irq);
}

static void noxs_front_tell(struct noxs_front *front)
{
	const struct noxs_half *back = front->page;
	struct device_driver *driver = front->xdev.dev.driver;
	u32 state = READ_ONCE(back->state);

	virt_rmb();	/* read the state before the fields it covers */
	if (front->probed && to_xenbus_driver(driver)->otherend_changed)
		to_xenbus_driver(driver)->otherend_changed(&front->xdev, state);
}

static void noxs_front_work(struct work_struct *work)
{
	struct noxs_front *front = container_of(work, struct noxs_front, work);

	mutex_lock(&front->lock);
	if (front->entry.type == NOXS_TYPE_CONTROL)
		noxs_power_event(front);
	else
		noxs_front_tell(front);
	mutex_unlock(&front->lock);
	wake_up_all(&front->wait);
	xen_irq_lateeoi(front->irq, 0);
}

static irqreturn_t noxs_front_irq(int irq, void *data)
{
	struct noxs_front *front = data;

	schedule_work(&front->work);
	return IRQ_HANDLED;
}

static int noxs_bus_match(struct device *dev, struct device_driver *drv)
{
	const struct xenbus_device_id *id = to_xenbus_driver(drv)->ids;

	for (; *id->devicetype; id++)
		if (!strcmp(id->devicetype, to_xenbus_device(dev)->devicetype))
			return 1;
	return 0;
}

static int noxs_bus_probe(struct device *dev)
{
	struct noxs_front *front = to_noxs_front(dev);
	struct xenbus_driver *driver = to_xenbus_driver(dev->driver);
	const struct noxs_half *back = front->page;
	int rc;

	noxs_front_set_state(front, NOXS_STATE_INITIALISING);
	/* After an earlier driver the back end must start over; it refuses if it is being removed. */
	if (!wait_event_timeout(front->wait, READ_ONCE(back->state) == NOXS_STATE_INIT_WAIT ||
					     READ_ONCE(back->state) == NOXS_STATE_CLOSING, 5 * HZ) ||
	    READ_ONCE(back->state) == NOXS_STATE_CLOSING) {
		noxs_front_set_state(front, NOXS_STATE_CLOSED);
		return -ENODEV;
	}

	rc = driver->probe(&front->xdev, driver->ids);
	if (rc)
		return rc;

	mutex_lock(&front->lock);
	front->probed = true;
	mutex_unlock(&front->lock);
	schedule_work(&front->work);	/* the driver has not seen the state yet */
	return 0;
}

static void noxs_bus_remove(struct device *dev)
{
	struct noxs_front *front = to_noxs_front(dev);
	struct xenbus_driver *driver = to_xenbus_driver(dev->driver);

	if (driver->remove)
		driver->remove(&front->xdev);
	front->probed = false;
	noxs_front_set_state(front, NOXS_STATE_CLOSED);
}

struct bus_type noxs_bus = {
	.name = "noxs",
	.match = noxs_bus_match,
	.probe = noxs_bus_probe,
	.remove = noxs_bus_remove,
	.dev_groups = noxs_hints,
};

static int map_control_page(struct noxs_front *front)
{
	struct gnttab_map_grant_ref op;
	int rc = gnttab_alloc_pages(1, &front->frame);

	if (rc)
		return rc;

	gnttab_set_map_op(&op, (unsigned long)page_address(front->frame), GNTMAP_host_map,
			  front->entry.grant, front->entry.backend_domid);
	rc = gnttab_map_refs(&op, NULL, &front->frame, 1);
	if (!rc && op.status != GNTST_okay)
		rc = -ENOENT;
	if (rc) {
		gnttab_free_pages(1, &front->frame);
		return rc;
	}

	front->handle = op.handle;
	front->page = page_address(front->frame);
	return 0;
}

static void unmap_control_page(struct noxs_front *front)
{
	struct gnttab_unmap_grant_ref op;

	gnttab_set_unmap_op(&op, (unsigned long)front->page, GNTMAP_host_map, front->handle);
	if (!WARN_ON(gnttab_unmap_refs(&op, NULL, &front->frame, 1)))
		gnttab_free_pages(1, &front->frame);
}

static void noxs_front_release(struct device *dev)
{
	kfree(to_noxs_front(dev));
}

static int noxs_front_open(struct noxs_front *front)
{
	int rc = map_control_page(front);

	if (rc)
		return rc;

	rc = bind_interdomain_evtchn_to_irqhandler_lateeoi(&front->xdev, front->entry.port,
							   noxs_front_irq, 0, "noxs", front);
	if (rc < 0) {
		unmap_control_page(front);
		return rc;
	}
	front->irq = rc;
	noxs_half(front)->version = NOXS_ABI_VERSION;
	return 0;
}

static void noxs_front_close(struct noxs_front *front)
{
	disable_irq(front->irq);
	cancel_work_sync(&front->work);
	unbind_from_irqhandler(front->irq, front);
	unmap_control_page(front);
}

struct noxs_front *noxs_front_make(const struct noxs_entry *entry)
{
	const char *type = entry->type < ARRAY_SIZE(type_names) ? type_names[entry->type] : NULL;
	struct noxs_front *front;
	int rc;

	if (!type)
		return ERR_PTR(-ENODEV);
	front = kzalloc(sizeof(*front), GFP_KERNEL);
	if (!front)
		return ERR_PTR(-ENOMEM);

	front->entry = *entry;
	snprintf(front->name, sizeof(front->name), "noxs/%s/%u", type, entry->index);
	snprintf(front->back_name, sizeof(front->back_name), "noxs/%s/%u/back", type, entry->index);
	mutex_init(&front->lock);
	init_waitqueue_head(&front->wait);
	INIT_WORK(&front->work, noxs_front_work);

	front->xdev.devicetype = type;
	front->xdev.nodename = front->name;
	front->xdev.otherend = front->back_name;
	front->xdev.otherend_id = entry->backend_domid;
	init_completion(&front->xdev.down);
	front->xdev.dev.bus = &noxs_bus;
	front->xdev.dev.release = noxs_front_release;
	device_initialize(&front->xdev.dev);
	rc = dev_set_name(&front->xdev.dev, "%s-%u", type, entry->index);
	if (rc)
		goto put;

	rc = noxs_front_open(front);
	if (rc)
		goto put;
	return front;

put:
	put_device(&front->xdev.dev);
	return ERR_PTR(rc);
}

/* Replaces device_unregister() in a driver, because the driver does not own the reference. */
void noxs_front_give_up(struct device *dev)
{
	device_del(dev);
}
EXPORT_SYMBOL_GPL(noxs_front_give_up);

/* The driver may have unregistered the device itself if it could not use it. */
void noxs_front_drop(struct noxs_front *front)
{
	if (device_is_registered(&front->xdev.dev))
		device_del(&front->xdev.dev);
	noxs_front_close(front);
}
