/* SPDX-License-Identifier: BSD-3-Clause */
/* Domains: their making, their end, and who asks about them. */
#include "hv_fake_parts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <noxs/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The linker's names for what failing_malloc.c wraps. */
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);

#define DOMID_END 0x7ff0

void *fake_alloc(size_t size)
{
    void *p = __real_calloc(1, size);

    if (!p)
        abort();
    return p;
}

void *fake_grow(void *old, size_t size)
{
    void *p = __real_realloc(old, size);

    if (!p)
        abort();
    return p;
}

int fake_call(struct fake *fake, const char *what)
{
    fake->calls++;
    if (!fake->countdown || --fake->countdown)
        return 0;
    fake->struck = what;
    return -fake->errnum;
}

void fake_fail_at(struct hv *hv, unsigned long n, int errnum)
{
    struct fake *fake = (struct fake *)hv;

    fake->countdown = n;
    fake->errnum = errnum;
    fake->struck = NULL;
}

const char *fake_struck(struct hv *hv)
{
    return ((struct fake *)hv)->struck;
}

unsigned long fake_calls(struct hv *hv)
{
    return ((struct fake *)hv)->calls;
}

void fake_next_domid(struct hv *hv, uint32_t domid)
{
    ((struct fake *)hv)->next_domid = domid;
}

void fake_after_list(struct hv *hv, void (*fn)(void *opaque), void *opaque)
{
    ((struct fake *)hv)->after_list = fn;
    ((struct fake *)hv)->after_list_opaque = opaque;
}

struct fake_domain *fake_domain(struct hv *hv, uint32_t domid)
{
    struct fake_domain *dom = ((struct fake *)hv)->domains;

    while (dom && dom->domid != domid)
        dom = dom->next;
    return dom;
}

unsigned int fake_count(struct hv *hv)
{
    unsigned int count = 0;

    for (const struct fake_domain *dom = ((struct fake *)hv)->domains; dom; dom = dom->next)
        count += dom->domid != 0;
    return count;
}

/* Ids go up and begin again at the end, as Xen's do. */
static uint32_t free_domid(struct fake *fake)
{
    for (;;) {
        uint32_t id = fake->next_domid;

        fake->next_domid = id + 1 < DOMID_END ? id + 1 : 1;
        if (!fake_domain(&fake->hv, id))
            return id;
    }
}

static struct fake_domain *add(struct fake *fake, const struct hv_spec *spec, uint32_t domid)
{
    struct fake_domain *dom = fake_alloc(sizeof(*dom)), **at = &fake->domains;

    dom->spec = *spec;
    dom->domid = domid;
    while (*at && (*at)->domid < domid)
        at = &(*at)->next;
    dom->next = *at;
    *at = dom;
    return dom;
}

static int fake_create(struct hv *hv, const struct hv_spec *spec, uint32_t *domid)
{
    struct fake *fake = (struct fake *)hv;
    struct fake_domain *dom;
    int rc = fake_call(fake, "createdomain");
    uint32_t id;

    if (rc < 0)
        return rc;
    if (!spec->vcpus || spec->vcpus > 128)
        return -EINVAL;
    if (!fake->nr_free)
        return -ENOMEM;
    id = free_domid(fake);
    dom = add(fake, spec, id);
    dom->pauses = 1;
    dom->shared_info = fake_frames_get(fake, id, 0);
    memset(fake->memory + (dom->shared_info << 12), 0, 4096);
    dom->shared_info += FAKE_FRAME;
    *domid = id;
    return 0;
}

uint32_t fake_add_domain(struct hv *hv, const uint8_t uuid[16])
{
    struct fake *fake = (struct fake *)hv;
    struct hv_spec spec = {.vcpus = 1};
    uint32_t id = free_domid(fake);

    memcpy(spec.uuid, uuid, sizeof(spec.uuid));
    add(fake, &spec, id)->vcpus = 1;
    return id;
}

void fake_vanish(struct fake *fake, struct fake_domain *dom)
{
    struct fake_domain **at = &fake->domains;

    while (*at != dom)
        at = &(*at)->next;
    *at = dom->next;
    free(dom->extents);
    free(dom->renumbered);
    free(dom);
    if (fake->exc)
        fake_channel_signal(fake->exc);
}

static int fake_destroy(struct hv *hv, uint32_t domid)
{
    struct fake *fake = (struct fake *)hv;
    struct fake_domain *dom = fake_domain(hv, domid);
    int rc = fake_call(fake, "destroydomain");

    if (rc < 0)
        return rc;
    if (!domid)
        fail_msg("somebody destroys Dom0");
    if (!dom)
        return -ESRCH;
    dom->dying = true;
    for (unsigned int port = 0; port < FAKE_PORTS; port++) {
        if (dom->ports[port].channel)
            fake_channel_orphan(dom->ports[port].channel);
        dom->ports[port] = (struct fake_port){.used = false};
    }
    if (fake_relinquish(fake, dom))
        fake_vanish(fake, dom);
    return 0;
}

