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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "config/config.h"
#include "devices/bridge_internal.h"

#define IPV6_MIN_MTU   1280 /* RFC 8200, 5 */
#define BRIDGE_MTU_MAX 65535
/* As much as fq_codel would hold, 32 MiB, in packets of 64 KiB. With xen-netback's own 32, streams
 * that come at once lose packets. */
#define QUEUE_PACKETS 512

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

int bridges_send(struct bridges *br, struct nl_msg *msg, int built)
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

struct bridge {
    const char *name; /* NULL: not looked up yet */
    uint32_t ifindex, mtu;
};

/* Looks a bridge up once for the ports of one call, and no longer than that: a bridge that went and
 * came again has another index. */
static int find_bridge(struct bridges *br, const char *name, struct bridge *out)
{
    struct ifreq ifr = {0};
    int fd = nl_socket_get_fd(br->netlink);

    if (out->name && strcmp(out->name, name) == 0)
        return 0;
    out->name = NULL;
    snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
    if (ioctl(fd, SIOCGIFINDEX, &ifr) < 0)
        return -errno;
    out->ifindex = (uint32_t)ifr.ifr_ifindex;
    if (ioctl(fd, SIOCGIFMTU, &ifr) < 0)
        return -errno;
    out->mtu = (uint32_t)ifr.ifr_mtu;
    out->name = name;
    return 0;
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
    return bridges_send(br, msg, rc);
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

static int send_mtu(struct bridges *br, uint32_t ifindex, uint32_t mtu)
{
    struct ifinfomsg info = {.ifi_index = (int)ifindex};
    struct nl_msg *msg = nlmsg_alloc_simple(RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK);
    int rc = msg ? nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO) : -1;

    if (rc == 0)
        rc = nla_put_u32(msg, IFLA_MTU, mtu);
    return bridges_send(br, msg, rc);
}

/* Where an interface belongs stands in its alias, too: it outlives the bridge, and this process. */
static int put_alias(struct nl_msg *msg, const char *bridge)
{
    char alias[sizeof(BRIDGE_ALIAS) + 16];

    snprintf(alias, sizeof(alias), BRIDGE_ALIAS "%s", bridge);
    return nla_put_string(msg, IFLA_IFALIAS, alias);
}

/* One message sets bridge, MTU and "up". */
static int send_port(struct bridges *br, const struct bridge_port *port, uint32_t master)
{
    struct ifinfomsg info = {.ifi_index = port->ifindex, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    struct nl_msg *msg = nlmsg_alloc_simple(RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK);
    int rc = msg ? nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO) : -1;

    if (rc == 0)
        rc = nla_put_u32(msg, IFLA_MTU, port->mtu);
    if (rc == 0 && master)
        rc = nla_put_u32(msg, IFLA_MASTER, master);
    if (rc == 0 && master)
        rc = put_alias(msg, port->bridge);
    if (rc == 0)
        rc = put_no_ipv6(br, msg, port->mtu);
    return bridges_send(br, msg, rc);
}

int bridges_receive_ack(struct bridges *br)
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

/* The messages about a port, in this order. Only the last one has to succeed: a kernel without
 * pfifo may choose a queue itself, and a bridge whose MTU cannot be held follows its ports. */
enum { MSG_QUEUE, MSG_HOLD, MSG_HELD, MSG_PORT, MSGS };

/*
 * A bridge takes the MTU of its smallest port, for all who are in it, until somebody has set its
 * MTU; to what it has already does not count as set. So a port of another MTU comes after two
 * messages that change the bridge's and change it back.
 */
static int send_all(struct bridges *br, const struct bridge_port *port, struct bridge *last,
                    bool sent[MSGS])
{
    struct bridge to = {.mtu = port->mtu};
    int rc = port->bridge[0] ? find_bridge(br, port->bridge, last) : 0;

    if (port->bridge[0])
        to = *last;

    if (rc == 0) {
        rc = send_queue(br, port);
        sent[MSG_QUEUE] = rc == 0;
    }
    if (rc == 0 && to.mtu != port->mtu) {
        rc = send_mtu(br, to.ifindex, to.mtu < BRIDGE_MTU_MAX ? to.mtu + 1 : to.mtu - 1);
        sent[MSG_HOLD] = rc == 0;
        if (rc == 0)
            rc = send_mtu(br, to.ifindex, to.mtu);
        sent[MSG_HELD] = rc == 0;
    }
    if (rc == 0) {
        rc = send_port(br, port, to.ifindex);
        sent[MSG_PORT] = rc == 0;
    }
    return rc;
}

/* The answers to what was sent about one port. */
static int receive_all(struct bridges *br, const bool sent[MSGS])
{
    int rc = 0;

    for (unsigned int i = 0; i < MSGS; i++) {
        int answer = sent[i] ? bridges_receive_ack(br) : 0;

        if (i == MSG_PORT)
            rc = answer;
    }
    return rc;
}

int bridges_join(struct bridges *br, const struct bridge_port *ports, unsigned int nr,
                 unsigned int *failed)
{
    bool sent[CONFIG_MAX_VIFS][MSGS] = {{false}};
    struct bridge last = {.name = NULL};
    int first = 0;

    *failed = 0;
    for (unsigned int i = 0; first == 0 && i < nr; i++) {
        first = send_all(br, &ports[i], &last, sent[i]);
        *failed = i;
    }
    for (unsigned int i = 0; i < nr; i++) {
        int rc = receive_all(br, sent[i]);

        if (rc < 0 && (first == 0 || i < *failed)) {
            first = rc;
            *failed = i;
        }
    }
    return first;
}
