/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The real hypervisor. Creation talks to it through libxencall (the lower half of libxenctrl),
 * because only that can send a multicall; what is rare goes through libxenctrl.
 */
#include "hv/hv_xen.h"

#include <errno.h>
#include <noxs/abi.h>
#include <stdio.h>
#include <string.h>
#include <xentoollog.h>

#include "base/error.h"
#include "base/util.h"

/* The frames of Xen's memory that a guest may take for its grants (512 a frame) and for those that
 * it maps (256 a frame). Xen's table of the latter fills one page, and one page is the least. */
#define GRANT_FRAMES    32
#define MAPTRACK_FRAMES 512

/* libxenctrl and its parts write to stderr by default; chaos says what failed itself. */
static void quiet_message(struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
                          const char *context, const char *format, va_list al)
{
}

static void quiet_progress(struct xentoollog_logger *logger, const char *context, const char *what,
                           int percent, unsigned long done, unsigned long total)
{
}

static void quiet_destroy(struct xentoollog_logger *logger)
{
}

struct xentoollog_logger xen_quiet_logger = {quiet_message, quiet_progress, quiet_destroy};

void *arena_alloc(struct hv_xen *xen, size_t bytes)
{
    void *p = xen->arena + xen->used;

    bytes = ROUND_UP(bytes, 8);
    if (bytes > xen->pages * PAGE_SIZE - xen->used)
        return NULL;
    xen->used += bytes;
    return p;
}

static void arena_free(struct hv_xen *xen)
{
    if (xen->arena && !near_arena_free(xen->arena))
        xencall_free_buffer_pages(xen->call, xen->arena, xen->pages);
}

int arena_grow(struct hv_xen *xen, size_t pages)
{
    uint8_t *grown = near_arena(pages);

    if (!grown)
        grown = xencall_alloc_buffer_pages(xen->call, pages);
    if (!grown)
        return -ENOMEM;
    arena_free(xen);
    xen->arena = grown;
    xen->pages = pages;
    return 0;
}

struct xen_domctl *domctl_new(struct hv_xen *xen, uint32_t cmd, uint32_t domid)
{
    struct xen_domctl *ctl = arena_alloc(xen, sizeof(*ctl));

    if (ctl) {
        memset(ctl, 0, sizeof(*ctl));
        ctl->cmd = cmd;
        ctl->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
        ctl->domain = domid;
    }
    return ctl;
}

int domctl(struct hv_xen *xen, struct xen_domctl *ctl)
{
    return xencall1(xen->call, __HYPERVISOR_domctl, (uintptr_t)ctl) < 0 ? -errno : 0;
}

static unsigned int xen_pages_version(struct hv *hv)
{
    struct hv_xen *xen = (struct hv_xen *)hv;

    if (!xen->pages_known) {
        int version = xencall2(xen->call, __HYPERVISOR_noxs_op, NOXS_OP_version, 0);

        xen->pages_version = version > 0 ? version : 0;
        xen->pages_known = true;
    }
    return xen->pages_version;
}

/* Xen 4.17's own search for the table's room grows with the guests that have one, which the
 * hypervisor with noxs mends. So without noxs the smallest guests, of which there are the most,
 * have none. */
static int maptrack_frames(struct hv_xen *xen, const struct hv_spec *spec)
{
    if (spec->maptrack_frames >= 0)
        return spec->maptrack_frames;
    return spec->bare && !xen_pages_version(&xen->hv) ? 0 : MAPTRACK_FRAMES;
}

/* The host may allow fewer frames than the defaults; -1 is all that it allows. False where there is
 * no default among the numbers. */
static bool lower_frames(struct xen_domctl_createdomain *create, const struct hv_spec *spec)
{
    if (!spec->grant_frames)
        create->max_grant_frames = -1;
    if (spec->maptrack_frames < 0 && create->max_maptrack_frames)
        create->max_maptrack_frames = -1;
    return create->max_grant_frames < 0 || create->max_maptrack_frames < 0;
}

static int xen_create(struct hv *hv, const struct hv_spec *spec, uint32_t *domid)
{
    struct hv_xen *xen = (struct hv_xen *)hv;
    struct xen_domctl_createdomain *create;
    struct xen_domctl *ctl;
    int rc;

    xen->used = 0;
    ctl = domctl_new(xen, XEN_DOMCTL_createdomain, 0);
    create = &ctl->u.createdomain;
    memcpy(create->handle, spec->uuid, sizeof(create->handle));
    create->max_vcpus = spec->vcpus;
    create->max_evtchn_port = (int)spec->event_channels;
    create->max_grant_frames = spec->grant_frames ? (int)spec->grant_frames : GRANT_FRAMES;
    create->max_maptrack_frames = maptrack_frames(xen, spec);
    /* Nothing here needs version 2, whose status frames have been a way into Xen for guests. */
    create->grant_opts = XEN_DOMCTL_GRANT_version(1);
    if (spec->type == CHAOS_PVH) {
        create->flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
        create->arch.emulation_flags = XEN_X86_EMU_LAPIC;
    }
    rc = domctl(xen, ctl);
    if (rc == -EINVAL && lower_frames(create, spec))
        rc = domctl(xen, ctl);
    if (rc == 0)
        *domid = ctl->domain;
    return rc;
}

