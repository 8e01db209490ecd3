/* SPDX-License-Identifier: BSD-3-Clause */
/* Trials in the lab: real Xen, which boots kernels and runs the test. */
#ifndef TINYX_TRIM_LAB_H
#define TINYX_TRIM_LAB_H

#include "base/error.h"

#include <stdbool.h>

#define TRIM_MAX_TYPES 2

struct trim_lab {
    const char *dir;              /* what Dom0 sees: kernels, DIR/initramfs, DIR/test */
    const char *log;              /* the lab's output */
    const char *memory, *cmdline; /* of the guest */
    const char *const *types;     /* pv, pvh; NULL-ended */
};

/* The time from a VM's creation to "up" on its console. */
struct trim_boot {
    unsigned long us[TRIM_MAX_TYPES];
};

/* Boots DIR/`kernel` as each type and runs the test. *why: what is wrong, where it did not pass. */
int trim_lab_try(const struct trim_lab *lab, const char *kernel, struct trim_boot *boot,
                 bool *passed, const char **why, chaos_error *err);
/* Boots two kernels, which must pass, in one lab where an instruction is a nanosecond. */
int trim_lab_measure(const struct trim_lab *lab, const char *const kernels[2],
                     struct trim_boot *const boots[2], chaos_error *err);

#endif
