/* SPDX-License-Identifier: BSD-3-Clause */
/* The first process of a Tinyx guest. */
#ifndef TINYX_INIT_H
#define TINYX_INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "../conf.h"

#define MAX_ARGS   256
#define MAX_GROUPS 16
#define MAX_MOUNTS 32

struct conf {
    const char *name;
    char *args[MAX_ARGS + 1], *env[MAX_ARGS + 1];
    size_t nr_args, nr_env;
    const char *workdir;
    uid_t uid;
    gid_t gid, groups[MAX_GROUPS];
    size_t nr_groups;
    struct {
        const char *path, *type, *source, *options;
    } mounts[MAX_MOUNTS];
    size_t nr_mounts;
    const char *network, *ip, *gateway; /* CONF_NETWORK's values; ip and gateway may be NULL */
};

/* Reads CONF_FILE; false with a message where it is not what the builder writes. */
bool conf_read(struct conf *out);

/* Console output: "tinyx: ...". */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Brings lo up, and the interfaces as the configuration says. */
void net_start(const struct conf *conf);
/* SIGIO came: interfaces may have come. */
void net_event(const struct conf *conf);

/* In a child: becomes the application. Returns only where that fails, with a message. */
void app_become(const struct conf *conf);

#endif
