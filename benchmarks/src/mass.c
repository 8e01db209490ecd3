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
    "Usage: bench-mass --config FILE --count N --unit STATIC-TRUE\n"
    "                  [--way direct|pool|warm|xl|process]\n"
    "                  [--rest US] [--calm MS] [--idle MS] [--ask N --seed S] [--each] [--steps]\n"
    "                  [--points N] [--answer COMMAND]\n"
    "  --way    how guests come about; xl: FILE is xl's own; process: FILE is\n"
    "           busybox, which then sleeps\n"
    "  --rest   idle time after each creation, before the next (2000)\n"
    "  --calm   instead: until the machine is idle, for at most so long\n"
    "  --idle   at each point, measure the idle CPU over so long (0: not)\n"
    "  --ask    how many, picked by the seed, must echo a word on their console (0)\n"
    "  --each   destroy each by itself and time it\n"
    "  --steps  tell the median of each step of creation (reading the clock costs a little)\n"
    "  --points tell memory and idle CPU at so many counts on the way, dropping caches (0)\n"
    "  --answer run a shell command when all are there; it prints how many answered\n";

static void parse(int argc, char **argv, struct mass *mass)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"count", required_argument, NULL, 'n'},
        {"unit", required_argument, NULL, 'u'},   {"way", required_argument, NULL, 'w'},
        {"rest", required_argument, NULL, 'r'},   {"calm", required_argument, NULL, 'm'},
        {"idle", required_argument, NULL, 'i'},   {"ask", required_argument, NULL, 'a'},
        {"seed", required_argument, NULL, 's'},   {"each", no_argument, NULL, 'e'},
        {"steps", no_argument, NULL, 't'},        {"points", required_argument, NULL, 'p'},
        {"answer", required_argument, NULL, 'A'}, {NULL, 0, NULL, 0}};
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
        else if (opt == 'p')
            mass->points = number;
        else if (opt == 'A')
            mass->answer = optarg;
        else if (opt == 'e')
            mass->each = true;
        else if (opt == 't')
            mass->steps = true;
        else
            mass->count = 0;
        if (opt == '?')
            break;
    }
    if (mass->points > mass->count)
        mass->points = mass->count;
    if (!mass->count || !mass->config || !mass->unit || optind < argc) {
        fputs(usage, stderr);
        exit(2);
    }
}

void mass_rest(const struct mass *mass)
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

/* At every count / points guests. */
void mass_point(const struct mass *mass, size_t running)
{
    struct cost cost;

    if (!mass->points || running % (mass->count / mass->points) != 0)
        return;
    cost_read(&cost, mass->idle_ms);
    json_array_append_new(mass->costs, json_pack("{s:I, s:o}", "running", (json_int_t)running,
                                                 "cost", cost_json(&cost)));
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
        mass_rest(mass);
        mass_point(mass, i + 1);
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
    chaos_config *cfg;
    chaos_host *host;
    pid_t pool = 0;

    if (chaos_config_load(mass->config, &cfg, err) < 0 || chaos_config_check(cfg, err) < 0)
        die(mass->config, err);
    if (chaos_host_open(NULL, &host, err) < 0)
        die("open", err);
    mass_point(mass, 0);
    if (!direct)
        pool = pool_start(cfg, strcmp(mass->way, "warm") == 0, err);
    create_all(mass, host, cfg, created, err);
    json_object_set_new(doc, "list_ns", json_integer((json_int_t)list_all(mass, host, err)));
    if (mass->ask || mass->answer)
        json_object_set_new(doc, "answered",
                            json_integer((json_int_t)(ask_some(mass, host, err) + ask_all(mass))));
    if (pool)
        pool_stop(pool);
    destroy_all(mass, host, destroyed, err);
    chaos_config_free(cfg);
    chaos_host_close(host);
    chaos_error_free(err);
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
    mass.costs = json_array();
    if (!created || !destroyed || !ns || !mass.costs)
        die("memory", NULL);
    doc =
        json_pack("{s:s, s:I, s:I, s:I}", "way", mass.way, "count", (json_int_t)mass.count, "seed",
                  (json_int_t)mass.seed, "unit_ns", (json_int_t)fork_exec_unit(mass.unit));
    if (strcmp(mass.way, "xl") == 0)
        run_xl(&mass, created, destroyed);
    else if (strcmp(mass.way, "process") == 0)
        run_processes(&mass, created);
    else
        run_chaos(&mass, doc, created, destroyed);
    for (size_t i = 0; i < mass.count; i++)
        ns[i] = created[i].ns;
    json_object_set_new(doc, "created_ns", all(ns, mass.count));
    json_object_set_new(doc, "points", mass.costs);
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
