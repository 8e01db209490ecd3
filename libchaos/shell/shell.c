/* SPDX-License-Identifier: BSD-3-Clause */
/* prepare: everything of a VM that does not depend on which VM it will be. */
#include "shell/shell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/util.h"
#include "base/uuid.h"

/* Page-table memory of a PVH guest. Xen gives 1 MiB by itself; it has to hold a page table page
 * per 2 MiB, some upper levels, and as much again for what the guest maps (grants, shared info). */
#define PAGING_POOL_FREE  (1ULL << 20)
#define PAGING_POOL_FIXED (512ULL << 10)

static uint64_t paging_pool(uint64_t pages, unsigned int vcpus)
{
    uint64_t bytes = PAGING_POOL_FIXED + vcpus * (256ULL << 10) + pages * PAGE_SIZE / 256;

    return bytes <= PAGING_POOL_FREE ? 0 : ROUND_UP(bytes, PAGE_SIZE);
}

static int give_resources(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                          chaos_error *err)
{
    uint64_t pool = shell->guest.type == CHAOS_PVH
                        ? paging_pool(shell->guest.memory.pages, shell->guest.vcpus)
                        : 0;
    struct hv_domain info;
    bool page = devices_wants_page(&host->devices, shell->uuid, cfg);
    struct hv_op ops[6];
    size_t nr = 0, evtchn;
    int rc;

    ops[nr++] = (struct hv_op){.code = HV_MAX_VCPUS, .arg = shell->guest.vcpus};
    ops[nr++] = (struct hv_op){.code = HV_MAX_MEM, .arg = shell->guest.memory.pages * 4};
    evtchn = nr;
    ops[nr++] = (struct hv_op){.code = HV_EVTCHN_ALLOC};
    if (page)
        ops[nr++] = (struct hv_op){.code = HV_EVTCHN_ALLOC};
    ops[nr++] = (struct hv_op){.code = HV_DOMAIN_INFO, .info = &info};
    if (pool)
        ops[nr++] = (struct hv_op){.code = HV_PAGING_POOL, .arg = pool};
    rc = memory_populate(&shell->guest.memory, host->hv, shell->guest.domid, shell->guest.type, ops,
                         nr, err);
    if (rc < 0)
        return rc;
    shell->guest.console_port = ops[evtchn].value;
    shell->guest.bus_port = page ? ops[evtchn + 1].value : 0;
    shell->guest.shared_info = info.shared_info;
    return host_create_step(host, "memory", err);
}

static struct chaos_shell *new_shell(const uint8_t uuid[16], const chaos_config *cfg)
{
    struct chaos_shell *shell = calloc(1, sizeof(*shell));

    if (!shell || memory_plan(&shell->guest.memory, cfg->memory_kib / 4, cfg->type) < 0) {
        free(shell);
        return NULL;
    }
    memcpy(shell->uuid, uuid, sizeof(shell->uuid));
    uuid_format(shell->uuid, shell->uuid_text);
    shell->guest.type = cfg->type;
    shell->guest.vcpus = cfg->vcpus;
    shell->guest.store = devices_in_store(uuid);
    return shell;
}

int shell_make(chaos_host *host, const chaos_config *cfg, const uint8_t uuid[16],
               struct chaos_shell **out, chaos_error *err)
{
    struct chaos_shell *shell = new_shell(uuid, cfg);
    struct hv_spec spec = {.type = cfg->type,
                           .vcpus = cfg->vcpus,
                           .event_channels = config_event_channels(cfg),
                           .grant_frames = cfg->max_grant_frames,
                           .maptrack_frames = cfg->max_maptrack_frames,
                           .bare = config_is_bare(cfg)};
    int rc;

    *out = NULL;
    if (!shell)
        return error_oom(err);
    memcpy(spec.uuid, shell->uuid, sizeof(spec.uuid));
    rc = hv_create(host->hv, &spec, &shell->guest.domid, err);
    if (rc < 0) {
        shell_free(shell);
        return rc;
    }
    rc = host_create_step(host, "domain", err);
    if (rc == 0)
        rc = give_resources(host, shell, cfg, err);
    if (rc < 0) {
        shell_discard(host, shell);
        return rc;
    }
    *out = shell;
    return 0;
}

