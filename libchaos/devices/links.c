/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/links.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

int links_listen(void)
{
    struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), rc;

    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
        return fd;
    rc = -errno;
    close(fd);
    return rc;
}

/* The interface's name in a message about it; NULL where it has none. */
static const char *name_of(const struct nlmsghdr *head)
{
    const struct ifinfomsg *info = NLMSG_DATA(head);
    const struct rtattr *attr = IFLA_RTA(info);
    int len = (int)IFLA_PAYLOAD(head);

    for (; RTA_OK(attr, len); attr = RTA_NEXT(attr, len)) {
        if (attr->rta_type == IFLA_IFNAME)
            return RTA_DATA(attr);
    }
    return NULL;
}

static void look(const struct nlmsghdr *head, struct link *links, unsigned int nr)
{
    const struct ifinfomsg *info = NLMSG_DATA(head);
    const char *name;

    if (head->nlmsg_type != RTM_NEWLINK || head->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
        return;
    name = name_of(head);
    for (unsigned int i = 0; name && i < nr; i++) {
        if (strncmp(name, links[i].name, sizeof(links[i].name)) == 0)
            links[i].ifindex = info->ifi_index;
    }
}

static bool all_there(const struct link *links, unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++) {
        if (!links[i].ifindex)
            return false;
    }
    return true;
}

/* What is there by now: for messages that were lost because too many came at once. */
static void ask(struct link *links, unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++) {
        if (!links[i].ifindex)
            links[i].ifindex = if_nametoindex(links[i].name);
    }
}

static int receive(int listener, struct link *links, unsigned int nr)
{
    union {
        struct nlmsghdr head;
        char bytes[16384];
    } buf;
    ssize_t len = recv(listener, &buf, sizeof(buf), MSG_DONTWAIT);

    if (len < 0 && errno == ENOBUFS)
        ask(links, nr);
    else if (len < 0 && errno != EAGAIN && errno != EINTR)
        return -errno;
    if (len < 0)
        return 0;
    for (struct nlmsghdr *head = &buf.head; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len))
        look(head, links, nr);
    return 0;
}

int links_wait(int listener, struct link *links, unsigned int nr, unsigned int timeout_ms)
{
    int64_t end = now_ms() + timeout_ms;
    int rc = 0;

    while (rc == 0 && !all_there(links, nr)) {
        struct pollfd waiting = {.fd = listener, .events = POLLIN};
        int64_t left = end - now_ms();
        int n = poll(&waiting, 1, left > 0 ? (int)left : 0);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            rc = receive(listener, links, nr);
        else if (n == 0 && left <= 0)
            return -ETIMEDOUT;
    }
    return rc;
}
