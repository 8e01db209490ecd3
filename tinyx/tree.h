/* SPDX-License-Identifier: BSD-3-Clause */
/* Files by their paths in an image, whose /bin, /sbin, /lib and /lib64 are links into /usr. */
#ifndef TINYX_TREE_H
#define TINYX_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct package; /* package.h */

struct entry {
    const char *path; /* begins with /, never through one of the links into /usr */
    mode_t mode;      /* with its type: S_IFREG, S_IFDIR, S_IFLNK or S_IFCHR */
    uid_t uid;
    gid_t gid;
    size_t size;
    const char *host; /* a regular file's contents: this file of the host, */
    const char *data; /* or these bytes; a link: what it is to */
    dev_t device;
    const struct package *package; /* where it is from; NULL: the specification, or tinyx itself */
    const struct entry *for_whom;  /* the file that needs it; NULL: none */
    const char *why;               /* "needs libssl.so.3" */
    const char *sha256;            /* once it is known */
};

struct tree {
    struct entry **items; /* by path */
    size_t count, room;
};

struct entry *tree_find(const struct tree *tree, const char *path);
/* Adds an entry; it replaces one with the same path. */
void tree_put(struct tree *tree, struct entry *entry);
void tree_drop(struct tree *tree, const char *path);
/* The index of the first entry whose path is not before `path`. */
size_t tree_at(const struct tree *tree, const char *path);

/* Where a file of a package belongs: /usr/bin/x for /bin/x. */
const char *tree_merged(const char *path);
/* Follows links, also among the directories on the way, to the file that `path` means, or
 * returns NULL. Calls `passed` (if not NULL) for each link on the way. */
typedef void tree_link_fn(struct entry *link, void *opaque);
struct entry *tree_resolve(const struct tree *tree, const char *path, tree_link_fn *passed,
                           void *opaque);

#endif
