/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "wire.h"

#define ECHO_ID   0x4e58
#define ECHO_DATA 56 /* as ping sends */
#define FRAME     1514

struct arp_frame {
    struct ether_header eth;
    struct ether_arp arp;
} __attribute__((packed));

struct echo_frame {
    struct ether_header eth;
    struct iphdr ip;
    struct icmphdr icmp;
    uint8_t data[ECHO_DATA];
} __attribute__((packed));

static const uint8_t broadcast[ETH_ALEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

void wire_open(struct wire *wire, const char *bridge)
{
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    int inet = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq ifr = {0};

    strncpy(ifr.ifr_name, bridge, sizeof(ifr.ifr_name) - 1);
    if (ioctl(inet, SIOCGIFHWADDR, &ifr) < 0)
        die(bridge, NULL);
    memcpy(wire->mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
    if (ioctl(inet, SIOCGIFADDR, &ifr) < 0)
        die("the bridge has no address", NULL);
    wire->ip = ((struct sockaddr_in *)&ifr.ifr_addr)->sin_addr;
    close(inet);
    at.sll_ifindex = (int)if_nametoindex(bridge);
    wire->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
    if (wire->fd < 0 || bind(wire->fd, (struct sockaddr *)&at, sizeof(at)) < 0)
        die("packet socket", NULL);
}

static void header(const struct wire *wire, struct ether_header *eth, const uint8_t *to,
                   uint16_t type)
{
    memcpy(eth->ether_dhost, to, ETH_ALEN);
    memcpy(eth->ether_shost, wire->mac, ETH_ALEN);
    eth->ether_type = htons(type);
}

static void send_frame(const struct wire *wire, const void *frame, size_t length)
{
    if (send(wire->fd, frame, length, 0) < 0 && errno != ENOBUFS)
        die("send", NULL);
}

void wire_ask(const struct wire *wire, struct in_addr ip)
{
    struct arp_frame frame = {.arp = {.ea_hdr = {htons(ARPHRD_ETHER), htons(ETH_P_IP), ETH_ALEN, 4,
                                                 htons(ARPOP_REQUEST)}}};

    header(wire, &frame.eth, broadcast, ETH_P_ARP);
    memcpy(frame.arp.arp_sha, wire->mac, ETH_ALEN);
    memcpy(frame.arp.arp_spa, &wire->ip, sizeof(wire->ip));
    memcpy(frame.arp.arp_tpa, &ip, sizeof(ip));
    send_frame(wire, &frame, sizeof(frame));
}

static uint16_t checksum(const void *data, size_t length)
{
    const uint8_t *p = data;
    uint32_t sum = 0;

    for (size_t i = 0; i < length; i += 2)
        sum += (uint32_t)(p[i] << 8 | p[i + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t) ~(sum + (sum >> 16)));
}

void wire_ping(const struct wire *wire, const uint8_t mac[ETH_ALEN], struct in_addr ip,
               uint16_t sequence)
{
    struct echo_frame frame = {
        .ip = {.version = 4,
               .ihl = 5,
               .tot_len = htons(sizeof(frame) - sizeof(frame.eth)),
               .ttl = 64,
               .protocol = IPPROTO_ICMP,
               .saddr = wire->ip.s_addr,
               .daddr = ip.s_addr},
        .icmp = {.type = ICMP_ECHO, .un.echo = {.id = htons(ECHO_ID), .sequence = htons(sequence)}},
    };

    header(wire, &frame.eth, mac, ETH_P_IP);
    frame.ip.check = checksum(&frame.ip, sizeof(frame.ip));
    frame.icmp.checksum = checksum(&frame.icmp, sizeof(frame.icmp) + ECHO_DATA);
    send_frame(wire, &frame, sizeof(frame));
}

static bool is_pong(const struct echo_frame *frame, size_t length, uint16_t sequence)
{
    return length >= sizeof(*frame) - ECHO_DATA && frame->ip.ihl == 5 &&
           frame->ip.protocol == IPPROTO_ICMP && frame->icmp.type == ICMP_ECHOREPLY &&
           frame->icmp.un.echo.id == htons(ECHO_ID) &&
           frame->icmp.un.echo.sequence == htons(sequence);
}

enum wire_heard wire_hear(const struct wire *wire, struct in_addr ip, uint16_t sequence,
                          uint8_t mac[ETH_ALEN])
{
    union {
        uint8_t bytes[FRAME];
        struct arp_frame arp;
        struct echo_frame echo;
    } frame;
    struct sockaddr_ll from;
    socklen_t size = sizeof(from);
    ssize_t length;

    while ((length = recvfrom(wire->fd, &frame, sizeof(frame), 0, (struct sockaddr *)&from,
                              &size)) > 0) {
        bool arp = frame.arp.eth.ether_type == htons(ETH_P_ARP) &&
                   length >= (ssize_t)sizeof(frame.arp) &&
                   memcmp(frame.arp.arp.arp_spa, &ip, sizeof(ip)) == 0;
        bool ipv4 = frame.arp.eth.ether_type == htons(ETH_P_IP) &&
                    length >= (ssize_t)(sizeof(frame.echo.eth) + sizeof(frame.echo.ip)) &&
                    frame.echo.ip.saddr == ip.s_addr;

        if (from.sll_pkttype == PACKET_OUTGOING || (!arp && !ipv4))
            continue;
        memcpy(mac, frame.arp.eth.ether_shost, ETH_ALEN);
        return ipv4 && is_pong(&frame.echo, (size_t)length, sequence) ? WIRE_PONG : WIRE_FRAME;
    }
    return WIRE_NOTHING;
}

void wire_flush(const struct wire *wire)
{
    char frame[FRAME];

    while (recv(wire->fd, frame, sizeof(frame), 0) > 0)
        ;
}
