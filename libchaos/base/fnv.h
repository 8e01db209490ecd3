/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FNV-1a with 64 bits: a hash that is the same on every host and in every version. Good for what
 * must stay the same (MAC addresses) and for telling contents apart; not for untrusted input.
 */
#ifndef CHAOS_FNV_H
#define CHAOS_FNV_H

#include <stddef.h>
#include <stdint.h>

#define FNV_START 0xcbf29ce484222325ULL
#define FNV_PRIME 0x100000001b3ULL

/* Goes on from `hash`, which is FNV_START for the first bytes. */
static inline uint64_t fnv_add(uint64_t hash, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;

    while (len--)
        hash = (hash ^ *p++) * FNV_PRIME;
    return hash;
}

#endif
