/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that tinyx needs at run time: fragments, patches, the pinned versions of Debian's
 * packages. They are in the source tree or, installed, in the same folders below
 * PREFIX/share/chaos/tinyx.
 */
#ifndef TINYX_DATA_H
#define TINYX_DATA_H

#include "base/error.h"

/* The path of a file or folder of these: "tinyx/kernel", "tests/lab/fetch". It belongs to arena.h.
 */
const char *data_path(const char *name);
/* Fails where there is no lab: only a source tree has it, an installed tinyx does not. */
#define DATA_LAB "tests/lab/lab"
int data_need_lab(chaos_error *err);

#endif
