/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest library's devices (noxs/guest) on the host, against a back end that writes anything
 * into the control pages and rings, at any time: between two events and behind each read barrier.
 * Whatever it does, the guest touches only its own buffers, each packet lies in one of them, each
 * request ends once, and nothing runs for ever.
 *
 * The input is a list of steps: a struct step, then as many bytes as it says.
 */
#include "must.h"

static void change(void);
#define guest_rmb() change()

#include "../../noxs/guest/device.c"
#include "../../noxs/guest/device_page.c"
#include "../../noxs/guest/netfront.c"
#include "../../noxs/guest/netfront_connect.c"
#define event     blk_event
#define set_state blk_set_state
#define open_port blk_open_port
#include "../../noxs/guest/blkfront.c"
#include "../../noxs/guest/blkfront_connect.c"
#undef event
#define event power_event
#include "../../noxs/guest/power_device.c"

#define GRANTS   512
#define HANDLERS 16
#define SECTORS  64

static struct netfront net;
static struct blkfront blk;
static uint8_t disk_buffer[BLKFRONT_MAX_BYTES] __attribute__((aligned(GUEST_PAGE_SIZE)));

/* ---- the rest of the library and Xen ---- */

static bool grant_used[GRANTS];
static unsigned int grants_left, ports_left;
static struct {
    evtchn_port_t port;
    guest_event_handler *call;
    void *data;
} handlers[HANDLERS];
static unsigned int handler_count;
static unsigned int requests; /* of the power device, obeyed in this input */

/* The device page is Xen's, or our own, of whose announcement the back end may write, too. */
static bool xen_has_pages;
static uint8_t console_page[GUEST_PAGE_SIZE] __attribute__((aligned(GUEST_PAGE_SIZE)));
static uint8_t own_page[GUEST_PAGE_SIZE] __attribute__((aligned(GUEST_PAGE_SIZE)));

static void forget_world(void)
{
    struct noxs_announcement *a = (void *)(console_page + NOXS_ANNOUNCEMENT_OFFSET);
    struct noxs_page *own = (void *)own_page;

    memset(grant_used, 0, sizeof(grant_used));
    memset(handlers, 0, sizeof(handlers));
    handler_count = 0;
    requests = 0;
    memset(&net, 0, sizeof(net));
    memset(&blk, 0, sizeof(blk));
    memset(device_page_hole, 0, sizeof(device_page_hole));
    memset(console_page, 0, sizeof(console_page));
    memset(own_page, 0, sizeof(own_page));
    *a = (struct noxs_announcement){
        .magic = NOXS_ANNOUNCEMENT_MAGIC, .version = NOXS_ABI_VERSION, .frame = 1, .port = 101};
    own->magic = NOXS_PAGE_MAGIC;
    own->version = NOXS_ABI_VERSION;
    device_page = NULL;
    announced = NULL;
    devices_port = 0;
    memset(&page, 0, sizeof(page));
    memset(&device, 0, sizeof(device));
    answered = 0;
}

long guest_hypercall(long nr, long op, long arg, long c, long d, long e)
{
    struct noxs_get_page *get = (struct noxs_get_page *)arg;

    (void)c, (void)d, (void)e;
    MUST(nr == __HYPERVISOR_noxs_op);
    if (!xen_has_pages)
        return -XEN_ENOSYS;
    if (op == NOXS_OP_version)
        return NOXS_ABI_VERSION;
    MUST(op == NOXS_OP_get_page);
    *get = (struct noxs_get_page){.version = NOXS_ABI_VERSION, .frame = 1};
    return 0;
}

struct xencons_interface *console_ring(void)
{
    return (struct xencons_interface *)console_page;
}

/* Any frame is the own page: a wrong one would be another page of the same guest. */
void *guest_map_own_frame(xen_pfn_t frame)
{
    MUST(!xen_has_pages);
    return frame % 16 == 15 ? NULL : own_page;
}

bool guest_is_pv(void)
{
    return true;
}

int guest_map_foreign_frame(void *hole, xen_pfn_t frame, bool writable)
{
    MUST(hole == device_page_hole && frame == 1 && !writable);
    return 0;
}

grant_ref_t guest_grant(domid_t domid, const void *address, bool readonly)
{
    (void)domid, (void)address, (void)readonly;
    for (grant_ref_t ref = 8; grants_left && ref < GRANTS; ref++) {
        if (grant_used[ref])
            continue;
        grants_left--;
        grant_used[ref] = true;
        return ref;
    }
    return GUEST_NO_GRANT;
}

