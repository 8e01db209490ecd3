/* SPDX-License-Identifier: MIT */
/*
 * /dev/noxs: makes and removes the back ends of guests' devices. Opening it takes CAP_SYS_ADMIN.
 *
 * A back end stays until it is removed, not until the file is closed: it belongs to its guest,
 * which outlives the program that made it. NOXS_IOC_LIST finds what a crashed toolstack left.
 *
 * Copyright (c) 2026, the chaos authors
 */
#ifndef NOXS_IOCTL_H
#define NOXS_IOCTL_H

#include <noxs/abi.h>

#if defined(__KERNEL__)
#include <linux/ioctl.h>
#else
#include <sys/ioctl.h>
#endif

#define NOXS_IOCTL_VERSION 4U

struct noxs_vif_request {
    uint8_t mac[6]; /* of the guest */
    uint16_t reserved0;
    uint32_t ifindex;   /* OUT: of the back end's interface, "vif<domid>.<index>" */
    uint32_t rate_usec; /* in so many microseconds ... */
    /* ... the guest may send so many bytes, over all its queues together; 0: no limit */
    uint64_t rate_bytes;
    uint32_t reserved[8]; /* 0 */
};

/*
 * A disk has one writer: the back end holds the block device exclusively, so that -EBUSY is the
 * answer where another back end or Dom0 itself (a mount of it or of a partition, swap, LVM) has it.
 * Read-only disks go with each other. NOXS_VBD_SHARED: a writer that goes with read-only disks and
 * with other shared ones. NOXS_VBD_UNCLAIMED: the caller has found that Dom0's use does no harm.
 */
#define NOXS_VBD_SHARED    (1U << 16)
#define NOXS_VBD_UNCLAIMED (1U << 17)

struct noxs_vbd_request {
    int32_t fd;                    /* an open block device */
    uint32_t flags;                /* NOXS_VBD_READONLY, _CDROM, _SHARED, _UNCLAIMED */
    uint64_t sectors;              /* OUT, units of 512 bytes */
    uint32_t sector_size;          /* OUT, bytes */
    uint32_t physical_sector_size; /* OUT, bytes */
    uint32_t vdev;                 /* as in the device page */
    uint32_t reserved[7];          /* 0 */
};

/* One device. With its grant and port it goes into the guest's page (NOXS_OP_add, or
 * NOXS_IOC_ANNOUNCE). */
struct noxs_request {
    uint16_t domid; /* of the guest */
    uint8_t type;   /* NOXS_TYPE_* */
    uint8_t reserved0;
    uint16_t index;
    uint16_t reserved1;
    uint32_t grant; /* OUT: of the control page */
    uint32_t port;  /* OUT: event channel, unbound, for the guest */
    union {
        struct noxs_vif_request vif;
        struct noxs_vbd_request vbd;
        uint32_t raw[14];
    } u;
};

/* What a list tells of a device. */
struct noxs_status {
    uint16_t domid;
    uint8_t type;
    uint8_t reserved0;
    uint16_t index;
    uint16_t reserved1;
    uint32_t grant;
    uint32_t port;
    uint32_t back_state;  /* NOXS_STATE_* */
    uint32_t front_state; /* what the guest says */
    uint32_t error;       /* of the last attempt to connect, a positive errno */
    uint32_t host_id;     /* in Dom0: a vif's interface index, a vbd's device number (dev_t) */
    uint16_t slot;        /* of the entry in the device page */
    uint16_t reserved2;
    uint32_t reserved3;
    struct noxs_entry entry; /* as announced (NOXS_IOC_ANNOUNCE); NOXS_TYPE_NONE: it was not */
};

/* A device and its entry in a device page that the toolstack writes. */
struct noxs_announce {
    uint16_t domid;
    uint16_t slot;           /* OUT: of the entry in the page */
    uint32_t generation;     /* OUT: what the page's is with this change; even, of no earlier one */
    struct noxs_entry entry; /* IN: type, index, u; OUT: serial, grant, port, back end too */
};

