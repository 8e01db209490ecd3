/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is who: ids that are used again, names that outlived their domain, domains of others, what a
 * crash left behind, and the end of domains. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"
#include "place.h"
#include "shell/shell.h"
#include "base/uuid.h"

static chaos_config *cfg;

static int make(void **state)
{
    place_begin(state);
    cfg = place_config(&place, CHAOS_PV, "");
    return 0;
}

static int unmake(void **state)
{
    chaos_config_free(cfg);
    return place_end(state);
}

static void destroy_all(size_t expected)
{
    size_t count;

    place_worked(&place, chaos_destroy_all(place.host, &count, &place.err));
    assert_int_equal(count, expected);
}

/* The hypervisor loses a domain without anybody telling the registry. */
static void vanish(const char *name)
{
    struct chaos_domain dom = place_find(&place, name);

    assert_int_equal(place.hv->backend->destroy(place.hv, dom.domid), 0);
}

static void reused_domid(void **state)
{
    struct chaos_domain old, now;
    uint32_t domid = place_create(&place, cfg, "old");
    enum chaos_outcome outcome;
    enum chaos_reason reason;

    (void)state;
    old = place_find(&place, "old");
    vanish("old");
    fake_next_domid(place.hv, domid);
    assert_int_equal(place_create(&place, cfg, "new"), domid);

    place_failed(&place, chaos_destroy(place.host, &old, &place.err), CHAOS_E_NOT_FOUND);
    place_failed(&place, chaos_pause(place.host, &old, &place.err), CHAOS_E_NOT_FOUND);
    place_failed(&place, chaos_find(place.host, "old", &now, &place.err), CHAOS_E_NOT_FOUND);
    place_failed(&place, chaos_find(place.host, old.uuid, &now, &place.err), CHAOS_E_NOT_FOUND);
    place_worked(&place, chaos_reap(place.host, &old, false, &outcome, &reason, &place.err));
    assert_int_equal(outcome, CHAOS_ENDED);
    assert_int_equal(reason, CHAOS_DESTROYED);
    assert_int_equal(place_find(&place, "new").domid, domid);
    destroy_all(1);
    place_close(&place);
}

static void stale_name_is_taken_over(void **state)
{
    (void)state;
    place_create(&place, cfg, "web");
    vanish("web");
    place_create(&place, cfg, "web");
    assert_int_equal(fake_count(place.hv), 1);
    assert_string_equal(place_find(&place, "web").name, "web");
    destroy_all(1);
    place_close(&place);
}

/* Between the check and the claim, the name's owner died. */
static void stale_name_at_the_claim(void **state)
{
    chaos_shell *shell;
    uint32_t domid;

    (void)state;
    place_create(&place, cfg, "web");
    place_worked(&place, chaos_prepare(place.host, cfg, &shell, &place.err));
    vanish("web");
    place_worked(&place, chaos_execute(place.host, shell, cfg, "web", false, &domid, &place.err));
    assert_int_equal(place_find(&place, "web").domid, domid);
    destroy_all(1);
    place_close(&place);
}

static void others_are_shown_not_touched(void **state)
{
    static const uint8_t uuid[16] = {1, 2, 3};
    uint32_t domid = fake_add_domain(place.hv, uuid);
    struct chaos_domain dom, *doms;
    chaos_console *con;
    enum chaos_outcome outcome;
    enum chaos_reason reason;
    size_t count;
    char id[16];

    (void)state;
    snprintf(id, sizeof(id), "%u", domid);
    dom = place_find(&place, id);
    assert_false(dom.ours);
    assert_string_equal(dom.name, "");
    place_failed(&place, chaos_destroy(place.host, &dom, &place.err), CHAOS_E_PERMISSION);
    place_failed(&place, chaos_pause(place.host, &dom, &place.err), CHAOS_E_PERMISSION);
    place_failed(&place, chaos_unpause(place.host, &dom, &place.err), CHAOS_E_PERMISSION);
    place_failed(&place, chaos_resume(place.host, &dom, &place.err), CHAOS_E_PERMISSION);
    place_failed(&place, chaos_console_open(place.host, &dom, &con, &place.err),
                 CHAOS_E_PERMISSION);
    fake_shutdown(place.hv, domid, CHAOS_CRASH);
    place_failed(&place, chaos_reap(place.host, &dom, false, &outcome, &reason, &place.err),
                 CHAOS_E_PERMISSION);
    place_worked(&place, chaos_list(place.host, &doms, &count, &place.err));
    assert_int_equal(count, 1);
    assert_int_equal(doms[0].domid, domid);
    assert_false(doms[0].ours);
    free(doms);
    destroy_all(0);
    assert_non_null(fake_domain(place.hv, domid));
    assert_int_equal(place.hv->backend->destroy(place.hv, domid), 0);
    place_close(&place);
}

