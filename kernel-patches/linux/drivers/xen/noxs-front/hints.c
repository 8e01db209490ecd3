// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the device page says of an interface beside its MAC address, for who configures it:
 * /sys/class/net/NAME/device/{ip,gateway,mtu}. No address: an empty line.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/inet.h>

#include "front.h"

static const struct noxs_vif_config *vif_config(struct device *dev)
{
	return &to_noxs_front(dev)->entry.u.vif;
}

static ssize_t ip_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct noxs_vif_config *vif = vif_config(dev);

	if (!memchr_inv(vif->ipv4, 0, sizeof(vif->ipv4)))
		return sysfs_emit(buf, "\n");
	return sysfs_emit(buf, "%pI4/%u\n", vif->ipv4, vif->prefix);
}
static DEVICE_ATTR_RO(ip);

static ssize_t gateway_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct noxs_vif_config *vif = vif_config(dev);

	if (!memchr_inv(vif->gateway, 0, sizeof(vif->gateway)))
		return sysfs_emit(buf, "\n");
	return sysfs_emit(buf, "%pI4\n", vif->gateway);
}
static DEVICE_ATTR_RO(gateway);

static ssize_t mtu_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", vif_config(dev)->mtu);
}
static DEVICE_ATTR_RO(mtu);

static struct attribute *hints[] = {
	&dev_attr_ip.attr,
	&dev_attr_gateway.attr,
	&dev_attr_mtu.attr,
	NULL,
};

static umode_t visible(struct kobject *kobj, struct attribute *attr, int index)
{
	return to_noxs_front(kobj_to_dev(kobj))->entry.type == NOXS_TYPE_VIF ? attr->mode : 0;
}

static const struct attribute_group group = {
	.attrs = hints,
	.is_visible = visible,
};

const struct attribute_group *noxs_hints[] = { &group, NULL };
