/* SPDX-License-Identifier: BSD-3-Clause */
/* Creation from chaosd's pool: one take a creation, chaosd full before each. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "chaos-pool.h"

#define TARGET 20

/* The configuration of a VM, as lines of a flavour: indented, and without what is not a shell's. */
static void write_flavour(FILE *to, const chaos_config *cfg, bool warm, chaos_error *err)
{
    char *text, *save = NULL;

    if (chaos_config_dump(cfg, &text, err) < 0)
        die("dump", err);
    fprintf(to, "pools:\n  - flavour: bench\n    target: %d\n    max_cpu_share: 100\n", TARGET);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, "on_", 3) == 0 || (!warm && strncmp(line, "kernel", 6) == 0) ||
            strncmp(line, "  ip:", 5) == 0 || strncmp(line, "    ip:", 7) == 0)
            continue;
        fprintf(to, "    %s\n", line);
    }
    free(text);
}

pid_t pool_start(const chaos_config *cfg, bool warm, chaos_error *err)
{
    char path[] = "/tmp/bench-chaosd.XXXXXX";
    int fd = mkstemp(path);
    FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
    pid_t pid;

    if (!to)
        die(path, NULL);
    write_flavour(to, cfg, warm, err);
    fclose(to);
    pid = fork();
    if (pid == 0) {
        execlp("chaosd", "chaosd", "--config", path, (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* How many shells are idle; -1 while chaosd does not answer. */
static int idle(void)
{
    static uint8_t buf[CHAOS_POOL_MAX];
    struct chaos_pool_header msg = {CHAOS_POOL_MAGIC, CHAOS_POOL_VERSION, CHAOS_POOL_STATUS,
                                    sizeof(msg), 0};
    struct chaos_pool_reader r;
    int fd = chaos_pool_connect(NULL, NULL), count = -1;
    json_t *top = NULL;

    if (fd < 0)
        return -1;
    if (chaos_pool_ask(fd, &msg, sizeof(msg), buf, &r, NULL) == CHAOS_POOL_TEXT)
        top = json_loadb((const char *)r.p, r.end - r.p, 0, NULL);
    if (top)
        count = json_integer_value(
            json_object_get(json_array_get(json_object_get(top, "flavours"), 0), "idle"));
    json_decref(top);
    close(fd);
    return count;
}

void pool_wait_full(void)
{
    for (int i = 0; idle() < TARGET; i++) {
        if (i == 2000)
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

static void destroy(chaos_host *host, size_t i, chaos_error *err)
{
    struct chaos_domain dom;
    char name[32];

    snprintf(name, sizeof(name), "pool-%zu", i);
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

void bench_pool(json_t *results, const struct guest *guest, const chaos_config *cfg, bool warm,
                size_t count, uint64_t unit)
{
    struct sample *samples = calloc(count, sizeof(*samples));
    struct sample *stepped = calloc(count, sizeof(*stepped));
    chaos_error *err = chaos_error_new();
    pid_t pid = pool_start(cfg, warm, err);
    chaos_host *host;
    json_t *row, *steps;

    pool_wait_full();
    if (!samples || !stepped || chaos_host_open(NULL, &host, err) < 0)
        die("open", err);
    create(host, cfg, 0, &samples[0], err); /* warm: page cache, connection */
    destroy(host, 0, err);
    for (size_t i = 0; i < count; i++)
        create(host, cfg, i, &samples[i], err);
    for (size_t i = 0; i < count; i++)
        destroy(host, i, err);
    for (size_t i = 0; i < count; i++) {
        sample_listen(host, &stepped[i]);
        create(host, cfg, i, &stepped[i], err);
        if (!taken(&stepped[i]))
            die("a creation was not from the pool", NULL);
    }
    chaos_host_on_step(host, NULL, NULL);
    for (size_t i = 0; i < count; i++)
        destroy(host, i, err);
    chaos_host_close(host);
    pool_stop(pid);
    row = result_row("chaos", guest->what, warm ? "pool-warm" : "pool-cold", "create", 0, samples,
                     count, unit);
    steps = result_row("", "", "", "", 0, stepped, count, 1);
    json_object_set(row, "steps", json_object_get(steps, "steps"));
    json_decref(steps);
    json_array_append_new(results, row);
    chaos_error_free(err);
    free(samples);
    free(stepped);
}
