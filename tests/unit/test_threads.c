/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bug looked for: something that hosts share although each thread has its own host, or a const
 * configuration that is not.
 * Method: threads begin together, each with a host of its own, and make and destroy VMs of one
 * configuration. test_threads_tsan is the same under ThreadSanitizer.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <chaos/console.h>
#include "config/config.h"
#include "place.h"

#define THREADS 2
#define ROUNDS  30

static struct worker {
    struct place place;
    const chaos_config *pv, *pvh;
    pthread_t thread;
    const char *failed; /* the step that did; cmocka's own checks are for the main thread only */
} workers[THREADS];
static pthread_barrier_t start;

static bool worked(struct worker *w, const char *step, int rc)
{
    if (rc < 0 && !w->failed)
        w->failed = step;
    return rc >= 0;
}

static bool end(struct worker *w, const char *name)
{
    struct chaos_console_settings own;
    struct chaos_domain dom;
    chaos_config *cfg;

    if (!worked(w, "find", chaos_find(w->place.host, name, &dom, &w->place.err)) ||
        !worked(w, "pause", chaos_pause(w->place.host, &dom, &w->place.err)) ||
        !worked(w, "console", chaos_domain_console(w->place.host, &dom, &own, &w->place.err)))
        return false;
    free(own.log);
    if (!worked(w, "config", chaos_domain_config(w->place.host, &dom, &cfg, &w->place.err)))
        return false;
    chaos_config_free(cfg);
    return worked(w, "destroy", chaos_destroy(w->place.host, &dom, &w->place.err));
}

static bool round_of(struct worker *w, unsigned int i)
{
    const chaos_config *cfg = i % 2 ? w->pv : w->pvh;
    struct chaos_domain *doms;
    size_t count = 0;
    uint32_t domid;
    bool good;

    if (!worked(w, "create", chaos_create(w->place.host, cfg, "one", false, &domid, &w->place.err)))
        return false;
    /* A failure, whose text is made up of many parts. */
    if (chaos_create(w->place.host, cfg, "one", false, &domid, &w->place.err) != -EEXIST)
        return worked(w, "the same name again", -1);
    memset(&w->place.err, 0, sizeof(w->place.err));
    if (!worked(w, "create",
                chaos_create(w->place.host, cfg, "two", false, &domid, &w->place.err)) ||
        !worked(w, "list", chaos_list(w->place.host, &doms, &count, &w->place.err)))
        return false;
    good = count >= 2;
    free(doms);
    return worked(w, "count", good ? 0 : -1) && end(w, "one") && end(w, "two");
}

static void *work(void *opaque)
{
    struct worker *w = opaque;

    pthread_barrier_wait(&start);
    for (unsigned int i = 0; i < ROUNDS && round_of(w, i); i++)
        ;
    return NULL;
}

static void hosts_in_threads(void **state)
{
    chaos_config *pv, *pvh;

    (void)state;
    for (unsigned int i = 0; i < THREADS; i++) {
        place_make(&workers[i].place);
        place_open(&workers[i].place);
        workers[i].place.fds = 0; /* others open some meanwhile */
    }
    pv = place_config(&workers[0].place, CHAOS_PV, "console: {log: /tmp/%n}\ncmdline: a b");
    pvh = place_config(&workers[0].place, CHAOS_PVH, "vcpus: 2");
    assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (unsigned int i = 0; i < THREADS; i++) {
        workers[i].pv = pv;
        workers[i].pvh = pvh;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (unsigned int i = 0; i < THREADS; i++) {
        if (workers[i].failed)
            fail_msg("%s: %s", workers[i].failed, workers[i].place.err.text);
        place_close(&workers[i].place);
        place_remove(&workers[i].place);
    }
    pthread_barrier_destroy(&start);
    chaos_config_free(pv);
    chaos_config_free(pvh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hosts_in_threads)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
