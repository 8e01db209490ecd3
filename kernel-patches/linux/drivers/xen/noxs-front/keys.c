// SPDX-License-Identifier: GPL-2.0-only
/*
 * What netfront and blkfront read and write under names, found in the pages by tables.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <xen/interface/io/blkif.h>
#include <xen/interface/io/protocols.h>

#include "front.h"

struct noxs_bit {
	u8 type;
	const char *key;
	u32 bit;
};

/* Offered by the back end, chosen by the front end. */
static const struct noxs_bit bits[] = {
	{ NOXS_TYPE_VIF, "feature-sg", NOXS_VIF_SG },
	{ NOXS_TYPE_VIF, "feature-gso-tcpv4", NOXS_VIF_GSO_TCPV4 },
	{ NOXS_TYPE_VIF, "feature-gso-tcpv6", NOXS_VIF_GSO_TCPV6 },
	{ NOXS_TYPE_VIF, "feature-no-csum-offload", NOXS_VIF_CSUM_V4_OFF },
	{ NOXS_TYPE_VIF, "feature-ipv6-csum-offload", NOXS_VIF_CSUM_V6 },
	{ NOXS_TYPE_VIF, "feature-xdp-headroom", NOXS_VIF_HEADROOM },
	{ NOXS_TYPE_VBD, "feature-flush-cache", NOXS_VBD_FLUSH },
	{ NOXS_TYPE_VBD, "feature-barrier", NOXS_VBD_BARRIER },
	{ NOXS_TYPE_VBD, "feature-discard", NOXS_VBD_DISCARD },
	{ NOXS_TYPE_VBD, "discard-secure", NOXS_VBD_DISCARD_SECURE },
	{ NOXS_TYPE_VBD, "feature-persistent", NOXS_VBD_PERSISTENT },
};

#define BACK(name, field) offsetof(struct noxs_##name##_page, back.field)
#define FRONT(name, field) offsetof(struct noxs_##name##_page, front.field)

struct noxs_word {
	u8 type;
	const char *key;
	u16 offset;
};

/* 32-bit numbers that the back end gives. */
static const struct noxs_word gives[] = {
	{ NOXS_TYPE_VIF, "state", BACK(vif, half.state) },
	{ NOXS_TYPE_VIF, "multi-queue-max-queues", BACK(vif, max_queues) },
	{ NOXS_TYPE_VBD, "state", BACK(vbd, half.state) },
	{ NOXS_TYPE_VBD, "multi-queue-max-queues", BACK(vbd, max_queues) },
	{ NOXS_TYPE_VBD, "max-ring-page-order", BACK(vbd, max_ring_order) },
	{ NOXS_TYPE_VBD, "feature-max-indirect-segments", BACK(vbd, max_indirect_segments) },
	{ NOXS_TYPE_VBD, "discard-granularity", BACK(vbd, discard_granularity) },
	{ NOXS_TYPE_VBD, "discard-alignment", BACK(vbd, discard_alignment) },
};

/* 32-bit numbers that the front end sets; those of a queue are at its first. */
static const struct noxs_word takes[] = {
	{ NOXS_TYPE_VIF, "multi-queue-num-queues", FRONT(vif, nr_queues) },
	{ NOXS_TYPE_VBD, "multi-queue-num-queues", FRONT(vbd, nr_queues) },
	{ NOXS_TYPE_VBD, "ring-page-order", FRONT(vbd, ring_order) },
};

static const struct noxs_word queue_takes[] = {
	{ NOXS_TYPE_VIF, "tx-ring-ref", FRONT(vif, queue[0].tx_ring) },
	{ NOXS_TYPE_VIF, "rx-ring-ref", FRONT(vif, queue[0].rx_ring) },
	{ NOXS_TYPE_VIF, "event-channel", FRONT(vif, queue[0].tx_port) },
	{ NOXS_TYPE_VIF, "event-channel", FRONT(vif, queue[0].rx_port) },
	{ NOXS_TYPE_VIF, "event-channel-tx", FRONT(vif, queue[0].tx_port) },
	{ NOXS_TYPE_VIF, "event-channel-rx", FRONT(vif, queue[0].rx_port) },
	{ NOXS_TYPE_VBD, "event-channel", FRONT(vbd, queue[0].port) },
	{ NOXS_TYPE_VBD, "ring-ref", FRONT(vbd, queue[0].ring[0]) },
	{ NOXS_TYPE_VBD, "ring-ref0", FRONT(vbd, queue[0].ring[0]) },
	{ NOXS_TYPE_VBD, "ring-ref1", FRONT(vbd, queue[0].ring[1]) },
	{ NOXS_TYPE_VBD, "ring-ref2", FRONT(vbd, queue[0].ring[2]) },
	{ NOXS_TYPE_VBD, "ring-ref3", FRONT(vbd, queue[0].ring[3]) },
	{ NOXS_TYPE_VBD, "ring-ref4", FRONT(vbd, queue[0].ring[4]) },
	{ NOXS_TYPE_VBD, "ring-ref5", FRONT(vbd, queue[0].ring[5]) },
	{ NOXS_TYPE_VBD, "ring-ref6", FRONT(vbd, queue[0].ring[6]) },
	{ NOXS_TYPE_VBD, "ring-ref7", FRONT(vbd, queue[0].ring[7]) },
};

static int get_vif(struct noxs_front *front, bool back, const char *key, char *buf, size_t size)
{
	if (!back && !strcmp(key, "mac"))
		return scnprintf(buf, size, "%pM", front->entry.u.vif.mac);
	if (back && (!strcmp(key, "feature-rx-copy") ||
		     !strcmp(key, "feature-split-event-channels")))
		return scnprintf(buf, size, "1");
	return -ENOENT;
}

