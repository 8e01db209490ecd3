/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bug looked for: a toolstack that believes what it finds in a device page that lies in the guest's
 * memory, in that page's announcement, or at the event channel that tells of changes.
 * Method: words of both turn to nonsense in a tight loop, frames and ports of others among them.
 * The channel: "closed"; "other": its port given to another purpose, as a channel to this very
 * domain; "storm": events as fast as they go, for the moment in which Dom0 has bound it.
 * Where Xen keeps the page there is nothing to forge: "forger: none".
 */
#include "hostile.h"

#include <xen/errno.h>
#include <xen/io/console.h>

static struct noxs_announcement *announced;
static struct noxs_page *page;

static void find(void)
{
    uint8_t *console = (uint8_t *)console_ring();

    hostile_expect("open", devices_open(), 0);
    announced = (struct noxs_announcement *)(console + NOXS_ANNOUNCEMENT_OFFSET);
    if (announced->magic != NOXS_ANNOUNCEMENT_MAGIC) {
        console_printf("forger: none\n");
        guest_idle();
    }
    page = guest_map_own_frame(announced->frame);
    hostile_expect("magic", page->magic, NOXS_PAGE_MAGIC);
}

/* Ports that were free below it are taken, so that the next one is the same. */
static void other_purpose(evtchn_port_t port)
{
    evtchn_port_t offered = 0;

    guest_event_close(port);
    for (unsigned int i = 0; i < 64 && offered != port; i++)
        offered = (evtchn_port_t)guest_event_offer(DOMID_SELF);
    hostile_expect("the port again", offered, port);
    hostile_expect("bound to itself", guest_event_bind(DOMID_SELF, port) > 0, true);
}

static void forge(void *at, size_t bytes)
{
    uint32_t *words = at;

    for (unsigned int i = 0; i < 512; i++)
        ACCESS(words[hostile_random() % (bytes / sizeof(*words))]) = hostile_random();
    words[0] = hostile_random() & 1 ? NOXS_PAGE_MAGIC : NOXS_ANNOUNCEMENT_MAGIC;
}

void guest_main(void)
{
    evtchn_port_t port;

    hostile_begin("forger");
    find();
    port = announced->port;
    if (guest_flag("closed"))
        guest_event_close(port);
    if (guest_flag("other"))
        other_purpose(port);
    console_printf("forger: forging\n");
    for (;;) {
        forge(announced, sizeof(*announced));
        forge(page, sizeof(*page));
        if (guest_flag("storm"))
            guest_event_notify(port);
    }
}
