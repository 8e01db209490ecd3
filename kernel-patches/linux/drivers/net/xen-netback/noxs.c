// SPDX-License-Identifier: GPL-2.0-only
/*
 * netback on noxs, in place of its XenBus glue.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/rtnetlink.h>
#include <linux/vmalloc.h>

#ifdef CONFIG_DEBUG_FS
struct dentry *xen_netback_dbg_root;
#endif

struct vif_state {
	struct backend_info be;
	unsigned long rate_bytes, rate_usec;	/* of all queues together */
};

static struct vif_state *vif_state(struct noxs_device *dev)
{
	return dev->priv;
}

static int vif_create(struct noxs_device *dev, struct noxs_request *req)
{
	struct noxs_vif_back *back = dev->page;
	struct vif_state *state;
	struct xenvif *vif;

	if (!is_valid_ether_addr(req->u.vif.mac) || req->u.vif.reserved0)
		return -EINVAL;

	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (!state)
		return -ENOMEM;

	state->rate_bytes = req->u.vif.rate_bytes ?: ~0UL;
	state->rate_usec = req->u.vif.rate_bytes ? req->u.vif.rate_usec : 0;

	vif = xenvif_alloc(NULL, dev->domid, dev->index);
	if (IS_ERR(vif)) {
		kfree(state);
		return PTR_ERR(vif);
	}

	ether_addr_copy(vif->fe_dev_addr, req->u.vif.mac);
	vif->be = &state->be;
	state->be.vif = vif;
	state->be.dev = &dev->xdev;
	dev->priv = state;
	dev->host_id = vif->dev->ifindex;
	req->u.vif.ifindex = dev->host_id;

	back->half.features = NOXS_VIF_SG | NOXS_VIF_GSO_TCPV4 | NOXS_VIF_GSO_TCPV6 |
			      NOXS_VIF_CSUM_V6 | NOXS_VIF_MULTICAST | NOXS_VIF_CTRL_RING;
	back->max_queues = min_t(u32, xenvif_max_queues, NOXS_VIF_MAX_QUEUES);
	back->carrier = 1;
	return 0;
}

static void vif_destroy(struct noxs_device *dev)
{
	xenvif_free(vif_state(dev)->be.vif);
	kfree(dev->priv);
}

static void vif_take_features(struct xenvif *vif, const struct noxs_vif_front *front, u32 nr)
{
	u32 features = noxs_read(front->half.features);

	if (features & NOXS_VIF_RX_NOTIFY_OFF) {
		/* No events tell of fresh receive requests: look often, and never call it stalled. */
		vif->drain_timeout = msecs_to_jiffies(30);
		vif->stall_timeout = 0;
	} else {
		vif->drain_timeout = msecs_to_jiffies(rx_drain_timeout_msecs);
		vif->stall_timeout = msecs_to_jiffies(rx_stall_timeout_msecs);
	}

	vif->can_sg = !!(features & NOXS_VIF_SG);
	vif->ip_csum = !(features & NOXS_VIF_CSUM_V4_OFF);
	vif->ipv6_csum = !!(features & NOXS_VIF_CSUM_V6);
	/* A vif with several queues gets all packets: it has no list (noxs-shim.h). */
	vif->multicast_control = (features & NOXS_VIF_MULTICAST) && nr == 1;
	vif->gso_mask = (features & NOXS_VIF_GSO_TCPV4 ? GSO_BIT(TCPV4) : 0) |
			(features & NOXS_VIF_GSO_TCPV6 ? GSO_BIT(TCPV6) : 0);
	vif->xdp_headroom = 0;
	if (features & NOXS_VIF_HEADROOM)
		vif->xdp_headroom = min_t(u32, noxs_read(front->xdp_headroom),
					  XEN_NETIF_MAX_XDP_HEADROOM);
}

/* The guest chooses how many queues there are; it may not send more by having more of them. */
static unsigned long vif_queue_credit(const struct vif_state *state, u32 nr)
{
	return state->rate_usec ? max(state->rate_bytes / nr, 1UL) : state->rate_bytes;
}

