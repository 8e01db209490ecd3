/* SPDX-License-Identifier: BSD-3-Clause */
#include "chaosd_place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/config.h"
#include "shell/host.h"

struct daemon d;
struct hv *hv;
bool hv_given; /* to a host, which closes it */
static char yaml[100];
int stderr_was = -1;

/* Without descriptors a fake's own calls would fail, which abort()s. */
void quiet(void)
{
    char path[100];

    snprintf(path, sizeof(path), "%s/log", place.dir);
    stderr_was = dup(STDERR_FILENO);
    if (!freopen(path, "a", stderr))
        abort();
}

void loud(void)
{
    fflush(stderr);
    dup2(stderr_was, STDERR_FILENO);
    close(stderr_was);
}

void write_config(unsigned int target)
{
    write_config_with(target, "");
}

void write_config_with(unsigned int target, const char *cold)
{
    FILE *to;

    snprintf(yaml, sizeof(yaml), "%s/chaosd.yaml", place.dir);
    to = fopen(yaml, "we");
    if (!to)
        abort();
    fprintf(
        to,
        "console:\n  log_dir: %s\n  log_size: 16KiB\n  buffer: 4KiB\n"
        "pools:\n"
        "  - flavour: cold\n    type: pv\n    memory: %dKiB\n    target: %u\n    rate: 100000\n"
        "    max_cpu_share: 100\n%s"
        "  - flavour: warm\n    type: pvh\n    memory: %dKiB\n    target: %u\n    rate: 100000\n"
        "    max_cpu_share: 100\n    kernel: %s\n",
        place.dir, PLACE_MEMORY, target, cold, PLACE_MEMORY, target, place.kernel);
    fclose(to);
}

/* A chaosd, as main() would have it. CHAOS_OK or an exit code. */
int begin(void)
{
    chaos_error *err = chaos_error_new();
    int status;

    hv = hv ? hv : fake_open(PLACE_PAGES);
    hv_given = false;
    d = (struct daemon)DAEMON_INIT;
    d.run_dir = place.run;
    d.config_path = yaml;
    status = settings_load(yaml, false, &d.settings, err) < 0 ? CHAOS_E_CONFIG : daemon_start(&d);
    chaos_error_free(err);
    if (status != CHAOS_OK) {
        daemon_stop(&d);
        settings_free(&d.settings);
        if (!hv_given)
            hv_close(hv);
        hv = NULL;
    }
    return status;
}

void end(void)
{
    daemon_stop(&d);
    settings_free(&d.settings);
    hv = NULL;
}

void turn(void)
{
    uv_run(&d.loop, UV_RUN_NOWAIT);
}

/* Lets it work until `done`, for some seconds at most. */
bool works_until(bool (*done)(void))
{
    for (int i = 0; i < 20000 && !done(); i++) {
        turn();
        usleep(200);
    }
    return done();
}

bool full(void)
{
    for (const struct flavour *fl = d.settings.flavours; fl; fl = fl->next) {
        if (fl->nr_idle < fl->target)
            return false;
    }
    return true;
}

/* ---- a client ---- */

uint8_t msg[4096];
uint8_t answer[CHAOS_POOL_MAX];

int dial(void)
{
    int fd = chaos_pool_connect(place.run, NULL);

    return fd;
}

/* The next message: its type, 0 where there is none, -EPIPE at the end. */
int hear(int fd, struct chaos_pool_reader *r)
{
    for (int i = 0; i < 200; i++) {
        ssize_t n;

        turn();
        n = recv(fd, answer, sizeof(answer), MSG_DONTWAIT);
        if (n > 0)
            return chaos_pool_open(answer, n, r);
        if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
            return -EPIPE;
    }
    return 0;
}

/* The same where one is to come: on a busy machine a console has to wait its turn. */
int await(int fd, struct chaos_pool_reader *r)
{
    int type = 0;

    for (int i = 0; i < 5000 && type == 0; i++) {
        type = hear(fd, r);
        if (type == 0)
            usleep(1000);
    }
    return type;
}

