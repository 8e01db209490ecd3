/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dom0's end of bench-flow: compares guests with each other, round by round in turn, and prints one
 * JSON document. benchmarks/README.md says what is in it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flow.h"

#define MAX_GUESTS 8
#define MAX_ROUNDS 64
#define STREAMS    16
#define KIB        1024ULL
#define MIB        (1024 * KIB)
#define WAIT_S     120

/* Enough for tens of milliseconds each: what begins and ends a run does not count then. */
static const struct flow_order orders[] = {
    {FLOW_TO_GUEST, 64 * MIB, 0, 1},          {FLOW_TO_GUEST, 4 * MIB, 0, STREAMS},
    {FLOW_FROM_GUEST, 64 * MIB, 0, 1},        {FLOW_FROM_GUEST, 4 * MIB, 0, STREAMS},
    {FLOW_DISK_READ, 8 * MIB, 4 * KIB, 1},    {FLOW_DISK_READ, 64 * MIB, 64 * KIB, 1},
    {FLOW_DISK_READ, 64 * MIB, 1 * MIB, 1},   {FLOW_DISK_WRITE, 8 * MIB, 4 * KIB, 1},
    {FLOW_DISK_WRITE, 64 * MIB, 64 * KIB, 1}, {FLOW_DISK_WRITE, 64 * MIB, 1 * MIB, 1},
};

struct guest {
    const char *name;
    struct in_addr address;
    int fd[STREAMS];
};

static int connect_once(const struct guest *guest)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(FLOW_PORT), .sin_addr = guest->address};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
        close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static void connect_guest(struct guest *guest, unsigned int streams)
{
    uint64_t until = flow_now_ns() + WAIT_S * 1000000000ULL;

    for (unsigned int i = 0; i < streams; i++) {
        while ((guest->fd[i] = connect_once(guest)) < 0) { /* it is still booting at first */
            if (flow_now_ns() > until)
                flow_die(guest->name);
            usleep(100000);
        }
    }
}

static void disconnect_guest(struct guest *guest, unsigned int streams)
{
    for (unsigned int i = 0; i < streams; i++)
        close(guest->fd[i]);
}

/* Follows an order on one connection; returns what the guest says. */
static uint64_t stream(const struct guest *guest, int fd, const struct flow_order *order)
{
    char line[FLOW_LINE];
    int len = snprintf(line, sizeof(line), "%s %llu %llu\n", flow_names[order->what],
                       (unsigned long long)order->bytes, (unsigned long long)order->block);

    flow_send(fd, line, len);
    if (order->what == FLOW_TO_GUEST)
        flow_pour(fd, order->bytes);
    else if (order->what == FLOW_FROM_GUEST)
        flow_drain(fd, order->bytes);
    if (!flow_line(fd, line))
        flow_die(guest->name);
    return strtoull(line, NULL, 10);
}

static void streams(const struct guest *guest, const struct flow_order *order)
{
    int status, failed = 0;

    for (unsigned int i = 0; i < order->streams; i++) {
        pid_t pid = fork();

        if (pid < 0)
            flow_die("fork");
        if (pid == 0) {
            stream(guest, guest->fd[i], order);
            _exit(0);
        }
    }
    while (wait(&status) > 0)
        failed |= status;
    if (failed)
        exit(1);
}

/* Gives an order and returns how long it took. */
static uint64_t measure(const struct guest *guest, const struct flow_order *order)
{
    uint64_t start = flow_now_ns(), said = 0;

    if (order->streams > 1)
        streams(guest, order);
    else
        said = stream(guest, guest->fd[0], order);
    return order->what >= FLOW_DISK_READ ? said : flow_now_ns() - start;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The mean of the middle half: TCP's rounds scatter by per cents, and now and then one waits for a
 * packet that was lost. Sorts. */
static uint64_t middle(uint64_t *ns, unsigned int rounds)
{
    unsigned int from = rounds / 4, to = rounds - from;
    uint64_t sum = 0;

    qsort(ns, rounds, sizeof(*ns), by_value);
    for (unsigned int i = from; i < to; i++)
        sum += ns[i];
    return sum / (to - from);
}

static json_t *row(const struct guest *guest, const struct flow_order *order, uint64_t *ns,
                   unsigned int rounds)
{
    uint64_t bytes = order->bytes * order->streams, mean;
    json_t *all = json_array();

    for (unsigned int i = 0; i < rounds; i++)
        json_array_append_new(all, json_integer((json_int_t)ns[i]));
    mean = middle(ns, rounds);
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:f, s:o}", "guest", guest->name, "what",
                     flow_names[order->what], "bytes", (json_int_t)bytes, "streams",
                     (json_int_t)order->streams, "block", (json_int_t)order->block, "ns",
                     (json_int_t)mean, "mib_per_second", (double)bytes / MIB * 1e9 / (double)mean,
                     "rounds_ns", all);
}

