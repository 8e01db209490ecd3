/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/bridge.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IPV6_MIN_MTU 1280 /* RFC 8200, 5 */
/* As much as fq_codel would hold, 32 MiB, in packets of 64 KiB. With xen-netback's own 32, streams
 * that come at once lose packets. */
#define QUEUE_PACKETS 512

struct bridges {
    struct nl_sock *netlink;
    char last[16]; /* the bridge looked up last: nearly all interfaces are in one */
    uint32_t last_ifindex;
    bool has_ipv6;
};

int bridges_open(struct bridges **out)
{
    struct bridges *br = calloc(1, sizeof(*br));
    int rc;

    if (!br)
        return -ENOMEM;
    br->netlink = nl_socket_alloc();
    if (!br->netlink) {
        free(br);
        return -ENOMEM;
    }
    rc = nl_connect(br->netlink, NETLINK_ROUTE);
    if (rc < 0) {
        rc = errno ? -errno : -EIO;
        bridges_close(br);
        return rc;
    }
    br->has_ipv6 = access("/proc/sys/net/ipv6", F_OK) == 0;
    *out = br;
    return 0;
}

void bridges_close(struct bridges *br)
{
    if (!br)
        return;
    nl_socket_free(br->netlink);
    free(br);
}

static uint32_t bridge_index(struct bridges *br, const char *bridge)
{
    if (strcmp(bridge, br->last) != 0) {
        br->last_ifindex = if_nametoindex(bridge);
        snprintf(br->last, sizeof(br->last), "%s", br->last_ifindex ? bridge : "");
    }
    return br->last_ifindex;
}

/* Sends a message that was `built` (0) or for which there was no memory; frees it. */
static int send_message(struct bridges *br, struct nl_msg *msg, int built)
{
    int rc = -ENOMEM;

    if (built == 0) {
        errno = 0;
        rc = nl_send_auto(br->netlink, msg);
        rc = rc >= 0 ? 0 : errno ? -errno : -EIO;
    }
    nlmsg_free(msg);
    return rc;
}

/*
 * A plain queue of its own before the interface goes up: else the kernel makes its default one,
 * fq_codel, whose thousand queues cost more time and memory than all the rest of the interface.
 */
static int send_queue(struct bridges *br, const struct bridge_port *port)
{
    struct tcmsg tc = {
        .tcm_ifindex = port->ifindex, .tcm_handle = 1U << 16, .tcm_parent = TC_H_ROOT};
    struct tc_fifo_qopt fifo = {.limit = QUEUE_PACKETS};
    struct nl_msg *msg =
        nlmsg_alloc_simple(RTM_NEWQDISC, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
    int rc = msg ? nlmsg_append(msg, &tc, sizeof(tc), NLMSG_ALIGNTO) : -1;

    if (rc == 0)
        rc = nla_put_string(msg, TCA_KIND, "pfifo");
    if (rc == 0)
        rc = nla_put(msg, TCA_OPTIONS, sizeof(fifo), &fifo);
    return send_message(br, msg, rc);
}

/*
 * No IPv6 address of Dom0's own on the guest's line: for it the kernel would send some ten packets,
 * each of which wakes the guest. The option exists only where IPv6 does: in the kernel, and on
 * lines that can carry it.
 */
static int put_no_ipv6(const struct bridges *br, struct nl_msg *msg, uint32_t mtu)
{
    struct nlattr *families, *ipv6;

    if (!br->has_ipv6 || mtu < IPV6_MIN_MTU)
        return 0;
    families = nla_nest_start(msg, IFLA_AF_SPEC);
    ipv6 = families ? nla_nest_start(msg, AF_INET6) : NULL;
    if (!ipv6 || nla_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE) < 0)
        return -ENOMEM;
    nla_nest_end(msg, ipv6);
    nla_nest_end(msg, families);
    return 0;
}

/* One message sets bridge, MTU and "up". */
static int send_port(struct bridges *br, const struct bridge_port *port)
{
    struct ifinfomsg info = {.ifi_index = port->ifindex, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    uint32_t master = port->bridge[0] ? bridge_index(br, port->bridge) : 0;
    struct nl_msg *msg;
    int rc;

    if (port->bridge[0] && !master)
        return -ENODEV;
    msg = nlmsg_alloc_simple(RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK);
    rc = msg ? nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO) : -1;
    if (rc == 0)
        rc = nla_put_u32(msg, IFLA_MTU, port->mtu);
    if (rc == 0 && master)
        rc = nla_put_u32(msg, IFLA_MASTER, master);
    if (rc == 0)
        rc = put_no_ipv6(br, msg, port->mtu);
    return send_message(br, msg, rc);
}

/* The kernel's answer to one message. */
static int receive_ack(struct bridges *br)
{
    struct sockaddr_nl from;
    unsigned char *buf = NULL;
    struct nlmsghdr *head;
    int rc = nl_recv(br->netlink, &from, &buf, NULL);

    if (rc <= 0)
        return -EIO;
    head = (struct nlmsghdr *)buf;
    rc = !nlmsg_ok(head, rc) || head->nlmsg_type != NLMSG_ERROR
             ? -EPROTO
             : ((struct nlmsgerr *)nlmsg_data(head))->error;
    free(buf);
    return rc;
}

int bridges_join(struct bridges *br, const struct bridge_port *ports, unsigned int nr,
                 unsigned int *failed)
{
    unsigned int sent = 0;
    int rc = 0, first = 0;

    *failed = 0;
    for (; rc == 0 && sent < 2 * nr; sent++) {
        rc = sent % 2 ? send_port(br, &ports[sent / 2]) : send_queue(br, &ports[sent / 2]);
        if (rc < 0) {
            first = rc;
            *failed = sent / 2;
            break;
        }
    }
    for (unsigned int i = 0; i < sent; i++) {
        bool queue = i % 2 == 0; /* a kernel without pfifo: its own choice will do */

        rc = receive_ack(br);
        if (rc < 0 && first == 0 && !queue) {
            first = rc;
            *failed = i / 2;
        }
    }
    if (first < 0)
        br->last[0] = '\0'; /* a bridge that went and came again has another index */
    return first;
}
