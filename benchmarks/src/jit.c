/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Just-in-time instantiation: a VM for an address comes with the first packet for it, and answers
 * that packet. What surrounds it (the tun with the addresses' route) is dom0/jit's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bench.h"
#include "jit.h"

static const char usage[] =
    "Usage: bench-jit --config FILE --tun NAME --network A.B.C.D/LENGTH --gateway A.B.C.D\n"
    "                 --unit STATIC-TRUE [--idle MS]\n"
    "Until SIGTERM: creates a VM of FILE for each address of the network that a packet comes for\n"
    "through the tun, and destroys it when it has sent nothing for so long (2000). Then prints "
    "how\n"
    "long what took, as JSON, and destroys the rest.\n";

struct moments {
    uint64_t *ns;
    size_t count, room;
};

static struct moments taken[JIT_MOMENTS - 1];

static bool parse_network(struct jit *jit, const char *text)
{
    char address[INET_ADDRSTRLEN] = "";
    struct in_addr in;
    unsigned int length;

    if (sscanf(text, "%15[0-9.]/%u", address, &length) != 2 || length < 12 || length > 30 ||
        inet_pton(AF_INET, address, &in) != 1)
        return false;
    jit->mask = ~0U << (32 - length);
    jit->network = ntohl(in.s_addr) & jit->mask;
    return true;
}

static void parse(int argc, char **argv, struct jit *jit)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"tun", required_argument, NULL, 't'},
                                            {"network", required_argument, NULL, 'n'},
                                            {"gateway", required_argument, NULL, 'g'},
                                            {"idle", required_argument, NULL, 'i'},
                                            {"unit", required_argument, NULL, 'u'},
                                            {NULL, 0, NULL, 0}};
    struct in_addr in;
    bool good = true;
    int opt;

    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (opt == 'c')
            jit->config = optarg;
        else if (opt == 't')
            jit->tun = optarg;
        else if (opt == 'n')
            good &= parse_network(jit, optarg);
        else if (opt == 'g' && inet_pton(AF_INET, optarg, &in) == 1)
            jit->gateway = ntohl(in.s_addr);
        else if (opt == 'u')
            jit->unit = optarg;
        else if (opt == 'i')
            jit->idle_ns = strtoul(optarg, NULL, 10) * 1000000;
        else
            good = false;
    }
    if (!good || !jit->config || !jit->tun || !jit->unit || !jit->mask || !jit->gateway) {
        fputs(usage, stderr);
        exit(2);
    }
}

static void open_all(struct jit *jit)
{
    pthread_condattr_t attr;
    int rc;

    jit->err = chaos_error_new();
    jit->table = calloc(~jit->mask + 1UL, sizeof(struct jit_vm *));
    if (!jit->table)
        die("memory", NULL);
    if (chaos_config_load(jit->config, &jit->cfg, jit->err) < 0 ||
        chaos_config_check(jit->cfg, jit->err) < 0)
        die(jit->config, jit->err);
    if (chaos_host_open(NULL, &jit->host, jit->err) < 0)
        die("open", jit->err);
    rc = jit_net_open(jit);
    if (rc < 0)
        die(strerror(-rc), NULL);
    pthread_mutex_init(&jit->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&jit->changed, &attr);
}

static void remember(const struct jit_vm *vm)
{
    for (int i = 0; i + 1 < JIT_MOMENTS; i++) {
        struct moments *m = &taken[i];

        if (m->count == m->room) {
            m->room = m->room ? 2 * m->room : 256;
            m->ns = realloc(m->ns, m->room * sizeof(*m->ns));
            if (!m->ns)
                die("memory", NULL);
        }
        m->ns[m->count++] = vm->at[i + 1] - vm->at[i];
    }
}

static void look_at_links(struct jit *jit)
{
    unsigned int ifindex;
    char name[16];
    int rc;

    while ((rc = jit_net_next_link(jit, name, &ifindex)) == 0) {
        struct jit_vm *newest = jit->newest;

        jit_vm_connected(jit, name, ifindex);
        if (jit->newest != newest)
            remember(jit->newest);
    }
    if (rc != -EAGAIN)
        fprintf(stderr, "bench-jit: news of interfaces: %s\n", strerror(-rc));
}

/* VMs that are connected get what waits for them before others are begun. */
static void serve(struct jit *jit, int signals)
{
    enum { LINKS, TUN, SIGNALS };
    struct pollfd fds[] = {[LINKS] = {.fd = jit->link_fd, .events = POLLIN},
                           [TUN] = {.fd = jit->tun_fd, .events = POLLIN},
                           [SIGNALS] = {.fd = signals, .events = POLLIN}};
    uint8_t packet[JIT_MTU];

    while (poll(fds, 3, -1) >= 0 && !fds[SIGNALS].revents) {
        pthread_mutex_lock(&jit->lock);
        if (fds[LINKS].revents) {
            look_at_links(jit);
        } else if (fds[TUN].revents) {
            ssize_t length = read(jit->tun_fd, packet, sizeof(packet));

            if (length > 0)
                jit_vm_packet(jit, packet, (size_t)length);
        }
        pthread_mutex_unlock(&jit->lock);
    }
}

static void report(struct jit *jit, uint64_t unit)
{
    static const char *names[] = {"create_ns", "connect_ns", "deliver_ns"};
    json_t *doc = json_pack("{s:I, s:i, s:i, s:i, s:i}", "unit_ns", (json_int_t)unit, "created",
                            (int)jit->created, "failed", (int)jit->failed, "dropped",
                            (int)jit->dropped, "destroyed", (int)jit->destroyed);

    for (int i = 0; i + 1 < JIT_MOMENTS; i++)
        json_object_set_new(doc, names[i],
                            json_integer((json_int_t)median(taken[i].ns, taken[i].count)));
    json_dumpf(doc, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    json_decref(doc);
}

int main(int argc, char **argv)
{
    struct jit jit = {.idle_ns = 2000000000, .tun_fd = -1, .packet_fd = -1, .link_fd = -1};
    pthread_t reapers[JIT_REAPERS];
    sigset_t ends;
    uint64_t unit;
    size_t count;

    parse(argc, argv, &jit);
    unit = fork_exec_unit(jit.unit);
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    open_all(&jit);
    for (int i = 0; i < JIT_REAPERS; i++) {
        if (pthread_create(&reapers[i], NULL, jit_reap, &jit) != 0)
            die("thread", NULL);
    }
    serve(&jit, signalfd(-1, &ends, SFD_CLOEXEC));
    pthread_mutex_lock(&jit.lock);
    jit.stop = true;
    pthread_cond_broadcast(&jit.changed);
    pthread_mutex_unlock(&jit.lock);
    for (int i = 0; i < JIT_REAPERS; i++)
        pthread_join(reapers[i], NULL);
    report(&jit, unit);
    jit_net_close(&jit);
    if (chaos_destroy_all(jit.host, &count, jit.err) < 0)
        die("destroy", jit.err);
    chaos_config_free(jit.cfg);
    chaos_host_close(jit.host);
    chaos_error_free(jit.err);
    return 0;
}
