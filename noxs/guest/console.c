/* SPDX-License-Identifier: BSD-3-Clause */
/* Xen's console ring: it needs neither XenStore nor noxs, so it works from the first instruction.
 */
#include "internal.h"

#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/io/console.h>

static struct xencons_interface *ring; /* NULL: the loader gave none, or console_open() to come */
static evtchn_port_t port;

static uint64_t hvm_parameter(uint32_t index)
{
    struct xen_hvm_param param = {.domid = DOMID_SELF, .index = index};

    return HYPERCALL(__HYPERVISOR_hvm_op, HVMOP_get_param, &param) ? 0 : param.value;
}

static bool console_open(void)
{
    const struct start_info *pv = guest_start_info;
    static bool opened;
    uint64_t frame;

    if (opened)
        return ring;
    opened = true;
    if (guest_is_pv()) {
        frame = pv->console.domU.mfn;
        port = pv->console.domU.evtchn;
    } else {
        frame = hvm_parameter(HVM_PARAM_CONSOLE_PFN);
        port = (evtchn_port_t)hvm_parameter(HVM_PARAM_CONSOLE_EVTCHN);
    }
    if (frame)
        ring = guest_map_own_frame(frame);
    return ring;
}

evtchn_port_t console_port(void)
{
    return console_open() ? port : 0;
}

struct xencons_interface *console_ring(void)
{
    return console_open() ? ring : NULL;
}

size_t console_try_write(const char *text, size_t length)
{
    XENCONS_RING_IDX cons, prod, used;
    size_t n;

    if (!console_open())
        return length;
    cons = ACCESS(ring->out_cons);
    prod = ring->out_prod;
    used = prod - cons;
    guest_mb(); /* the reader is done with the bytes below cons */
    for (n = 0; n < length && used + n < sizeof(ring->out); n++)
        ring->out[MASK_XENCONS_IDX(prod + n, ring->out)] = text[n];
    if (n) {
        guest_wmb(); /* bytes before index */
        ACCESS(ring->out_prod) = prod + (XENCONS_RING_IDX)n;
        guest_event_notify(port);
    }
    return n;
}

size_t console_try_read(char *text, size_t size)
{
    XENCONS_RING_IDX cons, prod;
    size_t n;

    if (!console_open())
        return 0;
    prod = ACCESS(ring->in_prod);
    cons = ring->in_cons;
    guest_rmb(); /* index before bytes */
    if (prod - cons > sizeof(ring->in))
        return 0;
    for (n = 0; n < size && cons + n != prod; n++)
        text[n] = ring->in[MASK_XENCONS_IDX(cons + n, ring->in)];
    if (n) {
        guest_mb(); /* bytes read before the writer may reuse them */
        ACCESS(ring->in_cons) = cons + (XENCONS_RING_IDX)n;
        guest_event_notify(port);
    }
    return n;
}
