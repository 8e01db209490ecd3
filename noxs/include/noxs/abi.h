/* SPDX-License-Identifier: MIT */
/*
 * noxs: devices of a Xen guest without XenStore. The whole binary interface: hypercall, device
 * page and its announcement, control pages. Hypervisor, Dom0 kernel, toolstack, Linux guests and
 * unikernels compile this very file. docs/noxs.md tells protocol, handshake and trust.
 *
 * Rules of the layout: little endian, fixed-width fields at their natural alignment, no pointer,
 * no implicit padding, and the same for 32-bit and 64-bit guests. Reserved fields are written as
 * zero and ignored when read, so that a later minor addition can use them.
 *
 * Copyright (c) 2026, the chaos authors
 */
#ifndef NOXS_ABI_H
#define NOXS_ABI_H

#if defined(__KERNEL__)
#include <linux/types.h>
#include <linux/stddef.h>
#elif defined(__XEN__)
#include <xen/types.h>
#else
#include <stddef.h>
#include <stdint.h>
#endif

/* A change that an old reader would get wrong raises it; all sides refuse what they do not know */
#define NOXS_ABI_VERSION 1U

#define NOXS_PAGE_SIZE 4096U

/* ---- Hypercall: long noxs_op(unsigned int op, void *arg) ------------------------------------ */

/*
 * Xen keeps 48-55 for architectures and counts upwards from 43 for its own additions; its tables
 * end at 63.
 */
#define __HYPERVISOR_noxs_op 60

/*
 * Any domain, about itself only.
 *
 * NOXS_OP_version   arg unused; returns NOXS_ABI_VERSION of the hypervisor.
 * NOXS_OP_get_page  struct noxs_get_page; -ENOENT as long as the domain never had a device.
 * NOXS_OP_map_page  struct noxs_map_page, HVM and PVH callers only (-EOPNOTSUPP for PV).
 *
 * The control domain only (-EPERM for anyone else, whatever the arguments).
 *
 * NOXS_OP_add       struct noxs_batch + nr struct noxs_entry: adds all or none.
 * NOXS_OP_remove    struct noxs_batch + nr struct noxs_id: removes all or none.
 * NOXS_OP_list      struct noxs_batch with room for nr struct noxs_entry behind it.
 */
#define NOXS_OP_version  0U
#define NOXS_OP_get_page 1U
#define NOXS_OP_map_page 2U
#define NOXS_OP_add      3U
#define NOXS_OP_remove   4U
#define NOXS_OP_list     5U

/* Global VIRQ that Xen sends to a guest after each change of its device page; bound at will. */
#define NOXS_VIRQ 15U

/* A PV guest maps `frame` read-only itself; a writable mapping is refused by Xen. */
struct noxs_get_page {
    uint32_t version;    /* OUT: NOXS_ABI_VERSION of the page */
    uint32_t generation; /* OUT: the page's generation now */
    uint64_t frame;      /* OUT: PV: machine frame; HVM: guest frame it is mapped at, or ~0 */
};

/* Whatever was at the frame before is dropped, and so is the page's earlier mapping, if any. */
struct noxs_map_page {
    uint64_t gfn; /* IN */
};

struct noxs_batch {
    uint16_t domid;      /* IN: whose page; DOMID_SELF is understood */
    uint16_t reserved;   /* IN: 0 */
    uint32_t nr;         /* IN: records that follow; list: IN room, OUT devices there are */
    uint32_t generation; /* OUT: the page's generation after (list: at) the operation */
    uint32_t version;    /* IN: NOXS_ABI_VERSION of the caller, else -EINVAL */
};

/* ---- Device page ---------------------------------------------------------------------------- */

#define NOXS_PAGE_MAGIC 0x53584f4eU /* "NOXS" */

#define NOXS_TYPE_NONE    0U /* an unused slot */
#define NOXS_TYPE_CONTROL 1U /* power */
#define NOXS_TYPE_VIF     2U
#define NOXS_TYPE_VBD     3U
#define NOXS_TYPE_MAX     255U /* types that a reader does not know are skipped */

