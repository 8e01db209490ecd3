/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Subject: the hypercall's control half, called from Dom0 on domains that never run.
 *
 * Bugs it looks for: removal that matches type or index alone; off by one at the last slot; half of
 * a batch done; a fault in the middle of a copy that leaves a lock or a change behind; pages that
 * outlive their domain; a page made for a dying domain.
 *
 * Method: each rule of noxs/abi.h is tried on a PV and on a PVH domain through noxs.h, and through
 * the bare hypercall where noxs.h would not let the fault pass.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include "check.h"
#include "domain.h"
#include "noxs.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xencall.h>

static xencall_handle *xcall;

static int raw(unsigned int op, void *arg)
{
    int r = xencall2(xcall, __HYPERVISOR_noxs_op, op, (uintptr_t)arg);

    return r < 0 ? -errno : r;
}

static struct noxs_entry vif(uint16_t index)
{
    return (struct noxs_entry){.type = NOXS_TYPE_VIF,
                               .index = index,
                               .grant = 1000U + index,
                               .port = 2000U + index,
                               .u.vif.mac = {2, 0, 0, 0, 0, (uint8_t)index},
                               .u.vif.mtu = 1500};
}

static struct noxs_id id(uint8_t type, uint16_t index)
{
    return (struct noxs_id){.type = type, .index = index};
}

static int count(struct noxs *noxs, uint16_t domid)
{
    return noxs_list(noxs, domid, NULL, 0, NULL);
}

static void add_and_remove(struct noxs *noxs, uint16_t domid)
{
    struct noxs_entry e[NOXS_MAX_DEVICES], got[NOXS_MAX_DEVICES];
    struct noxs_id ids[NOXS_MAX_DEVICES];
    uint32_t generation = 99, serial;

    CHECK_EQ(noxs_list(noxs, domid, got, NOXS_MAX_DEVICES, &generation), 0);
    CHECK_EQ(generation, 0);
    ids[0] = id(NOXS_TYPE_VIF, 0);
    CHECK_EQ(noxs_remove(noxs, domid, ids, 1), -ENOENT);

    e[0] = vif(0);
    CHECK_EQ(noxs_add(noxs, domid, e, 1), 0);
    CHECK_EQ(noxs_list(noxs, domid, got, NOXS_MAX_DEVICES, &generation), 1);
    CHECK_EQ(generation, 2);
    serial = got[0].serial;
    got[0].serial = 0;
    CHECK_EQ(memcmp(&got[0], &e[0], sizeof(e[0])), 0);
    CHECK_EQ(noxs_add(noxs, domid, e, 1), -EEXIST);

    e[0] = (struct noxs_entry){.type = NOXS_TYPE_CONTROL};
    e[1] = vif(1);
    e[2] = vif(0);
    CHECK_EQ(noxs_add(noxs, domid, e, 3), -EEXIST);
    CHECK_EQ(count(noxs, domid), 1);
    CHECK_EQ(noxs_add(noxs, domid, e, 2), 0);
    CHECK_EQ(count(noxs, domid), 3);

    for (unsigned int i = 3; i < NOXS_MAX_DEVICES; i++)
        e[i - 3] = vif((uint16_t)i);
    e[NOXS_MAX_DEVICES - 3] = vif(500);
    CHECK_EQ(noxs_add(noxs, domid, e, NOXS_MAX_DEVICES - 2), -ENOSPC);
    CHECK_EQ(count(noxs, domid), 3);
    CHECK_EQ(noxs_add(noxs, domid, e, NOXS_MAX_DEVICES - 3), 0);
    CHECK_EQ(count(noxs, domid), NOXS_MAX_DEVICES);
    e[0] = vif(501);
    CHECK_EQ(noxs_add(noxs, domid, e, 1), -ENOSPC);

    ids[0] = id(NOXS_TYPE_VBD, 0); /* type differs */
    CHECK_EQ(noxs_remove(noxs, domid, ids, 1), -ENOENT);
    ids[0] = id(NOXS_TYPE_VIF, 700); /* index differs */
    CHECK_EQ(noxs_remove(noxs, domid, ids, 1), -ENOENT);
    ids[0] = id(NOXS_TYPE_VIF, 0);
    ids[1] = id(NOXS_TYPE_VIF, 700);
    CHECK_EQ(noxs_remove(noxs, domid, ids, 2), -ENOENT);
    ids[1] = ids[0];
    CHECK_EQ(noxs_remove(noxs, domid, ids, 2), -EINVAL);
    CHECK_EQ(count(noxs, domid), NOXS_MAX_DEVICES);

    CHECK_EQ(noxs_remove(noxs, domid, ids, 1), 0);
    CHECK_EQ(noxs_remove(noxs, domid, ids, 1), -ENOENT);
    e[0] = vif(0);
    CHECK_EQ(noxs_add(noxs, domid, e, 1), 0);
    CHECK_EQ(noxs_list(noxs, domid, got, 1, &generation), NOXS_MAX_DEVICES);
    CHECK_EQ(got[0].index, 0);
    CHECK(got[0].serial != serial);
    CHECK_EQ(generation, 10);

    CHECK_EQ(noxs_list(noxs, domid, got, NOXS_MAX_DEVICES, NULL), NOXS_MAX_DEVICES);
    for (unsigned int i = 0; i < NOXS_MAX_DEVICES; i++)
        ids[i] = id(got[i].type, got[i].index);
    CHECK_EQ(noxs_remove(noxs, domid, ids, NOXS_MAX_DEVICES), 0);
    CHECK_EQ(count(noxs, domid), 0);
}

