/* SPDX-License-Identifier: BSD-3-Clause */
#include "init.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

bool address_parse(const char *text, struct address *out)
{
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    char ip[INET_ADDRSTRLEN], *end = NULL;
    unsigned long bits = slash ? strtoul(slash + 1, &end, 10) : 32;
    struct in_addr in;

    if (len >= sizeof(ip) || bits > 32 || (slash && (end == slash + 1 || *end)))
        return false;
    memcpy(ip, text, len);
    ip[len] = '\0';
    if (inet_pton(AF_INET, ip, &in) != 1)
        return false;
    out->ip = ntohl(in.s_addr);
    out->mask = bits ? ~0U << (32 - bits) : 0;
    return true;
}

bool address_reaches(const struct address *own, uint32_t ip)
{
    return ((own->ip ^ ip) & own->mask) == 0;
}
