/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of a network interface. */
#include "config_device.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "size.h"
#include "text.h"
#include "util.h"

#define MTU_DEFAULT 1500
#define MTU_MIN     68
#define MTU_MAX     9000

#define bad(err, ...) error_set(err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__)

const char *const config_vif_keys[] = {"bridge", "mac", "ip", "gateway", "mtu", "rate", NULL};

void config_vif_init(struct config_vif *vif)
{
    memset(vif, 0, sizeof(*vif));
    vif->mtu = MTU_DEFAULT;
}

static int set_bridge(struct config_vif *vif, const char *text, chaos_error *err)
{
    size_t len = strlen(text);

    if (len == 0 || len >= sizeof(vif->bridge) || strcspn(text, "/: \t\n\v") != len ||
        strcmp(text, ".") == 0 || strcmp(text, "..") == 0 || text_fault(text))
        return bad(err, "\"%s\" is not an interface's name (at most 15 bytes, no \"/\", \":\" or "
                        "space)",
                   SHOW(text));
    memcpy(vif->bridge, text, len + 1);
    return 0;
}

static int set_mac(struct config_vif *vif, const char *text, chaos_error *err)
{
    unsigned int b[6];
    char end;
    int n = sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
                   &end);

    if (n != 6 || strlen(text) != 17 || strspn(text, "0123456789abcdefABCDEF:") != 17)
        return bad(err, "\"%s\" is not a MAC address (try 02:00:00:00:00:01)", SHOW(text));
    if (b[0] & 1 || !(b[0] | b[1] | b[2] | b[3] | b[4] | b[5]))
        return bad(err, "\"%s\" is not the address of one interface (its first byte must be even, "
                        "and not all may be 0; try 02:00:00:00:00:01)",
                   text);
    for (unsigned int i = 0; i < 6; i++)
        vif->mac[i] = b[i];
    vif->has_mac = true;
    return 0;
}

static uint32_t mask_of(uint8_t prefix)
{
    return prefix ? ~0U << (32 - prefix) : 0;
}

static uint32_t number_of(const uint8_t ip[4])
{
    return (uint32_t)ip[0] << 24 | ip[1] << 16 | ip[2] << 8 | ip[3];
}

/* Neither the network's own address nor its broadcast address; /31 and /32 have none. */
static bool host_address(uint32_t ip, uint8_t prefix)
{
    uint32_t host = ip & ~mask_of(prefix);

    return prefix >= 31 || (host != 0 && host != ~mask_of(prefix));
}

static int set_ip(struct config_vif *vif, const char *text, chaos_error *err)
{
    const char *slash = strchr(text, '/'), *rest = slash ? slash + 1 : "";
    char address[INET_ADDRSTRLEN];
    uint8_t ip[4];
    uint64_t prefix = 0;

    if (slash && (size_t)(slash - text) < sizeof(address)) {
        memcpy(address, text, slash - text);
        address[slash - text] = '\0';
    } else {
        address[0] = '\0';
    }
    if (inet_pton(AF_INET, address, ip) != 1 || !text_number(&rest, &prefix) || *rest ||
        prefix < 1 || prefix > 32)
        return bad(err, "\"%s\" is not an IPv4 address with its network's length (try 10.0.0.2/24)",
                   SHOW(text));
    if (!host_address(number_of(ip), prefix) || ip[0] == 0 || ip[0] >= 224)
        return bad(err, "\"%s\" is not the address of a host in its network", text);
    memcpy(vif->ip, ip, sizeof(ip));
    vif->prefix = prefix;
    return 0;
}

static int set_gateway(struct config_vif *vif, const char *text, chaos_error *err)
{
    if (inet_pton(AF_INET, text, vif->gateway) != 1)
        return bad(err, "\"%s\" is not an IPv4 address (try 10.0.0.1)", SHOW(text));
    return 0;
}

static int set_mtu(struct config_vif *vif, const char *text, chaos_error *err)
{
    const char *rest = text;
    uint64_t mtu;

    if (!text_number(&rest, &mtu) || *rest || mtu < MTU_MIN || mtu > MTU_MAX)
        return bad(err, "\"%s\" is not a number from %d to %d", SHOW(text), MTU_MIN, MTU_MAX);
    vif->mtu = mtu;
    return 0;
}

