/* SPDX-License-Identifier: BSD-3-Clause */
/* The kind of a program, and the libraries and the interpreter that it needs. */
#ifndef TINYX_PROGRAM_H
#define TINYX_PROGRAM_H

#include "base/error.h"

#include <stddef.h>

enum program_kind {
    PROGRAM_NONE,    /* neither of these */
    PROGRAM_ELF,     /* for x86-64 */
    PROGRAM_FOREIGN, /* ELF for something else; `foreign` says for what */
    PROGRAM_SCRIPT,  /* begins with #! */
};

struct program {
    enum program_kind kind;
    const char *foreign;
    const char *interpreter;     /* of the ELF file, or of the script; NULL: none */
    const char *rpath, *runpath; /* NULL: none */
    const char **needed;         /* NULL-ended */
    int executable;              /* it has an entry point: it is not just a library */
};

/* Reads a file of the host. The texts in *out belong to arena.h. */
int program_read(const char *path, struct program *out, chaos_error *err);

#endif
