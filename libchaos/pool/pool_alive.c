/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells whether a chaosd looks after this run directory: chaosd holds a lock while it lives. */
#include <chaos/pool.h>
#include "base/lock.h"
#include "shell/host.h"

bool chaos_pool_alive(chaos_host *host)
{
    return lock_held(host->run_dir, CHAOS_POOL_LOCK);
}
