/* SPDX-License-Identifier: BSD-3-Clause */
/* cpus: text is for all vCPUs, a list has an entry for each vCPU, as for xl. */
#include "config/cpus.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int read_cpus(const char *text, uint64_t bits[CPUS_WORDS], chaos_error *err)
{
    struct cpu_list list = {0};
    int rc = cpus_add(&list, text, err);

    return rc < 0 ? rc : cpus_finish(&list, bits, err);
}

void config_cpus_clear(chaos_config *cfg)
{
    free(cfg->pins);
    cfg->pins = NULL;
    cfg->nr_pins = 0;
    cfg->pinned = false;
}

int config_cpus_set(chaos_config *cfg, const char *text, chaos_error *err)
{
    uint64_t bits[CPUS_WORDS];
    int rc = read_cpus(text, bits, err);

    if (rc < 0)
        return rc;
    config_cpus_clear(cfg);
    memcpy(cfg->cpus, bits, sizeof(bits));
    cfg->pinned = !cpus_all(bits);
    return 0;
}

int config_cpus_add(chaos_config *cfg, const char *text, chaos_error *err)
{
    struct config_pin pin, *pins;
    int rc = read_cpus(text, pin.cpus, err);

    if (rc < 0)
        return rc;
    if (cfg->nr_pins == CONFIG_MAX_VCPUS)
        return error_set(err, CHAOS_E_CONFIG, EINVAL, "more entries than a VM has vCPUs (%d)",
                         CONFIG_MAX_VCPUS);
    pins = realloc(cfg->pins, (cfg->nr_pins + 1) * sizeof(*pins));
    if (!pins)
        return error_oom(err);
    cfg->pins = pins;
    cfg->pins[cfg->nr_pins++] = pin;
    cfg->pinned |= !cpus_all(pin.cpus);
    return 0;
}

const uint64_t *config_vcpu_cpus(const chaos_config *cfg, unsigned int vcpu)
{
    const uint64_t *cpus;

    if (!cfg->pinned)
        return NULL;
    if (!cfg->nr_pins)
        return cfg->cpus;
    cpus = vcpu < cfg->nr_pins ? cfg->pins[vcpu].cpus : NULL;
    return cpus && !cpus_all(cpus) ? cpus : NULL;
}

int config_cpus_check(const chaos_config *cfg, chaos_error *err)
{
    if (cfg->nr_pins <= cfg->vcpus)
        return 0;
    return error_set(
        err, CHAOS_E_CONFIG, EINVAL,
        "has CPUs for %u vCPUs, but there are %u (each entry is one vCPU's; for all of "
        "them write text, as in cpus: 0-3,^2)",
        cfg->nr_pins, cfg->vcpus);
}
