/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * noxs: a read-only page of devices for each domain, filled by the control domain.
 *
 * The page is output only. What Xen itself relies on is kept in struct noxs: an HVM guest may
 * move its page with XENMEM_add_to_physmap and so come to write it, which must hurt nobody else.
 *
 * Locking: d->domain_lock guards d->noxs and all it points to. domain_kill() marks a domain dying
 * before it passes that lock, so a check under the lock decides for good whether a page may still
 * be made. Once there, the page lives until noxs_domain_destroy().
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <xen/errno.h>
#include <xen/event.h>
#include <xen/guest_access.h>
#include <xen/hypercall.h>
#include <xen/mm.h>
#include <xen/noxs.h>
#include <xen/sched.h>
#include <xen/xmalloc.h>
#include <asm/p2m.h>
#include <asm/paging.h>
#include <noxs/abi.h>
#include <xsm/xsm.h>

typedef struct noxs_batch noxs_batch_t;
typedef struct noxs_entry noxs_entry_t;
typedef struct noxs_id noxs_id_t;
typedef struct noxs_get_page noxs_get_page_t;
typedef struct noxs_map_page noxs_map_page_t;
DEFINE_XEN_GUEST_HANDLE(noxs_batch_t);
DEFINE_XEN_GUEST_HANDLE(noxs_entry_t);
DEFINE_XEN_GUEST_HANDLE(noxs_id_t);
DEFINE_XEN_GUEST_HANDLE(noxs_get_page_t);
DEFINE_XEN_GUEST_HANDLE(noxs_map_page_t);

struct noxs {
    struct noxs_page *page;
    struct noxs_entry *entry;  /* `room` of them: a small guest pays for what it has */
    unsigned int room;
    unsigned int slots, count; /* as in the page */
    uint32_t generation;
    uint32_t serial;
};

#define NOXS_FIRST_ROOM 4U

/* Under d->domain_lock. The caller sees either a whole struct noxs or an error. */
static int noxs_make(struct domain *d)
{
    struct noxs *n;

    if ( d->noxs )
        return 0;

    n = xzalloc(struct noxs);
    if ( !n )
        return -ENOMEM;

    n->page = alloc_xenheap_page();
    if ( !n->page )
    {
        xfree(n);
        return -ENOMEM;
    }

    clear_page(n->page);
    n->page->magic = NOXS_PAGE_MAGIC;
    n->page->version = NOXS_ABI_VERSION;
    n->page->domid = d->domain_id;
    share_xen_page_with_guest(virt_to_page(n->page), d, SHARE_ro);

    d->noxs = n;

    return 0;
}

void noxs_domain_destroy(struct domain *d)
{
    struct noxs *n = d->noxs;

    if ( !n )
        return;

    d->noxs = NULL;
    free_xenheap_page(n->page);
    xfree(n->entry);
    xfree(n);
}

/* Makes space for `more` devices, or fails having changed nothing. Under d->domain_lock. */
static int noxs_grow(struct noxs *n, unsigned int more)
{
    unsigned int need = n->count + more, room = max(n->room, NOXS_FIRST_ROOM);
    struct noxs_entry *entry;

    if ( need > NOXS_MAX_DEVICES )
        return -ENOSPC;

    while ( room < need )
        room *= 2;
    room = min(room, NOXS_MAX_DEVICES);
    if ( room == n->room )
        return 0;

    entry = xzalloc_array(struct noxs_entry, room);
    if ( !entry )
        return -ENOMEM;

    if ( n->room )
        memcpy(entry, n->entry, n->room * sizeof(*entry));
    xfree(n->entry);
    n->entry = entry;
    n->room = room;

    return 0;
}

static unsigned int noxs_find(const struct noxs *n, unsigned int type, unsigned int index)
{
    unsigned int slot;

    for ( slot = 0; slot < n->slots; slot++ )
        if ( n->entry[slot].type == type && n->entry[slot].index == index )
            break;

    return slot;
}

/* Writers of the page: odd generation, changes, even generation; readers mirror the barriers. */
static void noxs_begin(struct noxs *n)
{
    write_atomic(&n->page->generation, ++n->generation);
    smp_wmb();
}

static void noxs_publish(struct noxs *n, unsigned int slot)
{
    n->page->entry[slot] = n->entry[slot];
}

static void noxs_end(struct noxs *n)
{
    n->page->slots = n->slots;
    n->page->count = n->count;
    smp_wmb();
    write_atomic(&n->page->generation, ++n->generation);
}

static bool noxs_entry_ok(const struct noxs_entry *e)
{
    return e->type != NOXS_TYPE_NONE && !e->reserved0 && !e->reserved1 && !e->reserved2 &&
           e->backend_domid < DOMID_FIRST_RESERVED &&
           (e->type != NOXS_TYPE_CONTROL || !e->index);
}

