/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a VM with everything that can fail failing in turn (sweep.h). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "life/backoff.h"
#include "shell/shell.h"
#include "sweep.h"

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
        return rc < 0 ? sweep_destroy_vm() : "it is still there";
    if (struck && strcmp(struck, "readlinkat") == 0)
        chaos_destroy_all(place.host, &count, &err);
    return place_left(&place);
}

static void destroys(void **state)
{
    const struct sweep_work work = {CHAOS_PV, "", with_vm, find_and_destroy, after_destroy};

    sweep(&work, "destroy", 4);
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
    return sweep_destroy_vm();
}

static void pauses(void **state)
{
    const struct sweep_work work = {CHAOS_PVH, "", with_vm, pause_and_unpause, after_use};

    sweep(&work, "pause and unpause", 9);
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
    const struct sweep_work work = {CHAOS_PV, "", with_vm, list, after_use};

    sweep(&work, "list", 1);
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
    const struct sweep_work work = {CHAOS_PV, "", with_left_overs, destroy_all, after_destroy_all};

    sweep(&work, "destroy --all", 8);
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

/* Whatever failed: it is tried again, and then the VM is there. */
static const char *after_reap(int rc, const char *struck)
{
    static struct chaos_error err;
    struct chaos_domain dom;
    enum chaos_outcome outcome;
    enum chaos_reason reason;
    size_t count;

    if (rc == 0)
        return fake_count(place.hv) ? sweep_destroy_vm() : place_left(&place);
    backoff_close(place.host);
    if (chaos_find(place.host, "vm", &dom, &err) < 0)
        return "the VM is lost";
    if (chaos_reap(place.host, &dom, false, &outcome, &reason, &err) < 0)
        return err.text;
    if (chaos_find(place.host, "vm", &dom, &err) < 0)
        return err.text;
    if (!dom.domid || !fake_domain(place.hv, dom.domid)->started || dom.state == CHAOS_PAUSED ||
        dom.state == CHAOS_RESTARTING || fake_count(place.hv) != 1)
        return "the VM does not run";
    if (chaos_sweep(place.host, &count, &err) < 0)
        return err.text;
    return sweep_destroy_vm();
}

static void restarts(void **state)
{
    for (enum chaos_type type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        const struct sweep_work work = {type, "tsc_mode: native", with_ended, reap, after_reap};

        sweep(&work, "restart", 18);
    }
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
        const struct sweep_work work = {type, "", with_vm, console, after_use};

        sweep(&work, "console", 4);
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, sweep_make, sweep_unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(destroys),     TEST(pauses),   TEST(lists),
        TEST(destroys_all), TEST(restarts), TEST(consoles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
