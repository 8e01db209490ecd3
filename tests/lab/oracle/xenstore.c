/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is in XenStore, where a daemon runs: each node with its value and its permissions. It is
 * asked over its socket, one request at a time, in the format of Xen's io/xs_wire.h.
 */
#include "oracle.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET      "/run/xenstored/socket"
#define PAYLOAD_MAX 4096
#define PATH_MAX_XS 3072

enum {
    XS_DIRECTORY = 1,
    XS_READ = 2,
    XS_GET_PERMS = 3,
    XS_ERROR = 16,
    XS_DIRECTORY_PART = 22,
};

struct header {
    uint32_t type, id, transaction, len;
};

struct reply {
    uint32_t len;
    char data[PAYLOAD_MAX + 1]; /* always with a NUL behind */
};

static void transfer(int fd, void *buf, size_t len, int writing)
{
    while (len > 0) {
        ssize_t n = writing ? send(fd, buf, len, MSG_NOSIGNAL) : recv(fd, buf, len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ECONNRESET;
        if (n <= 0)
            oracle_fail(SOCKET);
        buf = (char *)buf + n;
        len -= (size_t)n;
    }
}

/* 0, or 1 with the error's name in reply. */
static int ask(int fd, uint32_t type, const char *text, size_t len, struct reply *reply)
{
    char request[sizeof(struct header) + PAYLOAD_MAX];
    struct header header = {.type = type, .len = (uint32_t)len};

    memcpy(request, &header, sizeof(header));
    memcpy(request + sizeof(header), text, len);
    transfer(fd, request, sizeof(header) + len, 1);
    transfer(fd, &header, sizeof(header), 0);
    if (header.len > PAYLOAD_MAX) {
        errno = EPROTO;
        oracle_fail(SOCKET);
    }
    transfer(fd, reply->data, header.len, 0);
    reply->data[header.len] = 0;
    reply->len = header.len;
    return header.type == XS_ERROR;
}

/* The names of a directory that is too long for one reply: each part begins with the directory's
 * generation, and an empty name ends the last. A directory that changes meanwhile is read again.
 * NULL where it is not there. */
static char *long_directory(int fd, const char *path, size_t *len)
{
    char request[PAYLOAD_MAX], generation[32] = "", *names = malloc(1);
    struct reply reply;
    int at;

    for (*len = 0; names;) {
        at = snprintf(request, sizeof(request), "%s%c%zu", path, 0, *len) + 1;
        if (ask(fd, XS_DIRECTORY_PART, request, (size_t)at, &reply)) {
            free(names);
            return NULL;
        }
        size_t head = strlen(reply.data) + 1;
        if (head > reply.len || head > sizeof(generation)) {
            errno = EPROTO;
            oracle_fail(path);
        }
        if (*len && strcmp(generation, reply.data)) {
            *len = 0;
            generation[0] = 0;
            continue;
        }
        memcpy(generation, reply.data, head);
        names = realloc(names, *len + reply.len - head + 1);
        if (!names)
            break;
        memcpy(names + *len, reply.data + head, reply.len - head);
        *len += reply.len - head;
        if (*len == 0 || reply.len == head || (*len == 1 && !names[0]) ||
            (*len > 1 && !names[*len - 1] && !names[*len - 2]))
            return names;
    }
    oracle_fail("memory");
}

static char *directory(int fd, const char *path, size_t *len)
{
    struct reply reply;
    char *names;

    if (ask(fd, XS_DIRECTORY, path, strlen(path) + 1, &reply))
        return strcmp(reply.data, "E2BIG") ? NULL : long_directory(fd, path, len);
    names = malloc(reply.len + 1);
    if (!names)
        oracle_fail("memory");
    memcpy(names, reply.data, reply.len);
    *len = reply.len;
    return names;
}

static void make_printable(char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++)
        if (text[i] < ' ' || text[i] > '~')
            text[i] = '?';
}

/* The permissions' texts, one behind the other, with commas between them. */
static void join(struct reply *perms)
{
    size_t i;

    for (i = 0; i + 1 < perms->len; i++)
        if (!perms->data[i])
            perms->data[i] = ',';
}

/* Directories for devices of all domains stay when the last of them is gone, whoever made them. */
static bool stays(const char *path)
{
    static const char *const parents[] = {"/vm", "/libxl", "/local/domain/0/backend",
                                          "/local/domain/0/error"};

    for (size_t i = 0; i < sizeof(parents) / sizeof(*parents); i++) {
        size_t len = strlen(parents[i]);

        if (strncmp(path, parents[i], len) == 0 &&
            (!path[len] || !strpbrk(path + len, "0123456789")))
            return true;
    }
    return false;
}

/* A node that goes while it is looked at is not there. */
static void walk(int fd, const char *path, struct state *state)
{
    char child[PATH_MAX_XS + 1], *names, *name;
    struct reply value, perms;
    size_t len, plain = strlen(path) + 1;

    if (ask(fd, XS_READ, path, plain, &value) || ask(fd, XS_GET_PERMS, path, plain, &perms))
        return;
    make_printable(value.data, value.len);
    join(&perms);
    if (value.len || !stays(path))
        state_add(state, "xenstore %s = \"%s\" (%s)", path, value.data, perms.data);
    names = directory(fd, path, &len);
    for (name = names; name && name < names + len && *name; name += strlen(name) + 1) {
        if (snprintf(child, sizeof(child), "%s/%s", strcmp(path, "/") ? path : "", name) <
            (int)sizeof(child))
            walk(fd, child, state);
    }
    free(names);
}

void record_xenstore(struct state *state)
{
    const struct timeval limit = {.tv_sec = 10};
    struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = SOCKET};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        oracle_fail("socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
        walk(fd, "/", state);
    close(fd);
}
