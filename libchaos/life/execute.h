/* SPDX-License-Identifier: BSD-3-Clause */
/* From a shell to a VM. */
#ifndef CHAOS_LIFE_EXECUTE_H
#define CHAOS_LIFE_EXECUTE_H

#include "shell/shell.h"

/* chaos_execute. If `replaces` is a uuid, the name is taken over from that domain rather than
 * claimed; on failure that domain has it again. */
int shell_execute(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                  const char *name, const char *replaces, bool paused, uint32_t *domid,
                  chaos_error *err);

#endif
