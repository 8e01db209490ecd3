/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static volatile sig_atomic_t wake = -1; /* readable once interrupted; -1: nobody has waited yet */

static void tell_waiter(void)
{
    uint64_t one = 1;
    ssize_t n = wake >= 0 ? write(wake, &one, sizeof(one)) : 0;

    (void)n; /* it can only be full, and then it is readable */
}

static void on_signal(int sig)
{
    int saved = errno;

    caught = 1;
    tell_waiter();
    errno = saved;
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

int interrupt_poll(struct pollfd *fds, unsigned int count, int timeout_ms)
{
    struct pollfd all[INTERRUPT_POLL_MAX + 1];
    int rc;

    if (wake < 0) {
        wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (wake < 0)
            return -1;
        if (caught)
            tell_waiter();
    }
    memcpy(all, fds, count * sizeof(*fds));
    all[count] = (struct pollfd){.fd = wake, .events = POLLIN};
    rc = poll(all, count + 1, timeout_ms);
    if (rc > 0 && all[count].revents) {
        errno = EINTR;
        return -1;
    }
    memcpy(fds, all, count * sizeof(*fds));
    return rc;
}
