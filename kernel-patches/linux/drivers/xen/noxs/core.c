// SPDX-License-Identifier: GPL-2.0-only
/*
 * noxs in Dom0: back-end devices from their making to their end.
 *
 * A device's event runs noxs_work() in process context, and the event channel is not armed again
 * before it is done: a guest that floods it gets no more than that, one run after the other.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/hashtable.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/events.h>
#include <xen/interface/event_channel.h>
#include <xen/page.h>
#include <xen/xen.h>
#include <asm/xen/hypercall.h>

#include "noxs.h"

DEFINE_MUTEX(noxs_table_lock);
DEFINE_HASHTABLE(noxs_table, NOXS_TABLE_BITS);
static const struct noxs_backend *noxs_backends[NOXS_TYPE_MAX + 1];
static struct workqueue_struct *noxs_wq;

int noxs_backend_register(const struct noxs_backend *ops)
{
	int rc = 0;

	mutex_lock(&noxs_table_lock);
	if (noxs_backends[ops->type])
		rc = -EBUSY;
	else
		noxs_backends[ops->type] = ops;
	mutex_unlock(&noxs_table_lock);

	return rc;
}
EXPORT_SYMBOL_GPL(noxs_backend_register);

/* Each device holds its back end's module, so none is left here. */
void noxs_backend_unregister(const struct noxs_backend *ops)
{
	mutex_lock(&noxs_table_lock);
	noxs_backends[ops->type] = NULL;
	mutex_unlock(&noxs_table_lock);
}
EXPORT_SYMBOL_GPL(noxs_backend_unregister);

void noxs_notify(struct noxs_device *dev)
{
	notify_remote_via_irq(dev->irq);
}
EXPORT_SYMBOL_GPL(noxs_notify);

static void noxs_set_state(struct noxs_device *dev, u32 state, int error)
{
	struct noxs_half *half = dev->page;

	dev->state = state;
	dev->error = -error;
	WRITE_ONCE(half->error, -error);
	virt_wmb();	/* publish the back end's fields before the state */
	WRITE_ONCE(half->state, state);
}

static void noxs_switch_state(struct noxs_device *dev, u32 state, int error)
{
	noxs_set_state(dev, state, error);
	noxs_notify(dev);
}

static void noxs_disconnect(struct noxs_device *dev)
{
	if (dev->connected)
		dev->ops->disconnect(dev);
	dev->connected = false;
}

static void noxs_front_changed(struct noxs_device *dev, u32 front)
{
	int rc;

	switch (front) {
	case NOXS_STATE_UNKNOWN:	/* nobody there yet */
	case NOXS_STATE_INIT_WAIT:	/* not a front end's state */
		break;
	case NOXS_STATE_INITIALISING:
		if (dev->closing || dev->state == NOXS_STATE_INIT_WAIT)
			break;
		noxs_disconnect(dev);
		noxs_switch_state(dev, NOXS_STATE_INIT_WAIT, 0);
		break;
	case NOXS_STATE_INITIALISED:
	case NOXS_STATE_CONNECTED:
		if (dev->state != NOXS_STATE_INIT_WAIT)
			break;
		rc = dev->ops->connect(dev);
		dev->connected = !rc;
		noxs_switch_state(dev, rc ? NOXS_STATE_CLOSED : NOXS_STATE_CONNECTED, rc);
		break;
	case NOXS_STATE_CLOSING:	/* the rings go on: there may be data to write back */
		if (dev->state != NOXS_STATE_CLOSING && dev->state != NOXS_STATE_CLOSED)
			noxs_switch_state(dev, NOXS_STATE_CLOSING, 0);
		break;
	default:
		if (dev->state == NOXS_STATE_CLOSED)
			break;
		noxs_disconnect(dev);
		noxs_switch_state(dev, NOXS_STATE_CLOSED,
				  front == NOXS_STATE_CLOSED ? 0 : -EINVAL);
		break;
	}
}