static int noxs_add_locked(struct noxs *n, struct noxs_entry *add, unsigned int nr)
{
    unsigned int i, slot = 0;
    int rc;

    for ( i = 0; i < nr; i++ )
        if ( noxs_find(n, add[i].type, add[i].index) < n->slots )
            return -EEXIST;

    rc = noxs_grow(n, nr);
    if ( rc )
        return rc;

    noxs_begin(n);
    for ( i = 0; i < nr; i++ )
    {
        while ( n->entry[slot].type != NOXS_TYPE_NONE )
            slot++;
        add[i].serial = ++n->serial;
        n->entry[slot] = add[i];
        n->slots = max(n->slots, slot + 1);
        n->count++;
        noxs_publish(n, slot);
    }
    noxs_end(n);

    return 0;
}

static int noxs_add(struct domain *d, struct noxs_batch *b, XEN_GUEST_HANDLE_PARAM(noxs_entry_t) in)
{
    struct noxs_entry *add;
    unsigned int i, j;
    int rc = -EINVAL;

    add = xmalloc_array(struct noxs_entry, b->nr);
    if ( !add )
        return -ENOMEM;

    if ( copy_from_guest(add, in, b->nr) )
    {
        rc = -EFAULT;
        goto out;
    }

    for ( i = 0; i < b->nr; i++ )
    {
        if ( !noxs_entry_ok(&add[i]) )
            goto out;
        for ( j = 0; j < i; j++ )
            if ( add[j].type == add[i].type && add[j].index == add[i].index )
                goto out;
    }

    domain_lock(d);
    rc = d->is_dying ? -ESRCH : noxs_make(d);
    if ( !rc )
        rc = noxs_add_locked(d->noxs, add, b->nr);
    if ( !rc )
        b->generation = d->noxs->generation;
    domain_unlock(d);

 out:
    xfree(add);

    return rc;
}

static int noxs_remove_locked(struct noxs *n, const struct noxs_id *id, unsigned int nr)
{
    uint8_t slot[NOXS_MAX_DEVICES];
    unsigned int i, j;

    for ( i = 0; i < nr; i++ )
    {
        slot[i] = noxs_find(n, id[i].type, id[i].index);
        if ( slot[i] == n->slots )
            return -ENOENT;
        for ( j = 0; j < i; j++ )
            if ( slot[j] == slot[i] )
                return -EINVAL;
    }

    noxs_begin(n);
    for ( i = 0; i < nr; i++ )
    {
        memset(&n->entry[slot[i]], 0, sizeof(n->entry[slot[i]]));
        n->count--;
        noxs_publish(n, slot[i]);
    }
    noxs_end(n);

    return 0;
}

static int noxs_remove(struct domain *d, struct noxs_batch *b, XEN_GUEST_HANDLE_PARAM(noxs_id_t) in)
{
    struct noxs_id id[NOXS_MAX_DEVICES];
    unsigned int i;
    int rc;

    if ( copy_from_guest(id, in, b->nr) )
        return -EFAULT;

    for ( i = 0; i < b->nr; i++ )
        if ( id[i].type == NOXS_TYPE_NONE || id[i].reserved )
            return -EINVAL;

    domain_lock(d);
    rc = !d->noxs ? -ENOENT : noxs_remove_locked(d->noxs, id, b->nr);
    if ( !rc )
        b->generation = d->noxs->generation;
    domain_unlock(d);

    return rc;
}

static int noxs_list(struct domain *d, struct noxs_batch *b,
                     XEN_GUEST_HANDLE_PARAM(noxs_entry_t) out)
{
    unsigned int slot, nr = 0, room = b->nr;
    struct noxs_entry *copy = NULL;
    int rc = 0;

    if ( room )
    {
        copy = xmalloc_array(struct noxs_entry, room);
        if ( !copy )
            return -ENOMEM;
    }

    domain_lock(d);
    b->nr = d->noxs ? d->noxs->count : 0;
    b->generation = d->noxs ? d->noxs->generation : 0;
    for ( slot = 0; d->noxs && slot < d->noxs->slots && nr < room; slot++ )
        if ( d->noxs->entry[slot].type != NOXS_TYPE_NONE )
            copy[nr++] = d->noxs->entry[slot];
    domain_unlock(d);

    if ( nr && copy_to_guest(out, copy, nr) )
        rc = -EFAULT;
    xfree(copy);

    return rc;
}

