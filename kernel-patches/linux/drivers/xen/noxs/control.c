// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control device: power requests to a guest, and its answers.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/slab.h>

#include "noxs.h"

struct noxs_power_state {
	u32 sequence;	/* of the last request */
	bool waiting;
};

static int control_create(struct noxs_device *dev, struct noxs_request *req)
{
	struct noxs_control_back *back = dev->page;

	if (dev->index)
		return -EINVAL;

	dev->priv = kzalloc(sizeof(struct noxs_power_state), GFP_KERNEL);
	if (!dev->priv)
		return -ENOMEM;

	back->half.features = 1 << NOXS_POWER_POWEROFF | 1 << NOXS_POWER_REBOOT |
			      1 << NOXS_POWER_SUSPEND | 1 << NOXS_POWER_CRASH;
	return 0;
}

static void control_destroy(struct noxs_device *dev)
{
	/* A caller that still waits for an answer has a reference: see noxs_control_power(). */
	mutex_lock(&dev->lock);
	kfree(dev->priv);
	dev->priv = NULL;
	mutex_unlock(&dev->lock);
}

static int control_connect(struct noxs_device *dev)
{
	return 0;
}

static void control_disconnect(struct noxs_device *dev)
{
}

const struct noxs_backend noxs_control = {
	.type = NOXS_TYPE_CONTROL,
	.owner = THIS_MODULE,
	.create = control_create,
	.destroy = control_destroy,
	.connect = control_connect,
	.disconnect = control_disconnect,
};

/* Puts the request where the guest sees it. Returns its number, or an error. */
static s64 control_ask(struct noxs_device *dev, u32 request)
{
	struct noxs_control_back *back = dev->page;
	struct noxs_power_state *power;
	s64 rc;

	mutex_lock(&dev->lock);
	power = dev->priv;
	if (!power || dev->state != NOXS_STATE_CONNECTED) {
		rc = -ENOTCONN;
	} else if (power->waiting) {
		rc = -EBUSY;
	} else {
		power->waiting = true;
		rc = ++power->sequence;
		WRITE_ONCE(back->request, request);
		virt_wmb();	/* the guest looks at the number first */
		WRITE_ONCE(back->sequence, power->sequence);
		noxs_notify(dev);
	}
	mutex_unlock(&dev->lock);

	return rc;
}

int noxs_control_power(struct noxs_device *dev, u32 request, u32 timeout_ms)
{
	const struct noxs_control_front *front = noxs_front(dev);
	long left;
	s64 sequence;
	u32 status;

	/* The device may have been made just now, or the guest may still be booting. */
	left = wait_event_interruptible_timeout(dev->wait,
			READ_ONCE(dev->state) == NOXS_STATE_CONNECTED ||
			READ_ONCE(dev->state) == NOXS_STATE_CLOSED,
			msecs_to_jiffies(timeout_ms));
	if (left < 0)
		return -EINTR;
	sequence = control_ask(dev, request);
	if (sequence < 0)
		return sequence;

	left = wait_event_interruptible_timeout(dev->wait,
			noxs_read(front->sequence) == (u32)sequence ||
			READ_ONCE(dev->state) != NOXS_STATE_CONNECTED, left);

	mutex_lock(&dev->lock);
	if (dev->priv)
		((struct noxs_power_state *)dev->priv)->waiting = false;
	mutex_unlock(&dev->lock);

	if (noxs_read(front->sequence) == (u32)sequence) {
		virt_rmb();	/* read the number before the answer */
		status = noxs_read(front->status);
		/* Numbers from 512 on are internal to the kernel. */
		return status < 256 ? -(int)status : -EPROTO;
	}
	return left < 0 ? -EINTR : left ? -ENOTCONN : -ETIMEDOUT;
}
