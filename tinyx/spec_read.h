/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TINYX_SPEC_READ_H
#define TINYX_SPEC_READ_H

#include "base/yaml_reader.h"
#include "spec.h"

/* From the file's start to its end: each value by itself is good then. */
int spec_read(struct reader *r, struct spec *out);

#endif
