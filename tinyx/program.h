/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program says of itself and of the libraries it needs. */
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
    int executable;              /* has an entry point of its own: no mere library */
};

/* Looks at a file of the host. What it finds belongs to arena.h. */
int program_read(const char *path, struct program *out, chaos_error *err);

#endif