/* The control domain's half. Nothing tells an unprivileged caller which domains there are. */
static int noxs_control(unsigned int op, XEN_GUEST_HANDLE_PARAM(void) arg)
{
    XEN_GUEST_HANDLE_PARAM(noxs_batch_t) head = guest_handle_cast(arg, noxs_batch_t);
    XEN_GUEST_HANDLE_PARAM(void) tail;
    struct noxs_batch b;
    struct domain *d;
    int rc;

    rc = xsm_noxs(XSM_PRIV, NULL);
    if ( rc )
        return rc;

    if ( copy_from_guest(&b, head, 1) )
        return -EFAULT;
    if ( b.version != NOXS_ABI_VERSION || b.reserved )
        return -EINVAL;
    if ( b.nr > NOXS_MAX_DEVICES )
        return -E2BIG;
    if ( !b.nr && op != NOXS_OP_list )
        return -EINVAL;

    /* Find out now whether the answer can be written: a change done must not end in -EFAULT. */
    if ( copy_to_guest(head, &b, 1) )
        return -EFAULT;

    d = rcu_lock_domain_by_any_id(b.domid);
    if ( !d )
        return -ESRCH;

    rc = xsm_noxs(XSM_PRIV, d);
    if ( rc )
        goto out;

    guest_handle_add_offset(head, 1);
    tail = guest_handle_cast(head, void);
    guest_handle_subtract_offset(head, 1);

    switch ( op )
    {
    case NOXS_OP_add:
        rc = noxs_add(d, &b, guest_handle_cast(tail, noxs_entry_t));
        break;
    case NOXS_OP_remove:
        rc = noxs_remove(d, &b, guest_handle_cast(tail, noxs_id_t));
        break;
    default:
        rc = noxs_list(d, &b, guest_handle_cast(tail, noxs_entry_t));
        break;
    }

    if ( !rc )
    {
        if ( op != NOXS_OP_list )
            send_guest_global_virq(d, NOXS_VIRQ);
        if ( copy_to_guest(head, &b, 1) && op == NOXS_OP_list )
            rc = -EFAULT;
    }

 out:
    rcu_unlock_domain(d);

    return rc;
}

static int noxs_get_page(struct domain *d, XEN_GUEST_HANDLE_PARAM(noxs_get_page_t) arg)
{
    struct noxs_get_page info = { .version = NOXS_ABI_VERSION };
    mfn_t mfn;

    domain_lock(d);
    if ( !d->noxs )
    {
        domain_unlock(d);
        return -ENOENT;
    }
    info.generation = d->noxs->generation;
    mfn = page_to_mfn(virt_to_page(d->noxs->page));
    domain_unlock(d);

    info.frame = paging_mode_translate(d) ? get_gpfn_from_mfn(mfn_x(mfn)) : mfn_x(mfn);
    if ( paging_mode_translate(d) && !gfn_valid(d, _gfn(info.frame)) )
        info.frame = ~0ULL;

    return copy_to_guest(arg, &info, 1) ? -EFAULT : 0;
}

#ifdef CONFIG_HVM
/* The frame's old content goes, as it does with XENMEM_add_to_physmap for the shared info page. */
static int noxs_map_at(struct domain *d, gfn_t gfn, mfn_t mfn)
{
    unsigned long old;
    p2m_type_t type;
    mfn_t prev;
    int rc = 0;

    /* Holds off all other changes of this physmap, so that the page is never at two frames. */
    prev = get_gfn(d, gfn_x(gfn), &type);

    if ( type == p2m_mmio_direct )
        rc = -EPERM;
    else if ( mfn_valid(prev) )
        rc = is_special_page(mfn_to_page(prev)) ? p2m_remove_page(d, gfn, prev, PAGE_ORDER_4K)
                                                : guest_remove_page(d, gfn_x(gfn));

    old = get_gpfn_from_mfn(mfn_x(mfn));
    if ( !rc && old != INVALID_M2P_ENTRY && old != gfn_x(gfn) )
        rc = p2m_remove_page(d, _gfn(old), mfn, PAGE_ORDER_4K);

    if ( !rc )
        rc = p2m_add_page(d, gfn, mfn, PAGE_ORDER_4K, p2m_ram_ro);

    put_gfn(d, gfn_x(gfn));

    return rc;
}
#endif

static int noxs_map_page(struct domain *d, XEN_GUEST_HANDLE_PARAM(noxs_map_page_t) arg)
{
#ifdef CONFIG_HVM
    struct noxs_map_page map;
    mfn_t mfn = INVALID_MFN;

    if ( !paging_mode_translate(d) )
        return -EOPNOTSUPP;

    if ( copy_from_guest(&map, arg, 1) )
        return -EFAULT;
    if ( !gfn_valid(d, _gfn(map.gfn)) )
        return -EINVAL;

    domain_lock(d);
    if ( d->noxs )
        mfn = page_to_mfn(virt_to_page(d->noxs->page));
    domain_unlock(d);

    return mfn_eq(mfn, INVALID_MFN) ? -ENOENT : noxs_map_at(d, _gfn(map.gfn), mfn);
#else
    return -EOPNOTSUPP;
#endif
}

long do_noxs_op(unsigned int op, XEN_GUEST_HANDLE_PARAM(void) arg)
{
    struct domain *currd = current->domain;

    switch ( op )
    {
    case NOXS_OP_version:
        return NOXS_ABI_VERSION;
    case NOXS_OP_get_page:
        return noxs_get_page(currd, guest_handle_cast(arg, noxs_get_page_t));
    case NOXS_OP_map_page:
        return noxs_map_page(currd, guest_handle_cast(arg, noxs_map_page_t));
    case NOXS_OP_add:
    case NOXS_OP_remove:
    case NOXS_OP_list:
        return noxs_control(op, arg);
    default:
        return -ENOSYS;
    }
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
