/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every call to the hypervisor is made to fail in turn, with several errnos: the operation fails
 * with a message and leaves nothing behind, and works when it is tried again. The same for every
 * allocation, and for every call that opens, reads or writes a file.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "failing_files.h"
#include "failing_malloc.h"
#include "place.h"
#include "shell.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct place place;

static int make(void **state)
{
    (void)state;
    place_make(&place);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    failing_malloc_at(0);
    failing_files_at(0, 0);
    if (place.host)
        chaos_host_close(place.host);
    place_remove(&place);
    return 0;
}

/* The ways that a failure gets in. */
struct way {
    const char *name;
    int errnums[4];
    void (*arm)(unsigned long n, int errnum);
    const char *(*struck)(void);
};

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

static const struct way ways[] = {
    {"hv", {ENOMEM, EINVAL, EPERM, ESRCH}, arm_hv, struck_hv},
    {"memory", {ENOMEM}, arm_malloc, struck_malloc},
    {"files", {EIO, ENOSPC, EACCES}, failing_files_at, failing_files_struck},
};

/* One operation: `before` and `after` never fail, `op` may. */
struct work {
    enum chaos_type type;
    const char *more; /* of the configuration */
    void (*before)(const chaos_config *cfg);
    int (*op)(const chaos_config *cfg);
    /* `rc`: what op returned; `struck`: what had failed, NULL: nothing. Says what is wrong, and
     * takes away what op made. */
    const char *(*after)(int rc, const char *struck);
};

static void nothing(const chaos_config *cfg)
{
    (void)cfg;
}

/* Failures that did no harm in this sweep; so many may be. */
static unsigned int spared;
#define POOL_ALLOCATIONS 2

static int create(const chaos_config *cfg)
{
    uint32_t domid;

    return chaos_create(place.host, cfg, "vm", false, &domid, &place.err);
}

static const char *destroy_vm(void)
{
    struct chaos_error err = {0};
    struct chaos_domain dom;

    if (chaos_find(place.host, "vm", &dom, &err) < 0 || chaos_destroy(place.host, &dom, &err) < 0)
        return "what is there cannot be found or destroyed";
    return place_left(&place);
}

static const char *after_create(int rc, const char *struck)
{
    if (rc < 0)
        return place_left(&place);
    /* Pages come singly where a large extent is refused, and chaosd's client does without. */
    if (struck && strcmp(struck, "populate_physmap") != 0 && spared++ >= POOL_ALLOCATIONS)
        return "it succeeded all the same";
    return destroy_vm();
}

static int attempt(const struct work *work, const chaos_config *cfg, const struct way *way,
                   unsigned long n, int errnum)
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
static unsigned long sweep(const struct work *work, const struct way *way)
{
    chaos_config *cfg = place_config(&place, work->type, work->more);
    unsigned long n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(way->errnums) && way->errnums[i]; i++) {
        spared = 0;
        for (n = 1; attempt(work, cfg, way, n, way->errnums[i]); n++)
            ;
    }
    chaos_config_free(cfg);
    return n - 1;
}

static void sweep_all(const struct work *work, const char *name, unsigned long hv_calls)
{
    unsigned long counts[ARRAY_SIZE(ways)];

    for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
        counts[i] = sweep(work, &ways[i]);
    /* A sweep that swept nothing would pass, too. */
    if (counts[0] < hv_calls)
        fail_msg("%s made only %lu calls to the hypervisor", name, counts[0]);
}

static void creates(void **state)
{
    char ramdisk[120];

    for (enum chaos_type type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        struct work work = {type, "", nothing, create, after_create};

        sweep_all(&work, "create", 13);
        snprintf(ramdisk, sizeof(ramdisk), "ramdisk: %s\ncpus: 0-1\nvcpus: 2", place.ramdisk);
        work.more = ramdisk;
        sweep_all(&work, "create with a ramdisk", 15);
    }
}

static void with_vm(const chaos_config *cfg)
{
    place_create(&place, cfg, "vm");
}

static int find_and_destroy(const chaos_config *cfg)
{
    struct chaos_domain dom;
    int rc = chaos_find(place.host, "vm", &dom, &place.err);

    return rc < 0 ? rc : chaos_destroy(place.host, &dom, &place.err);
}

/* Either all is gone or all is there; but a name that cannot be read stays until a sweep. */
static const char *after_destroy(int rc, const char *struck)
{
    struct chaos_error err = {0};
    size_t count;

    if (fake_count(place.hv))
        return rc < 0 ? destroy_vm() : "it is still there";
    if (struck && strcmp(struck, "readlinkat") == 0)
        chaos_destroy_all(place.host, &count, &err);
    return place_left(&place);
}

static void destroys(void **state)
{
    const struct work work = {CHAOS_PV, "", with_vm, find_and_destroy, after_destroy};

    sweep_all(&work, "destroy", 4);
}

static int pause_and_unpause(const chaos_config *cfg)
{
    struct chaos_domain dom;
    int rc = chaos_find(place.host, "vm", &dom, &place.err);

    if (rc == 0)
        rc = chaos_pause(place.host, &dom, &place.err);
    return rc < 0 ? rc : chaos_unpause(place.host, &dom, &place.err);
}

static const char *after_use(int rc, const char *struck)
{
    return destroy_vm();
}

static void pauses(void **state)
{
    const struct work work = {CHAOS_PVH, "", with_vm, pause_and_unpause, after_use};

    sweep_all(&work, "pause and unpause", 9);
}

