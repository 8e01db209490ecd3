/* SPDX-License-Identifier: BSD-3-Clause */
/* pool: what chaosd says of itself, and how many shells it keeps. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <chaos/pool.h>
#include "cli/cmd.h"
#include "cli/show.h"

static long long number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value ? value : "";
}

static void print_list(const json_t *flavours)
{
    size_t i;
    json_t *fl;

    printf("%-20s %-4s %10s %5s %-4s %6s %6s %6s\n", "FLAVOUR", "TYPE", "MEM(KiB)", "VCPUS", "WARM",
           "TARGET", "IDLE", "TAKEN");
    json_array_foreach(flavours, i, fl)
        printf("%-20s %-4s %10lld %5lld %-4s %6lld %6lld %6lld\n", text(fl, "name"),
               text(fl, "type"), number(fl, "memory_kib"), number(fl, "vcpus"),
               json_is_true(json_object_get(fl, "warm")) ? "yes" : "no", number(fl, "target"),
               number(fl, "idle"), number(fl, "taken"));
}

static void print_status(const json_t *top)
{
    size_t i;
    json_t *fl;

    printf("chaosd %s\nclients: %lld\nconsoles: %lld, %lld readers\n", text(top, "version"),
           number(top, "clients"), number(top, "consoles"), number(top, "readers"));
    json_array_foreach(json_object_get(top, "flavours"), i, fl)
    {
        printf("flavour %s: %lld of %lld idle, %lld taken; %lld hits, %lld misses, %lld made, "
               "%lld failures%s\n",
               text(fl, "name"), number(fl, "idle"), number(fl, "target"), number(fl, "taken"),
               number(fl, "hits"), number(fl, "misses"), number(fl, "refills"),
               number(fl, "failures"),
               json_is_true(json_object_get(fl, "loading")) ? "; its kernel is being read" : "");
        if (text(fl, "error")[0])
            printf("  %s\n", text(fl, "error"));
    }
}

/* Where the words after the verb lead. */
struct request {
    const char *what, *flavour;
    unsigned long target;
    bool json;
};

static int encode(const struct request *req, void *buf, size_t room)
{
    struct chaos_pool_writer w;
    bool fill = strcmp(req->what, "fill") == 0;

    if (strcmp(req->what, "metrics") == 0) {
        chaos_pool_begin(&w, buf, room, CHAOS_POOL_METRICS);
    } else if (strcmp(req->what, "status") == 0 || strcmp(req->what, "list") == 0) {
        chaos_pool_begin(&w, buf, room, CHAOS_POOL_STATUS);
    } else {
        chaos_pool_begin(&w, buf, room, fill ? CHAOS_POOL_FILL : CHAOS_POOL_RESIZE);
        if (!fill)
            chaos_pool_put_u32(&w, req->target);
        chaos_pool_put(&w, req->flavour, strlen(req->flavour));
    }
    return chaos_pool_end(&w);
}

static int show(const struct request *req, const struct chaos_pool_reader *r)
{
    size_t len = r->end - r->p;
    json_t *top;

    if (req->json || strcmp(req->what, "metrics") == 0) {
        fwrite(r->p, 1, len, stdout);
        if (req->json)
            putchar('\n');
        return CHAOS_OK;
    }
    top = json_loadb((const char *)r->p, len, 0, NULL);
    if (!top) {
        report_info("chaosd's answer makes no sense");
        return CHAOS_E_FAILED;
    }
    if (strcmp(req->what, "list") == 0)
        print_list(json_object_get(top, "flavours"));
    else
        print_status(top);
    json_decref(top);
    return CHAOS_OK;
}

static int run(const struct request *req, chaos_error *err)
{
    uint8_t msg[sizeof(struct chaos_pool_header) + 256];
    void *buf = malloc(CHAOS_POOL_MAX);
    int len = encode(req, msg, sizeof(msg)), fd = -1, rc, status;
    struct chaos_pool_reader r;

    if (!buf || len < 0) {
        free(buf);
        return usage_error(len < 0 ? "a flavour's name has at most %d bytes" : "out of memory",
                           CHAOS_POOL_FLAVOUR_MAX);
    }
    fd = chaos_pool_connect(common.run_dir, err);
    rc = fd < 0 ? fd : chaos_pool_ask(fd, msg, len, buf, &r, err);
    if (rc == CHAOS_POOL_OK && req->json) { /* what has changed: all there is now */
        len = encode(&(struct request){.what = "status"}, msg, sizeof(msg));
        rc = chaos_pool_ask(fd, msg, len, buf, &r, err);
    }
    if (rc < 0) {
        report_error(err);
        status = chaos_error_status(err);
    } else {
        status = rc == CHAOS_POOL_TEXT ? show(req, &r) : CHAOS_OK;
    }
    if (fd >= 0)
        close(fd);
    free(buf);
    return status;
}

/* -1 to go on. */
static int words(int argc, char **argv, struct request *req)
{
    static const struct {
        const char *what;
        int min, max;
    } table[] = {{"status", 0, 0}, {"list", 0, 0}, {"metrics", 0, 0},
                 {"drain", 0, 1},  {"fill", 0, 1}, {"resize", 2, 2}};
    size_t i = 0, count = sizeof(table) / sizeof(table[0]);

    if (argc < 1)
        return usage_error("status, list, metrics, drain, fill or resize?");
    while (i < count && strcmp(table[i].what, argv[0]) != 0)
        i++;
    if (i == count)
        return usage_error("\"%s\" is neither status, list, metrics, drain, fill nor resize",
                           argv[0]);
    if (argc - 1 < table[i].min || argc - 1 > table[i].max)
        return usage_error("%s takes %s", argv[0],
                           table[i].max == 0   ? "no arguments"
                           : table[i].max == 1 ? "one flavour, or none for all"
                                               : "a flavour and a number");
    req->what = argv[0];
    req->flavour = argc > 1 ? argv[1] : CHAOS_POOL_ALL;
    if (!*req->flavour) /* an empty shell variable does not mean all flavours */
        return usage_error("\"\" is no flavour's name");
    if (argc > 2 && !parse_number(argv[2], 0, 100000, &req->target))
        return usage_error("\"%s\" is not a number from 0 to 100000", argv[2]);
    return -1;
}

int cmd_pool(int argc, char **argv)
{
    enum { OPT_FORMAT = OPT_FIRST };
    static const struct option options[] = {{"format", required_argument, NULL, OPT_FORMAT},
                                            COMMON_LONG};
    struct request req = {.what = NULL};
    chaos_error *err;
    int opt, status;

    while ((opt = getopt_long(argc, argv, COMMON_SHORT, options, NULL)) != -1) {
        if (opt == OPT_FORMAT) {
            req.json = strcmp(optarg, "json") == 0;
            if (!req.json && strcmp(optarg, "table") != 0 && strcmp(optarg, "text") != 0)
                return usage_error("--format: \"%s\" is neither table, text nor json", optarg);
        } else {
            status = common_option(opt);
            if (status >= 0)
                return status;
        }
    }
    status = words(argc - optind, argv + optind, &req);
    if (status >= 0)
        return status;
    err = chaos_error_new();
    status = err ? run(&req, err) : CHAOS_E_NO_MEMORY;
    chaos_error_free(err);
    return status;
}
