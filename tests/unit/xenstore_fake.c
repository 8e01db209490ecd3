/* SPDX-License-Identifier: BSD-3-Clause */
/* The daemon: its socket, its requests. The tree is in xenstore_fake_tree.c. */
#include "xenstore_fake.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <xen/io/xs_wire.h>

#include "xenstore_fake_tree.h"

#define CLIENTS 8
#define WATCHES 8

static struct client {
    int fd; /* 0: none */
    char in[2 * 4096 + 64];
    size_t len;
    char watches[WATCHES][256];
} clients[CLIENTS];

static char dir[] = "/tmp/chaos-store-XXXXXX";
static char path[64];
static int listener = -1, wake[2] = {-1, -1};
static pthread_t thread;
static bool running, hanging;
static unsigned int requests, countdown, limit = 4096;
static enum fake_trouble trouble;
static char trouble_error[16], struck[300];
static bool introduced;
static uint32_t introduced_domid, introduced_port;
static uint64_t introduced_frame;
static void (*on_write)(const char *path, const char *value);

static void reply(struct client *c, uint32_t type, uint32_t id, const void *data, size_t len)
{
    struct xsd_sockmsg head = {.type = type, .req_id = id, .len = len};
    char out[sizeof(head) + 65536];

    memcpy(out, &head, sizeof(head));
    memcpy(out + sizeof(head), data, len);
    (void)!send(c->fd, out, sizeof(head) + len, MSG_NOSIGNAL);
}

static void refuse(struct client *c, uint32_t id, const char *error)
{
    reply(c, XS_ERROR, id, error, strlen(error) + 1);
}

static void fire(const char *changed)
{
    char event[600];

    for (unsigned int i = 0; i < CLIENTS; i++) {
        for (unsigned int w = 0; clients[i].fd && w < WATCHES; w++) {
            const char *watched = clients[i].watches[w];
            size_t len = strlen(watched);
            int size;

            if (!len || strncmp(changed, watched, len) != 0)
                continue;
            size = snprintf(event, sizeof(event), "%s%c%s", changed, 0, watched);
            reply(&clients[i], XS_WATCH_EVENT, 0, event, size + 1);
        }
    }
}

void xenstore_fake_released(void)
{
    fire("@releaseDomain");
}

static void watch(struct client *c, const char *watched, bool on)
{
    for (unsigned int w = 0; w < WATCHES; w++) {
        if (on ? !c->watches[w][0] : strcmp(c->watches[w], watched) == 0) {
            snprintf(c->watches[w], sizeof(c->watches[w]), "%s", on ? watched : "");
            return;
        }
    }
}

static void list(struct client *c, uint32_t id, const char *what, const char *offset)
{
    char names[65536], part[65536];
    int len = fake_tree_list(what, names, sizeof(names));
    size_t at = offset ? strtoul(offset, NULL, 10) : 0, size;

    if (len < 0) {
        refuse(c, id, "ENOENT");
    } else if (!offset && (unsigned int)len > limit) {
        refuse(c, id, "E2BIG");
    } else if (!offset) {
        reply(c, XS_DIRECTORY, id, names, len);
    } else {
        size = snprintf(part, sizeof(part), "%u", fake_tree_count()) + 1;
        while (at < (size_t)len && size + strlen(names + at) + 1 <= limit) {
            strcpy(part + size, names + at);
            size += strlen(names + at) + 1;
            at += strlen(names + at) + 1;
        }
        if (at >= (size_t)len)
            part[size++] = '\0';
        reply(c, XS_DIRECTORY_PART, id, part, size);
    }
}

/* `data` has a NUL behind its `len` bytes. */
static void serve(struct client *c, const struct xsd_sockmsg *head, char *data)
{
    const char *what = data, *rest = data + strlen(data) + 1;
    const char *value;
    bool ok = true;

    if (rest > data + head->len)
        rest = "";
    switch (head->type) {
    case XS_READ:
        value = fake_tree_value(what);
        if (value)
            reply(c, XS_READ, head->req_id, value, strlen(value));
        else
            refuse(c, head->req_id, "ENOENT");
        return;
    case XS_DIRECTORY:
    case XS_DIRECTORY_PART:
        list(c, head->req_id, what, head->type == XS_DIRECTORY ? NULL : rest);
        return;
    case XS_WRITE:
    case XS_MKDIR:
        fake_tree_write(what, head->type == XS_WRITE ? rest : NULL);
        break;
    case XS_RM:
        ok = fake_tree_remove(what);
        break;
    case XS_SET_PERMS:
        ok = fake_tree_allow(what, rest, data + head->len - rest);
        break;
    case XS_WATCH:
        watch(c, what, true);
        break;
    case XS_UNWATCH:
        watch(c, what, false);
        break;
    case XS_INTRODUCE:
        introduced_domid = strtoul(what, NULL, 10);
        introduced_frame = strtoull(rest, NULL, 10);
        introduced_port = strtoul(rest + strlen(rest) + 1, NULL, 10);
        introduced = true;
        break;
    default:
        refuse(c, head->req_id, "ENOSYS");
        return;
    }
    if (ok)
        reply(c, head->type, head->req_id, "OK", 3);
    else
        refuse(c, head->req_id, "ENOENT");
    if (head->type == XS_WRITE && on_write)
        on_write(what, rest);
    if (head->type == XS_WRITE || head->type == XS_RM || head->type == XS_WATCH)
        fire(what);
}

