/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each interface of a VM or a shell says in its alias which bridge it belongs into. When the kernel
 * tells of a new bridge, chaos_replug() finds the interfaces that miss it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/daemon.h"

#define LINK_ATTRS (NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct ifinfomsg)))
#define SWAPPED(x) (uint16_t)((x) << 8 | (x) >> 8) /* a filter reads the other byte order */

/*
 * The kernel tells of each interface that comes, goes or changes, so each VM that is created would
 * wake us some times. The filter drops what is about interfaces of VMs, whose names begin with
 * "vif": the name is the first attribute of a link.
 */
static int drop_vifs(int fd)
{
    static struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, LINK_ATTRS + offsetof(struct rtattr, rta_type)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SWAPPED(IFLA_IFNAME), 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, LINK_ATTRS + RTA_LENGTH(0)),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffffff00),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'v' << 24 | 'i' << 16 | 'f' << 8, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    const struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

/* Whether a message is about a bridge that came, changed or went. */
static bool about_bridge(const struct nlmsghdr *head)
{
    const struct rtattr *attr = (const void *)((const char *)head + LINK_ATTRS);
    int rest = (int)head->nlmsg_len - (int)LINK_ATTRS;

    if (head->nlmsg_type != RTM_NEWLINK && head->nlmsg_type != RTM_DELLINK)
        return false;
    for (; RTA_OK(attr, rest); attr = RTA_NEXT(attr, rest)) {
        const struct rtattr *kind = RTA_DATA(attr);
        int left = (int)RTA_PAYLOAD(attr);

        if ((attr->rta_type & NLA_TYPE_MASK) != IFLA_LINKINFO)
            continue;
        for (; RTA_OK(kind, left); kind = RTA_NEXT(kind, left)) {
            if (kind->rta_type == IFLA_INFO_KIND && RTA_PAYLOAD(kind) >= sizeof("bridge") &&
                !memcmp(RTA_DATA(kind), "bridge", sizeof("bridge")))
                return true;
        }
    }
    return false;
}

bool bridge_watch_hear(struct daemon *d)
{
    char buf[16384] __attribute__((aligned(NLMSG_ALIGNTO)));
    bool news = false;
    ssize_t len;

    if (d->bridges.fd < 0)
        return false;
    while ((len = recv(d->bridges.fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0 || errno == EINTR ||
           errno == ENOBUFS) {
        const struct nlmsghdr *head = (const void *)buf;

        if (len < 0) {
            news |= errno == ENOBUFS; /* some were lost */
            continue;
        }
        for (; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len))
            news |= about_bridge(head);
    }
    return news;
}

static void on_heard(uv_poll_t *poll, int status, int events)
{
    struct daemon *d = poll->data;

    if (status < 0)
        uv_poll_stop(poll);
    else if (bridge_watch_hear(d))
        d->due |= DUE_BRIDGES;
}

/* Whether a flavour's shells are of use. */
static void look_at(struct daemon *d, struct flavour *fl)
{
    int bridged = chaos_bridged(d->host, fl->cfg);
    bool was = fl->unplugged;

    fl->has_bridge = bridged != -ENOENT;
    fl->unplugged = bridged == 0;
    if (fl->unplugged == was)
        return;
    if (fl->nr_idle)
        log_line(LOG_NOTE, "%s: %s", fl->name,
                 was ? "its bridge is there again"
                     : "its bridge is gone; until it is there again no shell is handed out");
    fl->backoff_ms = 0;
    fl->not_before = 0;
    d->due |= DUE_REFILL;
}

void bridge_watch_look(struct daemon *d)
{
    int count = d->bridges.fd < 0 ? 0 : chaos_replug(d->host);

    if (count > 0)
        log_line(LOG_NOTE, "%d interfaces are back in bridges that were made again", count);
    else if (count < 0)
        log_line(LOG_WARN, "interfaces cannot be put back into bridges: %s", strerror(-count));
    for (struct flavour *fl = d->settings.flavours; fl; fl = fl->next)
        look_at(d, fl);
}

void bridge_watch_start(struct daemon *d)
{
    const struct sockaddr_nl links = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

    if (fd < 0 || drop_vifs(fd) < 0 ||
        bind(fd, (const struct sockaddr *)&links, sizeof(links)) < 0 ||
        uv_poll_init(&d->loop, &d->bridges.heard, fd) < 0) {
        log_line(LOG_WARN, "bridges are not watched: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return;
    }
    d->bridges.fd = fd;
    d->bridges.heard.data = d;
    uv_poll_start(&d->bridges.heard, UV_READABLE, on_heard);
    d->due |= DUE_BRIDGES; /* what happened before somebody listened */
}

void bridge_watch_stop(struct daemon *d)
{
    if (d->bridges.fd < 0)
        return;
    uv_close((uv_handle_t *)&d->bridges.heard, NULL);
    close(d->bridges.fd);
    d->bridges.fd = -1;
}
