/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before the cores of back ends and front ends. Their aliases are those of the kernel's own drivers: with them,
 * udev and modprobe would load noxs' modules wherever a device of XenBus appears.
 *
 * Copyright (c) 2026, the chaos authors
 */
#ifndef DRIVERS_XEN_NOXS_ALIAS_H
#define DRIVERS_XEN_NOXS_ALIAS_H

#include <linux/module.h>

#undef MODULE_ALIAS
#define MODULE_ALIAS(alias) static_assert(true)

#endif
