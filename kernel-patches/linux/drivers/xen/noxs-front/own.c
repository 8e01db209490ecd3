// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device page in this guest's own memory, announced at the end of the console page. (Not in
 * XenStore's page: xenbus replaces a PV guest's start_info.store_mfn where there is no XenStore.)
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/err.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <xen/hvm.h>
#include <xen/interface/hvm/params.h>
#include <xen/page.h>
#include <xen/xen.h>
#include <asm/xen/hypervisor.h>

#include "front.h"

static void *console_page;

/* Frames of a PV guest's own memory lie in the kernel's mapping of it; the others' are reserved. */
static void *map_frame(u64 frame, u64 pfn)
{
	if (!xen_pv_domain())
		return memremap(frame << XEN_PAGE_SHIFT, XEN_PAGE_SIZE, MEMREMAP_WB);
	if (!pfn_valid(pfn) || pfn_to_mfn(pfn) != frame)
		return NULL;
	return __va(PFN_PHYS(pfn));
}

static void unmap_frame(void *addr)
{
	if (!xen_pv_domain())
		memunmap(addr);
}

static void *map_console(void)
{
	u64 frame = 0;

	if (xen_pv_domain())
		frame = xen_start_info->console.domU.mfn;
	else if (hvm_get_parameter(HVM_PARAM_CONSOLE_PFN, &frame))
		return NULL;
	return frame ? map_frame(frame, xen_pv_domain() ? mfn_to_pfn(frame) : frame) : NULL;
}

static const struct noxs_announcement *announcement(void)
{
	return console_page + NOXS_ANNOUNCEMENT_OFFSET;
}

int noxs_own_find(evtchn_port_t *port)
{
	console_page = map_console();
	if (!console_page)
		return -ENODEV;
	if (announcement()->magic != NOXS_ANNOUNCEMENT_MAGIC ||
	    announcement()->version != NOXS_ABI_VERSION || !announcement()->port) {
		noxs_own_forget();
		return -ENODEV;
	}
	*port = announcement()->port;
	return 0;
}

void noxs_own_forget(void)
{
	if (console_page)
		unmap_frame(console_page);
	console_page = NULL;
}

const struct noxs_page *noxs_own_map(void)
{
	struct noxs_page *page = map_frame(announcement()->frame, announcement()->pfn);

	if (!page)
		return ERR_PTR(-EIO);
	if (READ_ONCE(page->magic) != NOXS_PAGE_MAGIC) {
		unmap_frame(page);
		return ERR_PTR(-ENOENT);
	}
	virt_rmb();	/* the generation is odd before the magic is written */
	return page;
}

void noxs_own_unmap(const struct noxs_page *page)
{
	unmap_frame((void *)page);
}