static unsigned int vbd_info(u32 flags)
{
	return (flags & NOXS_VBD_READONLY ? VDISK_READONLY : 0) |
	       (flags & NOXS_VBD_REMOVABLE ? VDISK_REMOVABLE : 0) |
	       (flags & NOXS_VBD_CDROM ? VDISK_CDROM : 0);
}

static int get_vbd(struct noxs_front *front, bool back, const char *key, char *buf, size_t size)
{
	const struct noxs_vbd_config *config = &front->entry.u.vbd;
	const struct noxs_vbd_back *page = front->page;

	if (!back && !strcmp(key, "virtual-device"))
		return scnprintf(buf, size, "%u", config->vdev);
	if (!back && !strcmp(key, "device-type"))
		return scnprintf(buf, size, config->flags & NOXS_VBD_CDROM ? "cdrom" : "disk");
	if (back && !strcmp(key, "sectors"))
		return scnprintf(buf, size, "%llu", READ_ONCE(page->sectors));
	if (back && !strcmp(key, "sector-size"))
		return scnprintf(buf, size, "%u", config->sector_size);
	if (back && !strcmp(key, "physical-sector-size"))
		return scnprintf(buf, size, "%u", config->physical_sector_size);
	if (back && !strcmp(key, "info"))
		return scnprintf(buf, size, "%u", vbd_info(config->flags));
	return -ENOENT;
}

int noxs_keys_get(struct noxs_front *front, bool back, const char *key, char *buf, size_t size)
{
	const struct noxs_half *half = front->page;
	u8 type = front->entry.type;
	unsigned int i;

	for (i = 0; back && i < ARRAY_SIZE(bits); i++)
		if (bits[i].type == type && !strcmp(bits[i].key, key))
			return scnprintf(buf, size, "%d",
					 !!(READ_ONCE(half->features) & bits[i].bit));
	for (i = 0; back && i < ARRAY_SIZE(gives); i++)
		if (gives[i].type == type && !strcmp(gives[i].key, key))
			return scnprintf(buf, size, "%u",
					 READ_ONCE(*(u32 *)(front->page + gives[i].offset)));

	return type == NOXS_TYPE_VIF ? get_vif(front, back, key, buf, size) :
	       type == NOXS_TYPE_VBD ? get_vbd(front, back, key, buf, size) : -ENOENT;
}

static void set_feature(struct noxs_front *front, u32 bit, bool on)
{
	front->features = on ? front->features | bit : front->features & ~bit;
	noxs_half(front)->features = front->features;
}

/* What a driver leaves out in XenStore: one queue, rings of one page. */
void noxs_keys_reset(struct noxs_front *front)
{
	struct noxs_vif_page *vif = front->page;
	struct noxs_vbd_page *vbd = front->page;

	if (front->entry.type == NOXS_TYPE_VIF) {
		vif->front.nr_queues = 1;
	} else if (front->entry.type == NOXS_TYPE_VBD) {
		vbd->front.nr_queues = 1;
		vbd->front.ring_order = 0;
	}
}

static int set_vif(struct noxs_front *front, const char *key, u32 value)
{
	struct noxs_vif_page *page = front->page;

	if (!strcmp(key, "xdp-headroom")) {
		page->front.xdp_headroom = value;
		set_feature(front, NOXS_VIF_HEADROOM, true);
	} else if (!strcmp(key, "feature-rx-notify")) {
		set_feature(front, NOXS_VIF_RX_NOTIFY_OFF, !value);
	} else if (strcmp(key, "request-rx-copy")) {
		return -ENOENT;
	}
	return 0;
}

static int set_protocol(struct noxs_front *front, const char *text)
{
	struct noxs_vbd_page *page = front->page;

	if (!strcmp(text, XEN_IO_PROTO_ABI_X86_64))
		page->front.protocol = NOXS_VBD_PROTO_X86_64;
	else if (!strcmp(text, XEN_IO_PROTO_ABI_X86_32))
		page->front.protocol = NOXS_VBD_PROTO_X86_32;
	else
		return -EINVAL;
	return 0;
}

static int set_word(struct noxs_front *front, const struct noxs_word *table, unsigned int nr,
		    unsigned int shift, const char *key, u32 value)
{
	int rc = -ENOENT;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (table[i].type != front->entry.type || strcmp(table[i].key, key))
			continue;
		WRITE_ONCE(*(u32 *)(front->page + table[i].offset + shift), value);
		rc = 0;
	}
	return rc;
}

int noxs_keys_set(struct noxs_front *front, unsigned int queue, const char *key, const char *text)
{
	u8 type = front->entry.type;
	unsigned int max = type == NOXS_TYPE_VIF ? NOXS_VIF_MAX_QUEUES : NOXS_VBD_MAX_QUEUES;
	size_t size = type == NOXS_TYPE_VIF ? sizeof(struct noxs_vif_queue) :
					      sizeof(struct noxs_vbd_queue);
	unsigned int i;
	u32 value;

	if (type == NOXS_TYPE_VBD && !strcmp(key, "protocol"))
		return set_protocol(front, text);
	if (queue >= max || kstrtou32(text, 10, &value))
		return -EINVAL;

	for (i = 0; i < ARRAY_SIZE(bits); i++)
		if (bits[i].type == type && !strcmp(bits[i].key, key)) {
			set_feature(front, bits[i].bit, value);
			return 0;
		}
	if (!set_word(front, takes, ARRAY_SIZE(takes), 0, key, value))
		return 0;
	if (!set_word(front, queue_takes, ARRAY_SIZE(queue_takes), queue * size, key, value))
		return 0;
	return type == NOXS_TYPE_VIF ? set_vif(front, key, value) : -ENOENT;
}
