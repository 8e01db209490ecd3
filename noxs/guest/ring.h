/* SPDX-License-Identifier: BSD-3-Clause */
/* What Xen's ring macros need. */
#ifndef NOXS_GUEST_RING_H
#define NOXS_GUEST_RING_H

#include "guest.h"

#define xen_mb()  guest_mb()
#define xen_rmb() guest_rmb()
#define xen_wmb() guest_wmb()

#include <xen/io/ring.h>

#endif
