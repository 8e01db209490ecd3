/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/xenstore/gone.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/util.h"

#define BACK_ENDS "/sys/bus/xen-backend/devices"

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

static bool any_there(const struct leaving *all)
{
    char path[96];

    for (int i = 0; i < all->nr; i++) {
        snprintf(path, sizeof(path), BACK_ENDS "/%s-%" PRIu32 "-%" PRIu32,
                 device_kind_name(all->ends[i].kind), all->domid, all->ends[i].id);
        if (access(path, F_OK) == 0)
            return true;
    }
    return false;
}

/* The kernel's own events about devices; -1 where they are not to be had. */
static int listen_to_kernel(void)
{
    struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = 1};
    cleanup_close int fd =
        socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

    return fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -1 : steal_fd(fd);
}

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int leaving_wait(const struct leaving *all, unsigned int timeout_ms)
{
    /* Without events, and for one that was lost, it looks again so often. */
    enum { LOOK_MS = 100 };
    cleanup_close int events = -1;
    long end = now_ms() + timeout_ms;

    if (!any_there(all))
        return 0;
    events = listen_to_kernel();
    while (any_there(all)) {
        struct pollfd waiting = {.fd = events, .events = POLLIN};
        char event[4096];

        if (now_ms() >= end)
            return -ETIMEDOUT;
        if (poll(&waiting, 1, LOOK_MS) > 0) {
            while (recv(events, event, sizeof(event), 0) > 0)
                ;
        }
    }
    return 0;
}