struct noxs_id {
    uint8_t type;
    uint8_t reserved;
    uint16_t index; /* unique within the type; control is always 0 */
};

struct noxs_vif_config {
    uint8_t mac[6];
    uint16_t mtu;
    uint8_t ipv4[4];    /* hints for guests without DHCP, network order; 0.0.0.0: none */
    uint8_t gateway[4]; /* 0.0.0.0: none */
    uint8_t prefix;     /* length of the network's prefix, 0-32 */
    uint8_t reserved[23];
};

#define NOXS_VBD_READONLY  (1U << 0)
#define NOXS_VBD_REMOVABLE (1U << 1)
#define NOXS_VBD_CDROM     (1U << 2)

struct noxs_vbd_config {
    uint64_t sectors;              /* size in units of 512 bytes, whatever sector_size is */
    uint32_t sector_size;          /* bytes, a power of two, 512 or more */
    uint32_t physical_sector_size; /* bytes, a multiple of sector_size */
    uint32_t flags;                /* NOXS_VBD_* */
    uint32_t vdev;                 /* as in Xen's vbd interface (xvda: 202 << 8) */
    uint8_t reserved[16];
};

/* Xen's page a guest can only read; one in its own memory nobody else reads. */
struct noxs_entry {
    uint8_t type;           /* NOXS_TYPE_* */
    uint8_t reserved0;      /* 0 */
    uint16_t index;         /* with type: the device's name */
    uint32_t serial;        /* not the caller's: differs for each device ever added to this page */
    uint32_t grant;         /* grant of the control page by the back-end's domain */
    uint32_t port;          /* its event channel, unbound, waiting for this guest */
    uint16_t backend_domid; /* DOMID of the back end */
    uint16_t reserved1;     /* 0 */
    uint32_t reserved2;     /* 0 */
    union {
        struct noxs_vif_config vif;
        struct noxs_vbd_config vbd;
        uint8_t raw[40];
    } u;
};

#define NOXS_MAX_DEVICES 63U

/*
 * The writer's update: generation becomes odd, barrier, entries change, barrier, generation becomes
 * even. A reader: generation (again while odd), read barrier, copy entries, read barrier,
 * generation again; if it differs, from the start. A toolstack that writes the page may be killed
 * at that, so a reader does not spin for ever. An entry keeps its slot for life. A device that was
 * removed and added again between two looks has another serial. Slots from `slots` on are unused.
 */
struct noxs_page {
    uint32_t magic;      /* NOXS_PAGE_MAGIC */
    uint32_t version;    /* NOXS_ABI_VERSION */
    uint32_t generation; /* even: stable */
    uint16_t slots;      /* how many of the slots a reader has to look at */
    uint16_t count;      /* slots in use: type is not NOXS_TYPE_NONE */
    uint16_t domid;      /* whose page it is */
    uint8_t reserved[46];
    struct noxs_entry entry[NOXS_MAX_DEVICES];
};

/* ---- Announcement of a device page in the guest's own memory ----------------------------------
 */

/*
 * A hypervisor without the hypercall: the toolstack keeps the device page in an ordinary page of
 * the guest, and says where in the last bytes of the guest's console page, which PV guests find by
 * start_info.console.domU.mfn and the others by HVM_PARAM_CONSOLE_PFN. Xen's console ring ends far
 * before (xen/io/console.h). A guest asks the hypercall first. Until the first device comes the
 * device page has no magic, and is no such page.
 */
#define NOXS_ANNOUNCEMENT_OFFSET 4032U
#define NOXS_ANNOUNCEMENT_MAGIC  0x4153584eU /* "NXSA" */

struct noxs_announcement {
    uint32_t magic;   /* NOXS_ANNOUNCEMENT_MAGIC */
    uint32_t version; /* NOXS_ABI_VERSION */
    uint64_t frame;   /* of the device page: PV: machine frame; else guest frame */
    uint64_t pfn;     /* the guest's own number of that frame */
    uint32_t port;    /* an event channel of the guest: pends after each change of the page */
    uint32_t reserved[9];
};

