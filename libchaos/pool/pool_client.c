/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Taking shells from chaosd. Nothing here may stand in the way of a creation: where chaosd is not
 * there, is slow or talks nonsense, it is left alone for the rest of this host's life, and the VM
 * is created without it.
 *
 * The connection stays open while shells are in use: chaosd clears away what a client that died
 * left behind. What became a VM it tells by the name in the registry, so nobody reports that.
 */
#include "pool/pool_client.h"

#include <chaos/daemon.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "config/config.h"
#include "base/error.h"
#include "base/util.h"
#include "base/uuid.h"

#define TELL_AT    256 /* executes; else at the end, to cost nothing in between */
#define PATIENCE_S 2   /* what a chaosd that hangs may cost, once */

struct pool_client {
    int fd; /* -1: given up */
    uint8_t *buf;

    /* Taken ahead (chaos_host_expect), all by the message that is `asked`. */
    struct chaos_shell *stock[CHAOS_POOL_TAKE_MAX];
    unsigned int nr_stock;
    uint8_t *asked;
    int asked_len;

    struct chaos_pool_times times; /* of executes, not told yet */
    unsigned int nr_times;

    struct chaos_pool_shape shape; /* last: its 16 KiB are not cleared, nor touched where short */
};

void chaos_host_expect(chaos_host *host, unsigned long count)
{
    host->expected = count;
}

/* A peer that is neither root nor us could hand out domains of its own choosing. */
static bool trusted(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

int chaos_pool_connect(const char *run_dir, chaos_error *err)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    cleanup_close int fd = -1;

    run_dir = run_dir ? run_dir : REGISTRY_DIR;
    if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/" CHAOS_POOL_SOCKET, run_dir) >=
        (int)sizeof(addr.sun_path))
        return error_set(err, CHAOS_E_NOT_FOUND, ENAMETOOLONG, "%s: too long for a socket's path",
                         run_dir);
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_errno(err, CHAOS_E_FAILED, errno, "cannot make a socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
        return error_set(err, CHAOS_E_NOT_FOUND, errno, "chaosd does not run (%s: %s)",
                         addr.sun_path, strerror(errno));
    if (!trusted(fd))
        return error_set(err, CHAOS_E_PERMISSION, EPERM, "%s is not root's", addr.sun_path);
    return steal_fd(fd);
}

static int peer_error(struct chaos_pool_reader *r, chaos_error *err)
{
    uint32_t status = chaos_pool_get_u32(r), errnum = chaos_pool_get_u32(r);
    int len = r->end - r->p;

    if (status == CHAOS_OK || status > CHAOS_E_TIMEOUT || errnum > 4095)
        status = CHAOS_E_FAILED;
    return error_set(err, status, errnum > 4095 ? EIO : (int)errnum, "chaosd: %.*s",
                     len > 500 ? 500 : len, (const char *)r->p);
}

