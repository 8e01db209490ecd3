/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The operations on the hypervisor that the toolstack needs, and nothing else. Two back ends: the
 * real one (hv_xen.c) and the fake of the unit tests (tests/unit/hv_fake.c).
 *
 * Operations on one domain travel in batches (hv_run): the real back end sends a batch as ONE
 * multicall, which is what makes creation cheap. Back ends return 0 or -errno and know nothing of
 * messages; the hv_ functions here turn a failure into one line that names the call, the errno and
 * what to do.
 */
#ifndef CHAOS_HV_H
#define CHAOS_HV_H

#include <chaos.h>

/* A domain that is to be made. */
struct hv_spec {
    uint8_t uuid[16];
    enum chaos_type type;
    unsigned int vcpus;
    unsigned int event_channels; /* at most */
    /* Frames of Xen's memory that it may have for grants that it gives (512 a frame; 0: the
     * default), and for those that it maps (256 a frame; -1: the default). */
    unsigned int grant_frames;
    int maptrack_frames;
    bool bare; /* by default without frames for grants that it maps, where those cost time */
};

/* A domain as the hypervisor sees it. */
struct hv_domain {
    uint32_t domid;
    uint8_t uuid[16];
    enum chaos_type type;
    bool paused, blocked, shutdown, dying;
    unsigned int reason; /* valid where shutdown */
    uint64_t pages;
    uint64_t shared_info; /* frame of the shared_info page */
    uint64_t cpu_ns;
    unsigned int vcpus;
};

enum hv_code {
    HV_MAX_VCPUS,      /* arg: how many */
    HV_MAX_MEM,        /* arg: KiB */
    HV_PAGING_POOL,    /* arg: bytes for the page tables of a PVH domain */
    HV_POPULATE,       /* frames[count], each 1 << order pages; done: how many it got */
    HV_EVTCHN_ALLOC,   /* value: a port of the domain that Dom0 may bind */
    HV_DOMAIN_INFO,    /* info */
    HV_HVM_PARAM,      /* arg: index; value */
    HV_HVM_PARAM_GET,  /* arg: index; value out */
    HV_MEMORY_MAP,     /* e820[count] */
    HV_PIN_L4,         /* arg: mfn */
    HV_UNPIN,          /* arg: mfn */
    HV_TABLE_ENTRIES,  /* updates[count]: entries of page tables that Xen has checked */
    HV_FRAME_NUMBERS,  /* updates[count]: the guest's own numbers of its frames */
    HV_HYPERCALL_PAGE, /* arg: frame of the page to fill with the hypercall trampolines */
    HV_CONTEXT_PV,     /* pv */
    HV_CONTEXT_PVH,    /* arg: 32-bit entry point; value: address of hvm_start_info (ebx) */
    HV_AFFINITY,       /* arg: vCPU; cpus[count] words, bit n: physical CPU n */
    HV_SCHEDULE,       /* arg: weight, 0 for the default; value: cap in percent of a CPU, or 0 */
    HV_TSC_MODE,       /* arg: 0 as Xen thinks best, 1 emulated, 2 the processor's own */
    HV_PAUSE,
    HV_UNPAUSE,
};
/* Xen's name for it, for messages. */
const char *hv_call_name(enum hv_code code);

/* Start of a PV guest's first vCPU. */
struct hv_pv_start {
    uint64_t rip, rsp, rsi, cr3_mfn;
};

/* addr: machine address of the entry, or of the frame. */
struct hv_update {
    uint64_t addr, value;
};

struct hv_e820 {
    uint64_t addr, size;
    uint32_t type;
};
enum { HV_E820_RAM = 1, HV_E820_RESERVED = 2, HV_E820_ACPI = 3 };

struct hv_op {
    enum hv_code code;
    uint64_t arg;
    uint64_t value;
    uint32_t count;
    uint32_t order;
    uint32_t done;
    int rc; /* out: 0 or -errno */
    union {
        uint64_t *frames; /* in: guest frame numbers; out, for PV: machine frame numbers */
        const struct hv_e820 *e820;
        const struct hv_pv_start *pv;
        const struct hv_update *updates;
        const uint64_t *cpus;
        struct hv_domain *info;
    };
};