/* Even where the registry claims that it is ours. */
static void others_by_a_forged_name(void **state)
{
    static const uint8_t uuid[16] = {1, 2, 3};
    char text[CHAOS_UUID_TEXT];
    struct chaos_domain dom;
    uint32_t domid = fake_add_domain(place.hv, uuid);

    (void)state;
    uuid_format(uuid, text);
    place_worked(&place, registry_claim(&place.host->registry, "mine", text, &place.err));
    dom = place_find(&place, "mine");
    place_failed(&place, chaos_destroy(place.host, &dom, &place.err), CHAOS_E_PERMISSION);
    assert_int_equal(place.hv->backend->destroy(place.hv, domid), 0);
    destroy_all(0);
    place_close(&place);
}

/* Killed after prepare, and between record and name: destroy --all finds what nobody names. */
static void after_a_crash(void **state)
{
    struct record rec = {.name = "half", .config = "{}"};
    struct chaos_domain *doms;
    chaos_shell *shell;
    size_t count;

    (void)state;
    place_create(&place, cfg, "whole");
    place_worked(&place, chaos_prepare(place.host, cfg, &shell, &place.err));
    shell_free(shell);
    place_worked(&place, chaos_prepare(place.host, cfg, &shell, &place.err));
    memcpy(rec.uuid, shell->uuid_text, sizeof(rec.uuid));
    rec.domid = shell->guest.domid;
    place_worked(&place, registry_put(&place.host->registry, &rec, &place.err));
    shell_free(shell);

    place_worked(&place, chaos_list(place.host, &doms, &count, &place.err));
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        assert_true(doms[i].ours);
    assert_string_equal(doms[0].name, "whole");
    assert_string_equal(doms[1].name, "");
    free(doms);
    destroy_all(3);
    place_close(&place);
}

static chaos_host *neighbour;
static unsigned int lists;

/* Another process creates a domain right after this one has listed them all. */
static void create_beside(void *opaque)
{
    struct chaos_error err = {0};
    uint32_t domid;

    (void)opaque;
    if (++lists != 2) /* the first list is for destroying, the second for sweeping */
        return;
    fake_after_list(place.hv, NULL, NULL);
    if (chaos_create(neighbour, cfg, "young", false, &domid, &err) < 0)
        fail_msg("%s", err.text);
}

static void sweep_beside_a_creation(void **state)
{
    (void)state;
    /* The same hypervisor and registry, as a process of its own would have them. */
    neighbour = place.host;
    lists = 0;
    place_create(&place, cfg, "old");
    fake_after_list(place.hv, create_beside, NULL);
    destroy_all(1);
    assert_int_equal(lists, 2);
    assert_int_equal(fake_count(place.hv), 1);
    assert_string_equal(place_find(&place, "young").name, "young");
    destroy_all(1);
    place_close(&place);
}

/* More than one chunk of the list. */
static void thousands(void **state)
{
    enum { MANY = 2500 };
    struct chaos_domain *doms;
    uint8_t uuid[16];
    char text[CHAOS_UUID_TEXT];
    uint32_t last = 0;
    size_t count;

    (void)state;
    for (unsigned int i = 0; i < MANY; i++) {
        assert_int_equal(uuid_make(uuid, false), 0);
        last = fake_add_domain(place.hv, uuid);
    }
    uuid_format(uuid, text); /* no record: found by looking through them all */
    assert_int_equal(place_find(&place, text).domid, last);
    place_worked(&place, chaos_list(place.host, &doms, &count, &place.err));
    assert_int_equal(count, MANY);
    for (size_t i = 1; i < count; i++)
        assert_true(doms[i - 1].domid < doms[i].domid);
    free(doms);
    destroy_all(MANY);
    place_close(&place);
}

/* Somebody has the console mapped: the domain stays, dying, and keeps its name. */
static void undead(void **state)
{
    struct chaos_domain dom;
    chaos_console *con;

    (void)state;
    place_create(&place, cfg, "undead");
    dom = place_find(&place, "undead");
    place_worked(&place, chaos_console_open(place.host, &dom, &con, &place.err));
    place_worked(&place, chaos_destroy(place.host, &dom, &place.err));
    assert_int_equal(fake_count(place.hv), 1);
    dom = place_find(&place, "undead");
    assert_int_equal(dom.state, CHAOS_DYING);
    assert_string_equal(dom.name, "undead");
    place_failed(&place, chaos_create(place.host, cfg, "undead", false, &dom.domid, &place.err),
                 CHAOS_E_EXISTS);
    destroy_all(0);
    assert_int_equal(place_find(&place, "undead").state, CHAOS_DYING);
    chaos_console_close(con);
    assert_int_equal(fake_count(place.hv), 0);
    place_create(&place, cfg, "undead"); /* the name is free now */
    destroy_all(1);
    place_close(&place);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reused_domid),
        TEST(stale_name_is_taken_over),
        TEST(stale_name_at_the_claim),
        TEST(others_are_shown_not_touched),
        TEST(others_by_a_forged_name),
        TEST(after_a_crash),
        TEST(sweep_beside_a_creation),
        TEST(thousands),
        TEST(undead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
