/* SPDX-License-Identifier: BSD-3-Clause */
/* Back ends in Dom0's kernel (/dev/noxs). All return 0 or a negative errno; the unit tests put a
 * fake in this place. */
#ifndef CHAOS_BACK_ENDS_H
#define CHAOS_BACK_ENDS_H

#include <noxs/ioctl.h>

struct back_ends;

/* Opens /dev/noxs. -ENOENT, -ENODEV: the modules are not loaded. */
int back_ends_open(struct back_ends **out);
void back_ends_close(struct back_ends *backs);

/* Makes all back ends or none; *failed is the one at fault. */
int back_ends_add(struct back_ends *backs, struct noxs_request *reqs, unsigned int nr,
                  unsigned int *failed);
/* 1, or 0 where there was none. */
int back_ends_remove(struct back_ends *backs, const struct noxs_close *which);
/* How many there were. */
int back_ends_remove_domain(struct back_ends *backs, uint16_t domid);
/* How many the domain has (0: all domains have together); up to `room` are written. */
int back_ends_list(struct back_ends *backs, uint16_t domid, struct noxs_status *out,
                   unsigned int room);
int back_ends_power(struct back_ends *backs, uint16_t domid, uint32_t request, uint32_t timeout_ms);
/* Asks the guest to let go of a device. */
int back_ends_release(struct back_ends *backs, const struct noxs_close *which);

/* For device pages that are not Xen's: notes what stands in them, all of one domain or none, or
 * forgets one (-ENOENT: there is none). */
int back_ends_announce(struct back_ends *backs, struct noxs_announce *all, unsigned int nr);
/* The same for a guest that does not run and has nothing announced; writes its page, too, by the
 * grant of it that the guest gives. */
int back_ends_announce_first(struct back_ends *backs, struct noxs_announce *all, unsigned int nr,
                             uint32_t grant);
int back_ends_retract(struct back_ends *backs, struct noxs_announce *one);
/* Keeps other processes from the pages of guests that run. */
void back_ends_lock(struct back_ends *backs);
void back_ends_unlock(struct back_ends *backs);

#endif