static void malformed(struct noxs *noxs, uint16_t domid)
{
    struct {
        struct noxs_batch b;
        struct noxs_entry e[2];
    } *a = xencall_alloc_buffer(xcall, sizeof(*a));
    const struct noxs_batch good = {.domid = domid, .nr = 1, .version = NOXS_ABI_VERSION};
    static const uint16_t nobody[] = {0x7fef, 0x7ff1, 0x7ff2, 0x7ff3, 0x7ff4, 0x7fff, 0xffff};

    MUST(a);
#define TRY(op, want, ...)                                                                         \
    do {                                                                                           \
        memset(a, 0, sizeof(*a));                                                                  \
        a->b = good;                                                                               \
        a->e[0] = vif(1);                                                                          \
        a->e[1] = vif(2);                                                                          \
        __VA_ARGS__;                                                                               \
        CHECK_EQ(raw(op, a), want);                                                                \
        CHECK_EQ(count(noxs, domid), 0);                                                           \
    } while (0)

    CHECK_EQ(raw(NOXS_OP_version, NULL), NOXS_ABI_VERSION);
    CHECK_EQ(raw(NOXS_OP_list + 1, a), -ENOSYS);
    CHECK_EQ(raw(~0U, a), -ENOSYS);
    for (unsigned int op = NOXS_OP_add; op <= NOXS_OP_list; op++) {
        TRY(op, -EINVAL, a->b.version = 0);
        TRY(op, -EINVAL, a->b.version = NOXS_ABI_VERSION + 1);
        TRY(op, -EINVAL, a->b.reserved = 1);
        TRY(op, -E2BIG, a->b.nr = NOXS_MAX_DEVICES + 1);
        TRY(op, -E2BIG, a->b.nr = 0xffffffff);
        TRY(op, -E2BIG, a->b.nr = 0x80000000);
        for (size_t i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++)
            TRY(op, -ESRCH, a->b.domid = nobody[i]);
    }
    TRY(NOXS_OP_add, -EINVAL, a->b.nr = 0);
    TRY(NOXS_OP_remove, -EINVAL, a->b.nr = 0);
    TRY(NOXS_OP_add, -EINVAL, a->e[0].type = NOXS_TYPE_NONE);
    TRY(NOXS_OP_add, -EINVAL, a->e[0].reserved0 = 1);
    TRY(NOXS_OP_add, -EINVAL, a->e[0].reserved1 = 1);
    TRY(NOXS_OP_add, -EINVAL, a->e[0].reserved2 = 1);
    TRY(NOXS_OP_add, -EINVAL, a->e[0].backend_domid = 0x7ff0);
    TRY(NOXS_OP_add, -EINVAL, a->e[0].type = NOXS_TYPE_CONTROL); /* with index 1 */
    TRY(NOXS_OP_add, -EINVAL, (a->b.nr = 2, a->e[1] = a->e[0]));
    TRY(NOXS_OP_add, -EINVAL, (a->b.nr = 2, a->e[1].type = NOXS_TYPE_NONE));
#undef TRY
    xencall_free_buffer(xcall, a);
}

