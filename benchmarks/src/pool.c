/* SPDX-License-Identifier: BSD-3-Clause */
/* Creation from chaosd's pool: one take a creation, chaosd full before each. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include <chaos/pool.h>

#define TARGET 20

/* The configuration of a VM, as lines of a flavour: indented, and without what is not a shell's. */
static void write_flavour(FILE *to, const chaos_config *cfg, bool warm, int cpu_share,
                          chaos_error *err)
{
    char *text, *save = NULL;

    if (chaos_config_dump(cfg, &text, err) < 0)
        die("dump", err);
    fprintf(to, "pools:\n  - flavour: bench\n    target: %d\n    max_cpu_share: %d\n", TARGET,
            cpu_share);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, "on_", 3) == 0 || (!warm && strncmp(line, "kernel", 6) == 0) ||
            strncmp(line, "  ip:", 5) == 0 || strncmp(line, "    ip:", 7) == 0)
            continue;
        fprintf(to, "    %s\n", line);
    }
    free(text);
}

pid_t pool_start_shared(const chaos_config *cfg, bool warm, int cpu_share, chaos_error *err)
{
    char path[] = "/tmp/bench-chaosd.XXXXXX";
    int fd = mkstemp(path);
    FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
    pid_t pid;

    if (!to)
        die(path, NULL);
    write_flavour(to, cfg, warm, cpu_share, err);
    fclose(to);
    pid = fork();
    if (pid == 0) {
        execlp("chaosd", "chaosd", "--config", path, (char *)NULL);
        _exit(127);
    }
    return pid;
}

pid_t pool_start(const chaos_config *cfg, bool warm, chaos_error *err)
{
    return pool_start_shared(cfg, warm, 100, err);
}

/* Sends a request; the answer's type, with its bytes in *r; below 0 while chaosd does not answer.
 */
static int ask(const void *msg, size_t len, struct chaos_pool_reader *r)
{
    static uint8_t buf[CHAOS_POOL_MAX];
    int fd = chaos_pool_connect(NULL, NULL), type;

    if (fd < 0)
        return fd;
    type = chaos_pool_ask(fd, msg, len, buf, r, NULL);
    close(fd);
    return type;
}

struct pool_state pool_state(void)
{
    struct chaos_pool_header msg = {CHAOS_POOL_MAGIC, CHAOS_POOL_VERSION, CHAOS_POOL_STATUS,
                                    sizeof(msg), 0};
    struct pool_state state = {.idle = -1};
    struct chaos_pool_reader r;
    json_t *top = NULL, *flavour;

    if (ask(&msg, sizeof(msg), &r) == CHAOS_POOL_TEXT)
        top = json_loadb((const char *)r.p, r.end - r.p, 0, NULL);
    flavour = json_array_get(json_object_get(top, "flavours"), 0);
    if (flavour) {
        state.idle = json_integer_value(json_object_get(flavour, "idle"));
        state.target = json_integer_value(json_object_get(flavour, "target"));
        state.hits = json_integer_value(json_object_get(flavour, "hits"));
        state.refills = json_integer_value(json_object_get(flavour, "refills"));
    }
    json_decref(top);
    return state;
}

void pool_resize(unsigned int target)
{
    uint8_t msg[64];
    struct chaos_pool_reader r;
    struct chaos_pool_writer w;

    chaos_pool_begin(&w, msg, sizeof(msg), CHAOS_POOL_RESIZE);
    chaos_pool_put_u32(&w, target);
    chaos_pool_put(&w, "bench", 5);
    if (ask(msg, chaos_pool_end(&w), &r) != CHAOS_POOL_OK)
        die("chaosd does not resize its pool", NULL);
}

void pool_wait_full(void)
{
    struct pool_state state;

    for (int i = 0; state = pool_state(), state.idle < 0 || state.idle < state.target; i++) {
        if (i == 5000)
            die("chaosd does not fill its pool", NULL);
        settle();
    }
    settle();
}

void pool_stop(pid_t pid)
{
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

static void create(chaos_host *host, const chaos_config *cfg, size_t i, struct sample *sample,
                   chaos_error *err)
{
    char name[32];
    uint32_t domid;
    uint64_t start;

    pool_wait_full();
    snprintf(name, sizeof(name), "pool-%zu", i);
    start = now_ns();
    if (chaos_create(host, cfg, name, false, &domid, err) < 0)
        die(name, err);
    sample->ns = now_ns() - start;
    settle();
}

void destroy_named(chaos_host *host, const char *prefix, size_t i, chaos_error *err)
{
    struct chaos_domain dom;
    char name[32];

    snprintf(name, sizeof(name), "%s-%zu", prefix, i);
    if (chaos_find(host, name, &dom, err) < 0 || chaos_destroy(host, &dom, err) < 0)
        die(name, err);
}

/* Every creation must have come from the pool, or the figure means nothing. */
static bool taken(const struct sample *sample)
{
    for (size_t i = 0; i < sample->nr_steps; i++) {
        if (strcmp(sample->steps[i].name, "take") == 0)
            return true;
    }
    return false;
}

/* The steps of a few further creations, and whether the pool is what they came from. */
static json_t *pool_steps(chaos_host *host, const chaos_config *cfg, size_t running,
                          chaos_error *err)
{
    enum { COUNT = 10 };
    struct sample stepped[COUNT];

    for (size_t i = 0; i < COUNT; i++) {
        sample_listen(host, &stepped[i]);
        create(host, cfg, running + i, &stepped[i], err);
        if (!taken(&stepped[i]))
            die("a creation was not from the pool", NULL);
    }
    chaos_host_on_step(host, NULL, NULL);
    for (size_t i = 0; i < COUNT; i++)
        destroy_named(host, "pool", running + i, err);
    return steps_json(stepped, COUNT);
}

void bench_pool(json_t *results, const struct guest *guest, const chaos_config *cfg, bool warm,
                size_t count, uint64_t unit)
{
    const char *mode = warm ? "pool-warm" : "pool-cold";
    struct sample *samples = calloc(count, sizeof(*samples));
    chaos_error *err = chaos_error_new();
    pid_t pid = pool_start(cfg, warm, err);
    chaos_host *host;
    json_t *row;

    pool_wait_full();
    if (!samples || chaos_host_open(NULL, &host, err) < 0)
        die("open", err);
    create(host, cfg, 0, &samples[0], err); /* warm: page cache, connection */
    destroy_named(host, "pool", 0, err);
    for (size_t i = 0; i < count; i++)
        create(host, cfg, i, &samples[i], err);
    row = result_row("chaos", guest->what, mode, "create", 0, samples, WINDOW, unit);
    json_object_set_new(row, "steps", pool_steps(host, cfg, count, err));
    json_array_append_new(results, row);
    if (count >= 2 * WINDOW)
        json_array_append_new(results,
                              result_row("chaos", guest->what, mode, "create", count - WINDOW,
                                         samples + count - WINDOW, WINDOW, unit));
    for (size_t i = 0; i < count; i++)
        destroy_named(host, "pool", i, err);
    chaos_host_close(host);
    pool_stop(pid);
    chaos_error_free(err);
    free(samples);
}
