/* SPDX-License-Identifier: BSD-3-Clause */
/* Which interface is in which bridge, and putting back those that lost theirs. */
#include "devices/bridge_internal.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a link's message says. */
struct link {
    uint32_t ifindex, master, mtu;
    char wanted[16]; /* of the alias */
    bool bridge;
};

static void read_link(struct nlmsghdr *head, struct link *out)
{
    const struct ifinfomsg *info = nlmsg_data(head);
    struct nlattr *attr, *kind;
    int rest;

    *out = (struct link){.ifindex = (uint32_t)info->ifi_index};
    nlmsg_for_each_attr(attr, head, sizeof(*info), rest)
    {
        if (nla_type(attr) == IFLA_MASTER) {
            out->master = nla_get_u32(attr);
        } else if (nla_type(attr) == IFLA_MTU) {
            out->mtu = nla_get_u32(attr);
        } else if (nla_type(attr) == IFLA_IFALIAS) {
            const char *alias = nla_get_string(attr);

            if (!strncmp(alias, BRIDGE_ALIAS, strlen(BRIDGE_ALIAS)))
                snprintf(out->wanted, sizeof(out->wanted), "%s", alias + strlen(BRIDGE_ALIAS));
        } else if (nla_type(attr) == IFLA_LINKINFO) {
            kind = nla_find(nla_data(attr), nla_len(attr), IFLA_INFO_KIND);
            out->bridge = kind && !strcmp(nla_get_string(kind), "bridge");
        }
    }
}

/* Asks for one link, or (0) for all. */
static int ask(struct bridges *br, uint32_t ifindex)
{
    struct ifinfomsg info = {.ifi_index = (int)ifindex};
    struct nl_msg *msg =
        nlmsg_alloc_simple(RTM_GETLINK, NLM_F_REQUEST | (ifindex ? 0 : NLM_F_DUMP));
    int rc = msg ? nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO) : -1;

    if (rc == 0)
        rc = nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return bridges_send(br, msg, rc);
}

typedef void link_fn(const struct link *link, void *opaque);

/* One packet of an answer: 1 where another one follows, 0 at the end, or -errno. The end is an
 * NLMSG_DONE after all links, and an ack, which libnl asks for, after a single one. */
static int receive(struct bridges *br, link_fn *fn, void *opaque)
{
    struct sockaddr_nl from;
    unsigned char *buf = NULL;
    int left = nl_recv(br->netlink, &from, &buf, NULL), rc = left > 0 ? 1 : -EIO;

    for (struct nlmsghdr *head = (struct nlmsghdr *)buf; rc > 0 && nlmsg_ok(head, left);
         head = nlmsg_next(head, &left)) {
        struct link link;

        if (head->nlmsg_type == NLMSG_ERROR) {
            rc = ((struct nlmsgerr *)nlmsg_data(head))->error;
        } else if (head->nlmsg_type == NLMSG_DONE) {
            rc = 0;
        } else {
            read_link(head, &link);
            fn(&link, opaque);
        }
    }
    free(buf);
    return rc;
}

static int look(struct bridges *br, uint32_t ifindex, link_fn *fn, void *opaque)
{
    int rc = ask(br, ifindex);

    if (rc == 0) {
        do
            rc = receive(br, fn, opaque);
        while (rc > 0);
    }
    return rc;
}

static void keep_one(const struct link *link, void *opaque)
{
    memcpy(opaque, link, sizeof(*link));
}

int bridges_look(struct bridges *br, uint32_t ifindex, struct bridge_place *out)
{
    struct link link = {0}, master = {0};
    int rc = look(br, ifindex, keep_one, &link);

    *out = (struct bridge_place){.mtu = 0};
    if (rc < 0)
        return rc;
    memcpy(out->wanted, link.wanted, sizeof(out->wanted));
    if (!link.master || look(br, link.master, keep_one, &master) < 0)
        return 0;
    if (if_indextoname(link.master, out->actual))
        out->mtu = master.mtu;
    return 0;
}

bool bridges_has(struct bridges *br, const char *bridge)
{
    uint32_t ifindex = if_nametoindex(bridge);
    struct link link = {0};

    return ifindex && look(br, ifindex, keep_one, &link) == 0 && link.bridge;
}

/* Interfaces without their bridge. */
struct lost {
    struct bridge_port *ports;
    size_t count, room;
    bool incomplete; /* no memory for more */
};

static void keep_lost(const struct link *link, void *opaque)
{
    struct lost *lost = opaque;
    struct bridge_port *port;

    if (link->master || !link->wanted[0])
        return;
    if (lost->count == lost->room) {
        size_t room = lost->room ? 2 * lost->room : 64;

        port = realloc(lost->ports, room * sizeof(*port));
        if (!port) {
            lost->incomplete = true; /* the answer is read to its end all the same */
            return;
        }
        lost->ports = port;
        lost->room = room;
    }
    port = &lost->ports[lost->count++];
    *port = (struct bridge_port){.ifindex = link->ifindex, .mtu = (uint16_t)link->mtu};
    memcpy(port->bridge, link->wanted, sizeof(port->bridge));
}

int bridges_mend(struct bridges *br)
{
    struct lost lost = {0};
    int rc = look(br, 0, keep_lost, &lost), mended = 0;
    unsigned int failed;

    for (size_t i = 0; rc == 0 && i < lost.count; i++)
        mended += bridges_join(br, &lost.ports[i], 1, &failed) == 0;
    free(lost.ports);
    return rc < 0 ? rc : lost.incomplete ? -ENOMEM : mended;
}