static void drop(struct client *c)
{
    close(c->fd);
    memset(c, 0, sizeof(*c));
}

/* Whether the request is served as usual. */
static bool behave(struct client *c, const struct xsd_sockmsg *head, const char *data)
{
    requests++;
    if (!countdown || --countdown)
        return true;
    snprintf(struck, sizeof(struck), "%u %.200s", head->type, data);
    switch (trouble) {
    case FAKE_REFUSE:
        refuse(c, head->req_id, trouble_error);
        return false;
    case FAKE_HANG:
        hanging = true;
        return false;
    case FAKE_LEAVE:
        drop(c);
        return false;
    case FAKE_NONSENSE:
        (void)!send(c->fd, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16,
                    MSG_NOSIGNAL);
        return false;
    case FAKE_SWAPPED:
        reply(c, head->type, head->req_id + 1, "OK", 3);
        return false;
    default:
        return true;
    }
}

static void receive(struct client *c)
{
    ssize_t n = recv(c->fd, c->in + c->len, sizeof(c->in) - c->len, 0);
    struct xsd_sockmsg head;

    if (n <= 0) {
        drop(c);
        return;
    }
    c->len += n;
    while (c->fd && !hanging && c->len >= sizeof(head)) {
        char data[4097];

        memcpy(&head, c->in, sizeof(head));
        if (head.len > 4096 || c->len < sizeof(head) + head.len)
            break;
        memcpy(data, c->in + sizeof(head), head.len);
        data[head.len] = '\0';
        c->len -= sizeof(head) + head.len;
        memmove(c->in, c->in + sizeof(head) + head.len, c->len);
        if (behave(c, &head, data))
            serve(c, &head, data);
    }
}

static void admit(void)
{
    int fd = accept(listener, NULL, NULL);

    for (unsigned int i = 0; fd > 0 && i < CLIENTS; i++) {
        if (!clients[i].fd) {
            clients[i].fd = fd;
            return;
        }
    }
    if (fd > 0)
        close(fd);
}

static void *work(void *unused)
{
    (void)unused;
    for (;;) {
        struct pollfd fds[CLIENTS + 2] = {{.fd = wake[0], .events = POLLIN},
                                          {.fd = listener, .events = POLLIN}};

        for (unsigned int i = 0; i < CLIENTS; i++)
            fds[i + 2] = (struct pollfd){.fd = clients[i].fd && !hanging ? clients[i].fd : -1,
                                         .events = POLLIN};
        bool idle = true;

        poll(fds, CLIENTS + 2, -1);
        for (unsigned int i = 0; i < CLIENTS; i++) {
            if (fds[i + 2].revents) {
                receive(&clients[i]);
                idle = false;
            }
        }
        if (fds[0].revents && idle) /* what had come by then is done */
            return NULL;
        if (fds[1].revents)
            admit();
    }
}

void xenstore_fake_start(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    hanging = false;
    if (!path[0]) {
        if (!mkdtemp(dir))
            fail_msg("no temporary directory");
        snprintf(path, sizeof(path), "%s/socket", dir);
    }
    strcpy(addr.sun_path, path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
        listen(listener, 8) < 0 || pipe(wake) < 0 || pthread_create(&thread, NULL, work, NULL) != 0)
        fail_msg("no xenstored for the test");
    setenv("XENSTORED_PATH", path, 1);
    running = true;
}

void xenstore_fake_stop(void)
{
    if (!running)
        return;
    close(wake[1]);
    pthread_join(thread, NULL);
    close(wake[0]);
    close(listener);
    for (unsigned int i = 0; i < CLIENTS; i++) {
        if (clients[i].fd)
            drop(&clients[i]);
    }
    unlink(path);
    rmdir(dir);
    path[0] = '\0';
    memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
    running = false;
}

void xenstore_fake_reset(void)
{
    fake_tree_reset();
    requests = 0;
    limit = 4096;
    introduced = false;
    on_write = NULL;
    xenstore_fake_trouble(0, FAKE_NONE, "");
}

void xenstore_fake_trouble(unsigned int n, enum fake_trouble what, const char *error)
{
    countdown = n;
    trouble = what;
    snprintf(trouble_error, sizeof(trouble_error), "%s", error);
    struck[0] = '\0';
}

const char *xenstore_fake_struck(void)
{
    return struck[0] ? struck : NULL;
}

void xenstore_fake_limit(unsigned int bytes)
{
    limit = bytes;
}

unsigned int xenstore_fake_requests(void)
{
    unsigned int nr = requests;

    requests = 0;
    return nr;
}

bool xenstore_fake_introduced(uint32_t domid, uint64_t *frame, uint32_t *port)
{
    if (!introduced || introduced_domid != domid)
        return false;
    *frame = introduced_frame;
    *port = introduced_port;
    return true;
}

void xenstore_fake_on_write(void (*fn)(const char *path, const char *value))
{
    on_write = fn;
}
