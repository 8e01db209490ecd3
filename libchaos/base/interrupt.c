/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
    caught = 1;
}

bool interrupted(void)
{
    return caught;
}

void catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: waits must end */

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}
