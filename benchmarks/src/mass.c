/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many guests of one configuration, one after the other: the time of each creation and of each
 * end, what all of them cost in memory and in idle CPU, and whether some of them answer. One JSON
 * document on stdout; benchmarks/README.md says what is in it.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mass.h"

static const char usage[] =
    "Usage: bench-mass --config FILE --count N --unit STATIC-TRUE [--way direct|pool|warm|xl]\n"
    "                  [--rest US] [--calm MS] [--idle MS] [--ask N --seed S] [--each] [--steps]\n"
    "  --way    how guests come about; xl: FILE is xl's own, with its name= last\n"
    "  --rest   idle time after each creation, before the next (2000)\n"
    "  --calm   instead: until the machine is idle, for at most so long\n"
    "  --idle   measure the idle CPU over so long, before the first guest and beside all (0: not)\n"
    "  --ask    how many, picked by the seed, must echo a word on their console (0)\n"
    "  --each   destroy each by itself and time it\n"
    "  --steps  tell the median of each step of creation (reading the clock costs a little)\n";

static void parse(int argc, char **argv, struct mass *mass)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"count", required_argument, NULL, 'n'},
        {"unit", required_argument, NULL, 'u'},   {"way", required_argument, NULL, 'w'},
        {"rest", required_argument, NULL, 'r'},   {"calm", required_argument, NULL, 'm'},
        {"idle", required_argument, NULL, 'i'},   {"ask", required_argument, NULL, 'a'},
        {"seed", required_argument, NULL, 's'},   {"each", no_argument, NULL, 'e'},
        {"steps", no_argument, NULL, 't'},        {NULL, 0, NULL, 0}};
    int opt;

    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        unsigned long number = optarg ? strtoul(optarg, NULL, 10) : 0;

        if (opt == 'c')
            mass->config = optarg;
        else if (opt == 'n')
            mass->count = number;
        else if (opt == 'u')
            mass->unit = optarg;
        else if (opt == 'w')
            mass->way = optarg;
        else if (opt == 'r')
            mass->rest_us = number;
        else if (opt == 'm')
            mass->calm_ms = number;
        else if (opt == 'i')
            mass->idle_ms = number;
        else if (opt == 'a')
            mass->ask = number;
        else if (opt == 's')
            mass->seed = number;
        else if (opt == 'e')
            mass->each = true;
        else if (opt == 't')
            mass->steps = true;
        else
            mass->count = 0;
        if (opt == '?')
            break;
    }
    if (!mass->count || !mass->config || !mass->unit || optind < argc) {
        fputs(usage, stderr);
        exit(2);
    }
}

static void rest(struct mass *mass)
{
    if (mass->calm_ms)
        cost_calm(mass->calm_ms);
    else
        usleep(mass->rest_us);
}

static void told(const char *what, size_t i, size_t count)
{
    if (i % 500 == 0 || i == count)
        fprintf(stderr, "bench-mass: %s %zu of %zu\n", what, i, count);
}

/* Names count from 1, as those of chaos create -n do. */
static void create_all(struct mass *mass, chaos_host *host, chaos_config *cfg,
                       struct sample *samples, chaos_error *err)
{
    bool pool = strcmp(mass->way, "direct") != 0;

    for (size_t i = 0; i < mass->count; i++) {
        char name[32];
        uint32_t domid;
        uint64_t start;

        if (i && chaos_config_next_ip(cfg, err) < 0)
            die("address", err);
        if (pool)
            pool_wait_full();
        snprintf(name, sizeof(name), "mass-%zu", i + 1);
        if (mass->steps)
            sample_listen(host, &samples[i]);
        start = now_ns();
        if (chaos_create(host, cfg, name, false, &domid, err) < 0)
            die(name, err);
        samples[i].ns = now_ns() - start;
        rest(mass);
        told("created", i + 1, mass->count);
    }
    chaos_host_on_step(host, NULL, NULL);
}

static void destroy_all(struct mass *mass, chaos_host *host, uint64_t *ns, chaos_error *err)
{
    struct chaos_domain dom;
    char name[32];
    size_t count;
    uint64_t start = now_ns();

    if (!mass->each) {
        if (chaos_destroy_all(host, &count, err) < 0 || count != mass->count)
            die("destroy", err);
        ns[0] = now_ns() - start;
        return;
    }
    for (size_t i = 0; i < mass->count; i++) {
        snprintf(name, sizeof(name), "mass-%zu", i + 1);
        start = now_ns();
        if (chaos_find(host, name, &dom, err) < 0 || chaos_destroy(host, &dom, err) < 0)
            die(name, err);
        ns[i] = now_ns() - start;
        told("destroyed", i + 1, mass->count);
    }
}

