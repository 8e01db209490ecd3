// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/noxs: see noxs/ioctl.h.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <xen/interface/xen.h>

#include "noxs.h"

static bool request_ok(const struct noxs_request *req)
{
	return req->domid < DOMID_FIRST_RESERVED && req->type && !req->reserved0 && !req->reserved1;
}

static void undo(const struct noxs_request *req, u32 nr)
{
	while (nr--) {
		struct noxs_device *dev = noxs_device_take(req[nr].domid, req[nr].type, req[nr].index);

		if (!IS_ERR(dev))
			noxs_device_remove(dev);
	}
}

static int add(struct noxs_records *records)
{
	void __user *address = u64_to_user_ptr(records->address);
	struct noxs_device *dev;
	struct noxs_request *req;
	u32 i;
	int rc = 0;

	if (!records->nr || records->nr > NOXS_RECORDS_MAX)
		return -EINVAL;

	req = vmemdup_user(address, records->nr * sizeof(*req));
	if (IS_ERR(req))
		return PTR_ERR(req);

	for (i = 0; i < records->nr && !rc; i++) {
		records->failed = i;
		rc = -EINVAL;
		if (!request_ok(&req[i]))
			break;
		dev = noxs_device_create(&req[i]);
		rc = PTR_ERR_OR_ZERO(dev);
		if (rc)
			break;
	}

	if (!rc && copy_to_user(address, req, records->nr * sizeof(*req)))
		rc = -EFAULT;
	if (rc)
		undo(req, i);
	kvfree(req);

	return rc;
}

static int remove(const struct noxs_records *records)
{
	struct noxs_close *id;
	struct noxs_device *dev;
	int removed = 0;
	u32 i;

	if (!records->nr || records->nr > NOXS_RECORDS_MAX)
		return -EINVAL;

	id = vmemdup_user(u64_to_user_ptr(records->address), records->nr * sizeof(*id));
	if (IS_ERR(id))
		return PTR_ERR(id);

	for (i = 0; i < records->nr; i++) {
		dev = noxs_device_take(id[i].domid, id[i].type, id[i].index);
		if (IS_ERR(dev))
			continue;
		noxs_device_remove(dev);
		removed++;
	}
	kvfree(id);

	return removed;
}

static int remove_domain(unsigned long domid)
{
	struct noxs_device *dev;
	int removed = 0;

	if (domid >= DOMID_FIRST_RESERVED)
		return -EINVAL;

	while (dev = noxs_device_take_any(domid), !IS_ERR(dev)) {
		noxs_device_remove(dev);
		removed++;
	}

	return removed;
}

static int list(struct noxs_records *records)
{
	struct noxs_status *status = NULL;
	u32 room;
	int rc = 0;

	if (records->failed >= DOMID_FIRST_RESERVED)
		return -EINVAL;

	/* As many as there are, and a few that may be added meanwhile. */
	room = min(records->nr, noxs_device_list(records->failed, NULL, 0) + 64);
	if (room) {
		status = kvcalloc(room, sizeof(*status), GFP_KERNEL);
		if (!status)
			return -ENOMEM;
	}

	records->nr = noxs_device_list(records->failed, status, room);
	room = min(room, records->nr);
	if (room && copy_to_user(u64_to_user_ptr(records->address), status, room * sizeof(*status)))
		rc = -EFAULT;
	kvfree(status);

	return rc;
}

/* `grant`: of the guest's device page, where that is to be written, too. */
static int announce(struct noxs_records *records, const u32 *grant)
{
	void __user *address = u64_to_user_ptr(records->address);
	struct noxs_announce *all;
	int rc;

	if (!records->nr || records->nr > NOXS_MAX_DEVICES)
		return -EINVAL;

	all = memdup_user(address, records->nr * sizeof(*all));
	if (IS_ERR(all))
		return PTR_ERR(all);

	rc = grant ? noxs_announce_first(all, records->nr, *grant, &records->failed) :
		     noxs_announce(all, records->nr, &records->failed);
	if (!rc && copy_to_user(address, all, records->nr * sizeof(*all))) {
		while (records->nr--)
			noxs_retract(&all[records->nr]);
		rc = -EFAULT;
	}
	kfree(all);

	return rc;
}

