/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/device_os.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/loop.h>
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
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"

#define IPV6_MIN_MTU 1280 /* RFC 8200, 5 */
/* As much as fq_codel would hold, 32 MiB, in packets of 64 KiB. With xen-netback's own 32, streams
 * that come at once lose packets. */
#define QUEUE_PACKETS 512

struct device_os {
    int noxs;
    struct nl_sock *netlink; /* opened with the first interface */
    char bridge[16];         /* the bridge looked up last: mostly all are in one */
    uint32_t bridge_ifindex;
    bool has_ipv6; /* known once there is the socket */
};

int device_os_open(struct device_os **out)
{
    struct device_os *os = calloc(1, sizeof(*os));
    int rc;

    if (!os)
        return -ENOMEM;
    os->noxs = open("/dev/noxs", O_RDWR | O_CLOEXEC);
    rc = os->noxs < 0 ? -errno : ioctl(os->noxs, NOXS_IOC_VERSION);
    if (rc != NOXS_IOCTL_VERSION) {
        device_os_close(os);
        return rc < 0 ? rc : -EPROTO;
    }
    *out = os;
    return 0;
}

void device_os_close(struct device_os *os)
{
    if (!os)
        return;
    if (os->noxs >= 0)
        close(os->noxs);
    if (os->netlink)
        nl_socket_free(os->netlink);
    free(os);
}

/* -errno, or what the ioctl returned. */
static int call(struct device_os *os, unsigned long request, void *arg)
{
    int r = ioctl(os->noxs, request, arg);

    return r < 0 ? -errno : r;
}

int device_os_add(struct device_os *os, struct noxs_request *reqs, unsigned int nr,
                  unsigned int *failed)
{
    struct noxs_records records = {.address = (uintptr_t)reqs, .nr = nr};
    int rc = call(os, NOXS_IOC_ADD, &records);

    *failed = records.failed < nr ? records.failed : 0;
    return rc < 0 ? rc : 0;
}

int device_os_remove(struct device_os *os, const struct noxs_close *which)
{
    struct noxs_records records = {.address = (uintptr_t)which, .nr = 1};

    return call(os, NOXS_IOC_REMOVE, &records);
}

int device_os_remove_domain(struct device_os *os, uint16_t domid)
{
    return call(os, NOXS_IOC_REMOVE_DOMAIN, (void *)(uintptr_t)domid);
}

int device_os_list(struct device_os *os, struct noxs_status *out, unsigned int room)
{
    struct noxs_records records = {.address = (uintptr_t)out, .nr = room};
    int rc = call(os, NOXS_IOC_LIST, &records);

    return rc < 0 ? rc : (int)records.nr;
}

int device_os_power(struct device_os *os, uint16_t domid, uint32_t request, uint32_t timeout_ms)
{
    struct noxs_power power = {.domid = domid, .request = request, .timeout_ms = timeout_ms};

    return call(os, NOXS_IOC_POWER, &power);
}

int device_os_release(struct device_os *os, const struct noxs_close *which)
{
    return call(os, NOXS_IOC_CLOSE, (void *)which);
}

static int need_netlink(struct device_os *os)
{
    int rc;

    if (os->netlink)
        return 0;
    os->netlink = nl_socket_alloc();
    if (!os->netlink)
        return -ENOMEM;
    rc = nl_connect(os->netlink, NETLINK_ROUTE);
    if (rc < 0) {
        rc = errno ? -errno : -EIO;
        nl_socket_free(os->netlink);
        os->netlink = NULL;
    }
    os->has_ipv6 = access("/proc/sys/net/ipv6", F_OK) == 0;
    return rc;
}

static uint32_t bridge_index(struct device_os *os, const char *bridge)
{
    if (strcmp(bridge, os->bridge) != 0) {
        os->bridge_ifindex = if_nametoindex(bridge);
        snprintf(os->bridge, sizeof(os->bridge), "%s", os->bridge_ifindex ? bridge : "");
    }
    return os->bridge_ifindex;
}

/* Sends a message that was `built` (0) or for which there was no memory; frees it. */
static int send_message(struct device_os *os, struct nl_msg *msg, int built)
{
    int rc = -ENOMEM;

    if (built == 0) {
        errno = 0;
        rc = nl_send_auto(os->netlink, msg);
        rc = rc >= 0 ? 0 : errno ? -errno : -EIO;
    }
    nlmsg_free(msg);
    return rc;
}

/*
 * A plain queue of its own before the interface goes up: else the kernel makes its default one,
 * fq_codel, whose thousand queues cost more time and memory than all the rest of the interface.
 */
