/* SPDX-License-Identifier: BSD-3-Clause */
#include "life/schedule.h"

#include "base/error.h"
#include "base/util.h"

#include <errno.h>

static int pin(struct hv *hv, const struct guest *guest, const chaos_config *cfg, chaos_error *err)
{
    for (unsigned int i = 0; i < guest->vcpus; i++) {
        struct hv_op op = {.code = HV_AFFINITY,
                           .arg = i,
                           .cpus = config_vcpu_cpus(cfg, i),
                           .count = ARRAY_SIZE(cfg->cpus)};
        int rc = op.cpus ? hv_run(hv, guest->domid, &op, 1, err) : 0;

        if (rc < 0)
            return rc;
    }
    return 0;
}

static int weigh(struct hv *hv, const struct guest *guest, const chaos_config *cfg,
                 chaos_error *err)
{
    struct hv_op op = {.code = HV_SCHEDULE, .arg = cfg->cpu_weight, .value = cfg->cpu_cap};
    int rc = hv_run(hv, guest->domid, &op, 1, err);

    if (rc != -EOPNOTSUPP)
        return rc;
    return error_set(
        err, CHAOS_E_HYPERVISOR, EOPNOTSUPP,
        "the scheduler that Xen was booted with has neither weights nor caps: cpu_weight "
        "and cpu_cap need credit or credit2");
}

int schedule(struct hv *hv, const struct guest *guest, const chaos_config *cfg, chaos_error *err)
{
    int rc = cfg->pinned ? pin(hv, guest, cfg, err) : 0;

    if (!rc && (cfg->cpu_weight || cfg->cpu_cap))
        rc = weigh(hv, guest, cfg, err);
    return rc;
}