/* Finds out what the event announces. An event that announces nothing delays the next ones (Xen's lateeoi). */
static bool noxs_news(struct noxs_device *dev, u32 state)
{
	const struct noxs_control_front *control = noxs_front(dev);
	u32 sequence = dev->type == NOXS_TYPE_CONTROL ? noxs_read(control->sequence) : 0;
	bool news = state != dev->seen_state || sequence != dev->seen_sequence;

	dev->seen_state = state;
	dev->seen_sequence = sequence;
	return news;
}

static void noxs_work(struct work_struct *work)
{
	struct noxs_device *dev = container_of(work, struct noxs_device, work);
	const struct noxs_half *front = noxs_front(dev);
	u32 state = noxs_read(front->state);
	bool news;

	virt_rmb();	/* read the state before the fields it covers */
	mutex_lock(&dev->lock);
	news = noxs_news(dev, state);
	noxs_front_changed(dev, state);
	mutex_unlock(&dev->lock);
	wake_up_all(&dev->wait);
	xen_irq_lateeoi(dev->irq, news ? 0 : XEN_EOI_FLAG_SPURIOUS);
}

static irqreturn_t noxs_event(int irq, void *data)
{
	struct noxs_device *dev = data;

	queue_work(noxs_wq, &dev->work);
	return IRQ_HANDLED;
}

static int noxs_open_port(struct noxs_device *dev)
{
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = dev->domid };
	struct evtchn_close close;
	int rc;

	rc = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);
	if (rc)
		return rc;

	rc = bind_evtchn_to_irqhandler_lateeoi(alloc.port, noxs_event, 0, "noxs", dev);
	if (rc < 0) {
		close.port = alloc.port;
		HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
		return rc;
	}

	dev->port = alloc.port;
	dev->irq = rc;
	return 0;
}

static struct noxs_device *noxs_device_alloc(const struct noxs_request *req)
{
	struct noxs_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return NULL;

	dev->page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!dev->page) {
		kfree(dev);
		return NULL;
	}

	kref_init(&dev->ref);
	dev->domid = req->domid;
	dev->type = req->type;
	dev->index = req->index;
	dev->state = NOXS_STATE_INITIALISING;
	INIT_WORK(&dev->work, noxs_work);
	INIT_LIST_HEAD(&dev->rings);
	init_waitqueue_head(&dev->wait);
	mutex_init(&dev->lock);
	snprintf(dev->name, sizeof(dev->name), "noxs/%u/%u/%u", dev->domid, dev->type, dev->index);
	dev->xdev.nodename = dev->name;
	dev->xdev.otherend_id = dev->domid;

	return dev;
}

static void noxs_device_release(struct kref *ref)
{
	struct noxs_device *dev = container_of(ref, struct noxs_device, ref);

	if (dev->gref)
		noxs_grave_add(dev->gref, dev->page);
	else
		free_page((unsigned long)dev->page);
	kfree(dev);
}

void noxs_device_put(struct noxs_device *dev)
{
	kref_put(&dev->ref, noxs_device_release);
}

struct noxs_device *noxs_find(u16 domid, u8 type, u16 index)
{
	struct noxs_device *dev;

	lockdep_assert_held(&noxs_table_lock);
	hash_for_each_possible(noxs_table, dev, node, domid)
		if (dev->domid == domid && dev->type == type && dev->index == index)
			return dev;
	return NULL;
}

/* Reserves the device's name; lookups do not find it until it is ready. */
static int noxs_enter(struct noxs_device *dev)
{
	const struct noxs_backend *ops;
	int rc = 0;

	mutex_lock(&noxs_table_lock);
	ops = noxs_backends[dev->type];
	if (!ops || !try_module_get(ops->owner)) {
		rc = -ENODEV;
	} else if (noxs_find(dev->domid, dev->type, dev->index)) {
		module_put(ops->owner);
		rc = -EEXIST;
	} else {
		dev->ops = ops;
		hash_add(noxs_table, &dev->node, dev->domid);
	}
	mutex_unlock(&noxs_table_lock);

	return rc;
}