/* In turn, and every other round backwards, so that none is always behind the same one. The first
 * round on new connections is not counted: it finds windows that are small, and pages and grants
 * that nobody has used yet. */
static void compare_rounds(const struct flow_order *order, struct guest *guests, unsigned int count,
                           unsigned int from, unsigned int to, uint64_t (*ns)[MAX_ROUNDS])
{
    for (unsigned int i = 0; i < count; i++) {
        connect_guest(&guests[i], order->streams);
        measure(&guests[i], order);
    }
    for (unsigned int round = from; round < to; round++) {
        for (unsigned int i = 0; i < count; i++) {
            unsigned int which = round % 2 ? count - 1 - i : i;

            ns[which][round] = measure(&guests[which], order);
        }
    }
    for (unsigned int i = 0; i < count; i++)
        disconnect_guest(&guests[i], order->streams);
}

/* What many streams have made out with each other stays so for as long as they live: with the same
 * ones in all rounds two runs were 3 % apart. So they are made anew a few times. */
static void compare(const struct flow_order *order, struct guest *guests, unsigned int count,
                    unsigned int rounds, json_t *rows)
{
    static uint64_t ns[MAX_GUESTS][MAX_ROUNDS];
    unsigned int sets = order->streams > 1 ? 4 : 1;

    if (order->what >= FLOW_DISK_READ)
        rounds = (rounds + 2) / 3; /* they hardly differ */
    rounds = order->streams > 1 ? rounds * 2 : rounds;
    for (unsigned int set = 0; set < sets; set++)
        compare_rounds(order, guests, count, rounds * set / sets, rounds * (set + 1) / sets, ns);
    for (unsigned int i = 0; i < count; i++)
        json_array_append_new(rows, row(&guests[i], order, ns[i], rounds));
}

static _Noreturn void usage(void)
{
    fprintf(stderr, "Usage: bench-flow serve DISK\n"
                    "       bench-flow compare [--rounds N] [--only WHAT] NAME=ADDRESS...\n");
    exit(2);
}

static void parse_guest(char *text, struct guest *guest)
{
    char *equals = strchr(text, '=');

    if (!equals)
        usage();
    *equals = '\0';
    guest->name = text;
    if (inet_pton(AF_INET, equals + 1, &guest->address) != 1)
        usage();
    connect_guest(guest, 1);
    disconnect_guest(guest, 1);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"rounds", required_argument, NULL, 'r'},
                                            {"only", required_argument, NULL, 'o'},
                                            {NULL, 0, NULL, 0}};
    const char *only = NULL;
    unsigned int rounds = 7, count = 0;
    json_t *rows = json_array();
    struct guest guests[MAX_GUESTS];
    int opt;

    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        flow_serve(argv[2]);
    if (argc < 3 || strcmp(argv[1], "compare") != 0)
        usage();
    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (opt == 'r')
            rounds = strtoul(optarg, NULL, 10);
        else if (opt == 'o')
            only = optarg;
        else
            usage();
        if (rounds < 1 || rounds > MAX_ROUNDS / 2)
            usage();
    }
    if (argc - optind - 1 < 1 || argc - optind - 1 > MAX_GUESTS)
        usage();
    for (int i = optind + 1; i < argc; i++)
        parse_guest(argv[i], &guests[count++]);
    for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
        if (!only || strcmp(only, flow_names[orders[i].what]) == 0)
            compare(&orders[i], guests, count, rounds, rows);
    }
    json_dumpf(rows, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(rows);
    return 0;
}