static int vif_connect_queue(struct vif_state *state, struct xenvif_queue *queue, u32 nr,
			     const struct noxs_vif_queue *front)
{
	int rc;

	queue->vif = state->be.vif;
	snprintf(queue->name, sizeof(queue->name), "%s-q%u", queue->vif->dev->name, queue->id);

	rc = xenvif_init_queue(queue);
	if (rc)
		return rc;

	queue->credit_bytes = vif_queue_credit(state, nr);
	queue->remaining_credit = queue->credit_bytes;
	queue->credit_usec = state->rate_usec;

	rc = xenvif_connect_data(queue, noxs_read(front->tx_ring), noxs_read(front->rx_ring),
				 noxs_read(front->tx_port), noxs_read(front->rx_port));
	if (rc)
		xenvif_deinit_queue(queue);
	return rc;
}

/* For a connected vif, and for one of which only the first num_queues queues are connected. */
static void vif_drop_queues(struct xenvif *vif)
{
	unsigned int nr = vif->num_queues, i;

	xenvif_disconnect_data(vif);
	vif->num_queues = 0;
	synchronize_net();	/* the stack may be looking at a queue, or at the list of addresses */
	/* Newer cores leave this to the caller; on older ones the list is empty already. */
	xenvif_mcast_addr_list_free(vif);
	for (i = 0; i < nr; i++)
		xenvif_deinit_queue(&vif->queues[i]);
	vfree(vif->queues);
	vif->queues = NULL;
	xenvif_disconnect_ctrl(vif);
}

static int vif_connect(struct noxs_device *dev)
{
	const struct noxs_vif_front *front = noxs_front(dev);
	struct vif_state *state = vif_state(dev);
	struct xenvif *vif = state->be.vif;
	u32 nr = noxs_read(front->nr_queues), i;
	int rc = 0;

	if (!nr || nr > min_t(u32, xenvif_max_queues, NOXS_VIF_MAX_QUEUES))
		return -EINVAL;

	vif_take_features(vif, front, nr);
	if (noxs_read(front->half.features) & NOXS_VIF_CTRL_RING)
		rc = xenvif_connect_ctrl(vif, noxs_read(front->ctrl_ring),
					 noxs_read(front->ctrl_port));
	if (rc)
		return rc;

	vif->queues = vzalloc(array_size(nr, sizeof(struct xenvif_queue)));
	if (!vif->queues) {
		xenvif_disconnect_ctrl(vif);
		return -ENOMEM;
	}

	vif->num_queues = nr;
	/* One more than there are: the guest may send as soon as it hears of the carrier. */
	vif->stalled_queues = nr + 1;
	for (i = 0; i < nr; i++) {
		vif->queues[i].id = i;
		rc = vif_connect_queue(state, &vif->queues[i], nr, &front->queue[i]);
		if (rc) {
			vif->num_queues = i;
			vif_drop_queues(vif);
			return rc;
		}
	}

	rtnl_lock();
	netif_set_real_num_tx_queues(vif->dev, nr);
	netif_set_real_num_rx_queues(vif->dev, nr);
	rtnl_unlock();
	xenvif_carrier_on(vif);
	spin_lock(&vif->lock);
	if (--vif->stalled_queues == 0)
		netif_carrier_on(vif->dev);
	spin_unlock(&vif->lock);
	netif_tx_wake_all_queues(vif->dev);
	return 0;
}

static void vif_disconnect(struct noxs_device *dev)
{
	vif_drop_queues(vif_state(dev)->be.vif);
}

static const struct noxs_backend vif_backend = {
	.type = NOXS_TYPE_VIF,
	.owner = THIS_MODULE,
	.create = vif_create,
	.destroy = vif_destroy,
	.connect = vif_connect,
	.disconnect = vif_disconnect,
};

int xenvif_xenbus_init(void)
{
	int rc = vif_spare_init();

	if (rc)
		return rc;
	rc = noxs_backend_register(&vif_backend);
	if (rc)
		vif_spare_exit();
	return rc;
}

void xenvif_xenbus_fini(void)
{
	noxs_backend_unregister(&vif_backend);
	vif_spare_exit();
}
