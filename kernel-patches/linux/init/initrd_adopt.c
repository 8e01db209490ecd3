// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of an uncompressed initrd keep its pages: where a file's data begins with a page, it is not
 * copied, but becomes the page cache of the file.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <linux/fs.h>
#include <linux/initrd.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pagemap.h>

/* From a reserved page to one of the page cache. */
static int __init adopt(struct page *page, struct address_space *mapping, pgoff_t index)
{
	int rc;

	ClearPageReserved(page);
	init_page_count(page);
	rc = add_to_page_cache_lru(page, mapping, index, GFP_KERNEL);
	if (rc) {
		SetPageReserved(page);
		return rc;
	}
	adjust_managed_page_count(page, 1);
	SetPageUptodate(page);
	set_page_dirty(page);
	unlock_page(page);
	put_page(page);	/* the page cache has a reference of its own */
	return 0;
}

/* Returns how many bytes at the file's beginning need no copy. */
unsigned long __init initrd_adopt(struct address_space *mapping, char *data, unsigned long len)
{
	unsigned long done = 0;

	if (!PAGE_ALIGNED(data) || mapping->nrpages ||
	    mapping->host->i_sb->s_magic != RAMFS_MAGIC ||
	    (unsigned long)data < initrd_start || (unsigned long)data + len > initrd_end)
		return 0;

	for (; done + PAGE_SIZE <= len; done += PAGE_SIZE) {
		struct page *page = virt_to_page(data + done);

		if (!PageReserved(page) || adopt(page, mapping, done >> PAGE_SHIFT))
			break;
	}
	return done;
}

/* Frees the pages that no file has taken; these are still reserved. */
void __init initrd_free_rest(unsigned long start, unsigned long end)
{
	unsigned long pos, run = 0;

	for (pos = start & PAGE_MASK; pos < end; pos += PAGE_SIZE) {
		bool left = PageReserved(virt_to_page((void *)pos));

		if (left && !run)
			run = max(pos, start);
		if (!left && run) {
			free_initrd_mem(run, pos);
			run = 0;
		}
	}
	if (run)
		free_initrd_mem(run, end);
}
