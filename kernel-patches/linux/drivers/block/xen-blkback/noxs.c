// SPDX-License-Identifier: GPL-2.0-only
/*
 * blkback on noxs, in place of its XenBus glue.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/file.h>
#include <linux/kthread.h>
#include <linux/nospec.h>
#include <linux/pagemap.h>
#include <xen/events.h>
#include <xen/grant_table.h>

#define VBD_REQUESTS XEN_BLKIF_REQS_PER_PAGE	/* rings are one page */

/* The core's opaque type for the device behind a struct xen_blkif. */
struct backend_info {
	struct noxs_device *dev;
	struct xen_blkif blkif;
	struct completion released;
	fmode_t mode;	/* as the disk was opened */
	u32 features;	/* as offered; the guest may have overwritten the page's */
};

static bool feature_persistent = true;
module_param(feature_persistent, bool, 0644);
MODULE_PARM_DESC(feature_persistent, "Offer persistent grants");

struct xenbus_device *xen_blkbk_xenbus(struct backend_info *be)
{
	return &be->dev->xdev;
}

int noxs_vbd_publish(const char *nodename, const char *node, u64 value)
{
	struct noxs_device *dev = container_of(nodename, struct noxs_device, name[0]);
	struct noxs_vbd_back *back = dev->page;

	if (!strcmp(node, "sectors")) {
		WRITE_ONCE(back->sectors, value);
	} else {
		virt_wmb();
		noxs_notify(dev);
	}
	return 0;
}

static void vbd_set_features(struct backend_info *be, u32 features)
{
	struct noxs_half *half = be->dev->page;

	be->features = features;
	WRITE_ONCE(half->features, features);
}

/* The core found out that the disk does not support the feature. */
int xen_blkbk_flush_diskcache(struct xenbus_transaction xbt, struct backend_info *be, int state)
{
	vbd_set_features(be, be->features & ~NOXS_VBD_FLUSH);
	return 0;
}

int xen_blkbk_barrier(struct xenbus_transaction xbt, struct backend_info *be, int state)
{
	vbd_set_features(be, be->features & ~NOXS_VBD_BARRIER);
	return 0;
}

/* The core drops its references from contexts that cannot sleep. */
static void vbd_released(struct work_struct *work)
{
	struct xen_blkif *blkif = container_of(work, struct xen_blkif, free_work);

	complete(&blkif->be->released);
}

/*
 * Opens what the toolstack has open: no path is looked up here, and none can change meanwhile.
 * The kernel lets a device have one holder, and neither a mount of it nor of its partitions beside.
 * A disk that is written to has its own back end for holder. Those that are only read, or shared on
 * purpose, have one holder together: they go with each other and with nobody else.
 */
static struct block_device *vbd_open(int fd, u32 flags, struct backend_info *be)
{
	static char together;
	bool alone = !(flags & (NOXS_VBD_READONLY | NOXS_VBD_SHARED));
	fmode_t mode = flags & NOXS_VBD_READONLY ? FMODE_READ : FMODE_READ | FMODE_WRITE;
	struct fd f = fdget(fd);
	struct block_device *bdev = ERR_PTR(-EBADF);

	if (!f.file)
		return bdev;
	if (!S_ISBLK(file_inode(f.file)->i_mode))
		bdev = ERR_PTR(-ENOTBLK);
	else if (mode & FMODE_WRITE && !(f.file->f_mode & FMODE_WRITE))
		bdev = ERR_PTR(-EBADF);
	else {
		if (!(flags & NOXS_VBD_UNCLAIMED))
			mode |= FMODE_EXCL;
		bdev = blkdev_get_by_dev(file_inode(f.file)->i_rdev, mode,
					 alone ? (void *)be : &together);
	}
	fdput(f);
	be->mode = mode;

	return bdev;
}

