/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules for the values of a specification. Each returns 0, or fails with a message that names no
 * place. */
#ifndef TINYX_SPEC_VALUE_H
#define TINYX_SPEC_VALUE_H

#include "base/error.h"

#include <stdint.h>

typedef int value_rule(const char *text, chaos_error *err);

value_rule value_line;    /* one line of text */
value_rule value_lines;   /* text of any number of lines */
value_rule value_name;    /* of a VM */
value_rule value_package; /* of Debian */
value_rule value_path;    /* in the image: absolute and plain */
value_rule value_pattern; /* the same, and it may hold wildcards */
value_rule value_host;    /* of a file of this machine */
value_rule value_library; /* a library's name, or a pattern */
value_rule value_mode;
value_rule value_user;
value_rule value_id;
value_rule value_variable; /* the name of one */
value_rule value_platform;
value_rule value_memory;
value_rule value_network;
value_rule value_bridge;
value_rule value_ip; /* 10.0.0.2/24 */
value_rule value_gateway;

/* For values that a rule has accepted. */
unsigned int value_octal(const char *text);
uint64_t value_kib(const char *text);

#endif
