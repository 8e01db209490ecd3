/* SPDX-License-Identifier: BSD-3-Clause */
/* A specification: one application and its surroundings. tinyx(1) explains the keys. */
#ifndef TINYX_SPEC_H
#define TINYX_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A text and its place in the file, counted from 1. NULL: not given. */
struct spec_text {
    char *text;
    unsigned int line, column;
};

struct spec_list {
    struct spec_text *items;
    size_t count, room;
};

/* Of spec_file, spec_mount or spec_user. */
struct spec_items {
    void *items;
    size_t count, room;
};

/* A file to add: from the disk, as given, a symbolic link, or (none of these) a directory. */
struct spec_file {
    struct spec_text path, source, text, link, mode, owner;
};

struct spec_mount {
    struct spec_text path, type, source, options;
};

struct spec_user {
    struct spec_text name, uid, gid, home;
};

/* mode: none, dhcp, noxs (the device page's address) or static. */
struct spec_network {
    struct spec_text mode, bridge, ip, gateway;
};

struct spec {
    const char *label;                           /* the file, for messages */
    const char *base;                            /* where relative paths begin */
    struct spec_text name;                       /* of the VM */
    struct spec_text package, binary, directory; /* one of them is given */
    struct spec_text user, memory, test, workdir, cmdline;
    struct spec_list command; /* never empty */
    struct spec_list packages, env, dlopen, whitelist, blacklist, kernel;
    struct spec_list platform; /* one or both of xen-pv and xen-pvh */
    struct spec_items files, mounts, users;
    struct spec_network network;
};

/* Reads and checks a specification; messages begin with FILE:LINE:COLUMN. *out belongs to
 * arena.h. */
int spec_load(const char *path, struct spec *out, chaos_error *err);
/* `base` is where relative paths begin. */
int spec_parse(const char *label, const char *base, const char *text, size_t len, struct spec *out,
               chaos_error *err);

/* Puts "FILE:LINE:COLUMN: KEY: " before the message that `rc` came with. Returns rc. */
int spec_blame(const struct spec *spec, const struct spec_text *text, const char *key, int rc,
               chaos_error *err);

#endif
