/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client of chaosd's socket that behaves badly. Usage: pool-peer WHAT [KIB]; the exit status is 0
 * where chaosd did what it should.
 *
 *   truncated  cuts every message there is at every byte, and drops the connection: all refused
 *   malformed  every message there is with each of its bytes changed
 *   oversize   a message longer than any may be
 *   version    another version of the protocol: is told so
 *   silent     connects and says nothing: is hung up on
 *   slow       says something now and then: is answered
 *   deaf       asks and does not read the answers: is hung up on, and nothing is kept for it
 *   member     a user of the socket's group: may look, and do nothing else
 *   crowd      the same user with as many connections as it gets: tells how many, and keeps them
 *   takes      takes 5 PV shells of KIB and dies without reading them
 *   holds      takes one, prints its uuid, and waits to be killed
 *   nobody     another user: no take, no connection where the socket is root's
 *   impostor   serves in chaosd's place as another user: nobody asks it anything
 *   many       2000 connections at once; afterwards chaosd still answers
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <chaos/pool.h>

static uint8_t buf[CHAOS_POOL_MAX + 4096];

static int dial(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "/run/chaos/" CHAOS_POOL_SOCKET};
    struct timeval patience = {.tv_sec = 30}, short_patience = {.tv_usec = 20000};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &short_patience, sizeof(short_patience));
    if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
        close(fd);
        return -errno;
    }
    return fd;
}

/* A take as the protocol has it (docs/pool.md). */
static size_t take(uint8_t *msg, uint32_t count, uint64_t kib)
{
    struct chaos_pool_header head = {CHAOS_POOL_MAGIC, CHAOS_POOL_VERSION, CHAOS_POOL_TAKE, 0, 0};
    uint16_t type = CHAOS_PV, none = 0;
    uint32_t vcpus = 1, len = 2 + 4 + 8 + 2 + 2;
    uint8_t *p = msg + sizeof(head);

#define PUT(data, bytes) (memcpy(p, data, bytes), p += (bytes))
    PUT(&count, 4);
    memset(p, 0, sizeof(struct chaos_pool_image));
    p += sizeof(struct chaos_pool_image);
    PUT(&len, 4);
    PUT(&type, 2);
    PUT(&vcpus, 4);
    PUT(&kib, 8);
    PUT(&none, 2);
    PUT(&none, 2);
#undef PUT
    head.length = p - msg;
    memcpy(msg, &head, sizeof(head));
    return head.length;
}

/* The type of the answer; 0 at a hang-up. */
static int answer(int fd)
{
    ssize_t n = recv(fd, buf, sizeof(buf), 0);
    struct chaos_pool_header head;

    if (n < (ssize_t)sizeof(head))
        return n < 0 ? -errno : 0;
    memcpy(&head, buf, sizeof(head));
    return head.type;
}

static int answers(void)
{
    struct chaos_pool_header head = {CHAOS_POOL_MAGIC, CHAOS_POOL_VERSION, CHAOS_POOL_STATUS,
                                     sizeof(head), 0};
    int fd = dial(), good = fd >= 0 && send(fd, &head, sizeof(head), MSG_NOSIGNAL) > 0 &&
                            answer(fd) == CHAOS_POOL_TEXT;

    if (fd >= 0)
        close(fd);
    return good;
}

/* A message of each type, numbered from 0, that does nothing: of shells, flavours and VMs that
 * there are not. 0 where there is none such. */
