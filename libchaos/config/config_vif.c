/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of a network interface. */
#include "config/config_device.h"

#include "base/error.h"
#include "base/ipv4.h"
#include "base/size.h"
#include "base/text.h"
#include "base/util.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MTU_DEFAULT  1500
#define MTU_MIN      68 /* of every IPv4 link (RFC 791) */
#define MTU_MAX      9000
#define RATE_MAX_KIB (64ULL << 20)

#define bad(err, ...) error_set(err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__)

void config_vif_init(struct config_vif *vif)
{
    memset(vif, 0, sizeof(*vif));
    vif->mtu = MTU_DEFAULT;
}

/* Accepts the names that Linux accepts for an interface. */
static int set_bridge(struct config_vif *vif, const char *text, chaos_error *err)
{
    size_t len = strlen(text);

    if (!len || len >= sizeof(vif->bridge) || strcspn(text, "/: \t") != len || text_fault(text) ||
        !strcmp(text, ".") || !strcmp(text, ".."))
        return bad(err,
                   "\"%s\" is not an interface's name (at most 15 bytes without \"/\", \":\" "
                   "and spaces)",
                   SHOW(text));
    memcpy(vif->bridge, text, len + 1);
    return 0;
}

static int set_mac(struct config_vif *vif, const char *text, chaos_error *err)
{
    uint8_t mac[6] = {0}, any = 0;

    for (unsigned int i = 0; i < 17; i++) { /* stops at the NUL of a shorter one */
        const char *digits = "0123456789abcdef", *at;

        if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
            return bad(err, "\"%s\" is not a MAC address (try 02:00:00:00:00:01)", SHOW(text));
        if (i % 3 == 2)
            continue;
        at = strchr(digits, tolower((unsigned char)text[i]));
        mac[i / 3] = (uint8_t)(mac[i / 3] << 4 | (at - digits));
        any |= mac[i / 3];
    }
    if (text[17])
        return bad(err, "\"%s\" is not a MAC address (try 02:00:00:00:00:01)", SHOW(text));
    if (mac[0] & 1)
        return bad(err,
                   "\"%s\" is a group's address (its first byte is odd; try "
                   "02:00:00:00:00:01)",
                   text);
    if (!any)
        return bad(err, "\"%s\" is nobody's address (try 02:00:00:00:00:01)", text);
    memcpy(vif->mac, mac, sizeof(mac));
    vif->has_mac = true;
    return 0;
}

static int set_ip(struct config_vif *vif, const char *text, chaos_error *err)
{
    size_t len = strcspn(text, "/");
    const char *rest = text + len + 1;
    char address[INET_ADDRSTRLEN] = "";
    uint64_t prefix;
    uint8_t ip[4];

    if (len < sizeof(address))
        memcpy(address, text, len);
    if (inet_pton(AF_INET, address, ip) != 1)
        return bad(err, "\"%s\" is not an IPv4 address (try 10.0.0.2/24)", SHOW(text));
    if (!text[len])
        return bad(err, "\"%s\" lacks its network's length (try %s/24)", text, address);
    if (!text_number(&rest, &prefix) || *rest || prefix < 1 || prefix > 32)
        return bad(err,
                   "\"%s\" is not an IPv4 address with its network's length (1 to 32; try "
                   "%s/24)",
                   SHOW(text), address);
    if (!ipv4_is_host(ipv4_number(ip), (unsigned int)prefix))
        return bad(err, "\"%s\" is not the address of a host in that network", text);
    memcpy(vif->ip, ip, sizeof(ip));
    vif->prefix = (uint8_t)prefix;
    return 0;
}

static int set_gateway(struct config_vif *vif, const char *text, chaos_error *err)
{
    uint8_t gateway[4];

    if (inet_pton(AF_INET, text, gateway) != 1)
        return bad(err, "\"%s\" is not an IPv4 address (try 10.0.0.1)", SHOW(text));
    if (!ipv4_is_host(ipv4_number(gateway), 32))
        return bad(err, "\"%s\" is not the address of a host", text);
    memcpy(vif->gateway, gateway, sizeof(gateway));
    return 0;
}

static int set_mtu(struct config_vif *vif, const char *text, chaos_error *err)
{
    const char *rest = text;
    uint64_t mtu;

    if (!text_number(&rest, &mtu) || *rest || mtu < MTU_MIN || mtu > MTU_MAX)
        return bad(err, "\"%s\" is not a number of bytes from %d to %d", SHOW(text), MTU_MIN,
                   MTU_MAX);
    vif->mtu = (uint16_t)mtu;
    return 0;
}

/* Suggests a rate to somebody who wrote 10MB/s, just 10MiB, or 10Mb/s (in bits, as for xl). */
static const char *rate_guess(const char *text, char buf[SIZE_BUF])
{
    static const char prefixes[] = "KMG";
    const char *p = text;
    uint64_t number;

    if (text_number(&p, &number) && number && number <= 100000) {
        p += strspn(p, " ");
        for (const char *prefix = prefixes; *prefix; prefix++) {
            number *= 1000;
            if (toupper((unsigned char)p[0]) == *prefix && p[1] == 'b' && number >= 8 * 1024)
                return size_format_kib((number / 8 + 512) / 1024, buf);
        }
    }
    return size_guess(text, buf);
}

