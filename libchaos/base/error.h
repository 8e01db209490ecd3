/* SPDX-License-Identifier: BSD-3-Clause */
/* How failures travel; docs/errors.md is the contract. */
#ifndef CHAOS_ERROR_H
#define CHAOS_ERROR_H

#include <chaos/error.h>

struct chaos_error {
    enum chaos_status status;
    int errnum;
    char text[1024];
};

/* Records a failure and returns -errnum (-EINVAL where errnum is 0), so that a function can
 * `return error_set(err, …)`. `err` may be NULL. The text is cut, never overrun. */
int error_set(chaos_error *err, enum chaos_status status, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The same with ": <strerror>" appended. */
int error_errno(chaos_error *err, enum chaos_status status, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Out of memory in this process; never allocates. Returns -ENOMEM. */
int error_oom(chaos_error *err);

/* Copies the failure that `from` has recorded into `err`. For callers that look at a failure before
 * they pass it on. Returns rc. */
int error_copy(chaos_error *err, int rc, const chaos_error *from);

/* Puts "text: " before the message that is recorded already. Returns rc unchanged. */
int error_prefix(chaos_error *err, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