static size_t message(unsigned int which, uint8_t *msg)
{
    static const struct {
        uint16_t type;
        size_t len;
        const char *text;
    } rest[] = {
        {CHAOS_POOL_GIVE_BACK, 37, "6368616f-0000-8000-8000-000000000000"},
        {CHAOS_POOL_RECLAIM, 8, "\0\0\0\0\0\0\0\0"},
        {CHAOS_POOL_STATUS, 0, ""},
        {CHAOS_POOL_METRICS, 0, ""},
        {CHAOS_POOL_RESIZE, 11, "\1\0\0\0nothing"},
        {CHAOS_POOL_FILL, 7, "nothing"},
        {CHAOS_POOL_CONSOLE, 49,
         "\0\0\0\0\0\0\0\0\0\0\0\0"
         "6368616f-0000-8000-8000-000000000000"},
        {CHAOS_POOL_INPUT, 5, "input"},
        {CHAOS_POOL_DONE, 72,
         "\0\0\0\0\0\0\0\0"
         "\0\0\0\0\0\0\0\0"
         "\0\0\0\0\0\0\0\0"
         "\0\0\0\0\0\0\0\0"
         "\0\0\0\0\0\0\0\0"
         "\0\0\0\0\0\0\0\0"
         "\0\0\0\0\0\0\0\0"
         "\0\0\0\0\0\0\0\0"
         "\0\0\0\0\0\0\0"},
    };
    struct chaos_pool_header head = {.magic = CHAOS_POOL_MAGIC, .version = CHAOS_POOL_VERSION};

    if (which == 0)
        return take(msg, 1, 123); /* no flavour has that */
    if (which > sizeof(rest) / sizeof(rest[0]))
        return 0;
    head.type = rest[which - 1].type;
    head.length = sizeof(head) + rest[which - 1].len;
    memcpy(msg, &head, sizeof(head));
    memcpy(msg + sizeof(head), rest[which - 1].text, rest[which - 1].len);
    return head.length;
}

static int truncated(void)
{
    size_t len;

    for (unsigned int which = 0; (len = message(which, buf)) != 0; which++) {
        for (size_t cut = 0; cut < len; cut++) {
            int fd = dial();

            message(which, buf);
            if (fd < 0 || send(fd, buf, cut, MSG_NOSIGNAL) != (ssize_t)cut)
                return 0;
            if (cut && (answer(fd) != CHAOS_POOL_ERROR || answer(fd) != 0))
                return 0;
            close(fd);
        }
    }
    return answers();
}

/* Any answer will do, and the end of the connection as well. */
static int malformed(void)
{
    size_t len;

    for (unsigned int which = 0; (len = message(which, buf)) != 0; which++) {
        for (size_t at = 0; at < len; at++) {
            int fd = dial();

            message(which, buf);
            buf[at] ^= 0x55;
            if (fd < 0 || send(fd, buf, len, MSG_NOSIGNAL) != (ssize_t)len)
                return 0;
            shutdown(fd, SHUT_WR); /* what has no answer is hung up on */
            if (answer(fd) < 0)
                return 0;
            close(fd);
        }
    }
    return answers();
}

static int slow(void)
{
    int fd = dial();

    for (int i = 0; i < 4; i++) {
        size_t len = message(3, buf); /* a status */

        if (send(fd, buf, len, MSG_NOSIGNAL) != (ssize_t)len || answer(fd) != CHAOS_POOL_TEXT)
            return 0;
        sleep(4);
    }
    return answers();
}

static int deaf(void)
{
    int fd = dial(), sent = 0;
    size_t len = message(4, buf); /* metrics are long */

    while (sent < 100000) {
        ssize_t n = send(fd, buf, len, MSG_NOSIGNAL);

        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
            break; /* hung up on */
        sent += n > 0;
    }
    return sent < 100000 && answers();
}

static int oversize(void)
{
    struct chaos_pool_header head = {CHAOS_POOL_MAGIC, CHAOS_POOL_VERSION, CHAOS_POOL_STATUS,
                                     sizeof(buf), 0};
    int fd = dial(), room = 1 << 20;

    memcpy(buf, &head, sizeof(head));
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
    if (send(fd, buf, sizeof(buf), MSG_NOSIGNAL) != sizeof(buf))
        return 0;
    return answer(fd) == CHAOS_POOL_ERROR && answer(fd) == 0 && answers();
}

static int version(void)
{
    struct chaos_pool_header head = {CHAOS_POOL_MAGIC, CHAOS_POOL_VERSION + 1, CHAOS_POOL_STATUS,
                                     sizeof(head), 0};
    int fd = dial();

    send(fd, &head, sizeof(head), MSG_NOSIGNAL);
    if (answer(fd) != CHAOS_POOL_ERROR)
        return 0;
    return memmem(buf, 256, "version 2", 9) != NULL && answers();
}

static int silent(void)
{
    int fd = dial();
    time_t start = time(NULL);

    return answer(fd) == 0 && time(NULL) - start < 20 && answers();
}

static int takes(uint64_t kib, int hold)
{
    int fd = dial();
    size_t len = take(buf, hold ? 1 : 5, kib);

    if (fd < 0 || send(fd, buf, len, MSG_NOSIGNAL) != (ssize_t)len)
        return 0;
    if (!hold)
        return 1;
    if (answer(fd) != CHAOS_POOL_SHELLS)
        return 0;
    printf("taken\n");
    fflush(stdout);
    pause();
    return 0;
}