static void vbd_offer(struct noxs_device *dev, struct noxs_vbd_request *req)
{
	struct backend_info *be = dev->priv;
	struct xen_vbd *vbd = &be->blkif.vbd;
	struct block_device *bdev = vbd->bdev;
	struct noxs_vbd_back *back = dev->page;
	u32 features = 0;

	if (vbd->flush_support)
		features |= NOXS_VBD_FLUSH | NOXS_VBD_BARRIER;
	if (feature_persistent)
		features |= NOXS_VBD_PERSISTENT;
	if (bdev_max_discard_sectors(bdev)) {
		features |= NOXS_VBD_DISCARD;
		if (vbd->discard_secure)
			features |= NOXS_VBD_DISCARD_SECURE;
		back->discard_granularity = bdev_discard_granularity(bdev);
		back->discard_alignment = bdev_discard_alignment(bdev);
	}

	vbd_set_features(be, features);
	back->max_queues = min_t(u32, xenblk_max_queues, NOXS_VBD_MAX_QUEUES);
	back->max_ring_order = 0;
	back->max_indirect_segments = MAX_INDIRECT_SEGMENTS;
	back->sectors = vbd->size;

	req->sectors = vbd->size;
	req->sector_size = bdev_logical_block_size(bdev);
	req->physical_sector_size = bdev_physical_block_size(bdev);
}

static int vbd_create(struct noxs_device *dev, struct noxs_request *request)
{
	struct noxs_vbd_request *req = &request->u.vbd;
	bool readonly = req->flags & NOXS_VBD_READONLY;
	struct block_device *bdev;
	struct backend_info *be;
	struct xen_vbd *vbd;

	if (req->flags & ~(NOXS_VBD_READONLY | NOXS_VBD_CDROM | NOXS_VBD_SHARED |
			   NOXS_VBD_UNCLAIMED))
		return -EINVAL;

	be = kzalloc(sizeof(*be), GFP_KERNEL);
	if (!be)
		return -ENOMEM;

	bdev = vbd_open(req->fd, req->flags, be);
	if (IS_ERR(bdev)) {
		kfree(be);
		return PTR_ERR(bdev);
	}

	if (!bdev_nr_sectors(bdev)) {	/* a drive without a disk in it */
		blkdev_put(bdev, be->mode);
		kfree(be);
		return -ENOMEDIUM;
	}

	be->dev = dev;
	init_completion(&be->released);
	be->blkif.domid = dev->domid;
	be->blkif.be = be;
	atomic_set(&be->blkif.refcnt, 1);
	init_completion(&be->blkif.drain_complete);
	INIT_WORK(&be->blkif.free_work, vbd_released);

	vbd = &be->blkif.vbd;
	vbd->handle = req->vdev;
	vbd->readonly = readonly;
	vbd->type = req->flags & NOXS_VBD_CDROM ? VDISK_CDROM : 0;
	vbd->pdevice = bdev->bd_dev;
	vbd->bdev = bdev;
	vbd->size = vbd_sz(vbd);
	vbd->flush_support = bdev_write_cache(bdev);
	vbd->discard_secure = bdev_max_secure_erase_sectors(bdev);

	dev->priv = be;
	dev->host_id = new_encode_dev(bdev->bd_dev);
	vbd_offer(dev, req);
	return 0;
}

static void vbd_destroy(struct noxs_device *dev)
{
	struct backend_info *be = dev->priv;
	struct xen_vbd *vbd = &be->blkif.vbd;

	xen_blkif_put(&be->blkif);
	wait_for_completion(&be->released);
	flush_work(&be->blkif.free_work);
	blkdev_put(vbd->bdev, be->mode);
	kfree(be);
}

static void vbd_free_requests(struct xen_blkif_ring *ring)
{
	struct pending_req *req, *next;
	unsigned int i;

	list_for_each_entry_safe(req, next, &ring->pending_free, free_list) {
		list_del(&req->free_list);
		for (i = 0; i < MAX_INDIRECT_SEGMENTS; i++)
			kfree(req->segments[i]);
		for (i = 0; i < MAX_INDIRECT_PAGES; i++)
			kfree(req->indirect_pages[i]);
		kfree(req);
	}
}

static struct pending_req *vbd_make_request(void)
{
	struct pending_req *req = kzalloc(sizeof(*req), GFP_KERNEL);
	bool whole = req;
	unsigned int i;

	for (i = 0; whole && i < MAX_INDIRECT_SEGMENTS; i++) {
		req->segments[i] = kzalloc(sizeof(*req->segments[i]), GFP_KERNEL);
		whole = req->segments[i];
	}
	for (i = 0; whole && i < MAX_INDIRECT_PAGES; i++) {
		req->indirect_pages[i] = kzalloc(sizeof(*req->indirect_pages[i]), GFP_KERNEL);
		whole = req->indirect_pages[i];
	}

