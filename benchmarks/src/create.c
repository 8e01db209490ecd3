/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Creation and destruction, in Dom0, over the public library. One JSON document on stdout; what
 * its fields mean stands in benchmarks/README.md.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* The median of a burst lies where takes end during which chaosd had no turn. */
#define BURSTS  20
#define REFILLS 5

static const struct guest guests[] = {
    {"noop-pv", "pv", "noop", 1, false}, {"noop-pvh", "pvh", "noop", 1, false},
    {"vif-pv", "pv", "noop", 1, true},   {"vif-pvh", "pvh", "noop", 1, true},
    {NULL, NULL, NULL, 0, false},
};

struct options {
    size_t count;
    const char *clock, *guests, *unit, *bridge, *chaos;
    const char *modes, *cases; /* divided by commas; cases NULL: all */
    const char *devices;       /* the bus; NULL: as chaos thinks best */
    bool xl;
};

static chaos_config *make_config(const struct options *opts, const struct guest *guest,
                                 chaos_error *err)
{
    chaos_config *cfg;
    char text[512];
    int len = snprintf(text, sizeof(text), "type: %s\nkernel: %s/%s\nmemory: %uMiB\n", guest->type,
                       opts->guests, guest->image, guest->memory_mib);

    if (guest->vif)
        len += snprintf(text + len, sizeof(text) - len,
                        "vifs:\n  - bridge: %s\n    ip: 10.0.0.2/16\n", opts->bridge);
    if (opts->devices)
        len += snprintf(text + len, sizeof(text) - len, "devices: %s\n", opts->devices);
    if (chaos_config_parse("bench", text, len, &cfg, err) < 0)
        die("configuration", err);
    return cfg;
}

static void create_one(chaos_host *host, const chaos_config *cfg, size_t i, struct sample *sample,
                       chaos_error *err)
{
    char name[32];
    uint32_t domid;
    uint64_t start;

    snprintf(name, sizeof(name), "bench-%zu", i);
    memset(sample, 0, sizeof(*sample));
    start = now_ns();
    if (chaos_create(host, cfg, name, false, &domid, err) < 0)
        die(name, err);
    sample->ns = now_ns() - start;
    settle();
}

static void destroy_one(chaos_host *host, size_t i, struct sample *sample, chaos_error *err)
{
    struct chaos_domain dom;
    char name[32];
    uint64_t start;

    snprintf(name, sizeof(name), "bench-%zu", i);
    if (chaos_find(host, name, &dom, err) < 0)
        die(name, err);
    memset(sample, 0, sizeof(*sample));
    start = now_ns();
    if (chaos_destroy(host, &dom, err) < 0)
        die(name, err);
    sample->ns = now_ns() - start;
}

/* Rows for the first guests, for the last ones, and for powers of ten in between. */
static void add_rows(json_t *results, const char *what, const char *op,
                     const struct sample *samples, size_t count, uint64_t unit)
{
    for (size_t at = 0; at + WINDOW <= count; at = at ? at * 10 : 100 - WINDOW)
        json_array_append_new(
            results, result_row("chaos", what, "direct", op, at, samples + at, WINDOW, unit));
    if (count > 100)
        json_array_append_new(results, result_row("chaos", what, "direct", op, count - WINDOW,
                                                  samples + count - WINDOW, WINDOW, unit));
}

/* A step listener costs two clock readings a step: totals are taken without, steps with. */
static void add_steps(chaos_host *host, const chaos_config *cfg, json_t *results, size_t row,
                      size_t destroy_row, chaos_error *err)
{
    struct sample created[WINDOW], destroyed[WINDOW];
    json_t *from;

    for (size_t i = 0; i < WINDOW; i++) {
        sample_listen(host, &created[i]);
        create_one(host, cfg, i, &created[i], err);
    }
    for (size_t i = 0; i < WINDOW; i++) {
        sample_listen(host, &destroyed[i]);
        destroy_one(host, i, &destroyed[i], err);
    }
    chaos_host_on_step(host, NULL, NULL);
    from = result_row("", "", "", "", 0, created, WINDOW, 1);
    json_object_set(json_array_get(results, row), "steps", json_object_get(from, "steps"));
    json_decref(from);
    from = result_row("", "", "", "", 0, destroyed, WINDOW, 1);
    json_object_set(json_array_get(results, destroy_row), "steps", json_object_get(from, "steps"));
    json_decref(from);
}

static void bench_chaos(chaos_host *host, const struct options *opts, const struct guest *guest,
                        uint64_t unit, json_t *results, chaos_error *err)
{
    struct sample *created = calloc(opts->count, sizeof(*created));
    struct sample *destroyed = calloc(opts->count, sizeof(*destroyed));
    chaos_config *cfg = make_config(opts, guest, err);
    size_t row = json_array_size(results), destroy_row;

    create_one(host, cfg, 0, &created[0], err); /* warm: page cache, hypercall buffers */
    destroy_one(host, 0, &destroyed[0], err);
    for (size_t i = 0; i < opts->count; i++)
        create_one(host, cfg, i, &created[i], err);
    for (size_t i = opts->count; i-- > 0;)
        destroy_one(host, i, &destroyed[i], err);
    add_rows(results, guest->what, "create", created, opts->count, unit);
    destroy_row = json_array_size(results);
    add_rows(results, guest->what, "destroy", destroyed, opts->count, unit);
    add_steps(host, cfg, results, row, destroy_row, err);
    chaos_config_free(cfg);
    free(created);
    free(destroyed);
}

