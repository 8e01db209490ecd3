/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Device pages in guests' own memory. What stands in them, Dom0's kernel notes with each back end
 * (NOXS_IOC_ANNOUNCE), and the page is written anew from there with each change. One process at a
 * time changes pages of guests that run.
 */
#include "devices/noxs/page.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <xen/grant_table.h>

#include "base/error.h"
#include "base/util.h"
#include "devices/noxs/back_ends.h"
#include "devices/noxs/entries.h"

/* Stores of x86 stay in their order; the compiler's have to be told. */
#define write_barrier()  __asm__ volatile("" ::: "memory")
#define STORE(to, value) (*(volatile __typeof__(to) *)&(to) = (value))

static void write_page(struct noxs_page *page, uint32_t domid, const struct noxs_announce *all,
                       unsigned int nr, uint32_t generation)
{
    unsigned int slots = 0;

    for (unsigned int i = 0; i < nr; i++) {
        if (all[i].slot >= slots)
            slots = all[i].slot + 1U;
    }
    STORE(page->generation, generation - 1);
    write_barrier(); /* pairs with the reader's before its copy, and before its look at the magic */
    page->version = NOXS_ABI_VERSION;
    page->domid = domid;
    page->slots = slots;
    page->count = nr;
    memset(page->entry, 0, slots * sizeof(page->entry[0]));
    for (unsigned int i = 0; i < nr; i++)
        page->entry[all[i].slot] = all[i].entry;
    STORE(page->magic, NOXS_PAGE_MAGIC);
    write_barrier(); /* pairs with the reader's behind its copy */
    STORE(page->generation, generation);
}

static int map_and_write(struct device_host *host, const struct device_guest *guest,
                         const struct noxs_announce *all, unsigned int nr, uint32_t generation,
                         chaos_error *err)
{
    void *page;
    int rc = hv_map(host->hv, guest->domid, &guest->bus_frame, 1, &page, err);

    if (rc < 0)
        return rc;
    write_page(page, guest->domid, all, nr, generation);
    hv_unmap(host->hv, page, 1);
    return 0;
}

/* All that is announced to a guest. How many, or -errno. */
static int announced(struct device_host *host, uint32_t domid, struct noxs_announce *out,
                     chaos_error *err)
{
    cleanup_free struct noxs_status *all = NULL;
    int nr = entries_back_ends(host, domid, &all), found = 0;

    if (nr < 0)
        return error_errno(err, nr == -ENOMEM ? CHAOS_E_NO_MEMORY : CHAOS_E_IO, -nr,
                           "cannot list the back ends of domain %u", domid);
    for (int i = 0; i < nr && found < (int)NOXS_MAX_DEVICES; i++) {
        if (all[i].entry.type != NOXS_TYPE_NONE && all[i].slot < NOXS_MAX_DEVICES)
            out[found++] = (struct noxs_announce){.slot = all[i].slot, .entry = all[i].entry};
    }
    return found;
}

/* Tells a guest that its page has changed. What the guest itself did to its channel is its own
 * affair: where it closed that, it does not want to know. */
static int tell(struct device_host *host, const struct device_guest *guest, chaos_error *err)
{
    const struct hv_backend *hv = host->hv->backend;
    void *channel;
    int rc = hv->channel_bind(host->hv, guest->domid, guest->bus_port, &channel);

    if (rc == -EINVAL || rc == -ESRCH)
        return 0;
    if (rc == 0) {
        rc = hv->channel_notify(channel);
        hv->channel_close(channel);
    }
    return rc < 0 ? error_errno(err, CHAOS_E_IO, -rc, "cannot tell domain %u of its devices",
                                guest->domid)
                  : 0;
}

/* The page of a guest that runs, after a change. */
static int rewrite(struct device_host *host, const struct device_guest *guest, uint32_t generation,
                   chaos_error *err)
{
    struct noxs_announce all[NOXS_MAX_DEVICES];
    int nr = announced(host, guest->domid, all, err);
    int rc = nr < 0 ? nr : map_and_write(host, guest, all, nr, generation, err);

    return rc < 0 ? rc : tell(host, guest, err);
}

static int need_page(const struct device_guest *guest, chaos_error *err)
{
    return guest->bus_port && guest->bus_frame
               ? 0
               : error_set(err, CHAOS_E_FAILED, ENODEV,
                           "domain %u was made without what devices and power control need: a VM "
                           "this small needs max_maptrack_frames: 1 in its configuration for that",
                           guest->domid);
}

static void retract(struct device_host *host, const struct device_guest *guest,
                    const struct noxs_announce *all, unsigned int nr, bool runs)
{
    uint32_t generation = 0;

    for (unsigned int i = 0; i < nr; i++) {
        struct noxs_announce one = all[i];

        if (back_ends_retract(host->noxs.backs, &one) == 0)
            generation = one.generation;
    }
    if (runs && generation)
        rewrite(host, guest, generation, NULL);
}

