/* SPDX-License-Identifier: BSD-3-Clause */
/* What the verbs share. Each verb is a file with a function cmd_VERB; main.c has the table. */
#ifndef TINYX_CMD_H
#define TINYX_CMD_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/command.h"
#include "base/error.h"

/* The option that every verb takes. */
#define COMMON_SHORT "h"
#define COMMON_LONG                                                                                \
    {"help", no_argument, NULL, 'h'},                                                              \
    {                                                                                              \
        NULL, 0, NULL, 0                                                                           \
    }

/* Prints err and returns its exit code. */
int fail(const chaos_error *err);

int cmd_version(int argc, char **argv);
int cmd_build(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_kernel(int argc, char **argv);
int cmd_trim(int argc, char **argv);

#endif
