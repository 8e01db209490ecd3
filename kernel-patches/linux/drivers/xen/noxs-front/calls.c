// SPDX-License-Identifier: GPL-2.0-only
/*
 * The XenBus calls of netfront and blkfront: see shim.h.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/events.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/hvm/hvm_op.h>
#include <xen/interface/hvm/params.h>
#include <xen/page.h>
#include <asm/xen/hypercall.h>

#include "front.h"
#include "shim.h"

#define VALUE_SIZE 32	/* numbers and MAC addresses */

static int get(const char *dir, const char *key, char *buf)
{
	const char *rest;
	struct noxs_front *front = noxs_front_find(dir, &rest);

	return front ? noxs_keys_get(front, !strcmp(rest, "/back"), key, buf, VALUE_SIZE) : -ENOENT;
}

static int set(const char *dir, const char *key, const char *text)
{
	const char *rest;
	struct noxs_front *front = noxs_front_find(dir, &rest);
	unsigned int queue = 0;

	if (!front || (*rest && sscanf(rest, "/queue-%u", &queue) != 1))
		return -ENOENT;
	return noxs_keys_set(front, queue, key, text);
}

void *noxs_bus_read(const char *dir, const char *key, unsigned int *len)
{
	char buf[VALUE_SIZE];
	int n = get(dir, key, buf);

	if (n < 0)
		return ERR_PTR(n);
	if (len)
		*len = n;
	return kstrdup(buf, GFP_KERNEL) ?: ERR_PTR(-ENOMEM);
}
EXPORT_SYMBOL_GPL(noxs_bus_read);

unsigned int noxs_bus_read_unsigned(const char *dir, const char *key, unsigned int otherwise)
{
	char buf[VALUE_SIZE];
	unsigned int value;

	return get(dir, key, buf) < 0 || kstrtouint(buf, 10, &value) ? otherwise : value;
}
EXPORT_SYMBOL_GPL(noxs_bus_read_unsigned);

int noxs_bus_exists(const char *dir, const char *key)
{
	char buf[VALUE_SIZE];

	return get(dir, key, buf) >= 0;
}
EXPORT_SYMBOL_GPL(noxs_bus_exists);

int noxs_bus_scanf(const char *dir, const char *key, const char *format, ...)
{
	char buf[VALUE_SIZE];
	va_list args;
	int n = get(dir, key, buf);

	if (n < 0)
		return n;
	va_start(args, format);
	n = vsscanf(buf, format, args);
	va_end(args);
	return n ?: -ERANGE;
}
EXPORT_SYMBOL_GPL(noxs_bus_scanf);

int noxs_bus_gather(const char *dir, ...)
{
	char buf[VALUE_SIZE];
	const char *key, *format;
	va_list args;
	int rc = 0;

	va_start(args, dir);
	while (!rc && (key = va_arg(args, const char *))) {
		format = va_arg(args, const char *);
		rc = get(dir, key, buf);
		if (rc >= 0)
			rc = sscanf(buf, format, va_arg(args, void *)) == 1 ? 0 : -EINVAL;
	}
	va_end(args);
	return rc;
}
EXPORT_SYMBOL_GPL(noxs_bus_gather);

int noxs_bus_printf(const char *dir, const char *key, const char *format, ...)
{
	char buf[VALUE_SIZE];
	va_list args;

	va_start(args, format);
	vscnprintf(buf, sizeof(buf), format, args);
	va_end(args);
	return set(dir, key, buf);
}
EXPORT_SYMBOL_GPL(noxs_bus_printf);

int noxs_bus_switch_state(struct xenbus_device *xdev, enum xenbus_state state)
{
	struct noxs_front *front = container_of(xdev, struct noxs_front, xdev);

	if (state != xdev->state || state == XenbusStateInitialising)
		noxs_front_set_state(front, state);
	return 0;
}
EXPORT_SYMBOL_GPL(noxs_bus_switch_state);

