/* SPDX-License-Identifier: BSD-3-Clause */
/* How VMs ended, told by the chaosd that follows their policies. */
#ifndef CHAOS_LIFE_LAST_WORDS_H
#define CHAOS_LIFE_LAST_WORDS_H

#include "shell/host.h"

/* Whether a chaosd follows the policies, so that other processes only watch. */
bool ended_by_chaosd(chaos_host *host);
/* chaosd: leaves word of why a VM ends, before it acts. */
void ended_tell(chaos_host *host, const char *uuid, enum chaos_reason reason);
/* Other processes: the word that chaosd left; false if there is none. */
bool ended_ask(chaos_host *host, const char *uuid, enum chaos_reason *reason);

#endif
