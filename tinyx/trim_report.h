/* SPDX-License-Identifier: BSD-3-Clause */
/* The report of what trimming has won. */
#ifndef TINYX_TRIM_REPORT_H
#define TINYX_TRIM_REPORT_H

#include "kernel.h"
#include "trim.h"
#include "trim_lab.h"

#include <stdio.h>

/* One kernel: sizes in bytes. */
struct trim_size {
    unsigned long file, memory, packed; /* vmlinux; what it takes when loaded; xz -9 of the file */
    unsigned long options;              /* that are on */
};

/* `scratch` is a folder for the packed file. */
int trim_measure(const char *vmlinux, const char *scratch, struct trim_size *out, chaos_error *err);

struct trim_result {
    struct trim_size size;
    struct trim_boot boot;
};

void trim_print(FILE *to, const struct trim *trim, const char *const *types,
                const struct trim_result *before, const struct trim_result *after);

#endif
