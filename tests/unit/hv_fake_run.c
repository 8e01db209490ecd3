/* SPDX-License-Identifier: BSD-3-Clause */
/* The operations of a batch. */
#include "hv_fake_parts.h"

#include <errno.h>
#include <string.h>

static int evtchn_alloc(struct fake_domain *dom, struct hv_op *op)
{
    for (uint32_t port = 1; port < FAKE_PORTS; port++) {
        if (!dom->ports[port].used) {
            dom->ports[port].used = true;
            op->value = port;
            return 0;
        }
    }
    return -ENOSPC;
}

static int hvm_param(struct fake_domain *dom, struct hv_op *op)
{
    if (dom->spec.type != CHAOS_PVH || op->arg >= FAKE_PARAMS)
        return -EINVAL;
    if (op->code == HV_HVM_PARAM)
        dom->params[op->arg] = op->value;
    else
        op->value = dom->params[op->arg];
    return 0;
}

static int memory_map(struct fake_domain *dom, const struct hv_op *op)
{
    if (!op->count || op->count > FAKE_E820)
        return -EINVAL;
    memcpy(dom->e820, op->e820, op->count * sizeof(*op->e820));
    dom->nr_e820 = op->count;
    return 0;
}

static int hypercall_page(struct fake *fake, struct fake_domain *dom, uint64_t frame)
{
    uint64_t index = fake_index(fake, dom, frame);

    if (index == UINT64_MAX || fake->frames[index].level)
        return -EACCES;
    memset(fake->memory + (index << 12), 0xcc, 4096);
    dom->hypercall_page = frame;
    return 0;
}

static bool canonical(uint64_t va)
{
    return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

static int context_pv(struct fake_domain *dom, const struct hv_pv_start *pv)
{
    if (dom->spec.type != CHAOS_PV || !dom->vcpus || pv->cr3_mfn != dom->pinned || !dom->pinned ||
        !canonical(pv->rip) || !canonical(pv->rsp))
        return -EINVAL;
    dom->pv = *pv;
    dom->started = true;
    return 0;
}

static int context_pvh(struct fake_domain *dom, const struct hv_op *op)
{
    if (dom->spec.type != CHAOS_PVH || !dom->vcpus || op->arg >> 32 || op->value >> 32)
        return -EINVAL;
    dom->pvh_entry = op->arg;
    dom->pvh_start_info = op->value;
    dom->started = true;
    return 0;
}

static int affinity(struct fake_domain *dom, const struct hv_op *op)
{
    uint64_t cpus = op->cpus[0] & ((1ULL << FAKE_CPUS) - 1);

    if (op->arg >= dom->vcpus || !cpus)
        return -EINVAL;
    dom->affinity[op->arg] = cpus;
    return 0;
}

static int schedule(const struct fake *fake, struct fake_domain *dom, const struct hv_op *op)
{
    if (fake->no_weights)
        return -EOPNOTSUPP;
    if (op->arg > UINT16_MAX || op->value > UINT16_MAX)
        return -EINVAL;
    dom->weight = (unsigned int)op->arg;
    dom->cap = (unsigned int)op->value;
    return 0;
}

void fake_without_weights(struct hv *hv)
{
    ((struct fake *)hv)->no_weights = true;
}

static int set_tsc_mode(struct fake_domain *dom, uint64_t mode)
{
    if (mode > 2)
        return -EINVAL;
    dom->tsc_mode = mode;
    return 0;
}

static int set_vcpus(struct fake_domain *dom, uint64_t count)
{
    if (!count || count > dom->spec.vcpus)
        return -EINVAL;
    dom->vcpus = (unsigned int)count;
    return 0;
}

static int set_pool(struct fake_domain *dom, uint64_t bytes)
{
    if (dom->spec.type != CHAOS_PVH || bytes % 4096)
        return -EINVAL;
    dom->paging_pool = bytes;
    return 0;
}

static int unpause(struct fake_domain *dom)
{
    if (!dom->pauses)
        return -EINVAL;
    dom->pauses--;
    return 0;
}

static int run_one(struct fake *fake, struct fake_domain *dom, struct hv_op *op)
{
    switch (op->code) {
    case HV_MAX_VCPUS:
        return set_vcpus(dom, op->arg);
    case HV_MAX_MEM:
        dom->max_pages = op->arg / 4;
        return 0;
    case HV_PAGING_POOL:
        return set_pool(dom, op->arg);
    case HV_POPULATE:
        return fake_populate(fake, dom, op);
    case HV_EVTCHN_ALLOC:
        return evtchn_alloc(dom, op);
    case HV_DOMAIN_INFO:
        fake_describe(dom, op->info);
        return 0;
    case HV_HVM_PARAM:
    case HV_HVM_PARAM_GET:
        return hvm_param(dom, op);
    case HV_MEMORY_MAP:
        return memory_map(dom, op);
    case HV_PIN_L4:
        return fake_pin(fake, dom, op->arg);
    case HV_UNPIN:
        return fake_unpin(fake, dom, op->arg);
    case HV_TABLE_ENTRIES:
        return fake_table_entries(fake, dom, op);
    case HV_FRAME_NUMBERS:
        return fake_frame_numbers(fake, dom, op);
    case HV_HYPERCALL_PAGE:
        return hypercall_page(fake, dom, op->arg);
    case HV_CONTEXT_PV:
        return context_pv(dom, op->pv);
    case HV_CONTEXT_PVH:
        return context_pvh(dom, op);
    case HV_AFFINITY:
        return affinity(dom, op);
    case HV_SCHEDULE:
        return schedule(fake, dom, op);
    case HV_TSC_MODE:
        return set_tsc_mode(dom, op->arg);
    case HV_PAUSE:
        dom->pauses++;
        return 0;
    case HV_UNPAUSE:
        return unpause(dom);
    }
    return -ENOSYS;
}

int fake_run(struct hv *hv, uint32_t domid, struct hv_op *ops, size_t count)
{
    struct fake *fake = (struct fake *)hv;
    struct fake_domain *dom = fake_domain(hv, domid);
    int rc = fake_call(fake, "multicall");

    if (rc < 0)
        return rc;
    if (count > HV_BATCH_MAX)
        return -E2BIG;
    for (size_t i = 0; i < count; i++) { /* as a multicall: none stops at a failure */
        rc = fake_call(fake, hv_call_name(ops[i].code));
        ops[i].rc = rc < 0 ? rc : dom ? run_one(fake, dom, &ops[i]) : -ESRCH;
    }
    return 0;
}