	if (!whole && req) {
		for (i = 0; i < MAX_INDIRECT_SEGMENTS; i++)
			kfree(req->segments[i]);
		for (i = 0; i < MAX_INDIRECT_PAGES; i++)
			kfree(req->indirect_pages[i]);
		kfree(req);
		return NULL;
	}
	return req;
}

static void vbd_init_ring(struct xen_blkif *blkif, struct xen_blkif_ring *ring)
{
	spin_lock_init(&ring->blk_ring_lock);
	init_waitqueue_head(&ring->wq);
	INIT_LIST_HEAD(&ring->pending_free);
	INIT_LIST_HEAD(&ring->persistent_purge_list);
	INIT_WORK(&ring->persistent_purge_work, xen_blkbk_unmap_purged_grants);
	gnttab_page_cache_init(&ring->free_pages);
	spin_lock_init(&ring->pending_free_lock);
	init_waitqueue_head(&ring->pending_free_wq);
	init_waitqueue_head(&ring->shutdown_wq);
	ring->blkif = blkif;
	ring->st_print = jiffies;
	ring->active = true;
}

static int vbd_attach(struct xen_blkif_ring *ring, void *page)
{
	const struct blkif_common_sring *common = page;
	RING_IDX rsp = READ_ONCE(common->rsp_prod), req = READ_ONCE(common->req_prod);
	unsigned int size;

	switch (ring->blkif->blk_protocol) {
	case BLKIF_PROTOCOL_X86_32:
		BACK_RING_ATTACH(&ring->blk_rings.x86_32, (struct blkif_x86_32_sring *)page, rsp,
				 XEN_PAGE_SIZE);
		size = RING_SIZE(&ring->blk_rings.x86_32);
		break;
	case BLKIF_PROTOCOL_X86_64:
		BACK_RING_ATTACH(&ring->blk_rings.x86_64, (struct blkif_x86_64_sring *)page, rsp,
				 XEN_PAGE_SIZE);
		size = RING_SIZE(&ring->blk_rings.x86_64);
		break;
	default:
		BACK_RING_ATTACH(&ring->blk_rings.native, (struct blkif_sring *)page, rsp,
				 XEN_PAGE_SIZE);
		size = RING_SIZE(&ring->blk_rings.native);
		break;
	}

	ring->blk_ring = page;
	return req - rsp > size ? -EIO : 0;
}

static int vbd_connect_ring(struct backend_info *be, struct xen_blkif_ring *ring,
			    const struct noxs_vbd_queue *front)
{
	struct xenbus_device *xdev = &be->dev->xdev;
	grant_ref_t gref = noxs_read(front->ring[0]);
	unsigned int i;
	void *page;
	int rc;

	for (i = 0; i < VBD_REQUESTS; i++) {
		struct pending_req *req = vbd_make_request();

		if (!req)
			return -ENOMEM;
		list_add_tail(&req->free_list, &ring->pending_free);
	}

	rc = noxs_ring_map(xdev, &gref, 1, &page);
	if (rc)
		return rc;
	rc = vbd_attach(ring, page);
	if (rc)
		return rc;

	rc = bind_interdomain_evtchn_to_irqhandler_lateeoi(xdev, noxs_read(front->port),
							   xen_blkif_be_int, 0, "noxs-blkback",
							   ring);
	if (rc < 0)
		return rc;
	ring->irq = rc;
	return 0;
}

/* No new request is taken once the thread is gone; those at the disk come back by themselves. */
static void vbd_drain(struct xen_blkif_ring *ring)
{
	struct xen_blkif *blkif = ring->blkif;

	if (ring->xenblkd)
		kthread_stop(ring->xenblkd);
	ring->xenblkd = NULL;
	wake_up(&ring->shutdown_wq);

	atomic_set(&blkif->drain, 1);
	while (atomic_read(&ring->inflight))
		wait_for_completion_timeout(&blkif->drain_complete, HZ);
	atomic_set(&blkif->drain, 0);
}