/* Most operations of a batch, and most frames of one HV_POPULATE. */
#define HV_BATCH_MAX  16
#define HV_FRAMES_MAX 256

struct hv;

struct hv_backend {
    void (*close)(struct hv *hv);
    int (*host_info)(struct hv *hv, struct chaos_host_info *out);
    /* The version of the pages that it keeps, which tell guests of their devices (noxs/abi.h); 0:
     * it keeps none. */
    unsigned int (*pages_version)(struct hv *hv);
    int (*create)(struct hv *hv, const struct hv_spec *spec, uint32_t *domid);
    int (*destroy)(struct hv *hv, uint32_t domid);
    /* Lets a suspended domain go on in place: its suspend hypercall returns 1 ("cancelled"). */
    int (*resume)(struct hv *hv, uint32_t domid);
    /* Tries every operation in order and sets each one's rc; 0, or -errno where none was tried. */
    int (*run)(struct hv *hv, uint32_t domid, struct hv_op *ops, size_t count);
    /* Up to `max` domains from `first` on, by domid; how many. */
    int (*list)(struct hv *hv, uint32_t first, struct hv_domain *out, size_t max);
    /* Frames (guest frames for PVH, machine frames for PV) as one run of memory. */
    int (*map)(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count, void **out);
    void (*unmap)(struct hv *hv, void *addr, size_t count);

    /* What hv_seed_grants says. */
    int (*seed_grants)(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count);

    /* Event channels of Dom0. A channel is a file descriptor of its own, so that whoever waits
     * hears of one channel only. */
    int (*channel_bind)(struct hv *hv, uint32_t domid, uint32_t port, void **out);
    int (*channel_bind_exc)(struct hv *hv, void **out); /* VIRQ_DOM_EXC; -EEXIST: taken */
    int (*channel_fd)(void *channel);
    int (*channel_ack)(void *channel);
    int (*channel_notify)(void *channel);
    void (*channel_close)(void *channel);
};

struct hv {
    const struct hv_backend *backend;
    bool (*stop)(void *opaque); /* whether to give up what takes long; NULL: never */
    void *stop_opaque;
};

/* CHAOS_E_INTERRUPTED where what takes long is to be given up; else 0. */
int hv_go_on(struct hv *hv, chaos_error *err);

/* Opens the real hypervisor. CHAOS_E_NO_XEN where there is none. */
int hv_open(struct hv **out, chaos_error *err);
void hv_close(struct hv *hv);

int hv_host_info(struct hv *hv, struct chaos_host_info *out, chaos_error *err);
unsigned int hv_pages_version(struct hv *hv);
static inline bool hv_keeps_pages(struct hv *hv)
{
    return hv_pages_version(hv) > 0;
}
int hv_create(struct hv *hv, const struct hv_spec *spec, uint32_t *domid, chaos_error *err);
int hv_destroy(struct hv *hv, uint32_t domid, chaos_error *err);
/* The error of the first operation that failed; 0 where none did. */
int hv_failed(const struct hv_op *ops, size_t count, uint32_t domid, chaos_error *err);
/* Runs a batch; the first operation that failed is the error. */
int hv_run(struct hv *hv, uint32_t domid, struct hv_op *ops, size_t count, chaos_error *err);
int hv_list(struct hv *hv, uint32_t first, struct hv_domain *out, size_t max, chaos_error *err);
/* The domain `domid`; -ENOENT (CHAOS_E_NOT_FOUND) where there is none. */
int hv_domain_info(struct hv *hv, uint32_t domid, struct hv_domain *out, chaos_error *err);
int hv_map(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count, void **out,
           chaos_error *err);
void hv_unmap(struct hv *hv, void *addr, size_t count);
/* The first grants that a domain gives, before it runs: entry i of its table lets Dom0 map
 * frames[i], as hv_map takes it; 0: no such grant. */
int hv_seed_grants(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count,
                   chaos_error *err);
/* The error text of a refused operation: call, domain, errno, what to do. Returns rc. */
int hv_refused(chaos_error *err, int rc, uint32_t domid, const char *call);

#endif
