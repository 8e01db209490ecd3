/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4 addresses as numbers. */
#ifndef CHAOS_IPV4_H
#define CHAOS_IPV4_H

#include <stdbool.h>
#include <stdint.h>

static inline uint32_t ipv4_number(const uint8_t ip[4])
{
    return (uint32_t)ip[0] << 24 | (uint32_t)ip[1] << 16 | (uint32_t)ip[2] << 8 | ip[3];
}

static inline void ipv4_bytes(uint32_t number, uint8_t ip[4])
{
    for (unsigned int i = 0; i < 4; i++)
        ip[i] = (uint8_t)(number >> (24 - 8 * i));
}

/* The bits that number hosts in a network with a prefix of 1 to 32 bits. */
static inline uint32_t ipv4_host_bits(unsigned int prefix)
{
    return (uint32_t)(0xffffffffULL >> prefix);
}

/* The last address that a host of ip's network can have. /31 and /32 have no broadcast address. */
static inline uint32_t ipv4_last_host(uint32_t ip, unsigned int prefix)
{
    return (ip | ipv4_host_bits(prefix)) - (prefix < 31);
}

/* False for the network's own address, for its broadcast address, and for addresses that no
 * interface on a wire has: 0/8, loopback, multicast and above. */
static inline bool ipv4_is_host(uint32_t ip, unsigned int prefix)
{
    uint32_t bits = ipv4_host_bits(prefix), host = ip & bits, first = ip >> 24;

    return first && first != 127 && first < 224 && (prefix >= 31 || (host && host != bits));
}

#endif