static int fake_resume(struct hv *hv, uint32_t domid)
{
    struct fake_domain *dom = fake_domain(hv, domid);
    int rc = fake_call((struct fake *)hv, "resumedomain");

    if (rc < 0)
        return rc;
    if (!dom)
        return -ESRCH;
    if (!dom->shutdown || dom->reason != CHAOS_SUSPEND)
        return -EINVAL;
    dom->shutdown = false;
    return 0;
}

void fake_describe(const struct fake_domain *dom, struct hv_domain *out)
{
    *out = (struct hv_domain){
        .domid = dom->domid,
        .type = dom->spec.type,
        .paused = dom->pauses > 0,
        .blocked = dom->started && !dom->pauses,
        .shutdown = dom->shutdown,
        .dying = dom->dying,
        .reason = dom->reason,
        .pages = dom->pages,
        .shared_info = dom->shared_info,
        .vcpus = dom->vcpus,
    };
    memcpy(out->uuid, dom->spec.uuid, sizeof(out->uuid));
}

static int fake_list(struct hv *hv, uint32_t first, struct hv_domain *out, size_t max)
{
    struct fake *fake = (struct fake *)hv;
    int rc = fake_call(fake, "getdomaininfolist");
    size_t nr = 0;

    if (rc < 0)
        return rc;
    for (const struct fake_domain *dom = fake->domains; dom && nr < max; dom = dom->next) {
        if (dom->domid >= first)
            fake_describe(dom, &out[nr++]);
    }
    if (fake->after_list)
        fake->after_list(fake->after_list_opaque);
    return nr;
}

static int fake_host_info(struct hv *hv, struct chaos_host_info *out)
{
    struct fake *fake = (struct fake *)hv;
    int rc = fake_call(fake, "physinfo");

    if (rc < 0)
        return rc;
    snprintf(out->xen_version, sizeof(out->xen_version), "4.17-fake");
    out->total_kib = fake->nr_frames * 4;
    out->free_kib = fake->nr_free * 4;
    out->cpus = FAKE_CPUS;
    return 0;
}

static unsigned int fake_pages_version(struct hv *hv)
{
    return ((struct fake *)hv)->no_pages ? 0 : NOXS_ABI_VERSION;
}

void fake_no_pages(struct hv *hv)
{
    ((struct fake *)hv)->no_pages = true;
}

void fake_shutdown(struct hv *hv, uint32_t domid, unsigned int reason)
{
    struct fake *fake = (struct fake *)hv;
    struct fake_domain *dom = fake_domain(hv, domid);

    dom->shutdown = true;
    dom->reason = reason;
    if (fake->exc)
        fake_channel_signal(fake->exc);
}

const char *fake_leaks(struct hv *hv)
{
    static char text[160];
    const struct fake *fake = (struct fake *)hv;
    const struct fake_domain *dom = fake->domains->next;

    if (dom)
        snprintf(text, sizeof(text), "%u domains, the first is %u%s", fake_count(hv), dom->domid,
                 dom->dying ? ", dying" : "");
    else if (fake->mappings)
        snprintf(text, sizeof(text), "a mapping of %zu frames of domain %u", fake->mappings->count,
                 fake->mappings->domid);
    else if (fake->nr_channels)
        snprintf(text, sizeof(text), "%u event channels", fake->nr_channels);
    else if (fake->nr_free != fake->nr_frames)
        snprintf(text, sizeof(text), "%llu frames",
                 (unsigned long long)(fake->nr_frames - fake->nr_free));
    else
        return NULL;
    return text;
}

static void fake_close(struct hv *hv)
{
    struct fake *fake = (struct fake *)hv;

    while (fake->domains) {
        struct fake_domain *dom = fake->domains;

        fake->domains = dom->next;
        free(dom->extents);
        free(dom->renumbered);
        free(dom);
    }
    fake_memory_close(fake);
    free(fake);
}

static const struct hv_backend backend = {
    .close = fake_close,
    .host_info = fake_host_info,
    .pages_version = fake_pages_version,
    .create = fake_create,
    .destroy = fake_destroy,
    .resume = fake_resume,
    .run = fake_run,
    .list = fake_list,
    .map = fake_map,
    .unmap = fake_unmap,
    .seed_grants = fake_seed_grants,
    .channel_bind = fake_channel_bind,
    .channel_bind_exc = fake_channel_bind_exc,
    .channel_fd = fake_channel_fd,
    .channel_ack = fake_channel_ack,
    .channel_notify = fake_channel_notify,
    .channel_close = fake_channel_close,
};

struct hv *fake_open(uint64_t pages)
{
    static const struct hv_spec dom0 = {.vcpus = 1};
    struct fake *fake = fake_alloc(sizeof(*fake));

    fake->hv.backend = &backend;
    fake->next_domid = 1;
    fake_memory_open(fake, pages);
    add(fake, &dom0, 0);
    return &fake->hv;
}
