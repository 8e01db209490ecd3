/* SPDX-License-Identifier: BSD-3-Clause */
/* apt with a configuration, an index and a state of its own: nothing of this machine's is used but
 * the addresses of its Debian mirrors, and nothing of it changes. */
#ifndef TINYX_APT_H
#define TINYX_APT_H

#include "base/error.h"

#include <stdbool.h>

/* Makes sure that there is an index; `update`: fetches it anew. */
int apt_prepare(bool update, chaos_error *err);
/* Runs apt-get with `args` (NULL-ended) in `dir` (NULL: here). Its output goes to *out, what it
 * says to *log: paths of files that live as long as the program. */
int apt_get(const char *const *args, const char *dir, const char **out, const char **log,
            chaos_error *err);
/* The text behind `E: ` of the first such line of a log; NULL: there is none. */
const char *apt_complaint(const char *log);

#endif