static int set_rate(struct config_vif *vif, const char *text, chaos_error *err)
{
    size_t len = strlen(text);
    char size[SIZE_BUF];
    uint64_t kib;

    if (len < 3 || len - 2 >= sizeof(size) || strcmp(text + len - 2, "/s") != 0)
        return bad(err, "\"%s\" is not bytes a second (try 10MiB/s)", SHOW(text));
    memcpy(size, text, len - 2);
    size[len - 2] = '\0';
    if (size_parse_kib(size, &kib) < 0 || kib == 0 || kib > UINT32_MAX)
        return bad(err, "\"%s\" is not bytes a second (try 10MiB/s)", SHOW(text));
    vif->rate_bytes = kib * 1024;
    return 0;
}

int config_vif_set(struct config_vif *vif, const char *key, const char *text, chaos_error *err)
{
    static int (*const set[])(struct config_vif *, const char *, chaos_error *) = {
        set_bridge, set_mac, set_ip, set_gateway, set_mtu, set_rate};
    const char *guess;

    for (size_t i = 0; config_vif_keys[i]; i++) {
        if (strcmp(key, config_vif_keys[i]) == 0)
            return set[i](vif, text, err);
    }
    guess = text_guess(key, config_vif_keys, ARRAY_SIZE(set));
    if (guess)
        return bad(err, "unknown key (did you mean %s?)", guess);
    return bad(err, "unknown key (there are bridge, mac, ip, gateway, mtu and rate)");
}

int config_vif_check(const struct config_vif *vif, chaos_error *err)
{
    uint32_t gateway = number_of(vif->gateway), ip = number_of(vif->ip);

    if (!gateway)
        return 0;
    if (!vif->prefix)
        return bad(err, "gateway: means nothing without ip");
    if ((gateway ^ ip) & mask_of(vif->prefix))
        return bad(err, "gateway: is not in the network of ip (%u.%u.%u.%u/%u)", vif->ip[0],
                   vif->ip[1], vif->ip[2], vif->ip[3], vif->prefix);
    if (gateway == ip)
        return bad(err, "gateway: is the VM itself");
    return 0;
}

void config_vif_text(const struct config_vif *vif, const char *key, char out[DEVICE_TEXT])
{
    const uint8_t *m = vif->mac, *ip = vif->ip, *gw = vif->gateway;
    char size[SIZE_BUF];

    out[0] = '\0';
    if (strcmp(key, "bridge") == 0)
        snprintf(out, DEVICE_TEXT, "%s", vif->bridge);
    else if (strcmp(key, "mac") == 0 && vif->has_mac)
        snprintf(out, DEVICE_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
                 m[5]);
    else if (strcmp(key, "ip") == 0 && vif->prefix)
        snprintf(out, DEVICE_TEXT, "%u.%u.%u.%u/%u", ip[0], ip[1], ip[2], ip[3], vif->prefix);
    else if (strcmp(key, "gateway") == 0 && number_of(gw))
        snprintf(out, DEVICE_TEXT, "%u.%u.%u.%u", gw[0], gw[1], gw[2], gw[3]);
    else if (strcmp(key, "mtu") == 0)
        snprintf(out, DEVICE_TEXT, "%u", vif->mtu);
    else if (strcmp(key, "rate") == 0 && vif->rate_bytes)
        snprintf(out, DEVICE_TEXT, "%s/s", size_format_kib(vif->rate_bytes / 1024, size));
}

int chaos_config_next_ip(chaos_config *cfg, chaos_error *err)
{
    for (unsigned int i = 0; i < cfg->nr_vifs; i++) {
        struct config_vif *vif = &cfg->vifs[i];
        uint32_t next = number_of(vif->ip) + 1;

        if (!vif->prefix)
            continue;
        if (next == number_of(vif->gateway))
            next++;
        if (((next ^ number_of(vif->ip)) & mask_of(vif->prefix)) ||
            !host_address(next, vif->prefix))
            return error_set(err, CHAOS_E_CONFIG, ERANGE,
                             "vifs[%u].ip: no address is left in the network behind "
                             "%u.%u.%u.%u/%u (take a larger one)",
                             i, vif->ip[0], vif->ip[1], vif->ip[2], vif->ip[3], vif->prefix);
        for (unsigned int b = 0; b < 4; b++)
            vif->ip[b] = next >> (24 - 8 * b);
    }
    free(cfg->text);
    cfg->text = NULL;
    return 0;
}
