/* SPDX-License-Identifier: BSD-3-Clause */
/* Hearing from xenstored that some domain has ended: of those that it knows. The unit tests put a
 * fake in this place. */
#ifndef CHAOS_ENDS_H
#define CHAOS_ENDS_H

struct ends;

/* -ENOENT, -ECONNREFUSED: no xenstored runs. */
int ends_open(struct ends **out);
/* Readable when there is news. */
int ends_fd(const struct ends *ends);
/* Takes in the news; -errno where there will be no more of it. */
int ends_take(struct ends *ends);
void ends_close(struct ends *ends);

#endif
