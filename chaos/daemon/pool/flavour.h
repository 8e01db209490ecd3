/* SPDX-License-Identifier: BSD-3-Clause */
/* One kind of shell that is kept ready. */
#ifndef CHAOSD_FLAVOUR_H
#define CHAOSD_FLAVOUR_H

#include <chaos/daemon.h>

#define FLAVOURS_MAX 128 /* status and metrics of all must fit into a message */

struct flavour {
    struct flavour *next;
    char name[CHAOS_POOL_FLAVOUR_MAX + 1];
    chaos_config *cfg;
    struct chaos_pool_shape *shape;
    bool warm;
    struct chaos_pool_image image; /* that the idle warm shells were built from */

    unsigned int configured, target; /* `target` may have been resized */
    unsigned int low;                /* refilling begins below this */
    unsigned int rate;               /* shells a second at most */
    unsigned int cpu_percent;        /* of one CPU, that refilling may use */

    chaos_shell **idle; /* the last one is handed out first */
    unsigned int nr_idle, room;
    bool filling;
    bool loading;        /* its kernel is being read */
    bool has_bridge;     /* an interface of its shells belongs into one */
    bool unplugged;      /* that bridge is not there */
    uint64_t not_before; /* uv_hrtime() when refilling may go on */
    unsigned int backoff_ms;
    char error[256]; /* why it does not fill; "": it does */
    uint64_t hits, misses, refills, failures, prepare_ns;
};

struct flavour *flavour_find(struct flavour *list, const char *name);
void flavour_free(struct flavour *flavour);
/* Keeps an idle shell; false without memory. */
bool flavour_add(struct flavour *flavour, chaos_shell *shell);
/* A shell could not be made: the flavour waits, each time longer. */
void flavour_failed(struct flavour *flavour, const char *why);

#endif