struct device_guest shell_guest(const struct chaos_shell *shell, const char *name)
{
    const struct guest *guest = &shell->guest;
    struct device_guest out = {.domid = guest->domid,
                               .type = guest->type,
                               .name = name,
                               .console_port = guest->console_port,
                               .bus_port = guest->bus_port,
                               .console_frame = guest->built.console_frame,
                               .bus_frame = guest->built.bus_frame,
                               .announced = shell->announced};

    memcpy(out.uuid, shell->uuid, sizeof(out.uuid));
    return out;
}

int shell_devices(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                  chaos_error *err)
{
    struct device_guest guest = shell_guest(shell, NULL);
    int rc = devices_prepare(&host->devices, &guest, cfg, &shell->devices, err);

    return rc < 0 ? rc : host_create_step(host, "devices", err);
}

struct kernel_question {
    chaos_host *host;
    const chaos_config *cfg;
    const struct image *image; /* NULL: not looked at yet */
};

/* A flavour without a kernel is for guests of all kinds. */
static bool speaks_noxs(void *opaque)
{
    const struct kernel_question *what = opaque;
    const struct image *image = what->image;

    return !what->cfg->kernel ||
           ((image ||
             kernel_cache_get(&what->host->kernels, what->cfg->kernel, &image, NULL) == 0) &&
            image->speaks_noxs);
}

int shell_choose(chaos_host *host, const chaos_config *cfg, const struct image *image,
                 struct device_choice *out, chaos_error *err)
{
    struct kernel_question what = {host, cfg, image};

    return devices_choose(&host->devices, cfg, speaks_noxs, &what, out, err);
}

/* Not of a VM that needs no bus, and did not ask for one. */
static void tell_choice(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                        const struct device_choice *choice)
{
    char text[128];

    if (choice->devices == DEVICES_NOXS && !cfg->nr_vifs && !cfg->nr_vbds)
        return;
    shell->bus_why = choice->why;
    if (!host->on_note)
        return;
    snprintf(text, sizeof(text), "devices by %s: %s", config_devices_name(choice->devices),
             choice->why);
    host->on_note(host->on_note_opaque, text);
}

int shell_prepare(chaos_host *host, const chaos_config *cfg, const struct image *image, bool marked,
                  struct chaos_shell **out, chaos_error *err)
{
    struct device_choice choice;
    uint8_t uuid[16];
    int rc = shell_choose(host, cfg, image, &choice, err);

    *out = NULL;
    if (rc < 0)
        return rc;
    rc = uuid_make(uuid, (marked ? UUID_CHAOSD : 0) |
                             (choice.devices == DEVICES_XENSTORE ? UUID_XENSTORE : 0));
    if (rc < 0)
        return error_errno(err, CHAOS_E_FAILED, -rc, "no random numbers for a uuid");
    rc = shell_make(host, cfg, uuid, out, err);
    if (rc < 0)
        return rc;
    tell_choice(host, *out, cfg, &choice);
    rc = shell_devices(host, *out, cfg, err);
    if (rc < 0) {
        shell_discard(host, *out);
        *out = NULL;
    }
    return rc;
}

int chaos_prepare(chaos_host *host, const chaos_config *cfg, chaos_shell **out, chaos_error *err)
{
    return shell_prepare(host, cfg, NULL, false, out, err);
}

int domain_end(chaos_host *host, uint32_t domid, const uint8_t uuid[16], bool devices,
               chaos_error *err)
{
    struct device_guest guest = {.domid = domid};
    int rc = hv_destroy(host->hv, domid, err);

    if (rc == 0 && chaos_fault("destroyed") < 0)
        return error_set(err, CHAOS_E_FAILED, EIO, "fault at destroyed");
    if (rc == 0 && devices) {
        memcpy(guest.uuid, uuid, sizeof(guest.uuid));
        devices_remove_all(&host->devices, &guest);
    }
    return rc;
}

void shell_discard(chaos_host *host, struct chaos_shell *shell)
{
    domain_end(host, shell->guest.domid, shell->uuid, devices_any(shell->uuid, &shell->devices),
               NULL);
    shell_free(shell);
}
