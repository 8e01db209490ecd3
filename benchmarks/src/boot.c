/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long something takes to start: a VM, from the call of chaos_create until it says on its
 * console that it is up, and until it serves; a command (a process, a container), from fork to its
 * first word, and to its end. One JSON document on stdout.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define PATIENCE_MS 120000
#define TRY_MS      2 /* a connection that takes longer was asked for before anybody listened */
#define TEXT        65536

static const char usage[] =
    "Usage: bench-boot [--count N] --vm CONFIG --up TEXT [--serves IP:PORT]\n"
    "       bench-boot [--count N] -- PATH [ARG...]\n"
    "  --serves  a server there sends something, after an HTTP request where PORT is 80\n";

struct options {
    const char *config, *up;
    struct sockaddr_in server; /* port 0: none */
    size_t count;
    char **command;
};

/* In ns since the beginning; 0: not measured. */
struct start {
    uint64_t created, up, served, ended;
};

static bool parse_server(const char *text, struct sockaddr_in *to)
{
    char address[INET_ADDRSTRLEN];
    unsigned int port;

    to->sin_family = AF_INET;
    if (sscanf(text, "%15[0-9.]:%u", address, &port) != 2 || port > 65535)
        return false;
    to->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, address, &to->sin_addr) == 1;
}

static void parse(int argc, char **argv, struct options *opts)
{
    static const struct option options[] = {{"count", required_argument, NULL, 'n'},
                                            {"vm", required_argument, NULL, 'v'},
                                            {"up", required_argument, NULL, 't'},
                                            {"serves", required_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    bool good = true;
    int opt;

    while ((opt = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        if (opt == 'n')
            opts->count = strtoul(optarg, NULL, 10);
        else if (opt == 'v')
            opts->config = optarg;
        else if (opt == 't')
            opts->up = optarg;
        else if (opt == 's')
            good &= parse_server(optarg, &opts->server);
        else
            good = false;
    }
    opts->command = argv + optind;
    if (!good || !opts->count || !opts->config != !opts->up || !opts->config == (optind == argc)) {
        fputs(usage, stderr);
        exit(2);
    }
}

/* Reads the console until `up` was among what came. */
static void hear(chaos_console *con, const char *up)
{
    struct pollfd pfd = {.fd = chaos_console_fd(con), .events = POLLIN};
    static char text[TEXT];
    size_t length = 0;

    for (;;) {
        int n = chaos_console_read(con, text + length, sizeof(text) - 1 - length);

        if (n < 0 || length == sizeof(text) - 1)
            die("console", NULL);
        length += (size_t)n;
        text[length] = '\0';
        if (strstr(text, up))
            return;
        if (n > 0)
            continue;
        if (poll(&pfd, 1, PATIENCE_MS) != 1) {
            fprintf(stderr, "bench-boot: it said: %s\n", text);
            die("it does not say that it is up", NULL);
        }
        chaos_console_ack(con);
    }
}

/* One attempt: true where something came back. */
static bool serves(const struct sockaddr_in *to)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct pollfd pfd = {.fd = fd, .events = POLLOUT};
    bool served = false;
    char answer[64];

    if (fd < 0)
        die("socket", NULL);
    if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0 && errno != EINPROGRESS)
        served = false;
    else if (poll(&pfd, 1, TRY_MS) == 1 && !(pfd.revents & (POLLERR | POLLHUP))) {
        if (to->sin_port == htons(80))
            (void)!send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL);
        pfd.events = POLLIN;
        served = poll(&pfd, 1, 1000) == 1 && read(fd, answer, sizeof(answer)) > 0;
    }
    close(fd);
    return served;
}

static void start_vm(chaos_host *host, const chaos_config *cfg, const struct options *opts,
                     struct start *s, chaos_error *err)
{
    struct chaos_domain dom;
    chaos_console *con;
    uint32_t domid;
    uint64_t begin = now_ns();

    if (chaos_create(host, cfg, "boot", false, &domid, err) < 0)
        die("create", err);
    s->created = now_ns() - begin;
    if (chaos_find(host, "boot", &dom, err) < 0 ||
        chaos_console_attach(host, &dom, CHAOS_CONSOLE_DIRECT, &con, err) < 0)
        die("console", err);
    hear(con, opts->up);
    s->up = now_ns() - begin;
    chaos_console_close(con);
    while (opts->server.sin_port && !s->served) {
        if (serves(&opts->server))
            s->served = now_ns() - begin;
        else if (now_ns() - begin > PATIENCE_MS * 1000000ULL)
            die("it does not serve", NULL);
        else
            usleep(500);
    }
    if (chaos_destroy(host, &dom, err) < 0)
        die("destroy", err);
}

static void start_command(const struct options *opts, struct start *s)
{
    uint64_t begin = now_ns();
    int ends[2], status;
    char text[64];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        die("pipe", NULL);
    pid = fork();
    if (pid < 0)
        die("fork", NULL);
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execv(opts->command[0], opts->command);
        _exit(127);
    }
    close(ends[1]);
    if (read(ends[0], text, sizeof(text)) > 0)
        s->up = now_ns() - begin;
    if (waitpid(pid, &status, 0) < 0)
        die("waitpid", NULL);
    s->ended = now_ns() - begin;
    close(ends[0]);
    if (status != 0 || !s->up)
        die(opts->command[0], NULL);
}

static json_t *all(const struct start *starts, size_t count, size_t offset)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++) {
        uint64_t ns;

        memcpy(&ns, (const char *)&starts[i] + offset, sizeof(ns));
        json_array_append_new(array, json_integer((json_int_t)ns));
    }
    return array;
}

int main(int argc, char **argv)
{
    struct options opts = {.count = 10};
    chaos_error *err = chaos_error_new();
    chaos_host *host = NULL;
    chaos_config *cfg = NULL;
    struct start *starts, first;
    json_t *doc;

    parse(argc, argv, &opts);
    starts = calloc(opts.count, sizeof(*starts));
    if (!starts)
        die("memory", NULL);
    if (opts.config &&
        (chaos_config_load(opts.config, &cfg, err) < 0 || chaos_config_check(cfg, err) < 0))
        die(opts.config, err);
    if (opts.config && chaos_host_open(NULL, &host, err) < 0)
        die("open", err);
    for (size_t i = 0; i <= opts.count; i++) { /* the first of all: cold caches */
        struct start *s = i ? &starts[i - 1] : &first;

        if (host)
            start_vm(host, cfg, &opts, s, err);
        else
            start_command(&opts, s);
        usleep(50000); /* what it leaves goes: interfaces, namespaces */
    }
    doc = json_pack("{s:o, s:o, s:o, s:o}", "created_ns",
                    all(starts, opts.count, offsetof(struct start, created)), "up_ns",
                    all(starts, opts.count, offsetof(struct start, up)), "served_ns",
                    all(starts, opts.count, offsetof(struct start, served)), "ended_ns",
                    all(starts, opts.count, offsetof(struct start, ended)));
    json_dumpf(doc, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(doc);
    chaos_config_free(cfg);
    if (host)
        chaos_host_close(host);
    chaos_error_free(err);
    free(starts);
    return 0;
}
