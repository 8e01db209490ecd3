/* SPDX-License-Identifier: BSD-3-Clause */
/* The first process of a Tinyx guest. */
#ifndef TINYX_INIT_H
#define TINYX_INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../conf.h"

#define MAX_GROUPS 16

struct conf {
    const char *name;
    char *args[CONF_MAX_ARGS + 1], *env[CONF_MAX_ENV + CONF_OWN_ENV + 1]; /* both end with NULL */
    size_t nr_args, nr_env;
    const char *workdir;
    uid_t uid;
    gid_t gid, groups[MAX_GROUPS];
    size_t nr_groups;
    struct {
        const char *path, *type, *source, *options;
    } mounts[CONF_MAX_MOUNTS];
    size_t nr_mounts;
    const char *network, *ip, *gateway; /* CONF_NETWORK's values; ip and gateway may be NULL */
};

/* Reads CONF_FILE into `out`, which is zeroed; false with a message where the builder did not write
 * it. */
bool conf_read(struct conf *out);
/* The same of `text`, to which `out` points from then on. */
bool conf_parse(char *text, size_t len, struct conf *out);

/* Writes a line to the console: "tinyx: ...". */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* An IPv4 address with its network, in host order. */
struct address {
    uint32_t ip, mask;
};
/* Reads 10.0.0.2/24; an address alone is a network of its own. */
bool address_parse(const char *text, struct address *out);
/* Whether a host is reached without a gateway. */
bool address_reaches(const struct address *own, uint32_t ip);

/* Brings lo up, and the interfaces as the configuration says. */
void net_start(const struct conf *conf);
/* Call this on SIGIO: it brings up interfaces that were plugged in. */
void net_event(const struct conf *conf);

/* Call this in a child: it becomes the application. It returns only on failure, after a message. */
void app_become(const struct conf *conf);

#endif