/* Records in memory of the caller. */
struct noxs_records {
    uint64_t address;
    uint32_t nr;     /* IN: records; list: room, OUT: how many there are */
    uint32_t failed; /* OUT: the record that an error is about; list: IN: a domid, or 0 for all */
};

#define NOXS_RECORDS_MAX 4096U

/* The first entries of a device page, and how to reach the page. */
struct noxs_first {
    struct noxs_records records; /* struct noxs_announce */
    uint32_t grant;              /* of the guest, for its device page */
    uint32_t reserved;           /* 0 */
};

struct noxs_close {
    uint16_t domid;
    uint8_t type;
    uint8_t reserved0;
    uint16_t index;
    uint16_t reserved1;
    uint32_t timeout_ms;
};

struct noxs_power {
    uint16_t domid;
    uint16_t reserved;
    uint32_t request; /* NOXS_POWER_* */
    uint32_t timeout_ms;
};

#define NOXS_IOC_ 'N'

/* Returns NOXS_IOCTL_VERSION. */
#define NOXS_IOC_VERSION _IO(NOXS_IOC_, 0x80)

/* struct noxs_request records: makes all or none. -EEXIST, -ENODEV (no such type loaded), ... */
#define NOXS_IOC_ADD _IOWR(NOXS_IOC_, 0x81, struct noxs_records)

/*
 * struct noxs_close records (timeout_ms ignored): removes each that is there, at once, whatever
 * the guest is doing with it; returns how many there were.
 */
#define NOXS_IOC_REMOVE _IOWR(NOXS_IOC_, 0x82, struct noxs_records)

/* Removes all devices of the domid that the argument is; returns how many there were. */
#define NOXS_IOC_REMOVE_DOMAIN _IO(NOXS_IOC_, 0x83)

/* struct noxs_status records of all devices, or of one domain's. */
#define NOXS_IOC_LIST _IOWR(NOXS_IOC_, 0x84, struct noxs_records)

/* Asks the guest to let go of a device and waits until it did: -ETIMEDOUT, -ENOENT, -EINTR. */
#define NOXS_IOC_CLOSE _IOW(NOXS_IOC_, 0x85, struct noxs_close)

/*
 * Hands a request to the guest, once it listens, and waits for its answer: 0 once it agreed,
 * -ENOTCONN where it did not begin to listen in that time or ceased to, -EBUSY (another request
 * waits), -ETIMEDOUT, or the negative errno it answered.
 */
#define NOXS_IOC_POWER _IOW(NOXS_IOC_, 0x86, struct noxs_power)

/*
 * The entries of device pages in guests' own memory are kept here, with their devices, because no
 * guest can reach them here. One domain's at a time.
 *
 * NOXS_IOC_ANNOUNCE  struct noxs_announce records, all of one domain: notes all or none. -ENOENT
 *                    (no such device), -EEXIST (announced already), -ENOSPC, -EINVAL.
 * NOXS_IOC_RETRACT   one struct noxs_announce, of which domid, type and index count: the device
 *                    stays, its entry goes. -ENOENT: it has none.
 */
#define NOXS_IOC_ANNOUNCE _IOWR(NOXS_IOC_, 0x87, struct noxs_records)
#define NOXS_IOC_RETRACT  _IOWR(NOXS_IOC_, 0x88, struct noxs_announce)

/*
 * The same as NOXS_IOC_ANNOUNCE for a guest that does not run yet and of whose devices none is
 * announced (-EEXIST), and the whole page is written, by a grant of that guest. -EIO, with nothing
 * announced, where the grant does not let this domain write.
 */
#define NOXS_IOC_ANNOUNCE_FIRST _IOWR(NOXS_IOC_, 0x89, struct noxs_first)

NOXS_SIZE_(noxs_vif_request, 56);
NOXS_SIZE_(noxs_vbd_request, 56);
NOXS_SIZE_(noxs_request, 72);
NOXS_SIZE_(noxs_status, 104);
NOXS_SIZE_(noxs_announce, 72);
NOXS_SIZE_(noxs_records, 16);
NOXS_SIZE_(noxs_first, 24);
NOXS_SIZE_(noxs_close, 12);
NOXS_SIZE_(noxs_power, 12);

#endif