static void noxs_leave(struct noxs_device *dev)
{
	mutex_lock(&noxs_table_lock);
	hash_del(&dev->node);
	mutex_unlock(&noxs_table_lock);
}

/* The work re-arms the event channel, so no run may be pending when the channel is closed. */
static void noxs_mute(struct noxs_device *dev)
{
	disable_irq(dev->irq);
	cancel_work_sync(&dev->work);
}

/*
 * A guest may guess the port and send before the device is there: its event waits for the lock,
 * and finds the device ready or closed.
 */
static int noxs_device_open(struct noxs_device *dev, struct noxs_request *req)
{
	int rc;

	mutex_lock(&dev->lock);
	rc = noxs_open_port(dev);
	if (rc) {
		mutex_unlock(&dev->lock);
		return rc;
	}

	((struct noxs_half *)dev->page)->version = NOXS_ABI_VERSION;
	rc = dev->ops->create(dev, req);
	dev->closing = rc;
	noxs_set_state(dev, rc ? NOXS_STATE_CLOSED : NOXS_STATE_INIT_WAIT, rc);
	mutex_unlock(&dev->lock);

	if (rc) {
		noxs_mute(dev);
		unbind_from_irqhandler(dev->irq, dev);
	}
	return rc;
}

struct noxs_device *noxs_device_create(struct noxs_request *req)
{
	struct noxs_device *dev = noxs_device_alloc(req);
	int rc;

	if (!dev)
		return ERR_PTR(-ENOMEM);

	rc = noxs_enter(dev);
	if (rc)
		goto put;

	rc = gnttab_grant_foreign_access(dev->domid, virt_to_gfn(dev->page), 0);
	if (rc < 0)
		goto leave;
	dev->gref = rc;

	rc = noxs_device_open(dev, req);
	if (rc)
		goto leave;

	req->grant = dev->gref;
	req->port = dev->port;

	mutex_lock(&noxs_table_lock);
	dev->ready = true;
	mutex_unlock(&noxs_table_lock);
	return dev;

leave:
	noxs_leave(dev);
	module_put(dev->ops->owner);
put:
	noxs_device_put(dev);
	return ERR_PTR(rc);
}

/* Only one caller can have taken the device. Its name stays in use until it is gone. */
void noxs_device_remove(struct noxs_device *dev)
{
	const struct noxs_backend *ops = dev->ops;

	noxs_mute(dev);

	mutex_lock(&dev->lock);
	noxs_disconnect(dev);	/* may still notify */
	noxs_set_state(dev, NOXS_STATE_CLOSED, 0);
	unbind_from_irqhandler(dev->irq, dev);
	dev->irq = 0;
	mutex_unlock(&dev->lock);
	wake_up_all(&dev->wait);

	ops->destroy(dev);
	WARN_ON(!list_empty(&dev->rings));
	noxs_leave(dev);
	module_put(ops->owner);
	noxs_device_put(dev);
}

static struct noxs_device *noxs_take(struct noxs_device *dev)
{
	if (!dev)
		return ERR_PTR(-ENOENT);
	if (!dev->ready)
		return ERR_PTR(-EBUSY);
	dev->ready = false;
	return dev;
}

struct noxs_device *noxs_device_take(u16 domid, u8 type, u16 index)
{
	struct noxs_device *dev;

	mutex_lock(&noxs_table_lock);
	dev = noxs_take(noxs_find(domid, type, index));
	mutex_unlock(&noxs_table_lock);

	return dev;
}

struct noxs_device *noxs_device_take_any(u16 domid)
{
	struct noxs_device *dev, *found = NULL;

