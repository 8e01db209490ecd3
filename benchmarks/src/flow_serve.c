/* SPDX-License-Identifier: BSD-3-Clause */
/* The guest's end of bench-flow, and what both ends do on a socket. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "flow.h"

#define ALIGNMENT 4096

const char *const flow_names[] = {"to_guest", "from_guest", "disk_read", "disk_write", NULL};

void flow_die(const char *what)
{
    fprintf(stderr, "bench-flow: %s: %s\n", what, strerror(errno));
    exit(1);
}

uint64_t flow_now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void *buffer(size_t size)
{
    void *buf = aligned_alloc(ALIGNMENT, size);

    if (!buf)
        flow_die("memory");
    memset(buf, 'x', size);
    return buf;
}

void flow_send(int fd, const void *buf, size_t len)
{
    const char *at = buf;

    while (len) {
        ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

        if (n < 0)
            flow_die("send");
        at += n;
        len -= n;
    }
}

void flow_pour(int fd, uint64_t bytes)
{
    static char *buf;

    buf = buf ? buf : buffer(FLOW_CHUNK);
    while (bytes) {
        size_t len = bytes < FLOW_CHUNK ? bytes : FLOW_CHUNK;

        flow_send(fd, buf, len);
        bytes -= len;
    }
}

void flow_drain(int fd, uint64_t bytes)
{
    static char *buf;

    buf = buf ? buf : buffer(FLOW_CHUNK);
    while (bytes) {
        ssize_t n = recv(fd, buf, bytes < FLOW_CHUNK ? bytes : FLOW_CHUNK, 0);

        if (n <= 0)
            flow_die("receive");
        bytes -= n;
    }
}

bool flow_line(int fd, char line[FLOW_LINE])
{
    for (size_t n = 0; n < FLOW_LINE; n++) {
        if (recv(fd, &line[n], 1, 0) != 1)
            return false;
        if (line[n] == '\n') {
            line[n] = '\0';
            return true;
        }
    }
    return false;
}

/* From the disk's beginning, one request after the other: what dd does. Returns its time. */
static uint64_t disk(const char *path, const struct flow_order *order)
{
    bool write = order->what == FLOW_DISK_WRITE;
    int fd = open(path, (write ? O_WRONLY : O_RDONLY) | O_DIRECT);
    char *buf = buffer(order->block);
    uint64_t start = flow_now_ns();

    if (fd < 0)
        flow_die(path);
    for (uint64_t at = 0; at < order->bytes; at += order->block) {
        ssize_t n = write ? pwrite(fd, buf, order->block, at) : pread(fd, buf, order->block, at);

        if (n != (ssize_t)order->block)
            flow_die(path);
    }
    start = flow_now_ns() - start;
    close(fd);
    free(buf);
    return start;
}

static void obey(int fd, const char *path, const struct flow_order *order)
{
    char line[FLOW_LINE];
    uint64_t ns = 0;

    if (order->what == FLOW_TO_GUEST)
        flow_drain(fd, order->bytes);
    else if (order->what == FLOW_FROM_GUEST)
        flow_pour(fd, order->bytes);
    else
        ns = disk(path, order);
    flow_send(fd, line, snprintf(line, sizeof(line), "%llu\n", (unsigned long long)ns));
}

static bool parse(const char *line, struct flow_order *order)
{
    char name[FLOW_LINE];
    unsigned long long bytes, block;

    if (sscanf(line, "%s %llu %llu", name, &bytes, &block) != 3)
        return false;
    for (int i = 0; flow_names[i]; i++) {
        if (strcmp(flow_names[i], name) == 0) {
            *order = (struct flow_order){i, bytes, block, 1};
            return true;
        }
    }
    return false;
}

void flow_serve(const char *path)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(FLOW_PORT)};
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct flow_order order;
    char line[FLOW_LINE];

    signal(SIGCHLD, SIG_IGN);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(listener, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(listener, 64) < 0)
        flow_die("listen");
    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd < 0)
            flow_die("accept");
        if (fork() != 0) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        while (flow_line(fd, line) && parse(line, &order))
            obey(fd, path, &order);
        _exit(0);
    }
}
