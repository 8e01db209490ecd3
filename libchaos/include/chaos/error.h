/* SPDX-License-Identifier: BSD-3-Clause */
/* How failures reach a caller; docs/errors.md has the whole contract. */
#ifndef CHAOS_ERROR_PUBLIC_H
#define CHAOS_ERROR_PUBLIC_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What went wrong, by kind. The values are the exit codes of the chaos program. */
enum chaos_status {
    CHAOS_OK = 0,
    CHAOS_E_FAILED = 1,      /* anything without a kind of its own */
    CHAOS_E_USAGE = 2,       /* the command line, or an argument of a function */
    CHAOS_E_CONFIG = 3,      /* the VM's configuration */
    CHAOS_E_NOT_FOUND = 4,   /* no such domain */
    CHAOS_E_EXISTS = 5,      /* the name is in use */
    CHAOS_E_NO_MEMORY = 6,   /* the hypervisor (or this process) is out of memory */
    CHAOS_E_HYPERVISOR = 7,  /* a hypercall was refused */
    CHAOS_E_NO_XEN = 8,      /* not a Xen control domain */
    CHAOS_E_IMAGE = 9,       /* kernel or ramdisk missing, unreadable or malformed */
    CHAOS_E_IO = 10,         /* a file of the host: /run/chaos, a log */
    CHAOS_E_BUSY = 11,       /* in use elsewhere: a console, a disk */
    CHAOS_E_PERMISSION = 12, /* not root */
    CHAOS_E_TIMEOUT = 124,
    CHAOS_E_INTERRUPTED = 130, /* a signal asked for the end */
};

typedef struct chaos_error chaos_error;

/* NULL only when memory is exhausted. */
chaos_error *chaos_error_new(void);
void chaos_error_free(chaos_error *err);
enum chaos_status chaos_error_status(const chaos_error *err);
/* The errno behind it, positive; 0 where there is none. */
int chaos_error_errno(const chaos_error *err);
/* One line without a newline; "" where nothing failed. */
const char *chaos_error_message(const chaos_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