static int set_rate(struct config_vif *vif, const char *text, chaos_error *err)
{
    size_t len = strcspn(text, "/");
    char size[SIZE_BUF] = "", guess[SIZE_BUF];
    uint64_t kib = 0;
    int rc = rate_parse_kib(text, &kib);

    if (rc == -EINVAL && len < sizeof(size))
        memcpy(size, text, len); /* for the guess */
    if (rc == -EINVAL)
        return bad(err, "\"%s\" is not a size a second (try %s/s)", SHOW(text),
                   *size ? rate_guess(size, guess) : "10MiB");
    if (rc < 0 || kib > RATE_MAX_KIB)
        return bad(err, "\"%s\" is too much (at most 64GiB/s)", SHOW(text));
    if (!kib)
        return bad(err, "\"%s\" lets nothing through (leave rate out for no limit)", SHOW(text));
    vif->rate_bytes = kib * 1024;
    return 0;
}

static int reset(struct config_vif *vif, enum config_vif_key key)
{
    struct config_vif fresh;

    config_vif_init(&fresh);
    if (key == VIF_BRIDGE) {
        memcpy(vif->bridge, fresh.bridge, sizeof(vif->bridge));
    } else if (key == VIF_MAC) {
        vif->has_mac = false;
        memcpy(vif->mac, fresh.mac, sizeof(vif->mac));
    } else if (key == VIF_IP) {
        vif->prefix = 0;
        memcpy(vif->ip, fresh.ip, sizeof(vif->ip));
    } else if (key == VIF_GATEWAY) {
        memcpy(vif->gateway, fresh.gateway, sizeof(vif->gateway));
    } else if (key == VIF_MTU) {
        vif->mtu = fresh.mtu;
    } else {
        vif->rate_bytes = fresh.rate_bytes;
    }
    return 0;
}

int config_vif_set(struct config_vif *vif, enum config_vif_key key, const char *text,
                   chaos_error *err)
{
    if (!text)
        return reset(vif, key);
    switch (key) {
    case VIF_BRIDGE:
        return set_bridge(vif, text, err);
    case VIF_MAC:
        return set_mac(vif, text, err);
    case VIF_IP:
        return set_ip(vif, text, err);
    case VIF_GATEWAY:
        return set_gateway(vif, text, err);
    case VIF_MTU:
        return set_mtu(vif, text, err);
    case VIF_RATE:
        return set_rate(vif, text, err);
    case VIF_KEYS:
        break;
    }
    return error_set(err, CHAOS_E_FAILED, EINVAL, "no such key");
}

int config_vif_check(const struct config_vif *vif, chaos_error *err)
{
    uint32_t gateway = ipv4_number(vif->gateway), ip = ipv4_number(vif->ip);
    char text[ITEM_BUF];

    if (!gateway)
        return 0;
    if (!vif->prefix)
        return bad(err, "means nothing without ip (add ip, or leave it out)");
    if (gateway == ip)
        return bad(err, "is the VM's own address");
    /* A /32 has no other hosts: its gateway is always outside, on the same wire. */
    if (vif->prefix == 32)
        return 0;
    if ((gateway ^ ip) & ~ipv4_host_bits(vif->prefix))
        return bad(err, "is not in the network of ip, %s (only that of a /32 may be outside)",
                   config_vif_text(vif, VIF_IP, text));
    if (!ipv4_is_host(gateway, vif->prefix))
        return bad(err, "is not the address of a host in the network of ip, %s",
                   config_vif_text(vif, VIF_IP, text));
    return 0;
}

const char *config_vif_text(const struct config_vif *vif, enum config_vif_key key,
                            char buf[ITEM_BUF])
{
    const uint8_t *m = vif->mac, *ip = vif->ip, *gw = vif->gateway;
    char size[SIZE_BUF];

    if (key == VIF_BRIDGE && vif->bridge[0])
        return vif->bridge;
    if (key == VIF_MAC && vif->has_mac)
        snprintf(buf, ITEM_BUF, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
                 m[5]);
    else if (key == VIF_IP && vif->prefix)
        snprintf(buf, ITEM_BUF, "%u.%u.%u.%u/%u", ip[0], ip[1], ip[2], ip[3], vif->prefix);
    else if (key == VIF_GATEWAY && ipv4_number(gw))
        snprintf(buf, ITEM_BUF, "%u.%u.%u.%u", gw[0], gw[1], gw[2], gw[3]);
    else if (key == VIF_MTU)
        snprintf(buf, ITEM_BUF, "%u", vif->mtu);
    else if (key == VIF_RATE && vif->rate_bytes)
        snprintf(buf, ITEM_BUF, "%s/s", size_format_kib(vif->rate_bytes / 1024, size));
    else
        return NULL;
    return buf;
}