/* Undoes a whole connection or a part of one. */
static void vbd_drop_rings(struct backend_info *be)
{
	struct xen_blkif *blkif = &be->blkif;
	unsigned int i;

	for (i = 0; i < blkif->nr_rings; i++)
		vbd_drain(&blkif->rings[i]);
	/* The last completion may still be on its way through the core, a few instructions long. */
	while (atomic_read(&blkif->refcnt) > 1)
		schedule_timeout_uninterruptible(1);

	for (i = 0; i < blkif->nr_rings; i++) {
		struct xen_blkif_ring *ring = &blkif->rings[i];

		if (ring->irq)
			unbind_from_irqhandler(ring->irq, ring);
		ring->irq = 0;
		if (ring->blk_ring)
			noxs_ring_unmap(&be->dev->xdev, ring->blk_ring);
		ring->blk_ring = NULL;
		ring->blk_rings.common.sring = NULL;
		xen_blkbk_free_caches(ring);
		vbd_free_requests(ring);
	}

	kfree(blkif->rings);
	blkif->rings = NULL;
	blkif->nr_rings = 0;
	blkif->nr_ring_pages = 0;
}

static int vbd_start(struct backend_info *be)
{
	struct xen_blkif *blkif = &be->blkif;
	unsigned int i;
	int rc = sync_blockdev(blkif->vbd.bdev);

	if (rc)
		return rc;
	invalidate_inode_pages2(blkif->vbd.bdev->bd_inode->i_mapping);

	for (i = 0; i < blkif->nr_rings; i++) {
		struct task_struct *task = kthread_run(xen_blkif_schedule, &blkif->rings[i],
						       "%u.vbd%u-%u", blkif->domid,
						       be->dev->index, i);

		if (IS_ERR(task))
			return PTR_ERR(task);
		blkif->rings[i].xenblkd = task;
	}
	return 0;
}

static int vbd_connect(struct noxs_device *dev)
{
	static const enum blkif_protocol protocols[] = {
		[NOXS_VBD_PROTO_NATIVE] = BLKIF_PROTOCOL_NATIVE,
		[NOXS_VBD_PROTO_X86_32] = BLKIF_PROTOCOL_X86_32,
		[NOXS_VBD_PROTO_X86_64] = BLKIF_PROTOCOL_X86_64,
	};
	const struct noxs_vbd_front *front = noxs_front(dev);
	struct backend_info *be = dev->priv;
	struct xen_blkif *blkif = &be->blkif;
	u32 nr = noxs_read(front->nr_queues), protocol = noxs_read(front->protocol), i;
	int rc = 0;

	if (!nr || nr > min_t(u32, xenblk_max_queues, NOXS_VBD_MAX_QUEUES) ||
	    noxs_read(front->ring_order) || protocol >= ARRAY_SIZE(protocols))
		return -EINVAL;

	blkif->blk_protocol = protocols[array_index_nospec(protocol, ARRAY_SIZE(protocols))];
	blkif->vbd.feature_gnt_persistent_parm = feature_persistent;
	blkif->vbd.feature_gnt_persistent =
		feature_persistent && noxs_read(front->half.features) & NOXS_VBD_PERSISTENT;
	blkif->vbd.overflow_max_grants = 0;

	blkif->rings = kcalloc(nr, sizeof(*blkif->rings), GFP_KERNEL);
	if (!blkif->rings)
		return -ENOMEM;
	blkif->nr_rings = nr;
	blkif->nr_ring_pages = 1;

	for (i = 0; i < nr; i++)
		vbd_init_ring(blkif, &blkif->rings[i]);
	for (i = 0; i < nr && !rc; i++)
		rc = vbd_connect_ring(be, &blkif->rings[i], &front->queue[i]);
	if (!rc)
		rc = vbd_start(be);
	if (rc)
		vbd_drop_rings(be);
	return rc;
}

static void vbd_disconnect(struct noxs_device *dev)
{
	vbd_drop_rings(dev->priv);
}

static const struct noxs_backend vbd_backend = {
	.type = NOXS_TYPE_VBD,
	.owner = THIS_MODULE,
	.create = vbd_create,
	.destroy = vbd_destroy,
	.connect = vbd_connect,
	.disconnect = vbd_disconnect,
};

int __init xen_blkif_interface_init(void)
{
	return 0;
}

void xen_blkif_interface_fini(void)
{
}

int xen_blkif_xenbus_init(void)
{
	return noxs_backend_register(&vbd_backend);
}

void xen_blkif_xenbus_fini(void)
{
	noxs_backend_unregister(&vbd_backend);
}