int ask(int fd, struct chaos_pool_writer *w, struct chaos_pool_reader *r)
{
    int len = chaos_pool_end(w);

    if (send(fd, msg, len, MSG_NOSIGNAL) != len)
        return -EPIPE;
    return hear(fd, r);
}

int simple(int fd, int type, struct chaos_pool_reader *r)
{
    struct chaos_pool_writer w;

    chaos_pool_begin(&w, msg, sizeof(msg), type);
    return ask(fd, &w, r);
}

/* Takes a cold shell: its uuid, and 1; 0 where there was none; -EPIPE. */
int take(int fd, char uuid[CHAOS_UUID_TEXT])
{
    struct chaos_pool_image none = {0};
    struct chaos_pool_reader r;
    struct chaos_shell *shell;
    const struct flavour *fl = d.settings.flavours;
    int len = chaos_pool_take_encode(msg, sizeof(msg), 1, &none, fl->shape), type;

    if (send(fd, msg, len, MSG_NOSIGNAL) != len)
        return -EPIPE;
    type = hear(fd, &r);
    if (type != CHAOS_POOL_SHELLS)
        return type == CHAOS_POOL_ERROR ? 0 : -EPIPE;
    if (chaos_pool_get_u32(&r) == 0)
        return 0;
    len = (int)chaos_pool_get_u32(&r);
    if (chaos_shell_unpack(chaos_pool_get(&r, len), len, &shell) < 0)
        return 0;
    snprintf(uuid, CHAOS_UUID_TEXT, "%s", chaos_shell_uuid(shell));
    chaos_shell_free(shell);
    return 1;
}

int give_back(int fd, const char *uuid)
{
    struct chaos_pool_writer w;
    int len;

    chaos_pool_begin(&w, msg, sizeof(msg), CHAOS_POOL_GIVE_BACK);
    chaos_pool_put(&w, uuid, CHAOS_UUID_TEXT);
    len = chaos_pool_end(&w);
    return send(fd, msg, len, MSG_NOSIGNAL) == len ? 0 : -EPIPE;
}

int attach(int fd, const char *uuid, unsigned int flags, struct chaos_pool_reader *r)
{
    struct chaos_pool_writer w;

    chaos_pool_begin(&w, msg, sizeof(msg), CHAOS_POOL_CONSOLE);
    chaos_pool_put_u32(&w, flags);
    chaos_pool_put_u32(&w, 0);
    chaos_pool_put_u32(&w, 0);
    chaos_pool_put(&w, uuid, CHAOS_UUID_TEXT);
    return ask(fd, &w, r);
}

/* ---- a VM ---- */

void vm_make(struct vm *vm, const char *name)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, "");
    struct record rec;
    uint32_t domid;
    char id[16];

    place_worked(&place, chaos_create(d.host, cfg, name, false, &domid, &place.err));
    chaos_config_free(cfg);
    snprintf(id, sizeof(id), "%u", domid);
    place_worked(&place, chaos_find(d.host, id, &vm->dom, &place.err));
    place_worked(&place, registry_get(&d.host->registry, vm->dom.uuid, &rec, &place.err));
    vm->ring = fake_page(hv, domid, rec.console_frame);
    vm->port = rec.console_port;
    record_clear(&rec);
}

void vm_writes(struct vm *vm, const char *text)
{
    while (*text && vm->ring->out_prod - vm->ring->out_cons < sizeof(vm->ring->out))
        vm->ring->out[vm->ring->out_prod++ & (sizeof(vm->ring->out) - 1)] = *text++;
    fake_guest_notify(hv, vm->dom.domid, vm->port);
}

void vm_destroy(struct vm *vm)
{
    place_worked(&place, chaos_destroy(d.host, &vm->dom, &place.err));
}

bool served(void)
{
    return d.consoles.nr == 1;
}

bool none_served(void)
{
    return d.consoles.nr == 0;
}

bool no_orphans(void)
{
    return !d.pool.orphans;
}
