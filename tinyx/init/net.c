/* SPDX-License-Identifier: BSD-3-Clause */
/* Interfaces: lo, and those whose addresses the image or the device page knows. */
#define _GNU_SOURCE
#include "init.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/route.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 5000 /* for an interface that the configuration promises */

static int control = -1, events = -1;
static unsigned int last_index; /* of the interfaces looked at; indices only grow */

static bool request(int what, struct ifreq *ifr, const char *purpose)
{
    if (ioctl(control, what, ifr) == 0)
        return true;
    say("%s: cannot set %s: %s", ifr->ifr_name, purpose, strerror(errno));
    return false;
}

static void set_address(struct ifreq *ifr, in_addr_t address)
{
    struct sockaddr_in *in = (struct sockaddr_in *)&ifr->ifr_addr;

    memset(in, 0, sizeof(*in));
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = address;
}

static bool up(struct ifreq *ifr)
{
    if (!request(SIOCGIFFLAGS, ifr, "up"))
        return false;
    ifr->ifr_flags |= IFF_UP | IFF_RUNNING;
    return request(SIOCSIFFLAGS, ifr, "up");
}

/* `cidr` is 10.0.0.2/24. */
static bool address(struct ifreq *ifr, const char *cidr)
{
    char ip[INET_ADDRSTRLEN] = "";
    const char *slash = strchr(cidr, '/');
    unsigned int bits = slash ? atoi(slash + 1) : 32;
    struct in_addr in;

    if (slash && slash - cidr < (long)sizeof(ip))
        memcpy(ip, cidr, slash - cidr);
    if (!inet_aton(ip, &in) || bits > 32) {
        say("%s: \"%s\" is not an address", ifr->ifr_name, cidr);
        return false;
    }
    set_address(ifr, in.s_addr);
    if (!request(SIOCSIFADDR, ifr, cidr))
        return false;
    set_address(ifr, htonl(bits ? ~0U << (32 - bits) : 0));
    return request(SIOCSIFNETMASK, ifr, "the network mask");
}

static void gateway(const char *ifname, const char *text)
{
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY, .rt_dev = (char *)ifname};
    struct sockaddr_in *to = (struct sockaddr_in *)&route.rt_gateway;

    ((struct sockaddr_in *)&route.rt_dst)->sin_family = AF_INET;
    ((struct sockaddr_in *)&route.rt_genmask)->sin_family = AF_INET;
    to->sin_family = AF_INET;
    if (!inet_aton(text, &to->sin_addr) || ioctl(control, SIOCADDRT, &route) < 0)
        say("%s: cannot set the gateway %s: %s", ifname, text, strerror(errno));
}

/* One line that the front end has for us; "" where it has none. */
static const char *hint(const char *ifname, const char *what, char buf[64])
{
    char path[80];
    ssize_t len = -1;
    int fd;

    snprintf(path, sizeof(path), "/sys/class/net/%s/device/%s", ifname, what);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        len = read(fd, buf, 63);
        close(fd);
    }
    buf[len < 0 ? 0 : len] = '\0';
    buf[strcspn(buf, "\n")] = '\0';
    return buf;
}

/* True where the interface is one that gets an address here, and it did. */
static bool configure(const struct conf *conf, const char *ifname, bool first)
{
    struct ifreq ifr = {0};
    const char *ip, *via;
    char ip_buf[64], via_buf[64], mtu[64];

    memcpy(ifr.ifr_name, ifname, strnlen(ifname, sizeof(ifr.ifr_name) - 1));
    if (!strcmp(conf->network, "static")) {
        ip = first ? conf->ip : NULL;
        via = conf->gateway;
    } else {
        ip = hint(ifname, "ip", ip_buf);
        via = hint(ifname, "gateway", via_buf);
    }
    if (!ip || !*ip) {
        say("%s: the device page gives it no address", ifname);
        return false;
    }
    ifr.ifr_mtu = atoi(hint(ifname, "mtu", mtu));
    if (ifr.ifr_mtu && ifr.ifr_mtu != 1500)
        request(SIOCSIFMTU, &ifr, "the greatest packet's size");
    if (!address(&ifr, ip) || !up(&ifr))
        return false;
    if (via && *via)
        gateway(ifname, via);
    return true;
}

/* Looks for interfaces that came. True where one was configured. */
static bool look(const struct conf *conf)
{
    bool found = false, first = !last_index;
    struct ifreq ifr = {0};

    /* Indices have gaps where interfaces have gone; none is far behind the last one. */
    for (unsigned int index = last_index + 1; index < last_index + 64; index++) {
        ifr.ifr_ifindex = index;
        if (ioctl(control, SIOCGIFNAME, &ifr) < 0)
            continue;
        last_index = index;
        if (strcmp(ifr.ifr_name, "lo") && configure(conf, ifr.ifr_name, first))
            found = true;
    }
    return found;
}

static void drain(void)
{
    char buf[4096];

    while (recv(events, buf, sizeof(buf), MSG_DONTWAIT) > 0 || errno == EINTR || errno == ENOBUFS)
        ;
}

static void listen_for_links(void)
{
    struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};

    events = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (events < 0 || bind(events, (struct sockaddr *)&to, sizeof(to)) < 0)
        say("cannot listen for network interfaces: %s", strerror(errno));
}

static long now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void net_start(const struct conf *conf)
{
    struct ifreq lo = {.ifr_name = "lo"};
    long end = now_ms() + WAIT_MS;

    control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (control < 0)
        return; /* a kernel without a network */
    up(&lo);
    if (strcmp(conf->network, "noxs") && strcmp(conf->network, "static"))
        return;
    listen_for_links();
    /* The kernel may be still on its way to the interface. */
    while (!look(conf)) {
        struct pollfd fd = {.fd = events, .events = POLLIN};
        long left = end - now_ms();

        if (left <= 0 || poll(&fd, 1, left) == 0) {
            say("no network interface within %d s, going on without", WAIT_MS / 1000);
            break;
        }
        drain();
    }
    /* From now on SIGIO tells of those that come. */
    fcntl(events, F_SETOWN, getpid());
    fcntl(events, F_SETFL, fcntl(events, F_GETFL) | O_ASYNC);
}

void net_event(const struct conf *conf)
{
    drain();
    look(conf);
}