bool guest_grant_end(grant_ref_t ref)
{
    MUST(ref < GRANTS && grant_used[ref]); /* never one twice, never one that was not */
    grant_used[ref] = false;
    grants_left++;
    return true;
}

int guest_grant_map(void *hole, domid_t domid, grant_ref_t ref, grant_handle_t *handle)
{
    (void)domid, (void)hole;
    *handle = 1;
    return ref % 16 == 15 ? -1 : 0;
}

void guest_grant_unmap(void *hole, grant_handle_t handle)
{
    MUST(hole && handle == 1);
}

static int new_port(void)
{
    static unsigned int last = 100;

    if (!ports_left)
        return -1;
    ports_left--;
    return (int)++last;
}

int guest_event_notify(evtchn_port_t port)
{
    MUST(port > 100);
    return 0;
}

int guest_event_bind(domid_t remote, evtchn_port_t remote_port)
{
    (void)remote, (void)remote_port;
    return new_port();
}

int guest_event_offer(domid_t remote)
{
    (void)remote;
    return new_port();
}

int guest_event_bind_virq(unsigned int virq)
{
    MUST(virq == NOXS_VIRQ);
    return new_port();
}

void guest_event_close(evtchn_port_t port)
{
    MUST(port > 100);
    for (unsigned int i = 0; i < handler_count; i++)
        MUST(handlers[i].port != port); /* or the handler of the next owner runs for this one */
}

int guest_event_handle(evtchn_port_t port, guest_event_handler *handler, void *data)
{
    if (handler_count == HANDLERS)
        return -1;
    handlers[handler_count].port = port;
    handlers[handler_count].call = handler;
    handlers[handler_count++].data = data;
    return 0;
}

void guest_event_forget(evtchn_port_t port)
{
    for (unsigned int i = 0; i < handler_count; i++)
        if (handlers[i].port == port)
            handlers[i] = handlers[--handler_count];
}

static void run_handler(unsigned int i)
{
    if (handler_count)
        handlers[i % handler_count].call(handlers[i % handler_count].data);
}

/* Nobody waits in this harness: what would wait is not called. */
void guest_wait(const evtchn_port_t *waited, unsigned int count, uint64_t deadline_ns)
{
    (void)waited, (void)count, (void)deadline_ns;
    abort();
}

uint64_t guest_clock_ns(void)
{
    abort();
}

void guest_events_run(uint64_t deadline_ns)
{
    (void)deadline_ns;
    abort();
}

void guest_shutdown(unsigned int reason)
{
    (void)reason;
    abort(); /* act() is replaced below by a request that the input does not make */
}

void guest_suspend(void)
{
    requests++;
}

/* ---- the back end ---- */

static uint8_t *const shared[] = {
    device_page_hole, net.control,      net.tx_ring, net.rx_ring,  blk.control,
    blk.ring_page,    (uint8_t *)&page, own_page,    console_page,
};
#define SHARED (sizeof(shared) / sizeof(*shared))

/* What it writes behind the next barriers, one piece each. */
static const uint8_t *noise;
static size_t noise_left;

static void write_shared(unsigned int which, unsigned int at, const uint8_t *data, size_t size)
{
    uint8_t *to = shared[which % SHARED];

    at %= GUEST_PAGE_SIZE;
    if (size > GUEST_PAGE_SIZE - at)
        size = GUEST_PAGE_SIZE - at;
    memcpy(to + at, data, size);
    /* Xen is no liar: its page is whole whenever it is looked at. */
    ((struct noxs_page *)device_page_hole)->generation &= ~1U;
    /* Nor does a toolstack stay half-way. */
    ((struct noxs_page *)own_page)->generation &= ~1U;
    /* And a power request that ends the guest would end the harness. */
    if (page.back.request != NOXS_POWER_SUSPEND)
        page.back.request = page.back.request < 32 ? 0 : page.back.request;
}

static void change(void)
{
    size_t n;

    if (noise_left < 8)
        return;
    /* Not the device page: a reader of it begins anew with each change, for ever. */
    n = 4 + noise[3] % (noise_left - 4 < 64 ? noise_left - 4 : 64);
    if (shared[noise[0] % SHARED] != device_page_hole && shared[noise[0] % SHARED] != own_page)
        write_shared(noise[0], noise[1] | noise[2] << 8, noise + 4, n - 4);
    noise += n;
    noise_left -= n;
}

/* ---- the guest's program ---- */

static struct {
    unsigned int begun, ended;
} disk;

static void received(struct netfront *from, const void *packet, size_t length,
                     enum netfront_checksum checksum)
{
    const uint8_t *at = packet, *first = net.rx_buffer[0];
    size_t offset = (size_t)(at - first);