static int refused(const struct device_guest *guest, int rc, chaos_error *err)
{
    return rc < 0 ? error_errno(err, CHAOS_E_IO, -rc, "cannot announce devices to domain %u",
                                guest->domid)
                  : 0;
}

static int fill(const struct device_guest *guest, const struct noxs_entry *entries, unsigned int nr,
                struct noxs_announce all[DEVICES_MAX], chaos_error *err)
{
    if (nr > DEVICES_MAX)
        return refused(guest, -E2BIG, err);
    for (unsigned int i = 0; i < nr; i++)
        all[i] = (struct noxs_announce){.domid = guest->domid, .entry = entries[i]};
    return 0;
}

/* Has Dom0's kernel note the entries, and give them slots and serials: in `all`. */
static int note(struct device_host *host, const struct device_guest *guest,
                const struct noxs_entry *entries, unsigned int nr,
                struct noxs_announce all[DEVICES_MAX], chaos_error *err)
{
    int rc = fill(guest, entries, nr, all, err);

    return rc < 0 ? rc : refused(guest, back_ends_announce(host->noxs.backs, all, nr), err);
}

static int compose(struct device_host *host, const struct device_guest *guest,
                   const struct noxs_entry *entries, unsigned int nr, void *page, chaos_error *err)
{
    struct noxs_announce all[DEVICES_MAX];
    struct noxs_page *to = page;
    int rc = note(host, guest, entries, nr, all, err);

    if (rc < 0)
        return rc;
    memset(to, 0, offsetof(struct noxs_page, entry));
    write_page(to, guest->domid, all, nr, all[0].generation);
    return (int)offsetof(struct noxs_page, entry[to->slots]);
}

/* The guest lets Dom0 have its page by the grant that is XenStore's in other guests: no guest uses
 * it for anything else, and this one has no XenStore. */
static int ease(struct device_host *host, const struct device_guest *guest,
                const struct noxs_entry *entries, unsigned int nr, chaos_error *err)
{
    const uint64_t grants[] = {[GNTTAB_RESERVED_XENSTORE] = guest->bus_frame};
    int rc;

    if (!guest->bus_frame)
        return 0;
    rc = hv_seed_grants(host->hv, guest->domid, grants, ARRAY_SIZE(grants), err);
    return rc < 0 ? rc : 1;
}

static int add_and_tell(struct device_host *host, const struct device_guest *guest,
                        const struct noxs_entry *entries, unsigned int nr, bool runs,
                        chaos_error *err)
{
    struct noxs_announce all[DEVICES_MAX];
    int rc = note(host, guest, entries, nr, all, err);

    if (rc < 0)
        return rc;
    rc = runs ? rewrite(host, guest, all[0].generation, err)
              : map_and_write(host, guest, all, nr, all[0].generation, err);
    if (rc < 0)
        retract(host, guest, all, nr, runs);
    return rc;
}

static int add(struct device_host *host, const struct device_guest *guest,
               const struct noxs_entry *entries, unsigned int nr, bool runs, chaos_error *err)
{
    struct noxs_announce all[DEVICES_MAX];
    int rc = need_page(guest, err);

    if (rc == 0 && !runs && guest->announced) {
        rc = fill(guest, entries, nr, all, err);
        if (rc == 0)
            rc = refused(
                guest,
                back_ends_announce_first(host->noxs.backs, all, nr, GNTTAB_RESERVED_XENSTORE), err);
        return rc;
    }
    if (rc < 0)
        return rc;
    if (runs)
        back_ends_lock(host->noxs.backs);
    rc = add_and_tell(host, guest, entries, nr, runs, err);
    if (runs)
        back_ends_unlock(host->noxs.backs);
    return rc;
}

static int remove_entry(struct device_host *host, const struct device_guest *guest,
                        const struct noxs_id *id, chaos_error *err)
{
    struct noxs_announce one = {.domid = guest->domid,
                                .entry = {.type = id->type, .index = id->index}};
    int rc = need_page(guest, err);

    if (rc < 0)
        return rc;
    back_ends_lock(host->noxs.backs);
    rc = back_ends_retract(host->noxs.backs, &one);
    if (rc == 0)
        rc = rewrite(host, guest, one.generation, err);
    else if (rc != -ENOENT)
        error_errno(err, CHAOS_E_IO, -rc, "cannot retract a device of domain %u", guest->domid);
    back_ends_unlock(host->noxs.backs);
    return rc;
}

static int list(struct device_host *host, const struct device_guest *guest,
                struct noxs_entry *entries, chaos_error *err)
{
    struct noxs_announce all[NOXS_MAX_DEVICES];
    int nr = announced(host, guest->domid, all, err);

    for (int i = 0; i < nr; i++)
        entries[i] = all[i].entry;
    return nr;
}

const struct page_keeper page_memory = {add, compose, ease, remove_entry, list};