static int send_queue(struct device_os *os, const struct device_link *link)
{
    struct tcmsg tc = {
        .tcm_ifindex = link->ifindex, .tcm_handle = 1U << 16, .tcm_parent = TC_H_ROOT};
    struct tc_fifo_qopt fifo = {.limit = QUEUE_PACKETS};
    struct nl_msg *msg =
        nlmsg_alloc_simple(RTM_NEWQDISC, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
    int rc = msg ? nlmsg_append(msg, &tc, sizeof(tc), NLMSG_ALIGNTO) : -1;

    if (rc == 0)
        rc = nla_put_string(msg, TCA_KIND, "pfifo");
    if (rc == 0)
        rc = nla_put(msg, TCA_OPTIONS, sizeof(fifo), &fifo);
    return send_message(os, msg, rc);
}

/*
 * No IPv6 address of Dom0's own on the guest's line: for it the kernel would send some ten packets,
 * each of which wakes the guest. The option exists only where IPv6 does: in the kernel, and on
 * lines that can carry it.
 */
static int put_no_ipv6(const struct device_os *os, struct nl_msg *msg, uint32_t mtu)
{
    struct nlattr *families, *ipv6;

    if (!os->has_ipv6 || mtu < IPV6_MIN_MTU)
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
static int send_link(struct device_os *os, const struct device_link *link)
{
    struct ifinfomsg info = {.ifi_index = link->ifindex, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    uint32_t master = link->bridge[0] ? bridge_index(os, link->bridge) : 0;
    struct nl_msg *msg;
    int rc;

    if (link->bridge[0] && !master)
        return -ENODEV;
    msg = nlmsg_alloc_simple(RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK);
    rc = msg ? nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO) : -1;
    if (rc == 0)
        rc = nla_put_u32(msg, IFLA_MTU, link->mtu);
    if (rc == 0 && master)
        rc = nla_put_u32(msg, IFLA_MASTER, master);
    if (rc == 0)
        rc = put_no_ipv6(os, msg, link->mtu);
    return send_message(os, msg, rc);
}

/* The kernel's answer to one message. */
static int receive_ack(struct device_os *os)
{
    struct sockaddr_nl from;
    unsigned char *buf = NULL;
    struct nlmsghdr *head;
    int rc = nl_recv(os->netlink, &from, &buf, NULL);

    if (rc <= 0)
        return -EIO;
    head = (struct nlmsghdr *)buf;
    rc = !nlmsg_ok(head, rc) || head->nlmsg_type != NLMSG_ERROR
             ? -EPROTO
             : ((struct nlmsgerr *)nlmsg_data(head))->error;
    free(buf);
    return rc;
}

int device_os_plug(struct device_os *os, const struct device_link *links, unsigned int nr,
                   unsigned int *failed)
{
    unsigned int sent = 0;
    int rc = need_netlink(os), first = rc;

    *failed = 0;
    for (; rc == 0 && sent < 2 * nr; sent++) {
        rc = sent % 2 ? send_link(os, &links[sent / 2]) : send_queue(os, &links[sent / 2]);
        if (rc < 0) {
            first = rc;
            *failed = sent / 2;
            break;
        }
    }
    for (unsigned int i = 0; i < sent; i++) {
        bool queue = i % 2 == 0; /* a kernel without pfifo: its own choice will do */

        rc = receive_ack(os);
        if (rc < 0 && first == 0 && !queue) {
            first = rc;
            *failed = i / 2;
        }
    }
    if (first < 0)
        os->bridge[0] = '\0'; /* a bridge that went and came again has another index */
    return first;
}

static int attach_loop(int file, bool readonly, int *out)
{
    struct loop_config config = {.fd = file};
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), rc;

    if (control < 0)
        return -errno;
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (readonly ? LO_FLAGS_READ_ONLY : 0);
    do {
        char path[32];
        int index = ioctl(control, LOOP_CTL_GET_FREE), loop;

        if (index < 0) {
            rc = -errno;
            break;
        }
        snprintf(path, sizeof(path), "/dev/loop%d", index);
        loop = open(path, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
        rc = loop < 0 ? -errno : ioctl(loop, LOOP_CONFIGURE, &config) < 0 ? -errno : 0;
        if (rc == 0)
            *out = loop;
        else if (loop >= 0)
            close(loop);
    } while (rc == -EBUSY); /* somebody else was quicker */
    close(control);
    return rc;
}

int device_os_disk(const char *path, bool readonly, int *fd)
{
    cleanup_close int file = open(path, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    struct stat st;

    if (file < 0 || fstat(file, &st) < 0)
        return -errno;
    if (S_ISREG(st.st_mode))
        return attach_loop(file, readonly, fd);
    if (!S_ISBLK(st.st_mode))
        return -ENOTBLK;
    *fd = steal_fd(file);
    return 0;
}
