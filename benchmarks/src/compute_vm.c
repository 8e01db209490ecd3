/* SPDX-License-Identifier: BSD-3-Clause */
/* A job in a VM: its arguments are the command line, its result comes over the console. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "compute.h"

static void vm_open(struct compute *c)
{
    int fd;

    if (chaos_config_load(c->config, &c->cfg, c->err) < 0 || chaos_config_check(c->cfg, c->err) < 0)
        die(c->config, c->err);
    if (chaos_host_open(NULL, &c->host, c->err) < 0)
        die("open", c->err);
    fd = chaos_watch_fd(c->host, c->err);
    if (fd < 0)
        die("watch", c->err);
    compute_watch(c, fd, COMPUTE_SOME_END);
}

static void vm_read(struct compute *c, struct compute_job *job)
{
    int n;

    chaos_console_ack(job->console);
    n = chaos_console_read(job->console, job->text + job->length,
                           sizeof(job->text) - 1 - job->length);
    if (n > 0)
        job->length += (size_t)n;
    compute_heard(c, job);
}

static void vm_start(struct compute *c, struct compute_job *job, size_t nr)
{
    char name[32], cmdline[64];
    uint32_t domid;

    snprintf(name, sizeof(name), "job-%zu", nr);
    snprintf(cmdline, sizeof(cmdline), "cmdline=digits=%u job=%zu", c->digits, nr);
    if (chaos_config_set(c->cfg, cmdline, c->err) < 0 ||
        chaos_create(c->host, c->cfg, name, false, &domid, c->err) < 0 ||
        chaos_find(c->host, name, &job->dom, c->err) < 0 ||
        chaos_console_attach(c->host, &job->dom, CHAOS_CONSOLE_DIRECT, &job->console, c->err) < 0)
        die(name, c->err);
    compute_watch(c, chaos_console_fd(job->console), nr);
}

/* A job that ends without a whole line has written all that it ever will. */
static bool vm_finish(struct compute *c, struct compute_job *job)
{
    struct chaos_domain now;

    if (chaos_find(c->host, job->dom.uuid, &now, c->err) < 0)
        die(job->dom.name, c->err);
    if (now.state != CHAOS_SHUTDOWN)
        return false;
    vm_read(c, job);
    chaos_console_close(job->console);
    if (chaos_destroy(c->host, &job->dom, c->err) < 0)
        die(job->dom.name, c->err);
    return true;
}

static void vm_ack(struct compute *c)
{
    if (chaos_watch_ack(c->host, c->err) < 0)
        die("watch", c->err);
}

static void vm_close(struct compute *c)
{
    chaos_config_free(c->cfg);
    chaos_host_close(c->host);
}

const struct compute_way compute_vm = {vm_open, vm_start, vm_read, vm_finish, vm_ack, vm_close};
