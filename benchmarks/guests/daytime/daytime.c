/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daytime service (RFC 867): whoever connects to port 13 gets the date, and goodbye. And a
 * console that takes a few words.
 */
#include <lwip/sys.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <xen/sched.h>

#include "daytime.h"

#define PORT        13
#define NS_A_MS     1000000UL
#define NS_A_SECOND 1000000000UL

void daytime_fail(const char *message)
{
    console_printf("daytime: %s\n", message);
    guest_shutdown(SHUTDOWN_crash);
}

uint32_t daytime_random(void)
{
    static uint64_t state;

    state = (state ^ guest_clock_ns()) * 6364136223846793005UL + 1442695040888963407UL;
    return (uint32_t)(state >> 32);
}

u32_t sys_now(void)
{
    return (u32_t)(guest_clock_ns() / NS_A_MS);
}

static err_t accepted(void *arg, struct tcp_pcb *connection, err_t error)
{
    char text[64];
    size_t length;

    (void)arg;
    if (error != ERR_OK || !connection)
        return ERR_VAL;
    length = date_text(text, sizeof(text), guest_wall_clock_ns() / NS_A_SECOND);
    if (tcp_write(connection, text, (u16_t)length, TCP_WRITE_FLAG_COPY) != ERR_OK) {
        tcp_abort(connection);
        return ERR_ABRT;
    }
    tcp_output(connection);
    return tcp_close(connection); /* lwIP sends what is left, and drops what still comes */
}

static void listen(void)
{
    struct tcp_pcb *listener = tcp_new();

    if (!listener || tcp_bind(listener, IP_ADDR_ANY, PORT) != ERR_OK)
        daytime_fail("cannot listen");
    listener = tcp_listen_with_backlog(listener, TCP_DEFAULT_LISTEN_BACKLOG);
    if (!listener)
        daytime_fail("cannot listen");
    tcp_accept(listener, accepted);
}

static bool said(const char *line, size_t length, const char *word)
{
    return length == strlen(word) && !memcmp(line, word, length);
}

static void obey(const char *line, size_t length)
{
    if (said(line, length, "poweroff"))
        guest_shutdown(SHUTDOWN_poweroff);
    if (said(line, length, "reboot"))
        guest_shutdown(SHUTDOWN_reboot);
    if (said(line, length, "crash"))
        guest_shutdown(SHUTDOWN_crash);
    if (said(line, length, "suspend")) {
        console_printf("daytime: suspending\n");
        guest_suspend();
        console_printf("daytime: resumed\n");
        return;
    }
    if (length)
        console_printf("daytime: type poweroff, reboot, suspend or crash\n");
}

/* Words typed on the console, one a line. */
static void typed(void *data)
{
    static char line[16];
    static size_t length;
    char c;

    (void)data;
    while (console_try_read(&c, 1)) {
        if (c == '\r' || c == '\n') {
            obey(line, length);
            length = 0;
        } else if (length < sizeof(line)) {
            line[length++] = c;
        }
    }
}

static uint64_t next_deadline_ns(void)
{
    u32_t ms = sys_timeouts_sleeptime();

    return ms == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? GUEST_FOREVER : guest_clock_ns() + ms * NS_A_MS;
}

void guest_main(void)
{
    guest_stop_periodic_timer();
    net_init();
    listen();
    if (console_port())
        guest_event_handle(console_port(), typed, NULL);
    for (;;) {
        net_follow();
        typed(NULL); /* printing clears the port's event, be it about input */
        guest_events_run(next_deadline_ns());
        sys_check_timeouts();
    }
}
