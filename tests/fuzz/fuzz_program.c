/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a program for an image: refused as damaged, or read, and each text then ends. */
#include "program.h"

#include "arena.h"
#include "must.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int file = -1;

static void must_end(const char *text, size_t size)
{
    MUST(!text || strlen(text) <= size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    chaos_error err = {0};
    struct program program;
    char path[32];

    if (file < 0)
        file = memfd_create("program", 0);
    MUST(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    if (program_read(path, &program, &err) < 0) {
        MUST(err.status == CHAOS_E_IMAGE && strstr(err.text, "is damaged: "));
    } else {
        MUST(program.kind != PROGRAM_FOREIGN || program.foreign);
        must_end(program.interpreter, size);
        must_end(program.rpath, size);
        must_end(program.runpath, size);
        for (const char **name = program.needed; *name; name++)
            must_end(*name, size);
    }
    arena_release();
    return 0;
}
