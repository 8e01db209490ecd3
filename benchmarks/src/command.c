/* SPDX-License-Identifier: BSD-3-Clause */
/* The command as somebody types it: from fork to exit. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

static int runner = -1;

/* Runs the commands that it is told, as strings one behind the other, and answers how long each
 * took. */
static void run_commands(int fd)
{
    char words[1024], *argv[16];
    ssize_t len;

    while ((len = recv(fd, words, sizeof(words) - 1, 0)) > 0) {
        size_t argc = 0;
        uint64_t ns;

        words[len] = '\0';
        for (char *word = words; word < words + len && argc < 15; word += strlen(word) + 1)
            argv[argc++] = word;
        argv[argc] = NULL;
        ns = run_process(argv[0], argv);
        if (send(fd, &ns, sizeof(ns), 0) < 0)
            break;
    }
}

void command_runner(void)
{
    int ends[2], null = open("/dev/null", O_WRONLY);

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        die("socketpair", NULL);
    if (fork() == 0) {
        close(ends[0]);
        dup2(null, STDOUT_FILENO); /* its lines are not for our document */
        close(null);
        run_commands(ends[1]);
        _exit(0);
    }
    close(null);
    close(ends[1]);
    runner = ends[0];
}

static uint64_t run_quietly(char *const argv[])
{
    char words[1024];
    size_t len = 0;
    uint64_t ns = 0;

    for (size_t i = 0; argv[i]; i++)
        len += snprintf(words + len, sizeof(words) - len, "%s", argv[i]) + 1;
    if (send(runner, words, len, MSG_NOSIGNAL) < 0 || recv(runner, &ns, sizeof(ns), 0) <= 0)
        die(argv[0], NULL);
    return ns;
}

/* The unit, forked by who forks the commands: minimum of 20. */
static uint64_t unit_of_runner(const char *path)
{
    char *argv[] = {(char *)path, NULL};
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < 20; i++) {
        uint64_t ns = run_quietly(argv);

        if (ns < best)
            best = ns;
    }
    return best;
}

static void measure(const char *chaos, char *file, struct sample *samples, size_t count,
                    bool pooled)
{
    for (size_t i = 0; i < count; i++) {
        char name[32];
        char *argv[] = {(char *)chaos, "create", "--name", name, file, NULL};
        long hits = 0;

        snprintf(name, sizeof(name), "command-%zu", i);
        if (pooled) {
            pool_wait_full();
            hits = pool_state().hits;
        }
        samples[i].ns = run_quietly(argv);
        settle();
        if (pooled && pool_state().hits != hits + 1)
            die("a creation was not from the pool", NULL);
    }
}

void bench_command(json_t *results, const struct guest *guest, const chaos_config *cfg,
                   const char *chaos, const char *unit_path)
{
    static const char *const modes[] = {"command", "command-pool-cold", "command-pool-warm"};
    chaos_error *err = chaos_error_new();
    char file[] = "/tmp/bench-command.yaml";
    uint64_t unit = unit_of_runner(unit_path);

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