	mutex_lock(&noxs_table_lock);
	hash_for_each_possible(noxs_table, dev, node, domid)
		if (dev->domid == domid && dev->ready)
			found = dev;
	found = noxs_take(found);
	mutex_unlock(&noxs_table_lock);

	return found;
}

struct noxs_device *noxs_device_get(u16 domid, u8 type, u16 index)
{
	struct noxs_device *dev;

	mutex_lock(&noxs_table_lock);
	dev = noxs_find(domid, type, index);
	if (dev && dev->ready)
		kref_get(&dev->ref);
	else
		dev = NULL;
	mutex_unlock(&noxs_table_lock);

	return dev;
}

static void noxs_describe(const struct noxs_device *dev, struct noxs_status *status)
{
	const struct noxs_half *front = noxs_front(dev);

	*status = (struct noxs_status) {
		.domid = dev->domid,
		.type = dev->type,
		.index = dev->index,
		.grant = dev->gref,
		.port = dev->port,
		.back_state = READ_ONCE(dev->state),
		.front_state = noxs_read(front->state),
		.error = READ_ONCE(dev->error),
		.host_id = dev->host_id,
		.slot = dev->slot,
		.entry = dev->entry,
	};
}

/* Fills up to `room` records, returns how many devices the domain has; 0: all domains. */
u32 noxs_device_list(u16 domid, struct noxs_status *status, u32 room)
{
	struct noxs_device *dev;
	unsigned int bucket;
	u32 nr = 0;

	mutex_lock(&noxs_table_lock);
	if (domid) {
		hash_for_each_possible(noxs_table, dev, node, domid)
			if (dev->domid == domid && dev->ready && nr++ < room)
				noxs_describe(dev, &status[nr - 1]);
	} else {
		hash_for_each(noxs_table, bucket, dev, node)
			if (dev->ready && nr++ < room)
				noxs_describe(dev, &status[nr - 1]);
	}
	mutex_unlock(&noxs_table_lock);

	return nr;
}

int noxs_device_close(struct noxs_device *dev, u32 timeout_ms)
{
	const struct noxs_half *front = noxs_front(dev);
	bool listens;
	long left;

	mutex_lock(&dev->lock);
	dev->closing = true;
	listens = noxs_read(front->state) != NOXS_STATE_UNKNOWN;
	if (dev->irq && dev->state != NOXS_STATE_CLOSED)
		noxs_switch_state(dev, NOXS_STATE_CLOSING, 0);
	mutex_unlock(&dev->lock);

	if (!listens)
		return 0;

	left = wait_event_interruptible_timeout(dev->wait,
			READ_ONCE(dev->state) == NOXS_STATE_CLOSED ||
			noxs_read(front->state) == NOXS_STATE_CLOSED,
			msecs_to_jiffies(timeout_ms));
	return left > 0 ? 0 : left ? -EINTR : -ETIMEDOUT;
}

static int __init noxs_init(void)
{
	int rc;

	BUILD_BUG_ON(PAGE_SIZE != NOXS_PAGE_SIZE);

	if (!xen_domain())
		return -ENODEV;

	noxs_wq = alloc_workqueue("noxs", WQ_UNBOUND, 0);
	if (!noxs_wq)
		return -ENOMEM;

	rc = noxs_announce_init();
	if (rc)
		goto no_page;
	rc = noxs_backend_register(&noxs_control);
	if (!rc)
		rc = noxs_chardev_init();
	if (!rc)
		return 0;

	noxs_announce_exit();
no_page:
	destroy_workqueue(noxs_wq);
	return rc;
}
module_init(noxs_init);

/* Devices and open files hold a reference to the module, so the table is empty here. */
static void __exit noxs_exit(void)
{
	noxs_chardev_exit();
	noxs_grave_exit();
	noxs_announce_exit();
	destroy_workqueue(noxs_wq);
}
module_exit(noxs_exit);

MODULE_DESCRIPTION("Devices of Xen guests without XenStore");
MODULE_LICENSE("GPL");
