/* SPDX-License-Identifier: BSD-3-Clause */
#include "sweep.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "failing_files.h"
#include "failing_malloc.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

unsigned int sweep_spared;

int sweep_make(void **state)
{
    (void)state;
    place_make(&place);
    return 0;
}

int sweep_unmake(void **state)
{
    failing_malloc_at(0);
    failing_files_at(0, 0);
    return place_end(state);
}

static void arm_hv(unsigned long n, int errnum)
{
    fake_fail_at(place.hv, n, errnum);
}

static const char *struck_hv(void)
{
    return fake_struck(place.hv);
}

static void arm_malloc(unsigned long n, int errnum)
{
    (void)errnum;
    failing_malloc_at(n);
}

static const char *struck_malloc(void)
{
    return failing_malloc_struck() ? "an allocation" : NULL;
}

const struct sweep_way sweep_ways[SWEEP_WAYS] = {
    {"hv", {ENOMEM, EINVAL, EPERM, ESRCH}, arm_hv, struck_hv},
    {"memory", {ENOMEM}, arm_malloc, struck_malloc},
    {"files", {EIO, ENOSPC, EACCES}, failing_files_at, failing_files_struck},
};

const char *sweep_destroy_vm(void)
{
    struct chaos_error err = {0};
    struct chaos_domain dom;

    if (chaos_find(place.host, "vm", &dom, &err) < 0 || chaos_destroy(place.host, &dom, &err) < 0)
        return "what is there cannot be found or destroyed";
    return place_left(&place);
}

static int attempt(const struct sweep_work *work, const chaos_config *cfg,
                   const struct sweep_way *way, unsigned long n, int errnum)
{
    const char *struck, *wrong;
    int rc;

    memset(&place.err, 0, sizeof(place.err));
    place_open(&place); /* each time the same calls: no kernel is in the cache */
    work->before(cfg);
    way->arm(n, errnum);
    rc = work->op(cfg);
    struck = way->struck();
    way->arm(0, 0);
    if (rc < 0 && !struck)
        fail_msg("nothing failed, and it returned %d: %s", rc, place.err.text);
    if (rc < 0 && (!place.err.text[0] || place.err.errnum != -rc || place.err.status == CHAOS_OK))
        fail_msg("%s %lu, %s: returned %d, and errno %d, status %d, message \"%s\"", way->name, n,
                 struck, rc, place.err.errnum, place.err.status, place.err.text);
    if (rc >= 0 && place.err.text[0])
        fail_msg("%s %lu, %s: succeeded with the message \"%s\"", way->name, n, struck,
                 place.err.text);
    wrong = work->after(rc, struck);
    if (wrong)
        fail_msg("%s %lu, %s (errno %d) returned %d: %s", way->name, n, struck ? struck : "-",
                 errnum, rc, wrong);
    place_close(&place);
    return struck != NULL;
}

/* Returns how many calls an operation without failures makes. */
static unsigned long sweep_one(const struct sweep_work *work, const struct sweep_way *way)
{
    chaos_config *cfg = place_config(&place, work->type, work->more);
    unsigned long n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(way->errnums) && way->errnums[i]; i++) {
        sweep_spared = 0;
        for (n = 1; attempt(work, cfg, way, n, way->errnums[i]); n++)
            ;
    }
    chaos_config_free(cfg);
    return n - 1;
}

void sweep(const struct sweep_work *work, const char *name, unsigned long hv_calls)
{
    unsigned long counts[SWEEP_WAYS];

    for (size_t i = 0; i < SWEEP_WAYS; i++)
        counts[i] = sweep_one(work, &sweep_ways[i]);
    if (counts[0] < hv_calls)
        fail_msg("%s made only %lu calls to the hypervisor", name, counts[0]);
}
