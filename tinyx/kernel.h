/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kernels: Linux with this project's front ends built in, of the options that fragments name. What
 * no fragment names is off, unless something that is on needs it.
 *
 * What is given out belongs to arena.h.
 */
#ifndef TINYX_KERNEL_H
#define TINYX_KERNEL_H

#include "base/error.h"

#include <stddef.h>

/* Fragments in the order in which they count: a later one wins. Each line of one is
 *   CONFIG_NAME=VALUE  # why it is wanted        or        CONFIG_NAME=n  # why it is not
 * or a comment, or empty. */
struct kernel_request {
    const char *const *fragments; /* paths, NULL-ended */
};

struct kernel_option {
    const char *name;   /* without CONFIG_ */
    const char *value;  /* y, a number or a text in quotes */
    const char *reason; /* the fragment's, or "selected by NAME", or "default" */
};

struct kernel {
    const char *id;      /* a hash of all inputs: kernels with the same id have the same bytes */
    const char *vmlinux; /* plain ELF, without symbols, with Xen's notes */
    const char *map;     /* its System.map */
    const char *config;  /* the whole .config */
    struct kernel_option *options; /* those that are on, by name */
    size_t nr_options;
};

/* The path of one of the fragments that come with tinyx: base, xen-pv, xen-pvh, net, dhcp, block …
 * What has a dot or a slash in it is a path itself. */
int kernel_fragment(const char *name, const char **path, chaos_error *err);

/* Builds the kernel, or takes it from the cache. Progress goes to stderr. An option that did not
 * become what a fragment wants is CHAOS_E_CONFIG, with FILE:LINE and what stands against it. */
int kernel_get(const struct kernel_request *request, struct kernel *out, chaos_error *err);

#endif
