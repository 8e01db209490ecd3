// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device page: where a guest finds it, and how it reads it whole. Xen's own page first; on a
 * hypervisor that keeps none, one in this guest's memory (own.c).
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <xen/balloon.h>
#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/page.h>
#include <xen/xen.h>
#include <asm/xen/hypercall.h>

#include "front.h"

#define READ_TRIES 100000

static const struct noxs_page *device_page;
static struct page *frame;	/* HVM: the frame it is mapped at; PV: what is behind it in turn */
static evtchn_port_t port;	/* of a page of our own; 0: the page is Xen's */

static long noxs_op(unsigned int op, void *arg)
{
	return _hypercall2(long, noxs_op, op, arg);
}

static int map_hvm(void)
{
	struct noxs_map_page map;
	int rc = xen_alloc_unpopulated_pages(1, &frame);

	if (rc)
		return rc;
	map.gfn = xen_page_to_gfn(frame);
	rc = noxs_op(NOXS_OP_map_page, &map);
	if (rc) {
		xen_free_unpopulated_pages(1, &frame);
		return rc;
	}
	device_page = page_address(frame);
	return 0;
}

#ifdef CONFIG_XEN_PV
/* A page of our own lends its mapping: the page table entry is pointed at Xen's page. */
static int map_pv(u64 mfn)
{
	void *addr;

	frame = alloc_page(GFP_KERNEL);
	if (!frame)
		return -ENOMEM;
	addr = vmap(&frame, 1, VM_MAP, PAGE_KERNEL);
	if (!addr) {
		__free_page(frame);
		return -ENOMEM;
	}
	if (HYPERVISOR_update_va_mapping((unsigned long)addr, mfn_pte(mfn, PAGE_KERNEL_RO),
					 UVMF_INVLPG)) {
		vunmap(addr);
		__free_page(frame);
		return -EIO;
	}
	device_page = addr;
	return 0;
}

static void unmap_pv(void)
{
	void *addr = (void *)device_page;

	if (HYPERVISOR_update_va_mapping((unsigned long)addr,
					 mfn_pte(pfn_to_mfn(page_to_pfn(frame)), PAGE_KERNEL),
					 UVMF_INVLPG))
		return;
	vunmap(addr);
	__free_page(frame);
}
#else
static int map_pv(u64 mfn)
{
	return -EOPNOTSUPP;
}

static void unmap_pv(void)
{
}
#endif

static int map_xen(void)
{
	struct noxs_get_page get;
	int rc = noxs_op(NOXS_OP_get_page, &get);

	if (rc)
		return rc;
	if (get.version != NOXS_ABI_VERSION)
		return -EPROTO;
	return xen_pv_domain() ? map_pv(get.frame) : map_hvm();
}

static int map_own(void)
{
	const struct noxs_page *page = noxs_own_map();

	if (IS_ERR(page))
		return PTR_ERR(page);
	device_page = page;
	return 0;
}

int noxs_page_find(evtchn_port_t *own_port)
{
	int rc = 0;

	if (noxs_op(NOXS_OP_version, NULL) != NOXS_ABI_VERSION)
		rc = noxs_own_find(&port);
	*own_port = port;
	return rc;
}

int noxs_page_map(void)
{
	int rc;

	if (device_page)
		return 0;

	rc = port ? map_own() : map_xen();
	if (!rc && (device_page->magic != NOXS_PAGE_MAGIC ||
		    device_page->version != NOXS_ABI_VERSION)) {
		noxs_page_unmap();
		rc = -EPROTO;
	}
	return rc;
}

void noxs_page_unmap(void)
{
	struct xen_remove_from_physmap remove = { .domid = DOMID_SELF };

	if (!device_page)
		return;
	if (port) {
		noxs_own_unmap(device_page);
	} else if (xen_pv_domain()) {
		unmap_pv();
	} else {
		remove.gpfn = xen_page_to_gfn(frame);
		if (!HYPERVISOR_memory_op(XENMEM_remove_from_physmap, &remove))
			xen_free_unpopulated_pages(1, &frame);
	}
	device_page = NULL;
}

/*
 * Fills NOXS_MAX_DEVICES entries, those of empty slots with zeroes; returns how many slots count.
 * -EAGAIN where the writer does not end: a toolstack that writes it may be stopped at that.
 */
int noxs_page_read(struct noxs_entry *entries)
{
	unsigned int slots, i;
	u32 generation;

	for (i = 0; i < READ_TRIES; i++) {
		generation = READ_ONCE(device_page->generation);
		if (generation & 1) {
			cpu_relax();
			continue;
		}
		virt_rmb();
		slots = min_t(unsigned int, READ_ONCE(device_page->slots), NOXS_MAX_DEVICES);
		memcpy(entries, device_page->entry, slots * sizeof(*entries));
		virt_rmb();
		if (READ_ONCE(device_page->generation) == generation)
			return slots;
	}
	return -EAGAIN;
}
