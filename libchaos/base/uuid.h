/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The identity of a domain: its 128-bit handle. Ours are RFC 9562 version 8 (custom) uuids that
 * begin with "chao", so that the hypervisor alone tells which domains this toolstack made, also
 * after a crash between creating a domain and writing it down.
 */
#ifndef CHAOS_UUID_H
#define CHAOS_UUID_H

#include <stdbool.h>
#include <stdint.h>

#include <chaos/domain.h>

/* What the uuid itself tells of a domain. */
enum uuid_flags {
    UUID_CHAOSD = 1,   /* chaosd made it as a shell for its pool; it may have become a VM since */
    UUID_XENSTORE = 2, /* its devices are announced in XenStore, else by noxs */
};

/* A fresh uuid of ours with these flags; -errno where there is no randomness. */
int uuid_make(uint8_t uuid[16], unsigned int flags);
bool uuid_ours(const uint8_t uuid[16]);
bool uuid_by_chaosd(const uint8_t uuid[16]);
bool uuid_over_xenstore(const uint8_t uuid[16]);
void uuid_format(const uint8_t uuid[16], char text[CHAOS_UUID_TEXT]);
/* True where `text` is exactly a uuid in the form that uuid_format writes. */
bool uuid_parse(const char *text, uint8_t uuid[16]);

#endif
