/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a guest finds its device page, if Xen does not keep that. */
#include <noxs/abi.h>
#include <xen/xen.h>
#include <xen/io/console.h>

#include "build/build.h"

_Static_assert(sizeof(struct xencons_interface) <= NOXS_ANNOUNCEMENT_OFFSET,
               "the console ring reaches the announcement");

void announce_page(const struct guest *guest, uint64_t frame, uint64_t pfn, void *console)
{
    struct noxs_announcement *out = (void *)((uint8_t *)console + NOXS_ANNOUNCEMENT_OFFSET);

    if (!guest->bus_port || guest->store)
        return;
    *out = (struct noxs_announcement){.magic = NOXS_ANNOUNCEMENT_MAGIC,
                                      .version = NOXS_ABI_VERSION,
                                      .frame = frame,
                                      .pfn = pfn,
                                      .port = guest->bus_port};
}
