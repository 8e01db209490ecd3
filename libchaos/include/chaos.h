/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libchaos: creates, lists, watches and destroys Xen domains.
 *
 * Conventions (docs/errors.md has the whole contract):
 *  - A function that can fail returns 0 (or a count >= 0), or a negative errno; where it takes a
 *    chaos_error it also leaves there a status (the program's exit code) and one line of text.
 *    `err` may be NULL.
 *  - Whatever a function returned through a `**out` argument is the caller's, to be freed with the
 *    object's own _free or _close; on failure *out is NULL. Strings that getters return belong to
 *    the object.
 *  - Objects are not thread-safe; different hosts may be used from different threads.
 */
#ifndef CHAOS_H
#define CHAOS_H

#define CHAOS_VERSION "0.1.0"

#include <chaos/config.h>
#include <chaos/console.h>
#include <chaos/create.h>
#include <chaos/device.h>
#include <chaos/domain.h>
#include <chaos/error.h>
#include <chaos/host.h>
#include <chaos/log.h>
#include <chaos/power.h>

#endif
