/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the files of this library only. */
#ifndef NOXS_GUEST_INTERNAL_H
#define NOXS_GUEST_INTERNAL_H

#include "guest.h"

/* start.S */
extern void *guest_start_info; /* struct start_info or struct hvm_start_info */
extern uint8_t guest_mode;

/* memory.c: maps any 4 KiB frame of the PVH address space; never given back. */
void *pvh_map_frame(xen_pfn_t frame);

#endif