static int list(const chaos_config *cfg)
{
    struct chaos_domain *doms;
    size_t count;
    int rc = chaos_list(place.host, &doms, &count, &place.err);

    if (rc < 0 && doms)
        fail_msg("a list that failed left something in *out");
    if (rc == 0 && (count != 1 || strcmp(doms[0].name, "vm") != 0))
        fail_msg("the list does not show the VM");
    free(doms);
    return rc;
}

static void lists(void **state)
{
    const struct work work = {CHAOS_PV, "", with_vm, list, after_use};

    sweep_all(&work, "list", 1);
}

static void with_left_overs(const chaos_config *cfg)
{
    chaos_shell *shell;

    place_create(&place, cfg, "vm");
    place_create(&place, cfg, "vm2");
    /* a client that was killed half-way, and a domain whose name outlived it */
    place_worked(&place, chaos_prepare(place.host, cfg, &shell, &place.err));
    shell_free(shell);
    place_worked(&place, chaos_prepare(place.host, cfg, &shell, &place.err));
    place_worked(&place,
                 registry_claim(&place.host->registry, "stale", shell->uuid_text, &place.err));
    chaos_discard(place.host, shell);
}

static int destroy_all(const chaos_config *cfg)
{
    size_t count;

    return chaos_destroy_all(place.host, &count, &place.err);
}

static const char *after_destroy_all(int rc, const char *struck)
{
    struct chaos_error err = {0};
    size_t count;

    /* Whatever stands in the way of one, the others are gone. */
    if (fake_count(place.hv) > 1 && struck && strcmp(struck, "destroydomain") == 0)
        return "more than one domain is left";
    if (chaos_destroy_all(place.host, &count, &err) < 0)
        return "the second time fails, too";
    return place_left(&place);
}

static void destroys_all(void **state)
{
    const struct work work = {CHAOS_PV, "", with_left_overs, destroy_all, after_destroy_all};

    sweep_all(&work, "destroy --all", 8);
}

static void with_ended(const chaos_config *cfg)
{
    fake_shutdown(place.hv, place_create(&place, cfg, "vm"), CHAOS_REBOOT);
}

static int reap(const chaos_config *cfg)
{
    struct chaos_domain dom;
    enum chaos_outcome outcome;
    enum chaos_reason reason;
    int rc = chaos_find(place.host, "vm", &dom, &place.err);

    if (rc == 0)
        rc = chaos_reap(place.host, &dom, false, &outcome, &reason, &place.err);
    if (rc == 0 && outcome == CHAOS_ENDED && fake_struck(place.hv))
        return 0; /* -ESRCH: somebody destroyed it */
    if (rc == 0 && (outcome != CHAOS_RESTARTED || reason != CHAOS_REBOOT))
        fail_msg("it was not restarted");
    return rc;
}

/* The old one, the new one, or none at all. */
static const char *after_reap(int rc, const char *struck)
{
    return fake_count(place.hv) ? destroy_vm() : place_left(&place);
}

static void restarts(void **state)
{
    for (enum chaos_type type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        const struct work work = {type, "on_reboot: restart", with_ended, reap, after_reap};

        sweep_all(&work, "restart", 18);
    }
}

/* A name whose owner is gone is cleared away on the way. */
static void with_stale_name(const chaos_config *cfg)
{
    char id[16];
    struct chaos_domain dom;

    snprintf(id, sizeof(id), "%u", place_create(&place, cfg, "vm"));
    dom = place_find(&place, id);
    if (place.hv->backend->destroy(place.hv, dom.domid) < 0)
        fail_msg("cannot destroy");
}

static const char *after_stale(int rc, const char *struck)
{
    struct chaos_error err = {0};
    size_t count;

    /* the stale name is nobody's: a sweep takes it where create did not get to it */
    if (rc < 0)
        return chaos_destroy_all(place.host, &count, &err) < 0 ? "no sweep" : place_left(&place);
    return destroy_vm();
}

static void creates_over_stale_name(void **state)
{
    const struct work work = {CHAOS_PV, "", with_stale_name, create, after_stale};

    sweep_all(&work, "create over a stale name", 15);
}

static int console(const chaos_config *cfg)
{
    struct chaos_domain dom;
    chaos_console *con;
    char buf[10];
    int rc = chaos_find(place.host, "vm", &dom, &place.err);

    if (rc == 0)
        rc = chaos_console_open(place.host, &dom, &con, &place.err);
    if (rc < 0)
        return rc;
    if (chaos_console_read(con, buf, sizeof(buf)) != 0)
        fail_msg("a silent console says something");
    chaos_console_close(con);
    return 0;
}

static void consoles(void **state)
{
    for (enum chaos_type type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        const struct work work = {type, "", with_vm, console, after_use};

        sweep_all(&work, "console", 4);
    }
}

static void opens(void **state)
{
    for (size_t w = 1; w < ARRAY_SIZE(ways); w++) { /* no call to the hypervisor */
        for (unsigned long n = 1;; n++) {
            struct hv *hv = fake_open(64);
            const char *struck;
            int rc;

            place_remove(&place);
            place_make(&place);
            ways[w].arm(n, ways[w].errnums[0]);
            rc = place_try_open(&place, hv);
            struck = ways[w].struck();
            ways[w].arm(0, 0);
            if (!struck) {
                place_worked(&place, rc);
                place_close(&place);
                break;
            }
            place_failed(&place, rc, CHAOS_OK);
            assert_null(place.host);
        }
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(creates),
        TEST(destroys),
        TEST(pauses),
        TEST(lists),
        TEST(destroys_all),
        TEST(restarts),
        TEST(creates_over_stale_name),
        TEST(consoles),
        TEST(opens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
