/* SPDX-License-Identifier: BSD-3-Clause */
/* apt with a configuration, an index and a state of its own. Of this machine's apt it reads only
 * the addresses of Debian mirrors, and it changes nothing there. */
#ifndef TINYX_APT_H
#define TINYX_APT_H

#include "base/error.h"

#include <stdbool.h>

/* Makes sure that there is an index; `update` fetches it anew. */
int apt_prepare(bool update, chaos_error *err);
/* Runs apt-get with `args` (NULL-ended) in `dir` (NULL: here). *out and *log become the paths of
 * files with its output and its messages; they live as long as the program. */
int apt_get(const char *const *args, const char *dir, const char **out, const char **log,
            chaos_error *err);
/* The text behind `E: ` of the first such line of a log; NULL: there is none. */
const char *apt_complaint(const char *log);

#endif
