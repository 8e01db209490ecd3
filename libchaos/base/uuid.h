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

/* A fresh uuid of ours; -errno where there is no randomness. */
int uuid_make(uint8_t uuid[16], bool by_chaosd);
bool uuid_ours(const uint8_t uuid[16]);
/* True if chaosd made the domain as a shell for its pool. It may have become a VM since. */
bool uuid_by_chaosd(const uint8_t uuid[16]);
void uuid_format(const uint8_t uuid[16], char text[CHAOS_UUID_TEXT]);
/* True where `text` is exactly a uuid in the form that uuid_format writes. */
bool uuid_parse(const char *text, uint8_t uuid[16]);

#endif
