/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A xenstored for unit tests: a thread behind a socket that XENSTORED_PATH names, with its tree in
 * memory. It answers one request after the other, inherits permissions as both real ones do, and
 * can be made to refuse any request, to hang, to leave, or to talk nonsense. Dom0 is all that asks.
 */
#ifndef XENSTORE_FAKE_H
#define XENSTORE_FAKE_H

#include <stdbool.h>
#include <stdint.h>

void xenstore_fake_start(void);
void xenstore_fake_stop(void);  /* connections break off; the tree stays */
void xenstore_fake_reset(void); /* forgets the tree, and all that follows */

/* The n-th request from now on, once. */
enum fake_trouble { FAKE_NONE, FAKE_REFUSE, FAKE_HANG, FAKE_LEAVE, FAKE_NONSENSE, FAKE_SWAPPED };
void xenstore_fake_trouble(unsigned int n, enum fake_trouble trouble, const char *error);
/* What the request was that it struck; NULL: it has not come to that. */
const char *xenstore_fake_struck(void);
/* A directory's names longer than this are refused with E2BIG, and given in parts. */
void xenstore_fake_limit(unsigned int bytes);

unsigned int xenstore_fake_requests(void); /* since the start, or the last call */
unsigned int xenstore_fake_nodes(void);
/* NULL where there is no such node. Permissions as "n0,r5". */
const char *xenstore_fake_value(const char *path);
const char *xenstore_fake_perms(const char *path);
/* All of it, a line a node: PATH = VALUE (PERMS); sorted. Valid until the next call. */
const char *xenstore_fake_dump(void);
void xenstore_fake_set(const char *path, const char *value);
void xenstore_fake_remove(const char *path);
/* What the last INTRODUCE said; false where there was none for this domain. */
bool xenstore_fake_introduced(uint32_t domid, uint64_t *frame, uint32_t *port);
/* Some domain has ended. */
void xenstore_fake_released(void);
/* Called for each node that is written, as a back end or guest would hear of it. It may write. */
void xenstore_fake_on_write(void (*fn)(const char *path, const char *value));

#endif
