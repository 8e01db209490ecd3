/* SPDX-License-Identifier: BSD-3-Clause */
/* An image takes the place of an earlier one in the same directory. Files that the earlier image
 * did not bring along are the user's, and stay. */
#ifndef TINYX_REPLACE_H
#define TINYX_REPLACE_H

#include "spec.h"

/* Fails where `dir` holds files that are no image's, or where a file of the user's has the name of
 * one that the new image of `spec` will have. */
int replace_check(const char *dir, const struct spec *spec, chaos_error *err);
/* Makes the directory `made` become `dir`. On failure `dir` is as it was, and `made` is gone; or
 * the message says where the user's files are. */
int replace_publish(const char *made, const char *dir, chaos_error *err);

#endif