/* Two pages, the second of them closed: records and headers that end in nowhere. */
static void faults(struct noxs *noxs, uint16_t domid)
{
    const struct noxs_batch good = {.domid = domid, .nr = 2, .version = NOXS_ABI_VERSION};
    uint8_t *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t *at = m + 4096 - sizeof(struct noxs_batch) - sizeof(struct noxs_entry);
    struct noxs_entry e = vif(7);

    MUST(m != MAP_FAILED);
    memset(m, 0, 8192);
    MUST(!mprotect(m + 4096, 4096, PROT_NONE));

    for (unsigned int op = NOXS_OP_add; op <= NOXS_OP_list; op++) {
        CHECK_EQ(raw(op, NULL), -EFAULT);
        CHECK_EQ(raw(op, m + 4096), -EFAULT);
        CHECK_EQ(raw(op, m + 4096 - 8), -EFAULT);
        CHECK_EQ(raw(op, (void *)0xffff800000000000UL), -EFAULT); /* the hypervisor's own */
        CHECK_EQ(raw(op, (void *)0x8000000000000000UL), -EFAULT);
    }

    memcpy(at, &good, sizeof(good));
    memcpy(at + sizeof(good), &e, sizeof(e));
    CHECK_EQ(raw(NOXS_OP_add, at), -EFAULT); /* the second entry is not there */
    CHECK_EQ(count(noxs, domid), 0);

    CHECK_EQ(noxs_add(noxs, domid, &e, 1), 0);
    ((struct noxs_batch *)at)->nr = 1;
    MUST(!mprotect(m, 4096, PROT_READ));
    CHECK_EQ(raw(NOXS_OP_add, at), -EFAULT); /* the answer cannot be written */
    CHECK_EQ(raw(NOXS_OP_remove, at), -EFAULT);
    CHECK_EQ(raw(NOXS_OP_list, at), -EFAULT);
    CHECK_EQ(raw(NOXS_OP_get_page, at), -ENOENT); /* Dom0 has no page of its own */
    CHECK_EQ(count(noxs, domid), 1);
    munmap(m, 8192);

    struct noxs_id gone = id(NOXS_TYPE_VIF, 7);
    CHECK_EQ(noxs_remove(noxs, domid, &gone, 1), 0);
}

/* A foreign mapping keeps a destroyed domain: it must be known, yet take no more devices. */
static void dying(struct noxs *noxs, bool pvh)
{
    uint16_t domid = domain_make(pvh);
    void *page = domain_hold_page(domid);
    struct noxs_entry e[2] = {vif(0), vif(1)};

    CHECK_EQ(noxs_add(noxs, domid, e, 1), 0);
    domain_destroy(domid);
    CHECK_EQ(noxs_add(noxs, domid, e + 1, 1), -ESRCH);
    CHECK_EQ(count(noxs, domid), 1);
    domain_release_page(page);
    CHECK(domain_gone(domid));
    CHECK_EQ(noxs_add(noxs, domid, e, 1), -ESRCH);

    /* The same where the page would have had to be made after the death. */
    domid = domain_make(pvh);
    page = domain_hold_page(domid);
    domain_destroy(domid);
    CHECK_EQ(noxs_add(noxs, domid, e, 1), -ESRCH);
    CHECK_EQ(count(noxs, domid), 0);
    domain_release_page(page);
    CHECK(domain_gone(domid));
}

static void leak(struct noxs *noxs, bool pvh)
{
    struct noxs_entry e[NOXS_MAX_DEVICES];
    long before = 0;

    for (unsigned int i = 0; i < NOXS_MAX_DEVICES; i++)
        e[i] = vif((uint16_t)i);

    for (unsigned int round = 0; round < 60; round++) {
        uint16_t domid = domain_make(pvh);

        CHECK_EQ(noxs_add(noxs, domid, e, 1 + round % NOXS_MAX_DEVICES), 0);
        domain_destroy(domid);
        CHECK(domain_gone(domid));
        if (round == 9)
            before = free_pages();
    }
    /* 50 lost device pages would show; the heap's own pools may keep a page or two. */
    long lost = before - free_pages();
    printf("%s: %ld pages less after 50 domains\n", pvh ? "pvh" : "pv", lost);
    CHECK(lost < 10 && lost > -10);
}

int main(void)
{
    struct noxs *noxs;
    int rc = noxs_open(&noxs);

    if (rc == -ENOSYS) {
        printf("hypercall: skipped, this hypervisor has no noxs\n");
        return 77;
    }
    CHECK_EQ(rc, 0);
    xcall = xencall_open(NULL, 0);
    MUST(rc == 0 && xcall);
    domain_open();

    for (int pvh = 0; pvh < 2; pvh++) {
        uint16_t domid = domain_make(pvh);

        malformed(noxs, domid);
        add_and_remove(noxs, domid);
        faults(noxs, domid);
        domain_destroy(domid);
        CHECK(domain_gone(domid));
        dying(noxs, pvh);
        leak(noxs, pvh);
    }

    domain_close();
    xencall_close(xcall);
    noxs_close(noxs);
    return checks_end("hypercall");
}
