/* SPDX-License-Identifier: BSD-3-Clause */
/* A batch of operations on one domain as one multicall. */
#include "hv/hv_xen.h"

#include <errno.h>
#include <string.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>

/* An entry of XENMEM_set_memory_map, in the packed form of the BIOS. */
struct e820_entry {
    uint64_t addr, size;
    uint32_t type;
} __attribute__((packed));

void hv_domain_decode(const struct xen_domctl_getdomaininfo *info, struct hv_domain *out)
{
    uint32_t flags = info->flags;

    out->domid = info->domain;
    memcpy(out->uuid, info->handle, sizeof(out->uuid));
    out->type = flags & XEN_DOMINF_hvm_guest ? CHAOS_PVH : CHAOS_PV;
    out->paused = flags & XEN_DOMINF_paused;
    out->blocked = flags & XEN_DOMINF_blocked;
    out->shutdown = flags & XEN_DOMINF_shutdown;
    out->dying = flags & XEN_DOMINF_dying;
    out->reason = (flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
    out->pages = info->tot_pages;
    out->shared_info = info->shared_info_frame;
    out->cpu_ns = info->cpu_time;
    out->vcpus = info->max_vcpu_id + 1; /* ~0 where it has none yet */
}

/* encode() notes for decode() where the hypervisor writes its answer. */
struct slot {
    void *answer;
};

static int call_domctl(struct multicall_entry *call, struct xen_domctl *ctl)
{
    if (!ctl)
        return -E2BIG;
    call->op = __HYPERVISOR_domctl;
    call->args[0] = (uintptr_t)ctl;
    return 0;
}

static int call_memory(struct multicall_entry *call, unsigned int cmd, void *arg)
{
    call->op = __HYPERVISOR_memory_op;
    call->args[0] = cmd;
    call->args[1] = (uintptr_t)arg;
    return 0;
}

static int encode_populate(struct hv_xen *xen, uint32_t domid, const struct hv_op *op,
                           struct multicall_entry *call, struct slot *slot)
{
    struct xen_memory_reservation *res = arena_alloc(xen, sizeof(*res));
    uint64_t *frames = arena_alloc(xen, op->count * sizeof(*frames));

    if (!res || !frames)
        return -E2BIG;
    memset(res, 0, sizeof(*res));
    memcpy(frames, op->frames, op->count * sizeof(*frames));
    set_xen_guest_handle_raw(res->extent_start, frames);
    res->nr_extents = op->count;
    res->extent_order = op->order;
    res->domid = domid;
    slot->answer = frames;
    return call_memory(call, XENMEM_populate_physmap, res);
}

static int encode_memory_map(struct hv_xen *xen, uint32_t domid, const struct hv_op *op,
                             struct multicall_entry *call)
{
    struct xen_foreign_memory_map *map = arena_alloc(xen, sizeof(*map));
    struct e820_entry *entries = arena_alloc(xen, op->count * sizeof(*entries));

    if (!map || !entries)
        return -E2BIG;
    for (uint32_t i = 0; i < op->count; i++)
        entries[i] = (struct e820_entry){op->e820[i].addr, op->e820[i].size, op->e820[i].type};
    memset(map, 0, sizeof(*map));
    map->domid = domid;
    map->map.nr_entries = op->count;
    set_xen_guest_handle_raw(map->map.buffer, entries);
    return call_memory(call, XENMEM_set_memory_map, map);
}

static int encode_evtchn(struct hv_xen *xen, uint32_t domid, struct multicall_entry *call,
                         struct slot *slot)
{
    struct evtchn_alloc_unbound *alloc = arena_alloc(xen, sizeof(*alloc));

    if (!alloc)
        return -E2BIG;
    alloc->dom = domid;
    alloc->remote_dom = DOMID_SELF;
    slot->answer = alloc;
    call->op = __HYPERVISOR_event_channel_op;
    call->args[0] = EVTCHNOP_alloc_unbound;
    call->args[1] = (uintptr_t)alloc;
    return 0;
}

static int encode_hvm_param(struct hv_xen *xen, uint32_t domid, const struct hv_op *op,
                            struct multicall_entry *call, struct slot *slot)
{
    struct xen_hvm_param *param = arena_alloc(xen, sizeof(*param));

    if (!param)
        return -E2BIG;
    memset(param, 0, sizeof(*param));
    param->domid = domid;
    param->index = op->arg;
    param->value = op->value;
    slot->answer = param;
    call->op = __HYPERVISOR_hvm_op;
    call->args[0] = op->code == HV_HVM_PARAM ? HVMOP_set_param : HVMOP_get_param;
    call->args[1] = (uintptr_t)param;
    return 0;
}

static int encode_pin(struct hv_xen *xen, uint32_t domid, const struct hv_op *op,
                      struct multicall_entry *call)
{
    struct mmuext_op *mmu = arena_alloc(xen, sizeof(*mmu));

    if (!mmu)
        return -E2BIG;
    memset(mmu, 0, sizeof(*mmu));
    mmu->cmd = op->code == HV_PIN_L4 ? MMUEXT_PIN_L4_TABLE : MMUEXT_UNPIN_TABLE;
    mmu->arg1.mfn = op->arg;
    call->op = __HYPERVISOR_mmuext_op;
    call->args[0] = (uintptr_t)mmu;
    call->args[1] = 1;
    call->args[2] = 0;
    call->args[3] = domid;
    return 0;
}

static int encode_updates(struct hv_xen *xen, uint32_t domid, const struct hv_op *op,
                          struct multicall_entry *call)
{
    struct mmu_update *updates = arena_alloc(xen, op->count * sizeof(*updates));
    bool tables = op->code == HV_TABLE_ENTRIES;

    if (!updates)
        return -E2BIG;
    for (uint32_t i = 0; i < op->count; i++) {
        updates[i].ptr =
            op->updates[i].addr | (tables ? MMU_NORMAL_PT_UPDATE : MMU_MACHPHYS_UPDATE);
        updates[i].val = op->updates[i].value;
    }
    call->op = __HYPERVISOR_mmu_update;
    call->args[0] = (uintptr_t)updates;
    call->args[1] = op->count;
    call->args[2] = 0;
    /* whose frames; above it, whose tables (plus 1: without, our own) */
    call->args[3] = domid | (tables ? (domid + 1) << 16 : 0);
    return 0;
}

static int encode_affinity(struct hv_xen *xen, uint32_t domid, const struct hv_op *op,
                           struct multicall_entry *call)
{
    struct xen_domctl *ctl = domctl_new(xen, XEN_DOMCTL_setvcpuaffinity, domid);
    uint64_t *bits = arena_alloc(xen, op->count * sizeof(*bits));

    if (!ctl || !bits)
        return -E2BIG;
    memcpy(bits, op->cpus, op->count * sizeof(*bits));
    ctl->u.vcpuaffinity.vcpu = op->arg;
    ctl->u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    ctl->u.vcpuaffinity.cpumap_hard.nr_bits = op->count * 64;
    set_xen_guest_handle_raw(ctl->u.vcpuaffinity.cpumap_hard.bitmap, (uint8_t *)bits);
    return call_domctl(call, ctl);
}

/* Both schedulers leave a weight of 0 as it is. -EOPNOTSUPP: the host has another scheduler. */
static int encode_schedule(struct hv_xen *xen, uint32_t domid, const struct hv_op *op,
                           struct multicall_entry *call)
{
    struct xen_domctl *ctl = domctl_new(xen, XEN_DOMCTL_scheduler_op, domid);
    int id, rc = need_ctrl(xen);

    if (!ctl || rc < 0)
        return ctl ? rc : -E2BIG;
    if (xc_sched_id(xen->ctrl, &id) < 0)
        return -errno;
    ctl->u.scheduler_op.sched_id = (uint32_t)id;
    ctl->u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
    if (id == XEN_SCHEDULER_CREDIT2) {
        ctl->u.scheduler_op.u.credit2.weight = (uint16_t)op->arg;
        ctl->u.scheduler_op.u.credit2.cap = (uint16_t)op->value;
    } else if (id == XEN_SCHEDULER_CREDIT) {
        ctl->u.scheduler_op.u.credit.weight = (uint16_t)op->arg;
        ctl->u.scheduler_op.u.credit.cap = (uint16_t)op->value;
    } else {
        return -EOPNOTSUPP;
    }
    return call_domctl(call, ctl);
}

/* Calls that are one domctl with at most a number in it. */
static int encode_domctl(struct hv_xen *xen, uint32_t domid, const struct hv_op *op,
                         struct multicall_entry *call, struct slot *slot)
{
    static const uint32_t commands[] = {
        [HV_MAX_VCPUS] = XEN_DOMCTL_max_vcpus,
        [HV_MAX_MEM] = XEN_DOMCTL_max_mem,
        [HV_PAGING_POOL] = XEN_DOMCTL_set_paging_mempool_size,
        [HV_DOMAIN_INFO] = XEN_DOMCTL_getdomaininfo,
        [HV_HYPERCALL_PAGE] = XEN_DOMCTL_hypercall_init,
        [HV_CONTEXT_PV] = XEN_DOMCTL_setvcpucontext,
        [HV_CONTEXT_PVH] = XEN_DOMCTL_sethvmcontext,
        [HV_TSC_MODE] = XEN_DOMCTL_settscinfo,
        [HV_PAUSE] = XEN_DOMCTL_pausedomain,
        [HV_UNPAUSE] = XEN_DOMCTL_unpausedomain,
    };
    struct xen_domctl *ctl = domctl_new(xen, commands[op->code], domid);
    void *context = ctl;

    if (!ctl)
        return -E2BIG;
    switch (op->code) {
    case HV_MAX_VCPUS:
        ctl->u.max_vcpus.max = op->arg;
        break;
    case HV_MAX_MEM:
        ctl->u.max_mem.max_memkb = op->arg;
        break;
    case HV_PAGING_POOL:
        ctl->u.paging_mempool.size = op->arg;
        break;
    case HV_HYPERCALL_PAGE:
        ctl->u.hypercall_init.gmfn = op->arg;
        break;
    case HV_TSC_MODE: /* the rest is zero: the host's frequency, from 0 on, never migrated */
        ctl->u.tsc_info.tsc_mode = op->arg;
        break;
    case HV_CONTEXT_PV:
        context = pv_context_new(xen, op->pv);
        set_xen_guest_handle_raw(ctl->u.vcpucontext.ctxt, (vcpu_guest_context_t *)context);
        break;
    case HV_CONTEXT_PVH:
        context = pvh_context_new(xen, op->arg, op->value);
        ctl->u.hvmcontext.size = pvh_context_size();
        set_xen_guest_handle_raw(ctl->u.hvmcontext.buffer, (uint8_t *)context);
        break;
    default:
        break;
    }
    slot->answer = ctl;
    return context ? call_domctl(call, ctl) : -E2BIG;
}

static int encode(struct hv_xen *xen, uint32_t domid, const struct hv_op *op,
                  struct multicall_entry *call, struct slot *slot)
{
    switch (op->code) {
    case HV_POPULATE:
        return encode_populate(xen, domid, op, call, slot);
    case HV_EVTCHN_ALLOC:
        return encode_evtchn(xen, domid, call, slot);
    case HV_HVM_PARAM:
    case HV_HVM_PARAM_GET:
        return encode_hvm_param(xen, domid, op, call, slot);
    case HV_MEMORY_MAP:
        return encode_memory_map(xen, domid, op, call);
    case HV_PIN_L4:
    case HV_UNPIN:
        return encode_pin(xen, domid, op, call);
    case HV_TABLE_ENTRIES:
    case HV_FRAME_NUMBERS:
        return encode_updates(xen, domid, op, call);
    case HV_AFFINITY:
        return encode_affinity(xen, domid, op, call);
    case HV_SCHEDULE:
        return encode_schedule(xen, domid, op, call);
    default:
        return encode_domctl(xen, domid, op, call, slot);
    }
}

static void decode(struct hv_op *op, const struct multicall_entry *call, const struct slot *slot)
{
    long result = (long)call->result;

    op->rc = result < 0 ? (int)result : 0;
    if (op->rc < 0)
        return;
    switch (op->code) {
    case HV_POPULATE:
        op->done = result;
        memcpy(op->frames, slot->answer, op->done * sizeof(*op->frames));
        break;
    case HV_EVTCHN_ALLOC:
        op->value = ((struct evtchn_alloc_unbound *)slot->answer)->port;
        break;
    case HV_HVM_PARAM_GET:
        op->value = ((struct xen_hvm_param *)slot->answer)->value;
        break;
    case HV_DOMAIN_INFO:
        hv_domain_decode(&((struct xen_domctl *)slot->answer)->u.getdomaininfo, op->info);
        break;
    default:
        break;
    }
}

static int encode_all(struct hv_xen *xen, uint32_t domid, struct hv_op *ops, size_t count,
                      struct multicall_entry **calls, struct slot *slots)
{
    int rc = 0;

    xen->used = 0;
    *calls = arena_alloc(xen, count * sizeof(**calls));
    for (size_t i = 0; i < count && rc == 0; i++) {
        ops[i].rc = 0;
        rc = encode(xen, domid, &ops[i], &(*calls)[i], &slots[i]);
    }
    return rc;
}

int xen_run(struct hv *hv, uint32_t domid, struct hv_op *ops, size_t count)
{
    struct hv_xen *xen = (struct hv_xen *)hv;
    struct slot slots[HV_BATCH_MAX] = {{0}};
    struct multicall_entry *calls;
    int rc;

    if (count > HV_BATCH_MAX)
        return -E2BIG;
    rc = encode_all(xen, domid, ops, count, &calls, slots);
    if (rc == -E2BIG && xen->pages < ARENA_PAGES_MOST) {
        rc = arena_grow(xen, ARENA_PAGES_MOST);
        if (rc == 0)
            rc = encode_all(xen, domid, ops, count, &calls, slots);
    }
    if (rc < 0)
        return rc;
    if (xencall2(xen->call, __HYPERVISOR_multicall, (uintptr_t)calls, count) < 0)
        return -errno;
    for (size_t i = 0; i < count; i++)
        decode(&ops[i], &calls[i], &slots[i]);
    return 0;
}
