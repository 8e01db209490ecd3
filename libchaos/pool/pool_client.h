/* SPDX-License-Identifier: BSD-3-Clause */
/* Shells from chaosd: the client's side, within the library. */
#ifndef CHAOS_POOL_CLIENT_H
#define CHAOS_POOL_CLIENT_H

#include "shell/shell.h"

/* A shell that fits `cfg`, from chaosd. NULL where none is to be had: no chaosd, no match, none
 * left; that is no failure. */
struct chaos_shell *pool_take(chaos_host *host, const chaos_config *cfg);
/* Hands an untouched shell back and frees it. */
int pool_give_back(chaos_host *host, struct chaos_shell *shell);
/* Asks chaosd to free memory of shells for `cfg`; true where another try is worth while. */
bool pool_reclaim(chaos_host *host, const chaos_config *cfg);
/* Counts an execute of one of its shells, for chaosd's metrics. */
void pool_executed(chaos_host *host, uint64_t ns);
void pool_close(chaos_host *host);

#endif
