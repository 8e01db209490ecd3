/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the fake hypervisor share. */
#ifndef HV_FAKE_PARTS_H
#define HV_FAKE_PARTS_H

#include "hv_fake.h"

struct frame {
    uint32_t owner; /* domid + 1; 0: free */
    uint8_t level;  /* of the page table that it is */
    uint8_t maps;   /* how often Dom0 has it mapped */
};

struct mapping {
    struct mapping *next;
    uint8_t *addr;
    uint32_t domid;
    size_t count, frames[]; /* indices */
};

struct fake {
    struct hv hv;
    struct fake_domain *domains; /* Dom0 first */
    uint32_t next_domid;

    int memfd;
    uint8_t *memory; /* all of it */
    uint64_t nr_frames, nr_free;
    struct frame *frames;
    uint64_t cursor[16]; /* nothing free of that order from here up */
    uint32_t max_order;
    struct mapping *mappings;

    void *exc; /* the channel that has VIRQ_DOM_EXC */
    bool exc_taken, no_weights;
    unsigned int nr_channels;
    bool no_pages;

    unsigned long calls, countdown;
    int errnum;
    const char *struck;
    void (*after_list)(void *opaque);
    void *after_list_opaque;
};

/* Memory beside failing_malloc.h. */
void *fake_alloc(size_t size);
void *fake_grow(void *old, size_t size);

/* Counts a call; -errno where it is to fail. `what` is static text. */
int fake_call(struct fake *fake, const char *what);

/* hv_fake_memory.c */
void fake_memory_open(struct fake *fake, uint64_t pages);
void fake_memory_close(struct fake *fake);
/* The first of 1 << order frames, numbered from 0; UINT64_MAX where there are none. */
uint64_t fake_frames_get(struct fake *fake, uint32_t domid, uint32_t order);
void fake_frame_put(struct fake *fake, uint64_t index);
/* Index of a frame as a domain names it; UINT64_MAX where it is not its. */
uint64_t fake_index(struct fake *fake, const struct fake_domain *dom, uint64_t frame);
int fake_populate(struct fake *fake, struct fake_domain *dom, struct hv_op *op);
/* What number a frame has for a PV guest. */
int fake_frame_numbers(struct fake *fake, struct fake_domain *dom, const struct hv_op *op);
int fake_map(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count, void **out);
void fake_unmap(struct hv *hv, void *addr, size_t count);
int fake_seed_grants(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count);
/* Frees what nobody has mapped; true where that was all. */
bool fake_relinquish(struct fake *fake, struct fake_domain *dom);

/* hv_fake_tables.c */
int fake_pin(struct fake *fake, struct fake_domain *dom, uint64_t frame);
int fake_unpin(struct fake *fake, struct fake_domain *dom, uint64_t frame);
int fake_table_entries(struct fake *fake, struct fake_domain *dom, const struct hv_op *op);

/* hv_fake_run.c */
int fake_run(struct hv *hv, uint32_t domid, struct hv_op *ops, size_t count);

/* hv_fake_channel.c */
int fake_channel_bind(struct hv *hv, uint32_t domid, uint32_t port, void **out);
int fake_channel_bind_exc(struct hv *hv, void **out);
int fake_channel_fd(void *channel);
int fake_channel_ack(void *channel);
int fake_channel_notify(void *channel);
void fake_channel_close(void *channel);
void fake_channel_signal(void *channel);
/* The guest's end is gone. */
void fake_channel_orphan(void *channel);

void fake_describe(const struct fake_domain *dom, struct hv_domain *out);
void fake_vanish(struct fake *fake, struct fake_domain *dom);

#endif