int chaos_pool_ask(int fd, const void *msg, size_t len, void *buf, struct chaos_pool_reader *r,
                   chaos_error *err)
{
    ssize_t n;
    int type;

    if (send(fd, msg, len, MSG_NOSIGNAL) != (ssize_t)len)
        return error_errno(err, CHAOS_E_IO, errno, "cannot talk to chaosd");
    do
        n = recv(fd, buf, CHAOS_POOL_MAX, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return error_set(err, CHAOS_E_TIMEOUT, ETIMEDOUT, "chaosd does not answer");
    if (n <= 0)
        return error_set(err, CHAOS_E_IO, EPIPE, "chaosd hung up");
    type = chaos_pool_open(buf, n, r);
    if (type < 0)
        return error_set(err, CHAOS_E_IO, EPROTO, "chaosd speaks another protocol");
    return type == CHAOS_POOL_ERROR ? peer_error(r, err) : type;
}

static void give_up(struct pool_client *pool)
{
    if (pool->fd >= 0)
        close(pool->fd);
    pool->fd = -1;
}

/* NULL where there is no talking to chaosd. */
static struct pool_client *client(chaos_host *host)
{
    if (!host->pool) {
        struct pool_client *pool = malloc(sizeof(*pool));

        if (!pool)
            return NULL;
        memset(pool, 0, offsetof(struct pool_client, shape));
        pool->fd = -1;
        pool->buf = malloc(CHAOS_POOL_MAX);
        if (pool->buf && !host->is_chaosd)
            pool->fd = chaos_pool_connect(host->run_dir, NULL);
        host->pool = pool;
    }
    return host->pool->fd >= 0 ? host->pool : NULL;
}

/* The bus is told apart by what the configuration says only: else both sides choose alike, or the
 * caller finds out. */
static bool fits(const struct chaos_shell *shell, const chaos_config *cfg)
{
    enum config_devices has = devices_in_store(shell->uuid) ? DEVICES_XENSTORE : DEVICES_NOXS;

    return shell->guest.type == cfg->type && shell->guest.vcpus == cfg->vcpus &&
           shell->guest.memory.pages == cfg->memory_kib / 4 &&
           devices_fit(shell->uuid, &shell->devices, cfg) &&
           (cfg->devices == has || cfg->devices == DEVICES_DEFAULT || cfg->devices == DEVICES_AUTO);
}

/* Sends uuids of shells that are untouched. */
static int send_back(struct pool_client *pool, struct chaos_shell **shells, unsigned int nr)
{
    uint8_t msg[sizeof(struct chaos_pool_header) + CHAOS_POOL_TAKE_MAX * CHAOS_UUID_TEXT];
    struct chaos_pool_writer w;
    int len;

    chaos_pool_begin(&w, msg, sizeof(msg), CHAOS_POOL_GIVE_BACK);
    for (unsigned int i = 0; i < nr; i++)
        chaos_pool_put(&w, shells[i]->uuid_text, CHAOS_UUID_TEXT);
    len = chaos_pool_end(&w);
    return len < 0 ? len : send(pool->fd, msg, len, MSG_NOSIGNAL) == len ? 0 : -EPIPE;
}

static void drop_stock(chaos_host *host, struct pool_client *pool)
{
    if (pool->nr_stock && pool->fd >= 0 && send_back(pool, pool->stock, pool->nr_stock) == 0) {
        while (pool->nr_stock)
            shell_free(pool->stock[--pool->nr_stock]);
    } else if (pool->nr_stock) { /* chaosd is gone, and may stay away */
        give_up(pool);
        while (pool->nr_stock)
            chaos_discard(host, pool->stock[--pool->nr_stock]);
    }
}

static int receive(struct pool_client *pool, struct chaos_pool_reader *r)
{
    uint32_t count = chaos_pool_get_u32(r);

    for (uint32_t i = 0; i < count && i < CHAOS_POOL_TAKE_MAX; i++) {
        uint32_t len = chaos_pool_get_u32(r);
        const void *data = chaos_pool_get(r, len);

        if (!data || chaos_shell_unpack(data, len, &pool->stock[pool->nr_stock]) < 0)
            return -EPROTO;
        pool->nr_stock++;
    }
    return r->bad || r->p != r->end || count > CHAOS_POOL_TAKE_MAX ? -EPROTO : 0;
}

/* Fills the empty stock. The message is kept: shells taken ahead answer the next one like it. */
static void restock(struct pool_client *pool, uint32_t count, const struct chaos_pool_image *image)
{
    size_t room = sizeof(struct chaos_pool_header) + 8 + sizeof(*image) + pool->shape.len;
    uint8_t *msg = realloc(pool->asked, room);
    struct chaos_pool_reader r;
    int type;

    if (!msg)
        return;
    pool->asked = msg;
    pool->asked_len = chaos_pool_take_encode(msg, room, count, image, &pool->shape);
    if (pool->asked_len < 0)
        return;
    type = chaos_pool_ask(pool->fd, msg, pool->asked_len, pool->buf, &r, NULL);
    if (type == CHAOS_POOL_SHELLS && receive(pool, &r) == 0)
        return;
    while (pool->nr_stock)
        shell_free(pool->stock[--pool->nr_stock]);
    give_up(pool);
}

/* True where the stock was taken for this very shape and image. */
static bool same_request(const struct pool_client *pool, const struct chaos_pool_image *image)
{
    struct chaos_pool_take take;
    struct chaos_pool_reader r;

    return chaos_pool_open(pool->asked, pool->asked_len, &r) == CHAOS_POOL_TAKE &&
           chaos_pool_take_decode(&r, &take) == 0 &&
           memcmp(&take.image, image, sizeof(*image)) == 0 && take.shape_len == pool->shape.len &&
           memcmp(take.shape, pool->shape.bytes, take.shape_len) == 0;
}

static struct chaos_shell *take(chaos_host *host, struct pool_client *pool, const chaos_config *cfg)
{
    struct chaos_pool_image image;
    unsigned long count = host->expected;

    if (chaos_pool_shape(cfg, &pool->shape) < 0 || chaos_pool_image(cfg, &image, NULL) < 0)
        return NULL;
    if (pool->nr_stock && !same_request(pool, &image))
        drop_stock(host, pool);
    if (!pool->nr_stock && pool->fd >= 0) {
        count = count < 1 ? 1 : count > CHAOS_POOL_TAKE_MAX ? CHAOS_POOL_TAKE_MAX : count;
        restock(pool, count, &image);
    }
    if (!pool->nr_stock)
        return NULL;
    return pool->stock[--pool->nr_stock];
}

struct chaos_shell *pool_take(chaos_host *host, const chaos_config *cfg)
{
    struct pool_client *pool = client(host);
    struct chaos_shell *shell = pool ? take(host, pool, cfg) : NULL;

    if (host->expected)
        host->expected--;
    if (!pool)
        return NULL;
    /* Never trust a domid alone: somebody may have destroyed the shell, and Xen reuses numbers. */
    if (shell && !chaos_shell_intact(host, shell)) {
        shell_free(shell);
        shell = NULL;
    }
    if (shell && !fits(shell, cfg)) {
        if (pool_give_back(host, shell) < 0)
            shell_free(shell);
        shell = NULL;
    }
    if (shell && devices_any(shell->uuid, &shell->devices))
        devices_need(&host->devices, shell->uuid, NULL);
    if (host_step(host, shell ? "take" : "pool miss", NULL) < 0 && shell) {
        chaos_discard(host, shell);
        shell = NULL;
    }
    return shell;
}

int pool_give_back(chaos_host *host, struct chaos_shell *shell)
{
    struct pool_client *pool = host->pool;

    if (!pool || pool->fd < 0 || send_back(pool, &shell, 1) < 0)
        return -EPIPE;
    shell_free(shell);
    return 0;
}

bool pool_reclaim(chaos_host *host, const chaos_config *cfg)
{
    /* The hypervisor needs some memory for a domain, too. */
    uint64_t kib = cfg->memory_kib + 4096;
    struct pool_client *pool = client(host);
    uint8_t msg[sizeof(struct chaos_pool_header) + 8];
    struct chaos_pool_reader r;
    struct chaos_pool_writer w;
    int len, type;

    if (host->is_chaosd)
        return host->on_reclaim && host->on_reclaim(host->on_reclaim_opaque, kib) > 0;
    if (!pool)
        return false;
    drop_stock(host, pool);
    if (pool->fd < 0)
        return false;
    chaos_pool_begin(&w, msg, sizeof(msg), CHAOS_POOL_RECLAIM);
    chaos_pool_put_u64(&w, kib);
    len = chaos_pool_end(&w);
    type = chaos_pool_ask(pool->fd, msg, len, pool->buf, &r, NULL);
    if (type < 0)
        give_up(pool);
    return type == CHAOS_POOL_OK && host_step(host, "reclaim", NULL) == 0;
}

/* Figures are not worth waiting for, nor a failure. */
static void tell_times(struct pool_client *pool, int fd)
{
    uint8_t msg[sizeof(struct chaos_pool_header) + sizeof(pool->times)];
    int len = chaos_pool_done_encode(msg, sizeof(msg), &pool->times);

    if (fd >= 0)
        send(fd, msg, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    memset(&pool->times, 0, sizeof(pool->times));
    pool->nr_times = 0;
}

void pool_executed(chaos_host *host, uint64_t ns)
{
    struct pool_client *pool = host->pool;

    if (!pool)
        return;
    chaos_pool_count(&pool->times, ns);
    if (++pool->nr_times >= TELL_AT) { /* a chaosd that is older hangs up: not on our shells */
        cleanup_close int fd = chaos_pool_connect(host->run_dir, NULL);

        tell_times(pool, fd);
    }
}

static void leave(chaos_host *host, struct pool_client *pool)
{
    drop_stock(host, pool);
    if (pool->nr_times)
        tell_times(pool, pool->fd);
}

void chaos_pool_leave(chaos_host *host)
{
    if (host->pool)
        leave(host, host->pool);
    devices_settle(&host->devices);
}

void pool_close(chaos_host *host)
{
    struct pool_client *pool = host->pool;

    if (!pool)
        return;
    leave(host, pool);
    give_up(pool);
    free(pool->asked);
    free(pool->buf);
    free(pool);
    host->pool = NULL;
}