    MUST(from == &net && at >= first && length && length <= GUEST_PAGE_SIZE);
    MUST(offset < sizeof(net.rx_buffer));
    MUST(offset / GUEST_PAGE_SIZE == (offset + length - 1) / GUEST_PAGE_SIZE);
    MUST(checksum <= NETFRONT_CHECKSUM_GOOD);
    /* Answering out of the handler, as lwIP does. */
    if (length % 4 == 1 && netfront_send_buffer(&net))
        netfront_send(&net, length);
}

static void transferred(void *data, int rc)
{
    MUST(data == &disk && rc <= 0);
    disk.ended++;
    MUST(disk.ended <= disk.begun);
}

struct step {
    uint8_t what, which;
    uint16_t at;
    uint16_t size;
};

enum { WRITE, EVENT, NOISE, SEND, SUBMIT, START, STOP, LIST, SCARCE, STEPS };

static void start(unsigned int which)
{
    struct noxs_entry entry = {.backend_domid = 0};
    unsigned int type = which % 3 == 0   ? NOXS_TYPE_VIF
                        : which % 3 == 1 ? NOXS_TYPE_VBD
                                         : NOXS_TYPE_CONTROL;

    devices_open();
    if (type == NOXS_TYPE_CONTROL) {
        power_device_start(NULL);
        return;
    }
    if (!devices_find(type, 0, &entry))
        entry = (struct noxs_entry){.type = (uint8_t)type, .grant = which / 3, .port = 1};
    if (type == NOXS_TYPE_VIF && !net.state)
        netfront_start(&net, &entry, received, NULL);
    else if (type == NOXS_TYPE_VBD && !blk.state)
        blkfront_start(&blk, &entry);
}

static void stop(unsigned int which)
{
    if (which % 2 && net.state) {
        netfront_stop(&net);
    } else if (blk.state) {
        blkfront_stop(&blk);
        MUST(disk.begun == disk.ended);
    }
}

static void list_devices(unsigned int room)
{
    struct noxs_entry *entries = malloc((room + 1) * sizeof(*entries));

    MUST(entries && devices_list(entries, room) <= NOXS_MAX_DEVICES);
    if (net.state)
        device_present(&net.device);
    free(entries);
}

static void submit(unsigned int which, unsigned int at, unsigned int size)
{
    static const enum blkfront_operation operations[] = {BLKFRONT_READ, BLKFRONT_WRITE,
                                                         BLKFRONT_FLUSH};
    size_t offset = at % GUEST_PAGE_SIZE, bytes = size % (sizeof(disk_buffer) - offset + 1);

    if (!blk.state)
        return;
    disk.begun++;
    if (blkfront_submit(&blk, operations[which % 3], at % SECTORS, disk_buffer + offset, bytes,
                        transferred, &disk))
        disk.begun--;
}

static void step(const struct step *s, const uint8_t *data, size_t size)
{
    noise_left = 0;
    switch (s->what % STEPS) {
    case WRITE:
        write_shared(s->which, s->at, data, size);
        break;
    case NOISE:
        noise = data;
        noise_left = size;
        run_handler(s->which);
        break;
    case EVENT:
        run_handler(s->which);
        break;
    case SEND:
        if (net.state && netfront_send_buffer(&net))
            netfront_send(&net, s->at % (GUEST_PAGE_SIZE + 1));
        break;
    case SUBMIT:
        submit(s->which, s->at, s->size);
        break;
    case START:
        start(s->which);
        break;
    case STOP:
        stop(s->which);
        break;
    case LIST:
        list_devices(s->which % (NOXS_MAX_DEVICES + 1));
        break;
    case SCARCE:
        grants_left = s->at;
        ports_left = s->which;
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct step s;

    /* Which hypervisor it is, the last byte says: all that came before stays the input it was. */
    xen_has_pages = !size || !(data[size - 1] & 1);
    forget_world();
    grants_left = GRANTS;
    ports_left = 1000;
    disk.begun = disk.ended = 0;
    while (size >= sizeof(s)) {
        size_t n;

        memcpy(&s, data, sizeof(s));
        data += sizeof(s);
        size -= sizeof(s);
        n = s.what % STEPS == SUBMIT ? 0 : s.size < size ? s.size : size;
        step(&s, data, n);
        data += n;
        size -= n;
    }
    noise_left = 0;
    if (net.state)
        netfront_stop(&net);
    if (blk.state)
        blkfront_stop(&blk);
    MUST(disk.begun == disk.ended);
    return 0;
}
