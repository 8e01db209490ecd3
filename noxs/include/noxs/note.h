/* SPDX-License-Identifier: MIT */
/*
 * How a kernel says that it speaks noxs by itself: an ELF note of this owner and type, beside Xen's
 * own notes; its descriptor is NOXS_ABI_VERSION (noxs/abi.h), 4 bytes. A toolstack that could as
 * well offer XenStore decides by it.
 *
 * Copyright (c) 2026, the chaos authors
 */
#ifndef NOXS_NOTE_H
#define NOXS_NOTE_H

#define NOXS_NOTE_OWNER  "noxs"
#define NOXS_NOTE_SPEAKS 1U

#endif