/* ---- Control pages: one a device, the back end's memory, granted read-write ------------------ */

/*
 * Each half has one writer. The back end never reads its own half back and treats all of the
 * front end's half as hostile: it reads a field once, checks the copy, uses the copy. A half is
 * filled first, then its state is stored behind a write barrier, then the device's event channel
 * is notified; the reader of a state puts a read barrier before it reads the rest.
 */
#define NOXS_FRONT_OFFSET 2048U

/* Numbers of XenBus; the path of a device is 2 -> 3|4 -> 4 -> 5 -> 6, and 1 begins anew. */
#define NOXS_STATE_UNKNOWN      0U
#define NOXS_STATE_INITIALISING 1U
#define NOXS_STATE_INIT_WAIT    2U
#define NOXS_STATE_INITIALISED  3U
#define NOXS_STATE_CONNECTED    4U
#define NOXS_STATE_CLOSING      5U
#define NOXS_STATE_CLOSED       6U

/* First fields of each half of each control page. */
struct noxs_half {
    uint32_t version;  /* NOXS_ABI_VERSION of the writer */
    uint32_t state;    /* NOXS_STATE_* */
    uint32_t error;    /* why CLOSED: a positive errno of Xen's numbering, 0: none */
    uint32_t features; /* the device type's: offered by the back end, chosen by the front end */
};

/* -- control device -- */

#define NOXS_POWER_NONE     0U
#define NOXS_POWER_POWEROFF 1U
#define NOXS_POWER_REBOOT   2U
#define NOXS_POWER_SUSPEND  3U
#define NOXS_POWER_CRASH    4U

/* features of both halves: requests known, as 1 << NOXS_POWER_* */

/* Request: `request` is stored, barrier, `sequence` goes up by one, notify. One at a time. */
struct noxs_control_back {
    struct noxs_half half;
    uint32_t request; /* NOXS_POWER_* */
    uint32_t sequence;
};

/* Answer: `status` is stored, barrier, `sequence` of the request is copied, notify, then act. */
struct noxs_control_front {
    struct noxs_half half;
    uint32_t status; /* 0: will do it; else a positive errno (95 EOPNOTSUPP: unknown request) */
    uint32_t sequence;
};

/* -- vif: rings as in Xen's netif.h, one page each -- */

#define NOXS_VIF_SG            (1U << 0) /* scatter-gather: packets of more than one slot */
#define NOXS_VIF_GSO_TCPV4     (1U << 1)
#define NOXS_VIF_GSO_TCPV6     (1U << 2)
#define NOXS_VIF_CSUM_V4_OFF   (1U << 3) /* cannot take packets without a TCP/UDP checksum (IPv4) */
#define NOXS_VIF_CSUM_V6       (1U << 4) /* can take them (IPv6) */
#define NOXS_VIF_MULTICAST     (1U << 5) /* multicast control by extra slots */
#define NOXS_VIF_DYN_MULTICAST (1U << 6)
#define NOXS_VIF_RX_NOTIFY_OFF (1U << 7) /* front end: does not ask for rx events (rx-notify) */
#define NOXS_VIF_CTRL_RING     (1U << 8) /* control ring (hash settings) offered / given */
#define NOXS_VIF_HEADROOM      (1U << 9) /* xdp_headroom is valid */

#define NOXS_VIF_MAX_QUEUES 32U

/* Receive copies always (rx-copy); the two ports may be the same (no split event channels). */
struct noxs_vif_queue {
    uint32_t tx_ring; /* grants by the guest to the back end */
    uint32_t rx_ring;
    uint32_t tx_port; /* event channels, unbound, of the guest */
    uint32_t rx_port;
};

struct noxs_vif_back {
    struct noxs_half half;
    uint32_t max_queues; /* 1 to NOXS_VIF_MAX_QUEUES */
    uint32_t carrier;    /* 1: link up */
};

struct noxs_vif_front {
    struct noxs_half half;
    uint32_t nr_queues; /* 1 to max_queues */
    uint32_t ctrl_ring; /* with NOXS_VIF_CTRL_RING */
    uint32_t ctrl_port;
    uint32_t xdp_headroom; /* bytes */
    struct noxs_vif_queue queue[NOXS_VIF_MAX_QUEUES];
};

