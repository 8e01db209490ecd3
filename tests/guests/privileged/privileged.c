/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bug looked for: a guest that may write device pages, its own or another's.
 * Method: every operation of the control domain, on itself by number, on DOMID_SELF, on Dom0, on
 * all small domain numbers and on the reserved ones, with arguments right and wrong. All must be
 * refused with -EPERM, so that a guest does not even learn which domains there are; with -ENOSYS
 * where Xen has no such operations.
 */
#include "hostile.h"

#include <xen/errno.h>

struct request {
    struct noxs_batch batch;
    union {
        struct noxs_entry entry;
        struct noxs_id id;
    };
};

static long refusal = -XEN_EPERM;

static void try_all(unsigned int domid)
{
    static const unsigned int counts[] = {0, 1, NOXS_MAX_DEVICES + 1, ~0U};
    char what[64];

    for (unsigned int op = NOXS_OP_add; op <= NOXS_OP_list; op++) {
        for (unsigned int i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
            struct request request = {
                .batch = {.domid = (uint16_t)domid, .nr = counts[i], .version = NOXS_ABI_VERSION},
                .entry = {.type = NOXS_TYPE_VIF, .index = 9},
            };

            guest_snprintf(what, sizeof(what), "op %u, domain %u, nr %u", op, domid, counts[i]);
            hostile_expect(what, HYPERCALL(__HYPERVISOR_noxs_op, op, &request), refusal);
        }
    }
}

static void try_bad_pointers(void)
{
    static const uintptr_t pointers[] = {0, 0x8000000000000000, 0xffff830000000000, ~0UL};
    char what[64];

    for (unsigned int op = NOXS_OP_add; op <= NOXS_OP_list; op++) {
        for (unsigned int i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
            guest_snprintf(what, sizeof(what), "op %u, pointer %lx", op, pointers[i]);
            hostile_expect(what, HYPERCALL(__HYPERVISOR_noxs_op, op, pointers[i]), refusal);
        }
    }
}

void guest_main(void)
{
    hostile_begin("privileged");
    if (HYPERCALL(__HYPERVISOR_noxs_op, NOXS_OP_version, NULL) < 0)
        refusal = -XEN_ENOSYS;
    for (unsigned int domid = 0; domid < 64; domid++)
        try_all(domid);
    for (unsigned int domid = DOMID_FIRST_RESERVED; domid <= 0x7fff; domid++)
        try_all(domid);
    try_all(0x8000);
    try_all(0xffff);
    try_bad_pointers();
    hostile_end();
}