static int xen_destroy(struct hv *hv, uint32_t domid)
{
    struct hv_xen *xen = (struct hv_xen *)hv;
    int rc;

    do {
        xen->used = 0;
        rc = domctl(xen, domctl_new(xen, XEN_DOMCTL_destroydomain, domid));
    } while (rc == -EAGAIN);
    return rc;
}

int need_ctrl(struct hv_xen *xen)
{
    if (!xen->ctrl)
        xen->ctrl =
            xc_interface_open(&xen_quiet_logger, &xen_quiet_logger, XC_OPENFLAG_NON_REENTRANT);
    return xen->ctrl ? 0 : -errno;
}

static int xen_resume(struct hv *hv, uint32_t domid)
{
    struct hv_xen *xen = (struct hv_xen *)hv;
    vcpu_guest_context_any_t context;
    int rc = need_ctrl(xen);

    if (rc < 0)
        return rc;
    if (xc_vcpu_getcontext(xen->ctrl, domid, 0, &context) < 0)
        return -errno;
    context.x64.user_regs.rax = 1;
    if (xc_vcpu_setcontext(xen->ctrl, domid, 0, &context) < 0)
        return -errno;
    xen->used = 0;
    return domctl(xen, domctl_new(xen, XEN_DOMCTL_resumedomain, domid));
}

static int xen_host_info(struct hv *hv, struct chaos_host_info *out)
{
    struct hv_xen *xen = (struct hv_xen *)hv;
    xen_extraversion_t extra;
    xc_physinfo_t phys = {0};
    int version, rc;

    rc = need_ctrl(xen);
    if (rc < 0)
        return rc;
    version = xc_version(xen->ctrl, XENVER_version, NULL);
    if (version < 0 || xc_version(xen->ctrl, XENVER_extraversion, &extra) < 0)
        return -errno;
    if (xc_physinfo(xen->ctrl, &phys) < 0)
        return -errno;
    snprintf(out->xen_version, sizeof(out->xen_version), "%d.%d%s", version >> 16, version & 0xffff,
             extra);
    out->total_kib = phys.total_pages * (PAGE_SIZE / 1024);
    out->free_kib = (phys.free_pages + phys.scrub_pages) * (PAGE_SIZE / 1024);
    out->cpus = phys.nr_cpus;
    out->keeps_pages = xen_pages_version(hv) > 0;
    return 0;
}

static int xen_list(struct hv *hv, uint32_t first, struct hv_domain *out, size_t max)
{
    struct hv_xen *xen = (struct hv_xen *)hv;
    cleanup_free xc_domaininfo_t *info = NULL;
    int count, rc;

    rc = need_ctrl(xen);
    if (rc < 0)
        return rc;
    info = calloc(max, sizeof(*info));
    if (!info)
        return -ENOMEM;
    count = xc_domain_getinfolist(xen->ctrl, first, max, info);
    if (count < 0)
        return -errno;
    for (int i = 0; i < count; i++)
        hv_domain_decode(&info[i], &out[i]);
    return count;
}

static void xen_close(struct hv *hv)
{
    struct hv_xen *xen = (struct hv_xen *)hv;

    if (xen->ctrl)
        xc_interface_close(xen->ctrl);
    if (xen->memory)
        xenforeignmemory_close(xen->memory);
    arena_free(xen);
    if (xen->call)
        xencall_close(xen->call);
    free(xen);
}

static const struct hv_backend backend = {
    .close = xen_close,
    .host_info = xen_host_info,
    .pages_version = xen_pages_version,
    .create = xen_create,
    .destroy = xen_destroy,
    .resume = xen_resume,
    .run = xen_run,
    .list = xen_list,
    .map = xen_map,
    .unmap = xen_unmap,
    .seed_grants = xen_seed_grants,
    .channel_bind = xen_channel_bind,
    .channel_bind_exc = xen_channel_bind_exc,
    .channel_fd = xen_channel_fd,
    .channel_ack = xen_channel_ack,
    .channel_notify = xen_channel_notify,
    .channel_close = xen_channel_close,
};

static int no_xen(chaos_error *err, int errnum)
{
    if (errnum == EACCES || errnum == EPERM)
        return error_set(err, CHAOS_E_PERMISSION, errnum,
                         "may not open /dev/xen/privcmd: %s; run as root", strerror(errnum));
    if (errnum == ENOMEM || errnum == EMFILE || errnum == ENFILE)
        return error_errno(err, CHAOS_E_FAILED, errnum, "cannot open /dev/xen/privcmd");
    return error_set(err, CHAOS_E_NO_XEN, errnum,
                     "this is not a Xen control domain (cannot open /dev/xen/privcmd: %s); boot "
                     "Xen, and run in its Dom0 with the module xen-privcmd loaded",
                     strerror(errnum));
}

int hv_open(struct hv **out, chaos_error *err)
{
    struct hv_xen *xen = calloc(1, sizeof(*xen));

    *out = NULL;
    if (!xen)
        return error_oom(err);
    xen->hv.backend = &backend;
    xen->call = xencall_open(&xen_quiet_logger, XENCALL_OPENFLAG_NON_REENTRANT);
    if (!xen->call) {
        int errnum = errno;

        xen_close(&xen->hv);
        return no_xen(err, errnum);
    }
    if (arena_grow(xen, ARENA_PAGES) < 0) {
        xen_close(&xen->hv);
        return error_oom(err);
    }
    *out = &xen->hv;
    return 0;
}
