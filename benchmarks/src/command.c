/* SPDX-License-Identifier: BSD-3-Clause */
/* The command as somebody types it: from fork to exit. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

static void write_file(const char *path, const chaos_config *cfg, chaos_error *err)
{
    FILE *to = fopen(path, "w");
    char *text;

    if (!to || chaos_config_dump(cfg, &text, err) < 0)
        die(path, err);
    fputs(text, to);
    fclose(to);
    free(text);
}

struct measured {
    const char *chaos, *unit_path, *mode;
    char *file;
    const struct guest *guest;
};

/* Some creations, forked by one parent: its row, with its own unit. */
static json_t *measure(const struct measured *what, bool pooled, chaos_error *err)
{
    struct parent parent = parent_start();
    uint64_t unit = parent_unit(&parent, what->unit_path);
    struct sample samples[WINDOW + 1] = {{0}};
    chaos_host *host;

    for (size_t i = 0; i <= WINDOW; i++) {
        char name[32];
        char *argv[] = {(char *)what->chaos, "create", "--name", name, what->file, NULL};
        long hits = 0;

        snprintf(name, sizeof(name), "command-%zu", i);
        if (pooled) {
            pool_wait_full();
            hits = pool_state().hits;
        }
        samples[i].ns = parent_run(&parent, argv, 1);
        settle();
        if (pooled && pool_state().hits != hits + 1)
            die("a creation was not from the pool", NULL);
    }
    parent_end(&parent);
    if (chaos_host_open(NULL, &host, err) < 0)
        die("open", err);
    for (size_t i = 0; i <= WINDOW; i++)
        destroy_named(host, "command", i, err);
    chaos_host_close(host);
    /* The first pays for a cold page cache. */
    return result_row("chaos", what->guest->what, what->mode, "create", 1, samples + 1, WINDOW,
                      unit);
}

void bench_command(json_t *results, const struct guest *guest, const chaos_config *cfg,
                   const char *chaos, const char *unit_path)
{
    static const char *const modes[] = {"command", "command-pool-cold", "command-pool-warm"};
    char file[] = "/tmp/bench-command.yaml";
    struct measured what = {.chaos = chaos, .unit_path = unit_path, .guest = guest, .file = file};
    chaos_error *err = chaos_error_new();

    write_file(file, cfg, err);
    for (int mode = 0; mode < 3; mode++) {
        pid_t pid = mode ? pool_start(cfg, mode == 2, err) : 0;

        what.mode = modes[mode];
        for (int i = 0; i < PARENTS; i++)
            json_array_append_new(results, measure(&what, mode, err));
        if (pid)
            pool_stop(pid);
    }
    unlink(file);
    chaos_error_free(err);
}
