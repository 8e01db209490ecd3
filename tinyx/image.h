/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of one image, each with the reason why it is there. */
#ifndef TINYX_IMAGE_H
#define TINYX_IMAGE_H

#include "spec.h"
#include "tree.h"
#include "universe.h"

struct image {
    const struct spec *spec;
    struct universe universe;
    struct tree files;
    const char *program; /* the command's, in the image */
    const char *start;   /* the path that it is started by; busybox looks at the link's name */
    uid_t uid;           /* of the application's user */
    gid_t gid;
    struct {
        struct entry **items; /* files whose needs closure.c has still to find */
        size_t count, room;
    } queue;
};

/* Puts together the image of a specification. */
int image_make(const struct spec *spec, bool update, struct image *out, chaos_error *err);

/* The parts of image_make. */

/* Adds an entry, and the directories above it; the file `for_whom` (NULL: the specification)
 * needs it for the reason `why`. Returns the entry, which may have been there already. */
struct entry *image_add(struct image *image, const struct entry *entry,
                        const struct entry *for_whom, const char *why);
/* The same for files that tinyx makes itself; `data` is a file's contents or a link's target. */
struct entry *image_put(struct image *image, const char *path, mode_t mode, const char *data,
                        size_t size, const char *why);
/* False if the specification or tinyx leaves the path out. */
bool image_wants(const struct image *image, const char *path);
/* Finds a file in the universe by its path, through links, which are added. NULL: not there. */
struct entry *image_find(struct image *image, const char *path, const struct entry *for_whom,
                         const char *why);

/* application.c: the program, and what the specification brings along. */
int image_application(struct image *image, chaos_error *err);
int image_files(struct image *image, chaos_error *err);
/* *out: whether the application needs Debian's C library. */
int image_c_library(const struct spec *spec, bool *out, chaos_error *err);
/* closure.c: adds files until each one in the image has what it needs. */
int image_dlopen(struct image *image, chaos_error *err);
int image_close(struct image *image, chaos_error *err);
/* users.c: /etc/passwd and /etc/group. */
int image_users(struct image *image, chaos_error *err);
int image_owner(const struct image *image, const char *name, uid_t *uid, gid_t *gid);
/* base.c: directories, devices, init and its configuration. */
int image_base(struct image *image, chaos_error *err);

#endif
