/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asks its neighbour "peer=ADDRESS" for the date (port 13), once a second: so it shows whether two
 * guests reach each other. Prints "visitor: ADDRESS says DATE", or "visitor: no answer".
 */
#include <lwip/sys.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <xen/sched.h>

#include "daytime.h"

#define PORT        13
#define NS_A_MS     1000000UL
#define INTERVAL_MS 1000
#define PATIENCE    2 /* rounds without an answer until it says so */

static ip_addr_t peer;
static struct tcp_pcb *asked;
static unsigned int rounds;

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

void daytime_fail(const char *message)
{
    console_printf("visitor: %s\n", message);
    guest_shutdown(SHUTDOWN_crash);
}

static err_t received(void *arg, struct tcp_pcb *connection, struct pbuf *data, err_t error)
{
    char text[64], address[IP4ADDR_STRLEN_MAX];
    u16_t length;

    (void)arg, (void)error;
    if (data) {
        length = pbuf_copy_partial(data, text, sizeof(text) - 1, 0);
        while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
            length--;
        text[length] = '\0';
        ip4addr_ntoa_r(&peer, address, sizeof(address));
        console_printf("visitor: %s says %s\n", address, text);
        tcp_recved(connection, data->tot_len);
        pbuf_free(data);
    }
    asked = NULL;
    tcp_recv(connection, NULL);
    tcp_err(connection, NULL);
    return tcp_close(connection);
}

static void failed(void *arg, err_t error)
{
    (void)arg;
    console_printf("visitor: no answer (%d)\n", error);
    asked = NULL;
}

static void give_up(void)
{
    struct tcp_pcb *connection = asked;

    asked = NULL;
    tcp_err(connection, NULL);
    tcp_abort(connection);
    console_printf("visitor: no answer\n");
}

static void ask(void *arg)
{
    (void)arg;
    sys_timeout(INTERVAL_MS, ask, NULL);
    if (asked && ++rounds < PATIENCE)
        return;
    if (asked)
        give_up();
    rounds = 0;
    asked = tcp_new();
    if (!asked)
        return;
    tcp_recv(asked, received);
    tcp_err(asked, failed);
    if (tcp_connect(asked, &peer, PORT, NULL) != ERR_OK)
        give_up();
}

static uint64_t next_deadline_ns(void)
{
    u32_t ms = sys_timeouts_sleeptime();

    return ms == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? GUEST_FOREVER : guest_clock_ns() + ms * NS_A_MS;
}

void guest_main(void)
{
    const char *text = guest_option("peer");
    char address[IP4ADDR_STRLEN_MAX];
    unsigned int n = 0;

    guest_stop_periodic_timer();
    net_init();
    while (text && text[n] && text[n] != ' ' && n < sizeof(address) - 1) {
        address[n] = text[n];
        n++;
    }
    address[n] = '\0';
    if (!ip4addr_aton(address, &peer))
        daytime_fail("peer=ADDRESS?");
    sys_timeout(INTERVAL_MS, ask, NULL);
    for (;;) {
        net_follow();
        guest_events_run(next_deadline_ns());
        sys_check_timeouts();
    }
}
