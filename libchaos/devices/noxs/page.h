/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The page that tells a guest of its devices. Xen keeps it (page_xen.c); where Xen has no noxs it
 * lies in the guest's own memory, which the build announced to the guest, and is written from here
 * (page_memory.c). A guest can scribble on that one: nothing is ever read from it.
 */
#ifndef CHAOS_NOXS_PAGE_H
#define CHAOS_NOXS_PAGE_H

#include <noxs/ioctl.h>

#include "devices/devices.h"

struct page_keeper {
    /* Enters devices whose back ends are there; all or none. `runs`: the guest may be looking. */
    int (*add)(struct device_host *host, const struct device_guest *guest,
               const struct noxs_entry *entries, unsigned int nr, bool runs, chaos_error *err);
    /* The same into a buffer of a page, for the build of the guest; how many bytes. NULL: cannot.
     */
    int (*compose)(struct device_host *host, const struct device_guest *guest,
                   const struct noxs_entry *entries, unsigned int nr, void *page, chaos_error *err);
    /* Does of `add` what does not depend on what is added, for a guest that does not run and is to
     * get these later: 1, or 0 where it can do nothing yet. */
    int (*ease)(struct device_host *host, const struct device_guest *guest,
                const struct noxs_entry *entries, unsigned int nr, chaos_error *err);
    /* Takes one out; -ENOENT, without a message, where it is not in the page. */
    int (*remove)(struct device_host *host, const struct device_guest *guest,
                  const struct noxs_id *id, chaos_error *err);
    /* What is in the page, NOXS_MAX_DEVICES at most; how many. */
    int (*list)(struct device_host *host, const struct device_guest *guest,
                struct noxs_entry *entries, chaos_error *err);
};

extern const struct page_keeper page_xen, page_memory;

#endif
