/* SPDX-License-Identifier: BSD-3-Clause */
/* pool: shows what chaosd says about itself, and changes how many shells it keeps. */
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

static void print_list(const json_t *top)
{
    size_t i;
    json_t *fl;

    printf("%-20s %-4s %10s %5s %-4s %6s %6s %6s\n", "FLAVOUR", "TYPE", "MEM(KiB)", "VCPUS", "WARM",
           "TARGET", "IDLE", "TAKEN");
    json_array_foreach(json_object_get(top, "flavours"), i, fl)
        printf("%-20s %-4s %10lld %5lld %-4s %6lld %6lld %6lld\n", text(fl, "name"),
               text(fl, "type"), number(fl, "memory_kib"), number(fl, "vcpus"),
               json_is_true(json_object_get(fl, "warm")) ? "yes" : "no", number(fl, "target"),
               number(fl, "idle"), number(fl, "taken"));
}

static void print_status(const json_t *top)
{
    size_t i;
    json_t *fl;

    printf("chaosd %s\nclients: %lld\nconsoles: %lld, %lld viewers\n", text(top, "version"),
           number(top, "clients"), number(top, "consoles"), number(top, "viewers"));
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

/* What `chaos pool` can do, a row each. */
struct word {
    const char *name;
    uint16_t ask; /* the message to chaosd */
    bool counts;  /* that message has a number of shells: the second argument, or 0 */
    int min, max; /* arguments; the first is a flavour, and in the message */
    const char *takes;
    void (*show)(const json_t *top); /* its answer, for people; NULL: as it is, or there is none */
};

static const struct word words[] = {
    {"status", CHAOS_POOL_STATUS, false, 0, 0, "no arguments", print_status},
    {"list", CHAOS_POOL_STATUS, false, 0, 0, "no arguments", print_list},
    {"metrics", CHAOS_POOL_METRICS, false, 0, 0, "no arguments", NULL},
    {"drain", CHAOS_POOL_RESIZE, true, 0, 1, "one flavour, or none for all", NULL},
    {"fill", CHAOS_POOL_FILL, false, 0, 1, "one flavour, or none for all", NULL},
    {"resize", CHAOS_POOL_RESIZE, true, 2, 2, "a flavour and a number", NULL},
};

/* What the command line asks for. */
struct request {
    const struct word *word;
    const char *flavour;
    unsigned long target;
    bool json;
};

static int encode(const struct request *req, void *buf, size_t room)
{
    struct chaos_pool_writer w;

    chaos_pool_begin(&w, buf, room, req->word->ask);
    if (req->word->counts)
        chaos_pool_put_u32(&w, req->target);
    if (req->word->max)
        chaos_pool_put(&w, req->flavour, strlen(req->flavour));
    return chaos_pool_end(&w);
}

static int show(const struct request *req, const struct chaos_pool_reader *r)
{
    size_t len = r->end - r->p;
    json_t *top;

    if (req->json || !req->word->show) {
        fwrite(r->p, 1, len, stdout);
        if (req->json)
            putchar('\n');
        return CHAOS_OK;
    }
    top = json_loadb((const char *)r->p, len, 0, NULL);
    if (!top) {
        report("chaosd's answer makes no sense");
        return CHAOS_E_FAILED;
    }
    req->word->show(top);
    json_decref(top);
    return CHAOS_OK;
}

/* Asks chaosd over `fd`; `buf` has room for its answer. Returns an exit code. */
static int ask(int fd, const struct request *req, const void *msg, int len, void *buf,
               chaos_error *err)
{
    uint8_t status[sizeof(struct chaos_pool_header)];
    struct chaos_pool_reader r;
    int rc = chaos_pool_ask(fd, msg, len, buf, &r, err);

    if (rc == CHAOS_POOL_OK && req->json) { /* what has changed: all there is now */
        len = encode(&(struct request){.word = &words[0]}, status, sizeof(status));
        rc = chaos_pool_ask(fd, status, len, buf, &r, err);
    }
    if (rc < 0)
        return failed(err);
    return rc == CHAOS_POOL_TEXT ? show(req, &r) : CHAOS_OK;
}

static int run(const struct request *req, chaos_error *err)
{
    uint8_t msg[sizeof(struct chaos_pool_header) + 256];
    int len = encode(req, msg, sizeof(msg)), fd, status;
    void *buf;

    if (len < 0)
        return usage_error("a flavour's name has at most %d bytes", CHAOS_POOL_FLAVOUR_MAX);
    fd = chaos_pool_connect(common.run_dir, err);
    if (fd < 0)
        return failed(err);
    buf = malloc(CHAOS_POOL_MAX);
    if (buf) {
        status = ask(fd, req, msg, len, buf, err);
    } else {
        report("out of memory");
        status = CHAOS_E_NO_MEMORY;
    }
    close(fd);
    free(buf);
    return status;
}

/* Reads the words after the verb: GO_ON, or the exit code. */
static int read_words(int argc, char **argv, struct request *req)
{
    const struct word *word = words, *end = words + sizeof(words) / sizeof(words[0]);

    if (argc < 1)
        return usage_error("status, list, metrics, drain, fill or resize?");
    while (word < end && strcmp(word->name, argv[0]) != 0)
        word++;
    if (word == end)
        return usage_error("\"%s\" is neither status, list, metrics, drain, fill nor resize",
                           argv[0]);
    if (argc - 1 < word->min || argc - 1 > word->max)
        return usage_error("%s takes %s", argv[0], word->takes);
    req->word = word;
    req->flavour = argc > 1 ? argv[1] : CHAOS_POOL_ALL;
    if (!*req->flavour) /* an empty shell variable does not mean all flavours */
        return usage_error("\"\" is no flavour's name");
    if (argc > 2 && !parse_number(argv[2], 0, 100000, &req->target))
        return usage_error("\"%s\" is not a number from 0 to 100000", argv[2]);
    return GO_ON;
}

int cmd_pool(int argc, char **argv)
{
    enum { OPT_FORMAT = OPT_FIRST };
    static const struct option options[] = {{"format", required_argument, NULL, OPT_FORMAT},
                                            COMMON_LONG};
    struct request req = {.word = NULL};
    chaos_error *err;
    int status;

    while (verb_option(argc, argv, COMMON_SHORT, options, &status) == OPT_FORMAT) {
        req.json = strcmp(optarg, "json") == 0;
        if (!req.json && strcmp(optarg, "table") != 0 && strcmp(optarg, "text") != 0)
            return usage_error("--format: \"%s\" is neither table, text nor json", optarg);
    }
    if (status == GO_ON)
        status = read_words(argc - optind, argv + optind, &req);
    if (status != GO_ON)
        return status;
    err = chaos_error_new();
    status = err ? run(&req, err) : CHAOS_E_NO_MEMORY;
    chaos_error_free(err);
    return status;
}