/* -- vbd: rings as in Xen's blkif.h -- */

#define NOXS_VBD_FLUSH          (1U << 0) /* BLKIF_OP_FLUSH_DISKCACHE */
#define NOXS_VBD_BARRIER        (1U << 1)
#define NOXS_VBD_DISCARD        (1U << 2)
#define NOXS_VBD_DISCARD_SECURE (1U << 3)
#define NOXS_VBD_PERSISTENT     (1U << 4) /* persistent grants */

/* Layout of the ring's requests. */
#define NOXS_VBD_PROTO_NATIVE 0U /* of the back end */
#define NOXS_VBD_PROTO_X86_32 1U
#define NOXS_VBD_PROTO_X86_64 2U

#define NOXS_VBD_MAX_QUEUES     8U
#define NOXS_VBD_MAX_RING_ORDER 3U
#define NOXS_VBD_MAX_RING_PAGES (1U << NOXS_VBD_MAX_RING_ORDER)

struct noxs_vbd_queue {
    uint32_t port; /* event channel, unbound, of the guest */
    uint32_t reserved[3];
    uint32_t ring[NOXS_VBD_MAX_RING_PAGES]; /* grants; the first 1 << ring_order count */
};

struct noxs_vbd_back {
    struct noxs_half half;
    uint32_t max_queues;            /* 1 to NOXS_VBD_MAX_QUEUES */
    uint32_t max_ring_order;        /* 0 to NOXS_VBD_MAX_RING_ORDER */
    uint32_t max_indirect_segments; /* 0: no indirect requests */
    uint32_t discard_granularity;   /* bytes */
    uint32_t discard_alignment;     /* bytes */
    uint32_t reserved;
    uint64_t sectors; /* size now, units of 512 bytes: grows when the disk was resized */
};

struct noxs_vbd_front {
    struct noxs_half half;
    uint32_t nr_queues;  /* 1 to max_queues */
    uint32_t ring_order; /* 0 to max_ring_order */
    uint32_t protocol;   /* NOXS_VBD_PROTO_* */
    uint32_t reserved;
    struct noxs_vbd_queue queue[NOXS_VBD_MAX_QUEUES];
};

/* The two halves in their page. */
#define NOXS_CONTROL_PAGE(name)                                                                    \
    struct noxs_##name##_page {                                                                    \
        union {                                                                                    \
            struct noxs_##name##_back back;                                                        \
            uint8_t back_room[NOXS_FRONT_OFFSET];                                                  \
        };                                                                                         \
        union {                                                                                    \
            struct noxs_##name##_front front;                                                      \
            uint8_t front_room[NOXS_PAGE_SIZE - NOXS_FRONT_OFFSET];                                \
        };                                                                                         \
    }

NOXS_CONTROL_PAGE(control);
NOXS_CONTROL_PAGE(vif);
NOXS_CONTROL_PAGE(vbd);

/* ---- Layout, held at compile time ------------------------------------------------------------ */

#ifdef __cplusplus
#define NOXS_ASSERT_(what) static_assert(what, #what)
#else
#define NOXS_ASSERT_(what) _Static_assert(what, #what)
#endif
#define NOXS_SIZE_(type, size)        NOXS_ASSERT_(sizeof(struct type) == (size))
#define NOXS_AT_(type, field, offset) NOXS_ASSERT_(offsetof(struct type, field) == (offset))
#define NOXS_AT2_(type, field, offset, other, offset2)                                             \
    NOXS_ASSERT_(offsetof(struct type, field) == (offset) &&                                       \
                 offsetof(struct type, other) == (offset2))

