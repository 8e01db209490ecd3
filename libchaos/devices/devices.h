/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The devices of a VM, whatever bus tells its guest of them: a folder a bus, and what they share
 * here. Which bus a domain has is a flag of its uuid, so that the hypervisor alone tells.
 */
#ifndef CHAOS_DEVICES_H
#define CHAOS_DEVICES_H

#include <chaos.h>

#include "config/config.h"
#include "hv/hv.h"
#include "registry/registry.h"

/* What a host needs for devices; opened when first needed. */
struct device_host {
    struct hv *hv; /* both the host's, to name the VM that has a disk */
    struct registry *registry;
    struct bridges *bridges;
    const char *run_dir; /* of the host, for devices/mac.h */
    uint64_t mac_seed;
    bool has_mac_seed;
    enum config_devices preferred; /* of VMs that do not say; DEVICES_DEFAULT: not read yet */

    struct { /* devices/noxs */
        const struct page_keeper *keeper;
        struct noxs *pages; /* Xen's; NULL where it keeps none */
        struct back_ends *backs;
        bool no_backs; /* this Dom0 has no /dev/noxs */
    } noxs;
    struct xenstore_host *xenstore; /* devices/xenstore */
};

/* A domain, as far as a bus needs to know. */
struct device_guest {
    uint32_t domid;
    uint8_t uuid[16];
    enum chaos_type type;
    const char *name; /* NULL: it has none yet */
    uint32_t console_port, bus_port;
    uint64_t console_frame, bus_frame; /* as hv_map takes them; 0: not known yet */
    bool announced;                    /* devices_announce_ahead has been here */
};

/* Power control comes with the first power request: most VMs never get one, and a back end is a
 * good part of a VM's price. */
#define DEVICES_MAX (CONFIG_MAX_VIFS + CONFIG_MAX_VBDS)

/* What prepare made and execute announces: one record a device, which the bus alone understands.
 * Shells travel with it. */
#define DEVICE_RECORD 64
struct devices {
    unsigned int nr;
    _Alignas(8) uint8_t records[DEVICES_MAX][DEVICE_RECORD];
};

/* Whether execute and the domain's end have work with its devices. */
bool devices_any(const uint8_t uuid[16], const struct devices *devs);
/* Whether the devices are those of the configuration, by their numbers. */
bool devices_fit(const uint8_t uuid[16], const struct devices *devs, const chaos_config *cfg);
/* Whether what came in a message can be such devices at all. */
bool devices_valid(const uint8_t uuid[16], const struct devices *devs);

/* The bus that a VM gets: as the configuration says, or the host's administrator. In doubt
 * (`auto`), noxs for guests that speak it and for hosts that have nothing else. */
struct device_choice {
    enum config_devices devices; /* DEVICES_NOXS or DEVICES_XENSTORE */
    const char *why;
};
/* Whether the guest speaks noxs; asked only where that decides. */
typedef bool devices_speaks_fn(void *opaque);
int devices_choose(struct device_host *host, const chaos_config *cfg, devices_speaks_fn *speaks,
                   void *opaque, struct device_choice *out, chaos_error *err);
/* Whether the domain gets an event channel and a page for its bus before it is built, and whether
 * these are to be XenStore's. */
bool devices_wants_page(struct device_host *host, const uint8_t uuid[16], const chaos_config *cfg);
bool devices_in_store(const uint8_t uuid[16]);

/* Makes the back ends of `cfg`'s devices, with interfaces in their bridges. All or none. The domain
 * is new: back ends that an earlier one of this number left are removed first, where this host has
 * opened what that takes, or must now. */
int devices_prepare(struct device_host *host, const struct device_guest *guest,
                    const chaos_config *cfg, struct devices *out, chaos_error *err);
/* Does of an announcement what does not depend on which VM this will be; over XenStore the pages of
 * console and bus must be known. 1, or 0 where there is nothing of the kind. */
int devices_announce_ahead(struct device_host *host, const struct device_guest *guest,
                           const chaos_config *cfg, struct devices *devs, chaos_error *err);
/* Tells the guest, which is built, of them, with what only its name and `cfg` say. */
int devices_announce(struct device_host *host, const struct device_guest *guest,
                     const chaos_config *cfg, struct devices *devs, chaos_error *err);
/* The same for a guest that is not built yet, if its bus can: its build then puts so many bytes of
 * `page` (PAGE_SIZE) into the page for the bus. How many; 0: it is to be announced afterwards. */
int devices_compose(struct device_host *host, const struct device_guest *guest,
                    const chaos_config *cfg, struct devices *devs, void *page, chaos_error *err);
/* Removes the back ends of a domain, of which domid and uuid are enough; never fails. */
void devices_remove_all(struct device_host *host, const struct device_guest *guest);
/* Removes what domains of ours that are gone left behind. */
typedef bool devices_alive_fn(void *opaque, uint32_t domid);
void devices_sweep(struct device_host *host, devices_alive_fn *alive, void *opaque);
/* Waits for what was begun and not waited for, in a process that ends without a devices_close. */
void devices_settle(struct device_host *host);
void devices_close(struct device_host *host);

/* Opens what this domain's devices need; the error says what this host lacks. */
int devices_need(struct device_host *host, const uint8_t uuid[16], chaos_error *err);

/* ---- domains that other toolstacks made; XenStore tells of them, where one runs ---- */

/* Fills in the names of those in the list that are not ours. */
void devices_name_others(struct device_host *host, struct chaos_domain *doms, size_t count);
/* Fails where destroying the domain would leave a process of its toolstack behind. */
int devices_check_other(struct device_host *host, uint32_t domid, chaos_error *err);
/* Removes its back ends, loop devices and nodes, after it was destroyed; never fails. */
void devices_remove_other(struct device_host *host, uint32_t domid);
/* The terminal at which a domain's console is served, also one of ours. CHAOS_E_NOT_FOUND. */
int devices_publish_console(struct device_host *host, uint32_t domid, const char *terminal,
                            chaos_error *err);
int devices_console_path(struct device_host *host, uint32_t domid, char *out, size_t room,
                         chaos_error *err);

/* Puts interfaces whose bridge went and came again into it; how many, or -errno. */
int devices_replug(struct device_host *host);
/* As chaos_bridged. */
int devices_bridged(struct device_host *host, const chaos_config *cfg);

/* As the public functions of these names have it, for a domain that was checked. */
int devices_list(struct device_host *host, const struct device_guest *guest,
                 struct chaos_device **out, size_t *count, chaos_error *err);
int devices_add(struct device_host *host, const struct device_guest *guest, const char *type,
                const char *spec, unsigned int *index, chaos_error *err);
int devices_remove(struct device_host *host, const struct device_guest *guest, const char *type,
                   unsigned int index, unsigned int timeout_ms, bool force, chaos_error *err);

/* Hands a power request to the guest and waits until it agreed: *answer is 0, or -ETIMEDOUT,
 * -ENOTCONN (it does not listen), -EBUSY (it has not answered the last one), or its refusal. Fails
 * where there is no way to ask. */
int devices_power(struct device_host *host, const struct device_guest *guest, enum chaos_power what,
                  unsigned int timeout_ms, int *answer, chaos_error *err);

#endif
