/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypercall of noxs as Xen compiles it, on the host: any sequence of calls by any domain, with
 * any argument anywhere in memory that ends, is read-only or changes between two reads, and with
 * allocations that fail. What must hold whatever is called:
 *
 *   - nobody but the control domain gets at another's devices, nor is its argument even looked at;
 *   - a call that fails has changed nothing; a batch is done whole or not at all;
 *   - the page says what Xen's own copy says, with each device once, and Xen's copy never says what
 *     a guest wrote;
 *   - locks and references are given back, memory is freed with the domain.
 *
 * The input is a list of calls: struct call, then as many bytes of argument as it says.
 */
#include "xen_shim.h"

#include "../../kernel-patches/xen/xen/arch/x86/noxs.c"

#define DOMAINS 4 /* 0: control; 1: PV; 2: PVH; 3: PVH that the policy protects */

static struct domain domains[DOMAINS];
static struct vcpu vcpu;
struct vcpu *current = &vcpu;
struct shim shim;

struct call {
    uint8_t what;   /* an operation, or one of the verbs below */
    uint8_t caller; /* of `domains`; bit 7: bad pointer */
    uint8_t failing;
    uint8_t readonly; /* in units of 32 bytes; 0: all can be written */
    uint16_t at;      /* where the argument lies in the caller's memory */
    uint16_t size;
};

enum { KILL = 16, REVIVE, MOVE, SCRIBBLE };

/* HVM guests that wrote into their page, and so are deceived by themselves. */
static bool scribbled[DOMAINS];

/* Bytes that the caller's other vCPU puts over the argument after each read of it. */
static const uint8_t *noise;
static size_t noise_size;

/* ---- the world around ---- */

unsigned long shim_read(void *to, uintptr_t from, size_t size)
{
    unsigned long at = from - SHIM_BASE, n;

    MUST(current->domain->control || size <= sizeof(struct noxs_map_page));
    shim.reads++;
    n = at >= SHIM_MEMORY ? 0 : min(SHIM_MEMORY - at, size);
    memcpy(to, shim.memory + (n ? at : 0), n);
    memset((uint8_t *)to + n, 0, size - n);
    if (shim.changed)
        shim.changed();
    return size - n;
}

unsigned long shim_write(uintptr_t to, const void *from, size_t size)
{
    unsigned long at = to - SHIM_BASE, end = min(shim.readonly_from, SHIM_MEMORY), n;

    shim.writes++;
    n = at >= end ? 0 : min(end - at, size);
    memcpy(shim.memory + (n ? at : 0), from, n);
    return size - n;
}

void *shim_alloc(size_t size, size_t alignment, bool zero)
{
    void *p;

    if (++shim.allocations == shim.failing)
        return NULL;
    p = aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    MUST(p);
    memset(p, zero ? 0 : 0xa5, size);
    return p;
}

static struct domain *owner_of(const void *page)
{
    for (unsigned int i = 0; i < DOMAINS; i++)
        if (domains[i].noxs && (const void *)domains[i].noxs->page == page)
            return &domains[i];
    return NULL;
}

bool shim_special(const struct page_info *page)
{
    return owner_of(page);
}

unsigned long shim_gfn_of(unsigned long mfn)
{
    for (unsigned int i = 0; i < DOMAINS; i++)
        for (unsigned long gfn = 0; gfn < SHIM_FRAMES; gfn++)
            if (mfn_x(domains[i].frame[gfn]) == mfn)
                return gfn;
    return INVALID_M2P_ENTRY;
}

void share_xen_page_with_guest(struct page_info *page, struct domain *d, int flags)
{
    MUST(d->locks == 1 && !d->is_dying && flags == SHARE_ro && page);
}

mfn_t get_gfn(struct domain *d, unsigned long gfn, p2m_type_t *type)
{
    MUST(d->translated && gfn < SHIM_FRAMES && !d->locks);
    *type = d->frame_type[gfn];
    d->references++;
    return d->frame[gfn];
}

void put_gfn(struct domain *d, unsigned long gfn)
{
    MUST(gfn < SHIM_FRAMES && d->references);
    d->references--;
}

int p2m_remove_page(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order)
{
    MUST(!order && mfn_eq(d->frame[gfn_x(gfn)], mfn));
    d->frame[gfn_x(gfn)] = INVALID_MFN;
    d->frame_type[gfn_x(gfn)] = p2m_invalid;
    return 0;
}

int guest_remove_page(struct domain *d, unsigned long gfn)
{
    return p2m_remove_page(d, _gfn(gfn), d->frame[gfn], 0);
}

