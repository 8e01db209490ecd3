/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels for trials: built one after the other in one folder, so that only what changed is
 * compiled. */
#ifndef TINYX_TRIM_KERNEL_H
#define TINYX_TRIM_KERNEL_H

#include "kernel_parts.h"
#include "trim.h"

struct trim_kernel {
    const char *dir; /* of the work: DIR/build, DIR/vmlinux */
    struct wishes wishes;
    const char *source;
};

/* Configures the kernel of the fragments, and finds what can be tried: options that somebody chose,
 * but for those to keep and those without which nothing of this project's runs. */
int trim_kernel_begin(struct trim_kernel *kernel, const struct kernel_request *request,
                      const struct names *keep, struct names *candidates, chaos_error *err);

/* Builds it with these options off, and what needs them. *same: nothing differs from the kernel
 * that was accepted last, and nothing was compiled; NULL: compile in any case. *built false: it
 * cannot be compiled. */
int trim_kernel_build(struct trim_kernel *kernel, const struct names *off, bool *same, bool *built,
                      chaos_error *err);
/* How many options are on in the kernel built last. */
int trim_kernel_count(const struct trim_kernel *kernel, unsigned long *count, chaos_error *err);
/* The kernel built last is a good one. */
int trim_kernel_accept(struct trim_kernel *kernel, chaos_error *err);

/* Configures with these options off and writes the fragment that, laid over the others, gives just
 * that. */
int trim_kernel_write(struct trim_kernel *kernel, const struct names *off, const char *path,
                      chaos_error *err);

#endif
