/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TINYX_SPEC_READ_H
#define TINYX_SPEC_READ_H

#include "base/yaml_reader.h"
#include "spec.h"

/* Reads the whole file. Each value is then valid by itself; spec.c checks them together. */
int spec_read(struct reader *r, struct spec *out);

#endif