int p2m_add_page(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order, p2m_type_t type)
{
    MUST(!order && type == p2m_ram_ro && owner_of(mfn_to_page(mfn)) == d);
    MUST(!mfn_valid(d->frame[gfn_x(gfn)]) && shim_gfn_of(mfn_x(mfn)) == INVALID_M2P_ENTRY);
    d->frame[gfn_x(gfn)] = mfn;
    d->frame_type[gfn_x(gfn)] = type;
    return 0;
}

void domain_lock(struct domain *d)
{
    MUST(!d->locks);
    d->locks++;
}

void domain_unlock(struct domain *d)
{
    MUST(d->locks == 1);
    d->locks--;
}

struct domain *rcu_lock_domain_by_any_id(uint16_t domid)
{
    struct domain *d = domid == DOMID_SELF ? current->domain
                       : domid < DOMAINS   ? &domains[domid]
                                           : NULL;

    MUST(current->domain->control); /* nobody else may find out who is there */
    if (d)
        d->references++;
    return d;
}

void rcu_unlock_domain(struct domain *d)
{
    MUST(d->references);
    d->references--;
}

void send_guest_global_virq(struct domain *d, unsigned int virq)
{
    MUST(virq == NOXS_VIRQ && !d->locks);
    d->virqs++;
}

int xsm_noxs(int action, struct domain *d)
{
    MUST(action == XSM_PRIV);
    return current->domain->control && !(d && d->forbidden) ? 0 : -EPERM;
}

/* ---- what must hold ---- */

/* The caller's other vCPU: each read finds other bytes than the one before. */
static void change(void)
{
    static size_t at;

    for (size_t i = 0; i < noise_size; i++)
        shim.memory[(at += 61) % SHIM_MEMORY] = noise[i];
}

static void must_be_sound(const struct domain *d, bool deceived)
{
    const struct noxs *n = d->noxs;
    unsigned int used = 0;

    MUST(!d->locks && !d->references);
    if (!n)
        return;
    MUST(n->page && n->slots <= n->room && n->room <= NOXS_MAX_DEVICES && !(n->generation & 1));
    for (unsigned int i = 0; i < n->slots; i++) {
        const struct noxs_entry *e = &n->entry[i];

        if (e->type == NOXS_TYPE_NONE)
            continue;
        used++;
        MUST(noxs_entry_ok(e) && e->serial && e->serial <= n->serial);
        for (unsigned int j = 0; j < i; j++)
            MUST(n->entry[j].type != e->type || n->entry[j].index != e->index);
        for (unsigned int j = 0; j < i; j++)
            MUST(n->entry[j].type == NOXS_TYPE_NONE || n->entry[j].serial != e->serial);
    }
    MUST(used == n->count);
    if (deceived)
        return;
    MUST(n->page->magic == NOXS_PAGE_MAGIC && n->page->version == NOXS_ABI_VERSION);
    MUST(n->page->generation == n->generation && n->page->domid == d->domain_id);
    MUST(n->page->slots == n->slots && n->page->count == n->count);
    MUST(!n->slots || !memcmp(n->page->entry, n->entry, n->slots * sizeof(*n->entry)));
    for (unsigned int i = n->slots; i < NOXS_MAX_DEVICES; i++)
        MUST(n->page->entry[i].type == NOXS_TYPE_NONE);
}

/* What is there of a domain, to be compared after a call. */
struct look {
    uint32_t generation, serial;
    unsigned int count, virqs;
    struct noxs_entry entry[NOXS_MAX_DEVICES];
};

static void look(const struct domain *d, struct look *out)
{
    memset(out, 0, sizeof(*out));
    out->virqs = d->virqs;
    if (!d->noxs)
        return;
    out->generation = d->noxs->generation;
    out->serial = d->noxs->serial;
    out->count = d->noxs->count;
    if (d->noxs->slots)
        memcpy(out->entry, d->noxs->entry, d->noxs->slots * sizeof(out->entry[0]));
}