/* The list must have all of them, and nothing else of ours. */
static uint64_t list_all(struct mass *mass, chaos_host *host, chaos_error *err)
{
    struct chaos_domain *domains;
    size_t count, ours = 0;
    uint64_t start = now_ns(), ns;

    if (chaos_list(host, &domains, &count, err) < 0)
        die("list", err);
    ns = now_ns() - start;
    for (size_t i = 0; i < count; i++)
        ours += domains[i].ours && strncmp(domains[i].name, "mass-", 5) == 0;
    free(domains);
    if (ours != mass->count)
        die("the list does not show all guests", NULL);
    return ns;
}

static void run_chaos(struct mass *mass, json_t *doc, struct sample *created, uint64_t *destroyed)
{
    bool direct = strcmp(mass->way, "direct") == 0;
    chaos_error *err = chaos_error_new();
    struct cost before, after;
    chaos_config *cfg;
    chaos_host *host;
    pid_t pool = 0;

    if (chaos_config_load(mass->config, &cfg, err) < 0 || chaos_config_check(cfg, err) < 0)
        die(mass->config, err);
    if (chaos_host_open(NULL, &host, err) < 0)
        die("open", err);
    cost_read(&before, mass->idle_ms);
    if (!direct)
        pool = pool_start(cfg, strcmp(mass->way, "warm") == 0, err);
    create_all(mass, host, cfg, created, err);
    cost_calm(mass->calm_ms ? mass->calm_ms : 100);
    json_object_set_new(doc, "list_ns", json_integer((json_int_t)list_all(mass, host, err)));
    json_object_set_new(doc, "answered", json_integer((json_int_t)ask_some(mass, host, err)));
    if (pool)
        pool_stop(pool);
    cost_read(&after, mass->idle_ms);
    json_object_set_new(doc, "cost", cost_json(&before, &after));
    destroy_all(mass, host, destroyed, err);
    chaos_config_free(cfg);
    chaos_host_close(host);
    chaos_error_free(err);
}

static void run_xl(struct mass *mass, json_t *doc, struct sample *created, uint64_t *destroyed)
{
    struct cost before, after;

    cost_read(&before, mass->idle_ms);
    for (size_t i = 0; i < mass->count; i++) {
        created[i].ns = xl_create(mass->config, i + 1);
        rest(mass);
        if ((i + 1) % 20 == 0 || i + 1 == mass->count)
            fprintf(stderr, "bench-mass: xl created %zu of %zu\n", i + 1, mass->count);
    }
    cost_calm(1000);
    cost_read(&after, mass->idle_ms);
    json_object_set_new(doc, "cost", cost_json(&before, &after));
    for (size_t i = 0; mass->each && i < mass->count; i++)
        destroyed[i] = xl_destroy(i + 1);
}

static json_t *all(const uint64_t *ns, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_integer((json_int_t)ns[i]));
    return array;
}

int main(int argc, char **argv)
{
    struct mass mass = {.way = "direct", .rest_us = 2000, .seed = 1};
    struct sample *created;
    uint64_t *destroyed, *ns;
    json_t *doc;

    parse(argc, argv, &mass);
    created = calloc(mass.count, sizeof(*created));
    destroyed = calloc(mass.count, sizeof(*destroyed));
    ns = calloc(mass.count, sizeof(*ns));
    if (!created || !destroyed || !ns)
        die("memory", NULL);
    doc =
        json_pack("{s:s, s:I, s:I, s:I}", "way", mass.way, "count", (json_int_t)mass.count, "seed",
                  (json_int_t)mass.seed, "unit_ns", (json_int_t)fork_exec_unit(mass.unit));
    (strcmp(mass.way, "xl") == 0 ? run_xl : run_chaos)(&mass, doc, created, destroyed);
    for (size_t i = 0; i < mass.count; i++)
        ns[i] = created[i].ns;
    json_object_set_new(doc, "created_ns", all(ns, mass.count));
    if (mass.steps)
        json_object_set_new(doc, "steps", steps_json(created, mass.count));
    json_object_set_new(doc, "destroyed_ns", all(destroyed, mass.each ? mass.count : 1));
    json_dumpf(doc, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(doc);
    free(created);
    free(destroyed);
    free(ns);
    return 0;
}