static int nobody(void)
{
    int fd = dial(); /* what a socket for a group would let in */
    size_t len = take(buf, 1, 123);

    if (setuid(65534) < 0)
        return 0;
    /* The peer's credentials are those of the connect. */
    close(fd);
    fd = dial();
    if (fd == -EACCES)
        return 1;
    if (fd < 0 || send(fd, buf, len, MSG_NOSIGNAL) != (ssize_t)len)
        return 0;
    return answer(fd) == CHAOS_POOL_ERROR && memmem(buf, 256, "only root", 9) != NULL;
}

static int member(void)
{
    static const unsigned int looks[] = {3, 4};
    size_t len;

    if (setgid(990) < 0 || setuid(65534) < 0)
        return 0;
    for (unsigned int which = 0; (len = message(which, buf)) != 0; which++) {
        int fd = dial(), type;

        len = message(which, buf);
        if (fd < 0 || send(fd, buf, len, MSG_NOSIGNAL) != (ssize_t)len)
            return 0;
        type = answer(fd);
        if (which == looks[0] || which == looks[1]) {
            if (type != CHAOS_POOL_TEXT)
                return 0;
        } else if (type != CHAOS_POOL_ERROR || !memmem(buf, 256, "only root", 9) ||
                   answer(fd) != 0) {
            return 0;
        }
        close(fd);
    }
    return 1;
}

static int crowd(void)
{
    struct chaos_pool_header head = {CHAOS_POOL_MAGIC, CHAOS_POOL_VERSION, CHAOS_POOL_STATUS,
                                     sizeof(head), 0};
    struct rlimit limit = {4096, 4096};
    int kept = 0, refused = 0;

    setrlimit(RLIMIT_NOFILE, &limit);
    if (setgid(990) < 0 || setuid(65534) < 0)
        return 0;
    while (kept < 1100 && refused < 20) {
        int fd = dial();

        if (fd >= 0 && send(fd, &head, sizeof(head), MSG_NOSIGNAL) > 0 &&
            answer(fd) == CHAOS_POOL_TEXT) {
            kept++;
            continue;
        }
        refused++;
        if (fd >= 0)
            close(fd);
    }
    printf("%d\n", kept);
    fflush(stdout);
    pause();
    return 0;
}

/* A socket has the credentials of who listens. */
static int impostor(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "/run/chaos/" CHAOS_POOL_SOCKET};
    struct timeval patience = {.tv_sec = 60};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), peer;

    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || setuid(65534) < 0 ||
        listen(fd, 1) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
        return 0;
    peer = accept(fd, NULL, NULL);
    return peer >= 0 && recv(peer, buf, sizeof(buf), 0) <= 0;
}

static int many(void)
{
    struct rlimit limit = {4096, 4096};
    static int fds[2000];

    setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < 2000; i++)
        fds[i] = dial();
    for (int i = 0; i < 2000; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    for (int i = 0; i < 50; i++) {
        if (answers())
            return 1;
        usleep(100000);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    uint64_t kib = argc > 2 ? strtoul(argv[2], NULL, 10) : 1024;
    int good = strcmp(what, "truncated") == 0   ? truncated()
               : strcmp(what, "malformed") == 0 ? malformed()
               : strcmp(what, "oversize") == 0  ? oversize()
               : strcmp(what, "version") == 0   ? version()
               : strcmp(what, "silent") == 0    ? silent()
               : strcmp(what, "slow") == 0      ? slow()
               : strcmp(what, "deaf") == 0      ? deaf()
               : strcmp(what, "member") == 0    ? member()
               : strcmp(what, "crowd") == 0     ? crowd()
               : strcmp(what, "takes") == 0     ? takes(kib, 0)
               : strcmp(what, "holds") == 0     ? takes(kib, 1)
               : strcmp(what, "nobody") == 0    ? nobody()
               : strcmp(what, "impostor") == 0  ? impostor()
               : strcmp(what, "many") == 0      ? many()
                                                : -1;

    if (good < 0) {
        fprintf(stderr, "pool-peer: what?\n");
        return 2;
    }
    return good ? 0 : 1;
}
