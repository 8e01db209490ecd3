/* SPDX-License-Identifier: BSD-3-Clause */
/* Interfaces: lo, and those that have an address in the image or in the device page. */
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
static unsigned int last_index; /* the highest ifindex that was looked at; indices only grow */

static bool request(int what, struct ifreq *ifr, const char *purpose)
{
    if (ioctl(control, what, ifr) == 0)
        return true;
    say("%s: cannot set %s: %s", ifr->ifr_name, purpose, strerror(errno));
    return false;
}

/* `ip` is in host order, as in struct address. */
static void set_address(struct sockaddr *to, uint32_t ip)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(ip)};

    memcpy(to, &in, sizeof(in));
}

static bool up(struct ifreq *ifr)
{
    if (!request(SIOCGIFFLAGS, ifr, "up"))
        return false;
    ifr->ifr_flags |= IFF_UP | IFF_RUNNING;
    return request(SIOCSIFFLAGS, ifr, "up");
}

/* `text` is 10.0.0.2/24. */
static bool address(struct ifreq *ifr, const char *text, struct address *own)
{
    if (!address_parse(text, own)) {
        say("%s: \"%s\" is not an address", ifr->ifr_name, text);
        return false;
    }
    set_address(&ifr->ifr_addr, own->ip);
    if (!request(SIOCSIFADDR, ifr, text))
        return false;
    set_address(&ifr->ifr_netmask, own->mask);
    return request(SIOCSIFNETMASK, ifr, "the network mask");
}

/* A gateway outside of the interface's network (that of a /32 has no other hosts) first gets a
 * route of its own: the kernel refuses a gateway that no route leads to. */
static void gateway(const char *ifname, const struct address *own, const char *text)
{
    struct rtentry host = {.rt_flags = RTF_UP | RTF_HOST, .rt_dev = (char *)ifname};
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY, .rt_dev = (char *)ifname};
    struct address via;
    bool known = address_parse(text, &via);

    errno = EINVAL;
    if (known && !address_reaches(own, via.ip)) {
        set_address(&host.rt_dst, via.ip);
        set_address(&host.rt_genmask, ~0U);
        known = ioctl(control, SIOCADDRT, &host) == 0 || errno == EEXIST;
    }
    if (known) {
        set_address(&route.rt_dst, 0);
        set_address(&route.rt_genmask, 0);
        set_address(&route.rt_gateway, via.ip);
        known = ioctl(control, SIOCADDRT, &route) == 0;
    }
    if (!known)
        say("%s: cannot set the gateway %s: %s", ifname, text, strerror(errno));
}

/* Reads a line that the front end's driver shows in sysfs; "" where there is none. */
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

/* Gives an interface its address; true on success. In static mode only the first one has any. */
static bool configure(const struct conf *conf, const char *ifname, bool first)
{
    struct ifreq ifr = {0};
    struct address own;
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
    if (!address(&ifr, ip, &own) || !up(&ifr))
        return false;
    if (via && *via)
        gateway(ifname, &own, via);
    return true;
}

/* Configures the interfaces that have come since the last call; true if one was configured. */
static bool look(const struct conf *conf)
{
    bool found = false, first = !last_index;
    struct ifreq ifr = {0};

    /* Interfaces that have gone leave gaps, but small ones. */
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
    /* The kernel may not have found the interface yet. */
    while (!look(conf)) {
        struct pollfd fd = {.fd = events, .events = POLLIN};
        long left = end - now_ms();

        if (left <= 0 || poll(&fd, 1, left) == 0) {
            say("no network interface within %d s, going on without", WAIT_MS / 1000);
            break;
        }
        drain();
    }
    /* From now on the kernel sends SIGIO when an interface comes. */
    fcntl(events, F_SETOWN, getpid());
    fcntl(events, F_SETFL, fcntl(events, F_GETFL) | O_ASYNC);
}

void net_event(const struct conf *conf)
{
    drain();
    look(conf);
}
