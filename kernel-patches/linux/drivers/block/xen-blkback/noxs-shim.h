/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before blkback's core. Where that tells XenStore of a disk's new size, the control page
 * is told.
 *
 * Copyright (c) 2026, the chaos authors
 */
#define pr_fmt(fmt) "noxs-blkback: " fmt

#include "common.h"
#include "../../xen/noxs/noxs.h"
#include "../../xen/noxs/alias.h"

#undef pr_fmt	/* blkback.c has its own */

/* The core writes node "sectors" and then "state"; the second tells the guest. Returns 0. */
int noxs_vbd_publish(const char *nodename, const char *node, u64 value);

static inline int noxs_no_transaction(void)
{
	return 0;
}

#define xenbus_transaction_start(xbt)			  ((xbt)->id = 0)
#define xenbus_transaction_end(xbt, abort)		  noxs_no_transaction()
#define xenbus_printf(xbt, nodename, node, format, value) noxs_vbd_publish(nodename, node, value)