NOXS_SIZE_(noxs_get_page, 16);
NOXS_AT2_(noxs_get_page, generation, 4, frame, 8);
NOXS_SIZE_(noxs_map_page, 8);
NOXS_SIZE_(noxs_batch, 16);
NOXS_AT2_(noxs_batch, nr, 4, generation, 8);
NOXS_AT_(noxs_batch, version, 12);
NOXS_SIZE_(noxs_id, 4);
NOXS_AT_(noxs_id, index, 2);
NOXS_SIZE_(noxs_vif_config, 40);
NOXS_AT2_(noxs_vif_config, mtu, 6, ipv4, 8);
NOXS_AT2_(noxs_vif_config, gateway, 12, prefix, 16);
NOXS_SIZE_(noxs_vbd_config, 40);
NOXS_AT2_(noxs_vbd_config, sector_size, 8, physical_sector_size, 12);
NOXS_AT2_(noxs_vbd_config, flags, 16, vdev, 20);
NOXS_SIZE_(noxs_entry, 64);
NOXS_AT2_(noxs_entry, index, 2, serial, 4);
NOXS_AT2_(noxs_entry, grant, 8, port, 12);
NOXS_AT2_(noxs_entry, backend_domid, 16, u, 24);
NOXS_SIZE_(noxs_page, NOXS_PAGE_SIZE);
NOXS_AT2_(noxs_page, version, 4, generation, 8);
NOXS_AT2_(noxs_page, slots, 12, count, 14);
NOXS_AT2_(noxs_page, domid, 16, entry, 64);
NOXS_SIZE_(noxs_announcement, NOXS_PAGE_SIZE - NOXS_ANNOUNCEMENT_OFFSET);
NOXS_AT2_(noxs_announcement, version, 4, frame, 8);
NOXS_AT2_(noxs_announcement, pfn, 16, port, 24);
NOXS_SIZE_(noxs_half, 16);
NOXS_AT2_(noxs_half, state, 4, error, 8);
NOXS_AT_(noxs_half, features, 12);
NOXS_SIZE_(noxs_control_back, 24);
NOXS_AT2_(noxs_control_back, request, 16, sequence, 20);
NOXS_SIZE_(noxs_control_front, 24);
NOXS_AT2_(noxs_control_front, status, 16, sequence, 20);
NOXS_SIZE_(noxs_vif_queue, 16);
NOXS_AT2_(noxs_vif_queue, rx_ring, 4, tx_port, 8);
NOXS_AT_(noxs_vif_queue, rx_port, 12);
NOXS_SIZE_(noxs_vif_back, 24);
NOXS_AT2_(noxs_vif_back, max_queues, 16, carrier, 20);
NOXS_SIZE_(noxs_vif_front, 32 + 16 * NOXS_VIF_MAX_QUEUES);
NOXS_AT2_(noxs_vif_front, nr_queues, 16, ctrl_ring, 20);
NOXS_AT2_(noxs_vif_front, ctrl_port, 24, xdp_headroom, 28);
NOXS_AT_(noxs_vif_front, queue, 32);
NOXS_SIZE_(noxs_vbd_queue, 48);
NOXS_AT_(noxs_vbd_queue, ring, 16);
NOXS_SIZE_(noxs_vbd_back, 48);
NOXS_AT2_(noxs_vbd_back, max_queues, 16, max_ring_order, 20);
NOXS_AT2_(noxs_vbd_back, max_indirect_segments, 24, discard_granularity, 28);
NOXS_AT2_(noxs_vbd_back, discard_alignment, 32, sectors, 40);
NOXS_SIZE_(noxs_vbd_front, 32 + 48 * NOXS_VBD_MAX_QUEUES);
NOXS_AT2_(noxs_vbd_front, nr_queues, 16, ring_order, 20);
NOXS_AT2_(noxs_vbd_front, protocol, 24, queue, 32);
NOXS_SIZE_(noxs_control_page, NOXS_PAGE_SIZE);
NOXS_AT_(noxs_control_page, front, NOXS_FRONT_OFFSET);
NOXS_SIZE_(noxs_vif_page, NOXS_PAGE_SIZE);
NOXS_AT_(noxs_vif_page, front, NOXS_FRONT_OFFSET);
NOXS_SIZE_(noxs_vbd_page, NOXS_PAGE_SIZE);
NOXS_AT_(noxs_vbd_page, front, NOXS_FRONT_OFFSET);

#endif
