/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads and unpacks kernels in a thread, one at a time: it can take seconds, and takes must not
 * wait for it. Rooms that need the kernel look again when it is there.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "daemon/daemon.h"

#define KEEP_MIN 2 /* for restarts, beside those of flavours */

struct kernel_load {
    pthread_t thread;
    uv_async_t *done;
    char *path;
    struct chaos_kernel *kernel;
    chaos_error *err;
    int rc;
};

static void *read_kernel(void *opaque)
{
    struct kernel_load *load = opaque;

    setpriority(PRIO_PROCESS, 0, 10); /* of this thread only: clients come first */
    load->rc = chaos_kernel_load(load->path, &load->kernel, load->err);
    uv_async_send(load->done);
    return NULL;
}

static void load_free(struct kernel_load *load)
{
    if (!load)
        return;
    chaos_kernel_free(load->kernel);
    chaos_error_free(load->err);
    free(load->path);
    free(load);
}

static void tell_flavours(struct daemon *d, const struct kernel_load *load)
{
    unsigned int keep = KEEP_MIN;

    for (struct flavour *fl = d->settings.flavours; fl; fl = fl->next) {
        if (load->rc < 0 && fl->loading && strcmp(chaos_config_kernel(fl->cfg), load->path) == 0)
            flavour_failed(fl, chaos_error_message(load->err));
        fl->loading = false;
        keep += fl->warm;
    }
    chaos_host_keep_kernels(d->host, keep);
}

static void on_done(uv_async_t *done)
{
    struct daemon *d = done->data;
    struct kernel_load *load = d->pool.loading;

    if (!load)
        return;
    d->pool.loading = NULL;
    pthread_join(load->thread, NULL);
    tell_flavours(d, load);
    if (load->rc == 0) {
        chaos_host_kernel(d->host, load->kernel);
        load->kernel = NULL;
    } else {
        free(d->pool.failed_kernel);
        d->pool.failed_kernel = load->path;
        load->path = NULL;
    }
    load_free(load);
    d->due |= DUE_REFILL | DUE_POLICY;
}

/* Starts the thread; false if that fails. */
static bool begin(struct daemon *d, const char *path)
{
    struct kernel_load *load = calloc(1, sizeof(*load));
    sigset_t all, before;
    int rc = ENOMEM;

    if (load) {
        load->done = &d->pool.loaded;
        load->path = strdup(path);
        load->err = chaos_error_new();
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* the loop gets the signals */
    if (load && load->path && load->err)
        rc = pthread_create(&load->thread, NULL, read_kernel, load);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc) {
        load_free(load);
        return false;
    }
    d->pool.loading = load;
    return true;
}

bool kernel_wait(struct daemon *d, const char *path)
{
    return !chaos_host_has_kernel(d->host, path) && (d->pool.loading || begin(d, path));
}

bool kernel_failed(struct daemon *d, const char *path)
{
    if (!d->pool.failed_kernel || strcmp(d->pool.failed_kernel, path) != 0)
        return false;
    free(d->pool.failed_kernel);
    d->pool.failed_kernel = NULL;
    return true;
}

int kernels_start(struct daemon *d)
{
    int rc = uv_async_init(&d->loop, &d->pool.loaded, on_done);

    d->pool.loaded.data = d;
    return rc;
}

void kernels_stop(struct daemon *d)
{
    struct kernel_load *load = d->pool.loading;

    d->pool.loading = NULL;
    if (load) {
        pthread_join(load->thread, NULL);
        load_free(load);
    }
    free(d->pool.failed_kernel);
    d->pool.failed_kernel = NULL;
}