static int announce_first(void __user *user)
{
	struct noxs_first first;
	int rc;

	if (copy_from_user(&first, user, sizeof(first)))
		return -EFAULT;
	if (first.reserved)
		return -EINVAL;
	rc = announce(&first.records, &first.grant);
	if (rc && copy_to_user(user, &first, sizeof(first)))
		rc = -EFAULT;

	return rc;
}

static int retract(void __user *user)
{
	struct noxs_announce a;
	int rc;

	if (copy_from_user(&a, user, sizeof(a)))
		return -EFAULT;
	rc = noxs_retract(&a);
	if (!rc && copy_to_user(user, &a, sizeof(a)))
		rc = -EFAULT;

	return rc;
}

static int ask_close(const struct noxs_close *id)
{
	struct noxs_device *dev = noxs_device_get(id->domid, id->type, id->index);
	int rc;

	if (!dev)
		return -ENOENT;
	rc = noxs_device_close(dev, id->timeout_ms);
	noxs_device_put(dev);

	return rc;
}

static int ask_power(const struct noxs_power *power)
{
	struct noxs_device *dev = noxs_device_get(power->domid, NOXS_TYPE_CONTROL, 0);
	int rc;

	if (!dev)
		return -ENOENT;
	rc = noxs_control_power(dev, power->request, power->timeout_ms);
	noxs_device_put(dev);

	return rc;
}

static long noxs_records_ioctl(unsigned int cmd, void __user *user)
{
	struct noxs_records records;
	int rc;

	if (copy_from_user(&records, user, sizeof(records)))
		return -EFAULT;
	/* Check the buffer now: a change that was made must not end in -EFAULT. */
	if (copy_to_user(user, &records, sizeof(records)))
		return -EFAULT;

	switch (cmd) {
	case NOXS_IOC_ADD:
		rc = add(&records);
		break;
	case NOXS_IOC_REMOVE:
		return remove(&records);
	case NOXS_IOC_ANNOUNCE:
		rc = announce(&records, NULL);
		break;
	default:
		rc = list(&records);
		break;
	}

	if (copy_to_user(user, &records, sizeof(records)) && !rc && cmd == NOXS_IOC_LIST)
		rc = -EFAULT;
	return rc;
}

static long noxs_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	struct noxs_power power;
	struct noxs_close id;

	switch (cmd) {
	case NOXS_IOC_VERSION:
		return NOXS_IOCTL_VERSION;
	case NOXS_IOC_ADD:
	case NOXS_IOC_REMOVE:
	case NOXS_IOC_LIST:
	case NOXS_IOC_ANNOUNCE:
		return noxs_records_ioctl(cmd, user);
	case NOXS_IOC_ANNOUNCE_FIRST:
		return announce_first(user);
	case NOXS_IOC_RETRACT:
		return retract(user);
	case NOXS_IOC_REMOVE_DOMAIN:
		return remove_domain(arg);
	case NOXS_IOC_CLOSE:
		return copy_from_user(&id, user, sizeof(id)) ? -EFAULT : ask_close(&id);
	case NOXS_IOC_POWER:
		return copy_from_user(&power, user, sizeof(power)) ? -EFAULT : ask_power(&power);
	default:
		return -ENOTTY;
	}
}

static int noxs_open(struct inode *inode, struct file *file)
{
	return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static const struct file_operations noxs_fops = {
	.owner = THIS_MODULE,
	.open = noxs_open,
	.unlocked_ioctl = noxs_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice noxs_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "noxs",
	.mode = 0600,
	.fops = &noxs_fops,
};

int noxs_chardev_init(void)
{
	return misc_register(&noxs_misc);
}

void noxs_chardev_exit(void)
{
	misc_deregister(&noxs_misc);
}
