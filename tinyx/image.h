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
    const char *start;   /* as which it is started: a link to it may be what tells it its part */
    uid_t uid;           /* of the application's user */
    gid_t gid;
    struct {
        struct entry **items; /* whose needs are still to be looked at */
        size_t count, room;
    } queue;
};

/* Puts together all that the specification asks for. */
int image_make(const struct spec *spec, bool update, struct image *out, chaos_error *err);

/* The parts of that. */

/* Adds an entry, and the directories above it. `why` for the file `for_whom` (NULL: the
 * specification). Gives the one that is there already where there is one. */
struct entry *image_add(struct image *image, const struct entry *entry,
                        const struct entry *for_whom, const char *why);
/* The same for what tinyx makes itself; `data` is a file's contents, or where a link leads to. */
struct entry *image_put(struct image *image, const char *path, mode_t mode, const char *data,
                        size_t size, const char *why);
bool image_wants(const struct image *image, const char *path); /* on no list of what is left out */
/* Finds a file in the universe by its path, through links, which are added. NULL: not there. */
struct entry *image_find(struct image *image, const char *path, const struct entry *for_whom,
                         const char *why);

/* application.c: the program, and what the specification brings along. */
int image_application(struct image *image, chaos_error *err);
int image_files(struct image *image, chaos_error *err);
/* Whether it takes Debian's C library to run. */
int image_c_library(const struct spec *spec, bool *out, chaos_error *err);
/* closure.c: until all that is in the image has what it needs. */
int image_dlopen(struct image *image, chaos_error *err);
int image_close(struct image *image, chaos_error *err);
/* users.c: /etc/passwd and /etc/group. */
int image_users(struct image *image, chaos_error *err);
int image_owner(const struct image *image, const char *name, uid_t *uid, gid_t *gid);
/* base.c: directories, devices, init and what it reads. */
int image_base(struct image *image, chaos_error *err);

#endif