void noxs_bus_closed(struct xenbus_device *xdev)
{
	noxs_bus_switch_state(xdev, XenbusStateClosed);
	complete(&xdev->down);
}
EXPORT_SYMBOL_GPL(noxs_bus_closed);

/*
 * netfront's probe waits without end for a back end that is not closed. That it was ready was seen
 * before; where it has gone since, the event about that comes after the probe.
 */
enum xenbus_state noxs_bus_driver_state(const char *dir)
{
	const char *rest;
	const struct noxs_front *front = noxs_front_find(dir, &rest);

	if (front && !front->probed)
		return XenbusStateInitWait;
	return noxs_bus_read_unsigned(dir, "state", XenbusStateUnknown);
}
EXPORT_SYMBOL_GPL(noxs_bus_driver_state);

/* A front end that has failed tells its back end and the log. */
void noxs_bus_fatal(struct xenbus_device *xdev, int error, const char *format, ...)
{
	struct va_format text;
	va_list args;

	va_start(args, format);
	text = (struct va_format){ .fmt = format, .va = &args };
	dev_err(&xdev->dev, "%d %pV\n", error, &text);
	va_end(args);
	noxs_bus_switch_state(xdev, XenbusStateClosing);
}
EXPORT_SYMBOL_GPL(noxs_bus_fatal);

int noxs_bus_alloc_evtchn(struct xenbus_device *xdev, evtchn_port_t *port)
{
	struct evtchn_alloc_unbound alloc = {
		.dom = DOMID_SELF,
		.remote_dom = xdev->otherend_id,
	};
	int rc = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);

	if (!rc)
		*port = alloc.port;
	return rc;
}
EXPORT_SYMBOL_GPL(noxs_bus_alloc_evtchn);

int noxs_bus_free_evtchn(evtchn_port_t port)
{
	struct evtchn_close close = { .port = port };

	return HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
}
EXPORT_SYMBOL_GPL(noxs_bus_free_evtchn);

/* Allocates a ring's pages and grants them. On failure nothing is left allocated or granted. */
int noxs_bus_setup_ring(struct xenbus_device *xdev, gfp_t gfp, void **addr, unsigned int nr,
			grant_ref_t *gref)
{
	unsigned int i;
	int rc;

	*addr = alloc_pages_exact(nr * XEN_PAGE_SIZE, gfp | __GFP_ZERO);
	if (!*addr)
		return -ENOMEM;

	for (i = 0; i < nr; i++) {
		rc = gnttab_grant_foreign_access(xdev->otherend_id,
						 virt_to_gfn(*addr + i * XEN_PAGE_SIZE), 0);
		if (rc < 0)
			goto undo;
		gref[i] = rc;
	}
	return 0;

undo:
	while (i--)
		gnttab_end_foreign_access(gref[i], NULL);
	free_pages_exact(*addr, nr * XEN_PAGE_SIZE);
	*addr = NULL;
	for (i = 0; i < nr; i++)
		gref[i] = INVALID_GRANT_REF;
	return rc;
}
EXPORT_SYMBOL_GPL(noxs_bus_setup_ring);

/* The pages are freed with their grants, once the back end has unmapped them. */
void noxs_bus_teardown_ring(void **addr, unsigned int nr, grant_ref_t *gref)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (gref[i] != INVALID_GRANT_REF)
			gnttab_end_foreign_access(gref[i],
						  virt_to_page(*addr + i * XEN_PAGE_SIZE));
		gref[i] = INVALID_GRANT_REF;
	}
	*addr = NULL;
}
EXPORT_SYMBOL_GPL(noxs_bus_teardown_ring);

#if !defined(MODULE) && !defined(CONFIG_XEN_XENSTORE)
/* The event channel code expects this from xenbus, which is not loaded. */
int xen_set_callback_via(uint64_t via)
{
	struct xen_hvm_param param = {
		.domid = DOMID_SELF,
		.index = HVM_PARAM_CALLBACK_IRQ,
		.value = via,
	};

	return HYPERVISOR_hvm_op(HVMOP_set_param, &param);
}
#endif