static void parse(int argc, char **argv, struct options *opts)
{
    static const struct option options[] = {{"count", required_argument, NULL, 'n'},
                                            {"clock", required_argument, NULL, 'c'},
                                            {"guests", required_argument, NULL, 'g'},
                                            {"bridge", required_argument, NULL, 'b'},
                                            {"unit", required_argument, NULL, 'u'},
                                            {"chaos", required_argument, NULL, 'C'},
                                            {"modes", required_argument, NULL, 'm'},
                                            {"cases", required_argument, NULL, 'w'},
                                            {"devices", required_argument, NULL, 'd'},
                                            {"xl", no_argument, NULL, 'x'},
                                            {NULL, 0, NULL, 0}};
    int opt;

    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (opt == 'n')
            opts->count = strtoul(optarg, NULL, 10);
        else if (opt == 'c')
            opts->clock = optarg;
        else if (opt == 'g')
            opts->guests = optarg;
        else if (opt == 'b')
            opts->bridge = optarg;
        else if (opt == 'u')
            opts->unit = optarg;
        else if (opt == 'C')
            opts->chaos = optarg;
        else if (opt == 'm')
            opts->modes = optarg;
        else if (opt == 'w')
            opts->cases = optarg;
        else if (opt == 'd')
            opts->devices = optarg;
        else if (opt == 'x')
            opts->xl = true;
        else
            exit(2);
    }
    if (opts->count < WINDOW || !opts->guests || !opts->unit) {
        fprintf(stderr,
                "Usage: chaos-bench --guests FOLDER --unit STATIC-TRUE [--count N >= %d] "
                "[--clock icount|wall] [--bridge NAME] [--chaos STATIC-CHAOS] [--xl] "
                "[--modes direct,pool,command,burst,refill] [--cases noop-pv,...] "
                "[--devices noxs|xenstore]\n",
                WINDOW);
        exit(2);
    }
}

/* Whether `word` is in a list that commas divide. */
static bool listed(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, len) == 0 && (at[len] == ',' || at[len] == '\0'))
            return true;
    }
    return false;
}

/* One guest, by a chaosd of its own. */
static void bench_with_chaosd(const struct options *opts, const struct guest *guest, uint64_t unit,
                              json_t *results, chaos_error *err)
{
    chaos_config *cfg = make_config(opts, guest, err);

    for (int warm = 0; listed(opts->modes, "pool") && warm <= 1; warm++)
        bench_pool(results, guest, cfg, warm, opts->count < 100 ? WINDOW : opts->count, unit);
    if (listed(opts->modes, "command"))
        bench_command(results, guest, cfg, opts->chaos, opts->unit);
    for (int i = 0; listed(opts->modes, "burst") && i < BURSTS; i++)
        bench_burst(results, guest, cfg, 200);
    if (listed(opts->modes, "refill")) {
        static const struct guest spin = {"spin", "pv", "spin", 1, false};
        chaos_config *spinning = make_config(opts, &spin, err);

        for (int i = 0; i < REFILLS; i++)
            bench_refill(results, guest, cfg, spinning);
        chaos_config_free(spinning);
    }
    chaos_config_free(cfg);
}

static void run(const struct options *opts, uint64_t unit, json_t *results, chaos_error *err)
{
    enum { DIRECT, CHAOSD, XL, PARTS };

    for (int part = DIRECT; part < PARTS; part++) {
        chaos_host *host = NULL;

        if (part == DIRECT && chaos_host_open(NULL, &host, err) < 0)
            die("open", err);
        for (const struct guest *guest = guests; guest->what; guest++) {
            if ((guest->vif && !opts->bridge) || (opts->cases && !listed(opts->cases, guest->what)))
                continue;
            if (part == DIRECT && listed(opts->modes, "direct"))
                bench_chaos(host, opts, guest, unit, results, err);
            else if (part == CHAOSD)
                bench_with_chaosd(opts, guest, unit, results, err);
            else if (part == XL && opts->xl)
                bench_xl(results, guest, opts->guests, opts->bridge, 6, unit);
        }
        chaos_host_close(host);
    }
}

int main(int argc, char **argv)
{
    struct options opts = {
        .count = 20, .clock = "wall", .chaos = "/usr/bin/chaos", .modes = "direct,pool"};
    chaos_error *err = chaos_error_new();
    json_t *results = json_array(), *doc;
    uint64_t unit;

    parse(argc, argv, &opts);
    unit = fork_exec_unit(opts.unit);
    run(&opts, unit, results, err);
    doc = json_pack("{s:i, s:s, s:I, s:o}", "schema", 1, "clock", opts.clock, "fork_exec_ns",
                    (json_int_t)unit, "results", results);
    json_dumpf(doc, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(4));
    putchar('\n');
    json_decref(doc);
    chaos_error_free(err);
    return 0;
}
