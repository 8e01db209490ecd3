/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that the guest finds in XenStore, with the back ends of a stock Dom0. */
#include <errno.h>

#include "base/error.h"
#include "devices/bus.h"

static int available(struct device_host *host, chaos_error *err)
{
    return 0;
}

static int need(struct device_host *host, chaos_error *err)
{
    return error_set(err, CHAOS_E_HYPERVISOR, ENOSYS, "devices over XenStore are not there yet");
}

/* Linux and others look for XenStore whether or not they have devices. */
static bool wants_page(struct device_host *host, const chaos_config *cfg)
{
    return true;
}

static struct device_slot slot(const uint8_t record[DEVICE_RECORD])
{
    return (struct device_slot){.kind = DEVICE_NONE};
}

static void clear(struct device_host *host, uint32_t domid)
{
}

static int prepare(struct device_host *host, const struct device_guest *guest,
                   const chaos_config *cfg, struct devices *out, chaos_error *err)
{
    return need(host, err);
}

static int announce(struct device_host *host, const struct device_guest *guest,
                    const chaos_config *cfg, struct devices *devs, chaos_error *err)
{
    return need(host, err);
}

static void remove_all(struct device_host *host, const struct device_guest *guest)
{
}

static void sweep(struct device_host *host, devices_alive_fn *alive, void *opaque)
{
}

static int slots(struct device_host *host, const struct device_guest *guest,
                 struct device_slot *out, chaos_error *err)
{
    return need(host, err);
}

static int plug(struct device_host *host, const struct device_guest *guest,
                const struct config_vif *vif, const struct config_vbd *vbd, uint16_t index,
                chaos_error *err)
{
    return need(host, err);
}

static int remove_device(struct device_host *host, const struct device_guest *guest,
                         enum device_kind kind, unsigned int index, unsigned int timeout_ms,
                         bool force, chaos_error *err)
{
    return need(host, err);
}

static int list(struct device_host *host, const struct device_guest *guest,
                struct chaos_device **out, size_t *count, chaos_error *err)
{
    return need(host, err);
}

static int power(struct device_host *host, const struct device_guest *guest, enum chaos_power what,
                 unsigned int timeout_ms, int *answer, chaos_error *err)
{
    return need(host, err);
}

static int disks(struct device_host *host, struct disk_taken **out)
{
    *out = NULL;
    return 0;
}

static void close_host(struct device_host *host)
{
}

const struct device_bus xenstore_bus = {
    .name = "xenstore",
    .always = true,
    .available = available,
    .need = need,
    .wants_page = wants_page,
    .slot = slot,
    .clear = clear,
    .prepare = prepare,
    .announce = announce,
    .remove_all = remove_all,
    .sweep = sweep,
    .slots = slots,
    .plug = plug,
    .remove = remove_device,
    .list = list,
    .power = power,
    .disks = disks,
    .close = close_host,
};
