/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's side of bench-jit: the tun, routes, news of interfaces. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "jit.h"

#define LINK_BUFFER (4U << 20) /* news of a few hundred interfaces at once */

static int open_tun(const char *name)
{
    struct ifreq req = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), rc;

    snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
    if (fd >= 0 && ioctl(fd, TUNSETIFF, &req) == 0)
        return fd;
    rc = -errno;
    if (fd >= 0)
        close(fd);
    return rc;
}

static int open_links(void)
{
    struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    unsigned int size = LINK_BUFFER;

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
    return bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : fd;
}

struct nl_sock *jit_net_socket(void)
{
    struct nl_sock *sock = nl_socket_alloc();

    if (sock && nl_connect(sock, NETLINK_ROUTE) < 0) {
        nl_socket_free(sock);
        return NULL;
    }
    return sock;
}

int jit_net_open(struct jit *jit)
{
    jit->tun_fd = open_tun(jit->tun);
    if (jit->tun_fd < 0)
        return jit->tun_fd;
    jit->link_fd = open_links();
    if (jit->link_fd < 0)
        return jit->link_fd;
    jit->packet_fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* protocol 0: sends only */
    if (jit->packet_fd < 0)
        return -errno;
    jit->routes = jit_net_socket();
    return jit->routes ? 0 : -ENOMEM;
}

void jit_net_close(struct jit *jit)
{
    close(jit->tun_fd);
    close(jit->link_fd);
    close(jit->packet_fd);
    nl_socket_free(jit->routes);
}

/* One message: true where an interface has a carrier and the kernel has opened its queues. (The
 * flags say "running" for one whose state nobody has looked at yet.) */
static bool running(struct nlmsghdr *msg, char name[16], unsigned int *ifindex)
{
    const struct ifinfomsg *info = nlmsg_data(msg);
    const struct nlattr *attr = NULL, *state = NULL;

    if (msg->nlmsg_type == RTM_NEWLINK) {
        attr = nlmsg_find_attr(msg, sizeof(*info), IFLA_IFNAME);
        state = nlmsg_find_attr(msg, sizeof(*info), IFLA_OPERSTATE);
    }
    if (!attr || !state || nla_get_u8(state) != IF_OPER_UP)
        return false;
    snprintf(name, 16, "%s", (const char *)nla_data(attr));
    *ifindex = (unsigned int)info->ifi_index;
    return true;
}

int jit_net_next_link(struct jit *jit, char name[16], unsigned int *ifindex)
{
    uint8_t buf[16384];
    ssize_t length;

    while ((length = recv(jit->link_fd, buf, sizeof(buf), 0)) > 0) {
        /* news come one to a datagram */
        if (nlmsg_ok((struct nlmsghdr *)buf, (int)length) &&
            running((struct nlmsghdr *)buf, name, ifindex))
            return 0;
    }
    return length < 0 ? -errno : -EAGAIN;
}

void jit_net_mac(uint32_t address, uint8_t mac[6])
{
    mac[0] = 0x02;
    mac[1] = 0x00;
    for (int i = 0; i < 4; i++)
        mac[2 + i] = (uint8_t)(address >> (24 - 8 * i));
}

static struct nl_msg *route_message(int type, int flags, const struct jit_vm *vm)
{
    struct rtmsg route = {.rtm_family = AF_INET,
                          .rtm_dst_len = 32,
                          .rtm_table = RT_TABLE_MAIN,
                          .rtm_protocol = RTPROT_STATIC,
                          .rtm_scope = RT_SCOPE_LINK,
                          .rtm_type = RTN_UNICAST};
    struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_ACK | flags);

    if (msg && (nlmsg_append(msg, &route, sizeof(route), NLMSG_ALIGNTO) < 0 ||
                nla_put_u32(msg, RTA_DST, htonl(vm->address)) < 0 ||
                nla_put_u32(msg, RTA_OIF, vm->ifindex) < 0)) {
        nlmsg_free(msg);
        return NULL;
    }
    return msg;
}

static struct nl_msg *neighbour_message(const struct jit_vm *vm)
{
    struct ndmsg neighbour = {
        .ndm_family = AF_INET, .ndm_ifindex = (int)vm->ifindex, .ndm_state = NUD_PERMANENT};
    struct nl_msg *msg =
        nlmsg_alloc_simple(RTM_NEWNEIGH, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
    uint8_t mac[6];

    jit_net_mac(vm->address, mac);
    if (msg && (nlmsg_append(msg, &neighbour, sizeof(neighbour), NLMSG_ALIGNTO) < 0 ||
                nla_put_u32(msg, NDA_DST, htonl(vm->address)) < 0 ||
                nla_put(msg, NDA_LLADDR, sizeof(mac), mac) < 0)) {
        nlmsg_free(msg);
        return NULL;
    }
    return msg;
}

/* Sends and frees; the kernel's answer. */
static int ask(struct nl_sock *sock, struct nl_msg *msg)
{
    int rc = msg ? nl_send_auto(sock, msg) : -ENOMEM;

    nlmsg_free(msg);
    return rc < 0 ? -EIO : nl_wait_for_ack(sock) < 0 ? -EIO : 0;
}

int jit_net_route(struct jit *jit, const struct jit_vm *vm)
{
    int rc = ask(jit->routes, neighbour_message(vm));

    return rc < 0 ? rc
                  : ask(jit->routes, route_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, vm));
}

int jit_net_unroute(struct nl_sock *routes, const struct jit_vm *vm)
{
    return ask(routes, route_message(RTM_DELROUTE, 0, vm));
}

/* A question for the VM's address, asked by the gateway: who is asked learns who asks. */
int jit_net_introduce(struct jit *jit, const struct jit_vm *vm)
{
    struct {
        struct arphdr head;
        uint8_t sender[6];
        uint8_t sender_ip[4], target[6], target_ip[4];
    } __attribute__((packed)) arp = {.head = {.ar_hrd = htons(ARPHRD_ETHER),
                                              .ar_pro = htons(ETH_P_IP),
                                              .ar_hln = 6,
                                              .ar_pln = 4,
                                              .ar_op = htons(ARPOP_REQUEST)}};
    struct sockaddr_ll to = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(ETH_P_ARP),
                             .sll_ifindex = (int)vm->ifindex,
                             .sll_halen = 6};
    uint32_t gateway = htonl(jit->gateway), address = htonl(vm->address);

    jit_net_mac(vm->address, to.sll_addr);
    memset(arp.sender, 0xff, sizeof(arp.sender));
    arp.sender[0] = 0xfe; /* of all interfaces that netback makes */
    memcpy(arp.sender_ip, &gateway, 4);
    memcpy(arp.target_ip, &address, 4);
    return sendto(jit->packet_fd, &arp, sizeof(arp), 0, (struct sockaddr *)&to, sizeof(to)) < 0
               ? -errno
               : 0;
}

int jit_net_sent(const struct jit_vm *vm, uint64_t *packets)
{
    char path[96];
    FILE *f;
    int n;

    snprintf(path, sizeof(path), "/sys/class/net/vif%u.0/statistics/rx_packets", vm->domid);
    f = fopen(path, "r");
    if (!f)
        return -ENOENT;
    n = fscanf(f, "%lu", packets);
    fclose(f);
    return n == 1 ? 0 : -ENOENT;
}
