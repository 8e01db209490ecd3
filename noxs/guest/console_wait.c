/* SPDX-License-Identifier: BSD-3-Clause */
/* Console functions that wait for room or for input. */
#include "internal.h"

#define LINE_BYTES  256
#define PATIENCE_NS 1000000000UL

size_t console_write(const char *text, size_t length, uint64_t patience_ns)
{
    static bool deserted; /* nobody read for as long as we wait: do not wait again */
    evtchn_port_t port = console_port();
    uint64_t deadline_ns = 0;
    size_t done = 0;

    for (;;) {
        size_t n;

        /* Cleared before the look at the ring, or the event that matters gets lost. */
        guest_event_clear(port);
        n = console_try_write(text + done, length - done);
        done += n;
        if (done == length)
            break;
        if (n) {
            deserted = false;
            deadline_ns = 0;
        } else if (patience_ns == GUEST_FOREVER) {
            guest_wait(&port, 1, GUEST_FOREVER);
        } else if (deserted) {
            return done;
        } else if (!deadline_ns) {
            deadline_ns = guest_clock_ns() + patience_ns;
        } else if (guest_clock_ns() < deadline_ns) {
            guest_wait(&port, 1, deadline_ns);
        } else {
            deserted = true;
        }
    }
    deserted = false;
    return done;
}

int console_printf(const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;
    int n;

    va_start(args, format);
    n = guest_vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    console_write(line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1, PATIENCE_NS);
    return n;
}

size_t console_read(char *text, size_t size, uint64_t deadline_ns)
{
    evtchn_port_t port = console_port();
    size_t n;

    while (!(n = console_try_read(text, size))) {
        guest_event_clear(port);
        if ((n = console_try_read(text, size)))
            break;
        if (deadline_ns && guest_clock_ns() >= deadline_ns)
            break;
        guest_wait(&port, 1, deadline_ns);
    }
    return n;
}
