/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of this folder share: leases, and the journal of all shells. */
#ifndef CHAOSD_SHELLS_H
#define CHAOSD_SHELLS_H

#include "daemon/pool/pool.h"

/* Destroys the shell, and then its entry in the journal. */
void stock_destroy(struct daemon *d, chaos_shell *shell);

/* lease.c */
void lease_add(struct lease **list, struct lease *lease);
/* Ends one whose taker is gone, now or later. */
void lease_end(struct daemon *d, struct lease *lease);
/* A shell could not be destroyed: it is tried again, like one that a taker left. */
void orphan_add(struct daemon *d, chaos_shell *shell);
bool taker_lives(const struct lease *lease);

/* journal.c: negative errno */
int journal_add(struct daemon *d, const struct flavour *flavour, const chaos_shell *shell);
/* Writes a record of the lease, and sets its slot. */
int journal_taken(struct daemon *d, struct lease *lease);
int journal_idle(struct daemon *d, const struct lease *lease);
void journal_drop_idle(struct daemon *d, const char *uuid);
void journal_drop_taken(struct daemon *d, const struct lease *lease);
typedef void journal_fn(struct daemon *d, const char *flavour, const void *shape,
                        uint32_t shape_len, struct lease *lease);
/* Calls fn for each entry of a taken shell, or of an idle one; fn takes over the lease and its
 * shell. */
int journal_each(struct daemon *d, bool taken, journal_fn *fn);
/* Forgets the records whose shell is not there any more. */
void journal_clean(struct daemon *d);

#endif
