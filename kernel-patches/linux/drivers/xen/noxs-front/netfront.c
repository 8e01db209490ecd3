// SPDX-License-Identifier: GPL-2.0-only
/*
 * netfront on noxs' devices, where it is built into the kernel: beside the one of XenBus, which may
 * be there, too.
 *
 * Copyright (c) 2026, the chaos authors
 */
#define NOXS_DRIVER
#include "shim.h"
#define NET_RX_BUFFERS CONFIG_NOXS_NETFRONT_BUFFERS
#include "../../net/xen-netfront.c"
