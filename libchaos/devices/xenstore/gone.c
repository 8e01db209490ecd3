/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/xenstore/gone.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/util.h"

/* Not the links of their bus, which go before their driver lets go of them. */
#define BACK_ENDS "/sys/devices"

void leaving_add(struct leaving *all, const struct store_batch *batch, unsigned int request,
                 enum device_kind kind)
{
    for (const char *name = NULL; (name = batch_next(batch, request, name));) {
        if (all->nr == ARRAY_SIZE(all->ends))
            return;
        all->ends[all->nr].kind = kind;
        all->ends[all->nr++].id = strtoul(name, NULL, 10);
    }
}

static void name_of(const struct leaving *all, int i, char out[48])
{
    snprintf(out, 48, "%s-%" PRIu32 "-%" PRIu32, device_kind_name(all->ends[i].kind), all->domid,
             all->ends[i].id);
}

/* What has gone is dropped from the list. */
static bool any_there(struct leaving *all)
{
    char name[48], path[sizeof(BACK_ENDS) + sizeof(name)];

    for (int i = 0; i < all->nr; i++) {
        name_of(all, i, name);
        snprintf(path, sizeof(path), BACK_ENDS "/%s", name);
        if (access(path, F_OK) == 0)
            continue;
        all->ends[i] = all->ends[--all->nr];
        i--;
    }
    return all->nr > 0;
}

/* The kernel tells of a device just before its folder goes, when its driver has let go of it. */
static void heed(struct leaving *all, const char *event)
{
    static const char removed[] = "remove@/devices/";
    char name[48];

    for (int i = 0; i < all->nr; i++) {
        name_of(all, i, name);
        if (strncmp(event, removed, strlen(removed)) == 0 &&
            strcmp(event + strlen(removed), name) == 0) {
            all->ends[i] = all->ends[--all->nr];
            return;
        }
    }
}

/* The kernel's own events about devices; -1 where they are not to be had. */
static int listen_to_kernel(void)
{
    struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = 1};
    cleanup_close int fd =
        socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

    return fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -1 : steal_fd(fd);
}

int leaving_wait(struct leaving *all, unsigned int timeout_ms)
{
    /* Without events, and for one that was lost, it looks again so often. */
    enum { LOOK_MS = 100 };
    cleanup_close int events = -1;
    int64_t end = now_ms() + timeout_ms;

    if (!any_there(all))
        return 0;
    events = listen_to_kernel();
    while (any_there(all)) {
        struct pollfd waiting = {.fd = events, .events = POLLIN};
        char event[4096];
        ssize_t len;

        if (now_ms() >= end)
            return -ETIMEDOUT;
        if (poll(&waiting, 1, LOOK_MS) <= 0)
            continue;
        while ((len = recv(events, event, sizeof(event) - 1, 0)) > 0) {
            event[len] = '\0';
            heed(all, event);
        }
    }
    return 0;
}
