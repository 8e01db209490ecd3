/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Visitors who do not wait for each other: each pings an address that nobody asked for before (or
 * opens a TCP connection and reads what comes), at moments that a Poisson process gives. Prints the
 * time from the first packet to the answer, for each, as JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bench.h"

#define PATIENCE_NS 5000000000ULL /* after the last visitor */

static const char usage[] =
    "Usage: bench-visit --first A.B.C.D --count N --rate VISITORS-A-SECOND [--seed S]\n"
    "                   [--tcp PORT]\n";

struct visitor {
    uint64_t due, ns; /* ns: 0 without an answer */
    int fd;           /* TCP only */
};

struct visits {
    uint32_t first; /* host order */
    size_t count, answered;
    double rate;
    unsigned long seed;
    unsigned int port; /* 0: ping */
    int epoll, icmp;
    struct visitor *all;
};

static void parse(int argc, char **argv, struct visits *v)
{
    static const struct option options[] = {
        {"first", required_argument, NULL, 'f'}, {"count", required_argument, NULL, 'n'},
        {"rate", required_argument, NULL, 'r'},  {"seed", required_argument, NULL, 's'},
        {"tcp", required_argument, NULL, 't'},   {NULL, 0, NULL, 0}};
    struct in_addr in;
    int opt;

    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (opt == 'f' && inet_pton(AF_INET, optarg, &in) == 1)
            v->first = ntohl(in.s_addr);
        else if (opt == 'n')
            v->count = strtoul(optarg, NULL, 10);
        else if (opt == 'r')
            v->rate = strtod(optarg, NULL);
        else if (opt == 's')
            v->seed = strtoul(optarg, NULL, 10);
        else if (opt == 't')
            v->port = (unsigned int)strtoul(optarg, NULL, 10);
        else
            v->count = 0;
        if (opt == '?')
            break;
    }
    if (!v->first || !v->count || v->count > 65535 || v->rate <= 0) {
        fputs(usage, stderr);
        exit(2);
    }
}

/* All moments beforehand: nothing of it is done while somebody waits. */
static void plan(struct visits *v)
{
    uint64_t at = now_ns() + 10000000;

    v->all = calloc(v->count, sizeof(*v->all));
    if (!v->all)
        die("memory", NULL);
    srand48((long)v->seed);
    for (size_t i = 0; i < v->count; i++) {
        at += (uint64_t)(-log(1 - drand48()) * 1e9 / v->rate);
        v->all[i].due = at;
        v->all[i].fd = -1;
    }
}

static struct sockaddr_in address_of(const struct visits *v, size_t i)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)v->port)};

    to.sin_addr.s_addr = htonl(v->first + (uint32_t)i);
    return to;
}

static uint16_t checksum(const void *data, size_t length)
{
    const uint16_t *words = data;
    uint32_t sum = 0;

    for (size_t i = 0; i < length / 2; i++)
        sum += words[i];
    sum = (sum >> 16) + (sum & 0xffff);
    return (uint16_t) ~(sum + (sum >> 16));
}

static void ping(struct visits *v, size_t i)
{
    struct {
        struct icmphdr head;
        uint8_t data[56]; /* as ping(8) sends it */
    } echo = {.head = {.type = ICMP_ECHO, .un.echo = {.id = htons(1), .sequence = htons(i)}}};
    struct sockaddr_in to = address_of(v, i);

    echo.head.checksum = checksum(&echo, sizeof(echo));
    if (sendto(v->icmp, &echo, sizeof(echo), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
        fprintf(stderr, "bench-visit: ping %zu: %s\n", i, strerror(errno));
}

static void watch(struct visits *v, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event event = {.events = events, .data.u64 = data};

    if (epoll_ctl(v->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll", NULL);
}

static void call(struct visits *v, size_t i)
{
    struct sockaddr_in to = address_of(v, i);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != EINPROGRESS))
        die("connect", NULL);
    v->all[i].fd = fd;
    watch(v, fd, EPOLLIN, i);
}

static void answered(struct visits *v, size_t i)
{
    if (i >= v->count || v->all[i].ns)
        return;
    v->all[i].ns = now_ns() - v->all[i].due;
    v->answered++;
}

static void hear_pings(struct visits *v)
{
    struct {
        struct iphdr ip;
        struct icmphdr head;
        uint8_t data[64];
    } reply;
    struct sockaddr_in from;
    socklen_t size = sizeof(from);

    while (recvfrom(v->icmp, &reply, sizeof(reply), MSG_DONTWAIT, (struct sockaddr *)&from,
                    &size) >= (ssize_t)(sizeof(reply.ip) + sizeof(reply.head))) {
        size_t i = ntohs(reply.head.un.echo.sequence);

        if (reply.head.type == ICMP_ECHOREPLY && ntohl(from.sin_addr.s_addr) == v->first + i)
            answered(v, i);
    }
}

static void hear_call(struct visits *v, size_t i)
{
    char text[64];

    if (read(v->all[i].fd, text, sizeof(text)) > 0)
        answered(v, i);
    close(v->all[i].fd);
    v->all[i].fd = -1;
}

static void set_timer(int timer, uint64_t at)
{
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(at / 1000000000), .tv_nsec = (long)(at % 1000000000)}};

    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void hear(struct visits *v, uint64_t timer)
{
    struct epoll_event events[64];
    int n = epoll_wait(v->epoll, events, 64, -1);

    for (int k = 0; k < n; k++) {
        if (events[k].data.u64 < v->count)
            hear_call(v, events[k].data.u64);
        else if (events[k].data.u64 != timer)
            hear_pings(v);
    }
}

static void run(struct visits *v)
{
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    const uint64_t on_timer = v->count, on_ping = v->count + 1;
    uint64_t end = v->all[v->count - 1].due + PATIENCE_NS;
    size_t next = 0;

    v->epoll = epoll_create1(EPOLL_CLOEXEC);
    v->icmp = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
    if (timer < 0 || v->epoll < 0 || v->icmp < 0)
        die("socket", NULL);
    watch(v, timer, EPOLLIN, on_timer);
    if (!v->port)
        watch(v, v->icmp, EPOLLIN, on_ping);
    while (v->answered < v->count && now_ns() < end) {
        uint64_t expirations;

        for (; next < v->count && v->all[next].due <= now_ns(); next++)
            v->port ? call(v, next) : ping(v, next);
        set_timer(timer, next < v->count ? v->all[next].due : end);
        hear(v, on_timer);
        (void)!read(timer, &expirations, sizeof(expirations));
    }
}

int main(int argc, char **argv)
{
    struct visits v = {.seed = 1};
    json_t *ns = json_array(), *doc;

    parse(argc, argv, &v);
    plan(&v);
    run(&v);
    for (size_t i = 0; i < v.count; i++)
        json_array_append_new(ns, json_integer((json_int_t)v.all[i].ns));
    doc = json_pack("{s:I, s:f, s:I, s:I, s:o}", "count", (json_int_t)v.count, "rate", v.rate,
                    "seed", (json_int_t)v.seed, "answered", (json_int_t)v.answered, "ns", ns);
    json_dumpf(doc, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(doc);
    free(v.all);
    return 0;
}
