/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tinyx takes along: fragments, patches, the pinned versions of Debian's packages. They lie as
 * in the source tree, in it or, installed, below PREFIX/share/chaos/tinyx.
 */
#ifndef TINYX_DATA_H
#define TINYX_DATA_H

#include "base/error.h"

/* The path of a file or folder of these: "tinyx/kernel", "tests/lab/fetch". It belongs to arena.h.
 */
const char *data_path(const char *name);
/* Is there a lab to run in? Only a source tree has it; what is installed does not. */
#define DATA_LAB "tests/lab/lab"
int data_need_lab(chaos_error *err);

#endif
