/* SPDX-License-Identifier: BSD-3-Clause */
/* The command as somebody types it: from fork to exit. */
#include <fcntl.h>
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

/* Its lines are not for our standard output, which is a document. */
static uint64_t run_quietly(const char *path, char *const argv[], int null, int out)
{
    uint64_t ns;

    fflush(stdout);
    dup2(null, STDOUT_FILENO);
    ns = run_process(path, argv);
    dup2(out, STDOUT_FILENO);
    return ns;
}

static void measure(const char *chaos, char *file, struct sample *samples, size_t count,
                    bool pooled)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC), out = fcntl(1, F_DUPFD_CLOEXEC, 3);

    for (size_t i = 0; i < count; i++) {
        char name[32];
        char *argv[] = {"chaos", "create", "--name", name, file, NULL};
        long hits = 0;

        snprintf(name, sizeof(name), "command-%zu", i);
        if (pooled) {
            pool_wait_full();
            hits = pool_state().hits;
        }
        samples[i].ns = run_quietly(chaos, argv, null, out);
        settle();
        if (pooled && pool_state().hits != hits + 1)
            die("a creation was not from the pool", NULL);
    }
    close(null);
    close(out);
}

void bench_command(json_t *results, const struct guest *guest, const chaos_config *cfg,
                   const char *chaos, uint64_t unit)
{
    static const char *const modes[] = {"command", "command-pool-cold", "command-pool-warm"};
    chaos_error *err = chaos_error_new();
    char file[] = "/tmp/bench-command.yaml";

    write_file(file, cfg, err);
    for (int mode = 0; mode < 3; mode++) {
        pid_t pid = mode ? pool_start(cfg, mode == 2, err) : 0;
        struct sample samples[WINDOW + 1] = {{0}};
        chaos_host *host;

        measure(chaos, file, samples, WINDOW + 1, mode);
        /* The first pays for a cold page cache. */
        json_array_append_new(results, result_row("chaos", guest->what, modes[mode], "create", 1,
                                                  samples + 1, WINDOW, unit));
        if (chaos_host_open(NULL, &host, err) < 0)
            die("open", err);
        for (size_t i = 0; i <= WINDOW; i++)
            destroy_named(host, "command", i, err);
        chaos_host_close(host);
        if (pid)
            pool_stop(pid);
    }
    unlink(file);
    chaos_error_free(err);
}