static void call(const struct call *c)
{
    static struct look before[DOMAINS], after;
    struct domain *caller = &domains[c->caller % DOMAINS];
    bool change_op = c->what == NOXS_OP_add || c->what == NOXS_OP_remove;
    bool control_op = change_op || c->what == NOXS_OP_list;
    uintptr_t arg = c->caller & 0x80 ? ~(uintptr_t)c->at : SHIM_BASE + c->at;
    unsigned int changed = 0;
    long rc;

    for (unsigned int i = 0; i < DOMAINS; i++)
        look(&domains[i], &before[i]);
    shim.reads = shim.writes = shim.allocations = 0;
    vcpu.domain = caller;
    rc = do_noxs_op(c->what, (handle_void){(uint8_t *)arg});

    if (control_op && !caller->control)
        MUST(rc == -EPERM && !shim.reads && !shim.writes && !shim.allocations);
    MUST(control_op || (!shim.allocations && shim.reads + shim.writes <= 1));
    /* What is done tells of it, so it was seen first that it can be told. */
    if (!rc && (control_op || c->what == NOXS_OP_get_page))
        MUST(arg - SHIM_BASE + sizeof(struct noxs_batch) <= min(shim.readonly_from, SHIM_MEMORY));
    for (unsigned int i = 0; i < DOMAINS; i++) {
        must_be_sound(&domains[i], scribbled[i]);
        look(&domains[i], &after);
        if (!memcmp(&after, &before[i], sizeof(after)))
            continue;
        changed++;
        MUST(change_op && !rc && !domains[i].forbidden);
        MUST(after.generation == before[i].generation + 2 && after.virqs == before[i].virqs + 1);
        MUST(c->what == NOXS_OP_add
                 ? after.count > before[i].count && !domains[i].is_dying &&
                       after.serial == before[i].serial + after.count - before[i].count
                 : after.count < before[i].count && after.serial == before[i].serial);
    }
    MUST(changed == (change_op && !rc));
}

/* ---- from bytes to calls ---- */

static void begin(void)
{
    memset(domains, 0, sizeof(domains));
    memset(&shim, 0, sizeof(shim));
    memset(scribbled, 0, sizeof(scribbled));
    for (unsigned int i = 0; i < DOMAINS; i++) {
        domains[i].domain_id = (uint16_t)i;
        domains[i].control = !i;
        domains[i].translated = i >= 2;
        domains[i].forbidden = i == 3;
        for (unsigned int gfn = 0; gfn < SHIM_FRAMES; gfn++) {
            /* Ordinary memory, a hole, and a device's memory now and then; no frame twice. */
            domains[i].frame[gfn] = gfn % 4 ? (mfn_t){i * SHIM_FRAMES + gfn + 1} : INVALID_MFN;
            domains[i].frame_type[gfn] = !(gfn % 4)  ? p2m_invalid
                                         : gfn == 15 ? p2m_mmio_direct
                                                     : p2m_ram_rw;
        }
    }
}

/* XENMEM_add_to_physmap, which an HVM guest may use on its page: then it can write there. */
static void move(struct domain *d, unsigned int to)
{
    unsigned long from =
        d->noxs ? shim_gfn_of(mfn_x(page_to_mfn(virt_to_page(d->noxs->page)))) : INVALID_M2P_ENTRY;

    to %= SHIM_FRAMES;
    if (from == INVALID_M2P_ENTRY || d->frame_type[to] == p2m_mmio_direct || to == from)
        return;
    d->frame[to] = d->frame[from];
    d->frame_type[to] = p2m_ram_rw;
    d->frame[from] = INVALID_MFN;
    d->frame_type[from] = p2m_invalid;
}

static void die(struct domain *d)
{
    noxs_domain_destroy(d);
    MUST(!d->noxs);
    d->is_dying = false;
    for (unsigned int gfn = 0; gfn < SHIM_FRAMES; gfn++)
        if (d->frame_type[gfn] == p2m_ram_ro)
            d->frame[gfn] = INVALID_MFN, d->frame_type[gfn] = p2m_invalid;
}

static void step(const struct call *c, const uint8_t *data, size_t size)
{
    struct domain *d = &domains[c->caller % DOMAINS];

    memset(shim.memory, 0, sizeof(shim.memory));
    memcpy(shim.memory + c->at % SHIM_MEMORY, data, min(size, SHIM_MEMORY - c->at % SHIM_MEMORY));
    shim.readonly_from = c->readonly ? c->readonly * 32UL : SHIM_MEMORY;
    shim.failing = c->failing & 7;
    shim.changed = c->failing & 0x80 ? change : NULL;
    noise = data;
    noise_size = size;
    switch (c->what) {
    case KILL:
        d->is_dying = !d->control;
        break;
    case REVIVE: /* another domain of the same number */
        die(d);
        scribbled[c->caller % DOMAINS] = false;
        break;
    case MOVE:
        move(d, c->at);
        break;
    case SCRIBBLE:
        if (!d->noxs || !d->translated)
            break;
        memcpy((uint8_t *)d->noxs->page + c->at % PAGE_SIZE, data,
               min(size, PAGE_SIZE - c->at % PAGE_SIZE));
        scribbled[c->caller % DOMAINS] = true;
        break;
    default:
        call(c);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call c;

    begin();
    while (size >= sizeof(c)) {
        size_t n;

        memcpy(&c, data, sizeof(c));
        data += sizeof(c);
        size -= sizeof(c);
        n = min(size, c.size);
        step(&c, data, n);
        data += n;
        size -= n;
    }
    for (unsigned int i = 0; i < DOMAINS; i++)
        die(&domains[i]);
    return 0;
}
