/* SPDX-License-Identifier: BSD-3-Clause */
/* The result of a build: a directory with all that `chaos create` needs, and a manifest. */
#ifndef TINYX_OUTPUT_H
#define TINYX_OUTPUT_H

#include "image.h"
#include "kernel.h"

#include <stdio.h>

#define OUT_KERNEL   "vmlinux"
#define OUT_FILES    "initramfs"
#define OUT_VM       "vm.yaml"
#define OUT_VM_OTHER "vm-%s.yaml" /* of the second platform, "pv" or "pvh" */
#define OUT_TEST     "test.sh"    /* where the specification has a test */
#define OUT_MANIFEST "manifest.json"

struct names {
    const char **items;
    size_t count, room;
};

/* The files of an image of `spec`; the manifest is the last. */
void output_names(const struct spec *spec, struct names *out);
/* Writes the image into a new directory, which becomes `dir` when it is complete. */
int output_write(const struct image *image, const struct kernel *kernel, const char *dir,
                 chaos_error *err);
/* vm_yaml.c: into the directory, one for each platform, and the test. */
int output_vm(const struct spec *spec, const char *dir, chaos_error *err);
/* manifest.c; the entries of `image` have their hashes then. */
int output_manifest(struct image *image, const struct kernel *kernel, const char *dir,
                    chaos_error *err);
/* sizes.c: for people. `dir` has the image. */
int sizes_print(FILE *to, const struct image *image, const char *dir, chaos_error *err);

#endif
