/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels for trials, built one after the other in one folder, so that make compiles only the
 * changes. */
#ifndef TINYX_TRIM_KERNEL_H
#define TINYX_TRIM_KERNEL_H

#include "kernel_parts.h"
#include "trim.h"

struct trim_kernel {
    const char *dir; /* of the work: DIR/build, DIR/vmlinux */
    struct wishes wishes;
    const char *source;
};

/* Configures the kernel of the fragments, and finds the options to try: those that were chosen,
 * without those to keep and those that this project's guests always need. */
int trim_kernel_begin(struct trim_kernel *kernel, const struct kernel_request *request,
                      const struct names *keep, struct names *candidates, chaos_error *err);

/* Builds the kernel without these options and without those that need them. *same: the kernel
 * would be the one accepted last, so nothing was compiled; NULL: compile in any case. *built
 * false: it cannot be compiled. */
int trim_kernel_build(struct trim_kernel *kernel, const struct names *off, bool *same, bool *built,
                      chaos_error *err);
/* How many options are on in the kernel built last. */
int trim_kernel_count(const struct trim_kernel *kernel, unsigned long *count, chaos_error *err);
/* Accepts the kernel that was built last. */
int trim_kernel_accept(struct trim_kernel *kernel, chaos_error *err);

/* Configures without these options, and writes the fragment that gives this configuration when
 * it is laid over the others. */
int trim_kernel_write(struct trim_kernel *kernel, const struct names *off, const char *path,
                      chaos_error *err);

#endif
