/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What each bus does for devices.h, whose comments hold here, too. A bus is called for domains that
 * have it; `available`, `clear`, `sweep`, `disks` and `close` for the host as such.
 */
#ifndef CHAOS_DEVICE_BUS_H
#define CHAOS_DEVICE_BUS_H

#include "devices/devices.h"
#include "devices/disk_user.h"

enum device_kind { DEVICE_NONE, DEVICE_CONTROL, DEVICE_VIF, DEVICE_VBD };

/* "vif"; "unknown" where it is none. */
const char *device_kind_name(enum device_kind kind);

/* One device that a VM has. */
struct device_slot {
    enum device_kind kind;
    uint16_t index;
    uint32_t vdev; /* DEVICE_VBD */
};

/* The most devices of one VM that a bus tells of. */
#define DEVICE_SLOTS 64

struct device_bus {
    const char *name;
    bool always; /* a VM without devices has work for it, too */

    /* Whether this host has what it takes: 1 (and it is open), 0, or -errno where nobody knows. No
     * more than a look where it is missing. */
    int (*available)(struct device_host *host, chaos_error *err);
    int (*need)(struct device_host *host, chaos_error *err);
    bool (*wants_page)(struct device_host *host, const chaos_config *cfg);
    /* Kind and index of a record; DEVICE_NONE where it is damaged. */
    struct device_slot (*slot)(const uint8_t record[DEVICE_RECORD]);

    /* Removes what an earlier domain of this number left, where this bus is open anyhow. */
    void (*clear)(struct device_host *host, uint32_t domid);
    /* Its own `clear`, and more if it must open now, comes first. */
    int (*prepare)(struct device_host *host, const struct device_guest *guest,
                   const chaos_config *cfg, struct devices *out, chaos_error *err);
    int (*announce_ahead)(struct device_host *host, const struct device_guest *guest,
                          const chaos_config *cfg, struct devices *devs, chaos_error *err);
    int (*announce)(struct device_host *host, const struct device_guest *guest,
                    const chaos_config *cfg, struct devices *devs, chaos_error *err);
    /* The same ahead of the build, where that saves time: what the guest's page for this bus is to
     * have in it goes to `page`. How many bytes; 0: nothing was done. NULL: never. */
    int (*compose)(struct device_host *host, const struct device_guest *guest,
                   const chaos_config *cfg, struct devices *devs, void *page, chaos_error *err);
    void (*remove_all)(struct device_host *host, const struct device_guest *guest);
    void (*sweep)(struct device_host *host, devices_alive_fn *alive, void *opaque);

    /* What the VM has now, DEVICE_SLOTS at most, in any order; how many. */
    int (*slots)(struct device_host *host, const struct device_guest *guest,
                 struct device_slot *out, chaos_error *err);
    /* One device for a running domain: a vif, or a vbd, which was checked and has its vdev. */
    int (*plug)(struct device_host *host, const struct device_guest *guest,
                const struct config_vif *vif, const struct config_vbd *vbd, uint16_t index,
                chaos_error *err);
    int (*remove)(struct device_host *host, const struct device_guest *guest, enum device_kind kind,
                  unsigned int index, unsigned int timeout_ms, bool force, chaos_error *err);
    int (*list)(struct device_host *host, const struct device_guest *guest,
                struct chaos_device **out, size_t *count, chaos_error *err);
    int (*power)(struct device_host *host, const struct device_guest *guest, enum chaos_power what,
                 unsigned int timeout_ms, int *answer, chaos_error *err);

    /* The block devices of all VMs that have this bus, for the one-writer rule; the caller frees
     * the list. How many. */
    int (*disks)(struct device_host *host, struct disk_taken **out);
    /* Waits for what was begun and not waited for. NULL: there is never any. */
    void (*settle)(struct device_host *host);
    void (*close)(struct device_host *host); /* and its own settle first */
};

extern const struct device_bus noxs_bus, xenstore_bus;

/* ---- what buses share ---- */

struct bridge_port;
struct disk_id;
struct loop_owner;

/* Puts interfaces of back ends into their bridges and up; all, or an error that names the vif:
 * `first` is the index of the first. */
int devices_join(struct device_host *host, const struct bridge_port *ports, unsigned int nr,
                 unsigned int first, chaos_error *err);
/* Appends " bridge br0", and what is wrong with that, to a vif's detail, if the kernel tells. */
void devices_tell_bridge(struct device_host *host, uint32_t ifindex, uint32_t mtu, char *out,
                         size_t room);
/* A vif's MAC address: as configured, or made from the VM's name. */
void devices_mac(struct device_host *host, const struct config_vif *vif, const char *name,
                 unsigned int index, uint8_t mac[6]);

/* disk_open() with patience, and with a message where something else has the disk (-EBUSY). */
int devices_disk_open(struct device_host *host, const struct config_vbd *vbd,
                      const struct loop_owner *owner, struct disk_id *id, int *fd,
                      chaos_error *err);
/* Frees loop devices that are kept for domains that are gone: others may have destroyed them. */
void devices_free_loops(struct device_host *host);
/* What has the disk, VMs of all buses among them. */
void devices_disk_user(struct device_host *host, const struct disk_id *id, struct disk_user *out);
/* The error that says so. */
int devices_disk_refuse(struct device_host *host, const struct config_vbd *vbd,
                        const struct disk_user *user, chaos_error *err);

#endif
