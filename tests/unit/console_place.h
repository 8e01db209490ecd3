/* SPDX-License-Identifier: BSD-3-Clause */
/* A host (place.h) and one domain, "vm", whose console a test attaches to. */
#ifndef CONSOLE_PLACE_H
#define CONSOLE_PLACE_H

#include <stdint.h>
#include <xen/xen.h>

#include <xen/io/console.h>

#include "place.h"

#define OUT sizeof(((struct xencons_interface *)0)->out)
#define IN  sizeof(((struct xencons_interface *)0)->in)

extern struct chaos_domain console_vm;
extern struct record console_record;           /* without its texts */
extern struct xencons_interface *console_ring; /* as the guest sees it */

/* A test's set-up and tear-down. */
int console_begin_pv(void **state);
int console_begin_pvh(void **state);
int console_end(void **state);

chaos_console *console_attach(void);
/* The guest writes as much as fits. */
size_t console_guest_writes(const char *text, size_t len);

#endif
