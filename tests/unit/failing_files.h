/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes the n-th call that opens, reads, writes or makes a file fail, as failing_malloc.h does for
 * allocations. What removes files never fails. */
#ifndef FAILING_FILES_H
#define FAILING_FILES_H

/* The n-th call from now on fails with `errnum`, once; 0: none does. */
void failing_files_at(unsigned long n, int errnum);
/* The call that has failed; NULL: it has not come to that. */
const char *failing_files_struck(void);

/* `fn` runs once, after the next look at a link, as another process would come between. */
void failing_files_after_readlink(void (*fn)(void));

#endif
