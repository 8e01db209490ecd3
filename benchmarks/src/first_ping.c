/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the call of chaos_create to the first answered ping, in Dom0, over the public library. One
 * JSON document on stdout; what its fields mean stands in benchmarks/README.md.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "wire.h"

#define ASK_NS     1000000UL /* who-has, so often, for guests that do not announce themselves */
#define PATIENCE_S 20

static const char usage[] =
    "Usage: bench-first-ping --config FILE --address IP --bridge NAME --unit STATIC-TRUE\n"
    "           [--count N] [--way direct|pool|warm]\n";

struct options {
    const char *config, *bridge, *unit, *way;
    struct in_addr ip;
    size_t count;
};

/* When what happened, in ns since the call of chaos_create. */
struct way_stone {
    uint64_t created; /* it returned; the guest runs */
    uint64_t heard;   /* the first frame of the guest */
    uint64_t answered;
};

/* Asks for the guest, pings as soon as there is a frame of it, waits for the answer. */
static void ping(const struct wire *wire, const struct options *opts, uint16_t number,
                 uint64_t start, struct way_stone *stone)
{
    struct pollfd fd = {.fd = wire->fd, .events = POLLIN};
    uint64_t ask_at = now_ns(), until = ask_at + PATIENCE_S * 1000000000UL;
    uint8_t mac[ETH_ALEN];

    for (;;) {
        uint64_t now = now_ns();
        struct timespec left = {0};
        enum wire_heard heard;

        if (now >= until)
            die("no answer", NULL);
        if (now >= ask_at) {
            if (stone->heard)
                wire_ping(wire, mac, opts->ip, number); /* one was lost */
            else
                wire_ask(wire, opts->ip);
            ask_at = now + ASK_NS;
        }
        left.tv_nsec = (long)(ask_at - now);
        ppoll(&fd, 1, &left, NULL);
        heard = wire_hear(wire, opts->ip, number, mac);
        if (heard == WIRE_PONG) {
            stone->answered = now_ns() - start;
            return;
        }
        if (heard == WIRE_FRAME && !stone->heard) {
            stone->heard = now_ns() - start;
            wire_ping(wire, mac, opts->ip, number);
            ask_at = now_ns() + ASK_NS;
        }
    }
}

static void one(chaos_host *host, const chaos_config *cfg, const struct wire *wire,
                const struct options *opts, uint16_t number, struct way_stone *stone,
                chaos_error *err)
{
    struct chaos_domain dom;
    uint32_t domid;
    uint64_t start;

    memset(stone, 0, sizeof(*stone));
    if (strcmp(opts->way, "direct") != 0)
        pool_wait_full();
    wire_flush(wire);
    start = now_ns();
    if (chaos_create(host, cfg, "first-ping", false, &domid, err) < 0)
        die("create", err);
    stone->created = now_ns() - start;
    ping(wire, opts, number, start, stone);
    if (chaos_find(host, "first-ping", &dom, err) < 0 || chaos_destroy(host, &dom, err) < 0)
        die("destroy", err);
    usleep(50000); /* its interface goes, the bridge forgets it */
}

static json_t *median_of(const struct way_stone *stones, size_t count, size_t offset)
{
    uint64_t *values = calloc(count, sizeof(*values)), ns;

    for (size_t i = 0; i < count; i++)
        memcpy(&values[i], (const char *)&stones[i] + offset, sizeof(*values));
    ns = median(values, count);
    free(values);
    return json_integer((json_int_t)ns);
}

static json_t *medians(const struct way_stone *stones, size_t count)
{
    return json_pack("{s:o, s:o, s:o}", "created_ns",
                     median_of(stones, count, offsetof(struct way_stone, created)), "heard_ns",
                     median_of(stones, count, offsetof(struct way_stone, heard)), "answered_ns",
                     median_of(stones, count, offsetof(struct way_stone, answered)));
}

static void parse(int argc, char **argv, struct options *opts)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"bridge", required_argument, NULL, 'b'},
                                            {"unit", required_argument, NULL, 'u'},
                                            {"way", required_argument, NULL, 'w'},
                                            {"count", required_argument, NULL, 'n'},
                                            {"address", required_argument, NULL, 'a'},
                                            {NULL, 0, NULL, 0}};
    int opt;

    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (opt == 'c')
            opts->config = optarg;
        else if (opt == 'b')
            opts->bridge = optarg;
        else if (opt == 'u')
            opts->unit = optarg;
        else if (opt == 'w')
            opts->way = optarg;
        else if (opt == 'n')
            opts->count = strtoul(optarg, NULL, 10);
        else if (opt != 'a' || inet_pton(AF_INET, optarg, &opts->ip) != 1)
            opts->count = 0;
    }
    if (!opts->config || !opts->bridge || !opts->unit || !opts->ip.s_addr || !opts->count) {
        fputs(usage, stderr);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    struct options opts = {.way = "direct", .count = 10};
    chaos_error *err = chaos_error_new();
    struct way_stone *stones, unused;
    struct wire wire;
    chaos_config *cfg;
    chaos_host *host;
    uint64_t unit;
    json_t *doc;
    pid_t pool = 0;

    parse(argc, argv, &opts);
    stones = calloc(opts.count, sizeof(*stones));
    unit = fork_exec_unit(opts.unit);
    if (!stones || chaos_config_load(opts.config, &cfg, err) < 0 ||
        chaos_config_check(cfg, err) < 0)
        die(opts.config, err);
    if (chaos_host_open(NULL, &host, err) < 0)
        die("open", err);
    wire_open(&wire, opts.bridge);
    if (strcmp(opts.way, "direct") != 0)
        pool = pool_start(cfg, strcmp(opts.way, "warm") == 0, err);
    one(host, cfg, &wire, &opts, 1, &unused, err); /* warm: page cache, connection */
    for (size_t i = 0; i < opts.count; i++)
        one(host, cfg, &wire, &opts, (uint16_t)(i + 2), &stones[i], err);
    if (pool)
        pool_stop(pool);
    doc = medians(stones, opts.count);
    json_object_set_new(doc, "way", json_string(opts.way));
    json_object_set_new(doc, "samples", json_integer((json_int_t)opts.count));
    json_object_set_new(doc, "unit_ns", json_integer((json_int_t)unit));
    json_dumpf(doc, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(doc);
    free(stones);
    chaos_config_free(cfg);
    chaos_host_close(host);
    chaos_error_free(err);
    return 0;
}
