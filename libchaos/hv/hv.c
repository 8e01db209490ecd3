/* SPDX-License-Identifier: BSD-3-Clause */
#include "hv/hv.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"

const char *hv_call_name(enum hv_code code)
{
    static const char *const names[] = {
        [HV_MAX_VCPUS] = "max_vcpus",
        [HV_MAX_MEM] = "max_mem",
        [HV_PAGING_POOL] = "set_paging_mempool_size",
        [HV_POPULATE] = "populate_physmap",
        [HV_EVTCHN_ALLOC] = "evtchn_alloc_unbound",
        [HV_DOMAIN_INFO] = "getdomaininfo",
        [HV_HVM_PARAM] = "set_hvm_param",
        [HV_HVM_PARAM_GET] = "get_hvm_param",
        [HV_MEMORY_MAP] = "set_memory_map",
        [HV_PIN_L4] = "pin_l4_table",
        [HV_UNPIN] = "unpin_table",
        [HV_TABLE_ENTRIES] = "mmu_update",
        [HV_FRAME_NUMBERS] = "machphys_update",
        [HV_HYPERCALL_PAGE] = "hypercall_init",
        [HV_CONTEXT_PV] = "setvcpucontext",
        [HV_CONTEXT_PVH] = "sethvmcontext",
        [HV_AFFINITY] = "setvcpuaffinity",
        [HV_SCHEDULE] = "scheduler_op",
        [HV_TSC_MODE] = "settscinfo",
        [HV_PAUSE] = "pausedomain",
        [HV_UNPAUSE] = "unpausedomain",
    };

    return names[code];
}

static const char *advice(int errnum)
{
    switch (errnum) {
    case ENOMEM:
        return "free hypervisor memory: destroy domains or shrink Dom0";
    case EPERM:
    case EACCES:
        return "run as root in the control domain; a security policy may forbid it";
    case ENOSYS:
    case EOPNOTSUPP:
        return "this Xen was built or booted without the feature (PVH needs hardware "
               "virtualization with nested paging)";
    case ESRCH:
        return "the domain is gone";
    case EINVAL:
        return "Xen's console has its own reason ('xl dmesg' where xl is installed)";
    case ENOSPC:
    case E2BIG:
        return "a limit of the hypervisor is reached";
    default:
        return "Xen's console may tell more ('xl dmesg' where xl is installed)";
    }
}

int hv_refused(chaos_error *err, int rc, uint32_t domid, const char *call)
{
    enum chaos_status status = rc == -ENOMEM  ? CHAOS_E_NO_MEMORY
                               : rc == -ESRCH ? CHAOS_E_NOT_FOUND
                                              : CHAOS_E_HYPERVISOR;

    return error_set(err, status, -rc, "hypervisor refused %s for domain %u: %s (errno %d); %s",
                     call, domid, strerror(-rc), -rc, advice(-rc));
}

int hv_go_on(struct hv *hv, chaos_error *err)
{
    return hv->stop && hv->stop(hv->stop_opaque)
               ? error_set(err, CHAOS_E_INTERRUPTED, EINTR, "interrupted")
               : 0;
}

void hv_close(struct hv *hv)
{
    if (hv)
        hv->backend->close(hv);
}

int hv_host_info(struct hv *hv, struct chaos_host_info *out, chaos_error *err)
{
    int rc = hv->backend->host_info(hv, out);

    return rc < 0 ? hv_refused(err, rc, 0, "physinfo") : 0;
}

unsigned int hv_pages_version(struct hv *hv)
{
    return hv->backend->pages_version(hv);
}

int hv_create(struct hv *hv, const struct hv_spec *spec, uint32_t *domid, chaos_error *err)
{
    int rc = hv->backend->create(hv, spec, domid);

    if (rc == -ENOMEM)
        return error_set(err, CHAOS_E_NO_MEMORY, ENOMEM,
                         "no hypervisor memory for one more domain; destroy domains first");
    if (rc < 0)
        return error_set(err, CHAOS_E_HYPERVISOR, -rc,
                         "hypervisor refused createdomain: %s (errno %d); %s", strerror(-rc), -rc,
                         advice(-rc));
    return 0;
}

int hv_destroy(struct hv *hv, uint32_t domid, chaos_error *err)
{
    int rc = hv->backend->destroy(hv, domid);

    return rc < 0 ? hv_refused(err, rc, domid, "destroydomain") : 0;
}

int hv_failed(const struct hv_op *ops, size_t count, uint32_t domid, chaos_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (ops[i].rc < 0)
            return hv_refused(err, ops[i].rc, domid, hv_call_name(ops[i].code));
    }
    return 0;
}

int hv_run(struct hv *hv, uint32_t domid, struct hv_op *ops, size_t count, chaos_error *err)
{
    int rc = hv->backend->run(hv, domid, ops, count);

    return rc < 0 ? hv_refused(err, rc, domid, "multicall") : hv_failed(ops, count, domid, err);
}

int hv_list(struct hv *hv, uint32_t first, struct hv_domain *out, size_t max, chaos_error *err)
{
    int rc = hv->backend->list(hv, first, out, max);

    return rc < 0 ? hv_refused(err, rc, first, "getdomaininfolist") : rc;
}

int hv_domain_info(struct hv *hv, uint32_t domid, struct hv_domain *out, chaos_error *err)
{
    int rc = hv_list(hv, domid, out, 1, err);

    if (rc < 0)
        return rc;
    if (rc == 0 || out->domid != domid)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "no domain %u", domid);
    return 0;
}

int hv_map(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count, void **out,
           chaos_error *err)
{
    int rc = hv->backend->map(hv, domid, frames, count, out);

    return rc < 0 ? hv_refused(err, rc, domid, "map of its memory") : 0;
}

void hv_unmap(struct hv *hv, void *addr, size_t count)
{
    if (addr)
        hv->backend->unmap(hv, addr, count);
}

int hv_seed_grants(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count,
                   chaos_error *err)
{
    int rc = hv->backend->seed_grants(hv, domid, frames, count);

    return rc < 0 ? hv_refused(err, rc, domid, "map of its grant table") : 0;
}
