/* SPDX-License-Identifier: BSD-3-Clause */
/* Shells that one process makes and another one uses: handed over as bytes, cold or built up to the
 * entry point, and what becomes of them when they are spoilt on the way. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>

#include <cmocka.h>

#include <xen/arch-x86/hvm/start_info.h>

#include <chaos/daemon.h>
#include "config/config.h"
#include "place.h"
#include "pv_guest.h"

/* A shell, as it arrives at the other end. */
static chaos_shell *shell_of(const chaos_config *cfg, bool warm)
{
    static uint8_t bytes[CHAOS_POOL_MAX];
    chaos_shell *shell, *arrived;
    int len;

    place_worked(&place, chaos_pool_prepare(place.host, cfg, warm, &shell, &place.err));
    assert_true(chaos_shell_intact(place.host, shell));
    assert_int_equal(chaos_shell_warm(shell, NULL), warm);
    len = chaos_shell_pack(shell, bytes, sizeof(bytes));
    assert_true(len > 0);
    assert_int_equal(chaos_shell_unpack(bytes, (size_t)len, &arrived), 0);
    chaos_shell_free(shell);
    return arrived;
}

/* The command line as the guest finds it. */
static const char *cmdline_of(uint32_t domid)
{
    const struct fake_domain *dom = fake_domain(place.hv, domid);
    const struct hvm_start_info *si;

    if (dom->spec.type == CHAOS_PV) {
        const struct start_info *pv = pv_page(place.hv, dom, dom->pv.rsi);

        return (const char *)pv->cmd_line;
    }
    si = fake_page(place.hv, domid, dom->pvh_start_info >> 12);
    return (const char *)si + (si->cmdline_paddr - dom->pvh_start_info);
}

static void destroy(const char *ref)
{
    struct chaos_domain dom = place_find(&place, ref);

    place_worked(&place, chaos_destroy(place.host, &dom, &place.err));
    assert_null(place_left(&place));
}

static void run(const chaos_config *cfg, chaos_shell *shell)
{
    uint32_t domid;

    place_worked(&place, chaos_execute(place.host, shell, cfg, "vm", false, &domid, &place.err));
    assert_true(fake_domain(place.hv, domid)->started);
    assert_int_equal(fake_domain(place.hv, domid)->pauses, 0);
    assert_string_equal(cmdline_of(domid), chaos_config_cmdline(cfg));
}

static void cold(void **state)
{
    (void)state;
    for (enum chaos_type type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        chaos_config *cfg = place_config(&place, type, "cmdline: one");

        run(cfg, shell_of(cfg, false));
        destroy("vm");
        chaos_config_free(cfg);
    }
    place_close(&place);
}

/* Of a warm shell nothing is left to do but the command line, where it differs, the TSC mode, where
 * one is given, and to unpause. */
static void warm(void **state)
{
    (void)state;
    for (enum chaos_type type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        chaos_config *cfg = place_config(&place, type, "cmdline: as built");
        char longest[8 + CONFIG_MAX_CMDLINE + 1] = "cmdline=";
        chaos_shell *shell = shell_of(cfg, true);
        unsigned long calls = fake_calls(place.hv);

        run(cfg, shell);
        assert_int_equal(fake_calls(place.hv) - calls, 2); /* one batch of one operation */
        destroy("vm");

        shell = shell_of(cfg, true);
        memset(longest + 8, 'x', CONFIG_MAX_CMDLINE);
        place_worked(&place, chaos_config_set(cfg, longest, &place.err));
        calls = fake_calls(place.hv);
        run(cfg, shell);
        assert_int_equal(fake_calls(place.hv) - calls, 3); /* and one mapping */
        destroy("vm");

        shell = shell_of(cfg, true);
        place_worked(&place, chaos_config_set(cfg, "cmdline=", &place.err));
        run(cfg, shell);
        destroy("vm");

        place_worked(&place, chaos_config_set(cfg, "cmdline=as built", &place.err));
        shell = shell_of(cfg, true);
        place_worked(&place, chaos_config_set(cfg, "tsc_mode=native", &place.err));
        calls = fake_calls(place.hv);
        run(cfg, shell);
        assert_int_equal(fake_calls(place.hv) - calls, 4); /* and one batch more */
        assert_int_equal(fake_domain(place.hv, place_find(&place, "vm").domid)->tsc_mode,
                         TSC_NATIVE);
        destroy("vm");
        chaos_config_free(cfg);
    }
    place_close(&place);
}

/* Any call of execute fails: the shell is used up, nothing is left. */
static void warm_failing(void **state)
{
    (void)state;
    for (enum chaos_type type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        chaos_config *cfg = place_config(&place, type, "cmdline: as built"), *other;
        unsigned long n = 1;

        other = place_config(&place, type, "cmdline: another\ntsc_mode: always_emulate");
        for (;; n++) {
            chaos_shell *shell = shell_of(cfg, true);
            uint32_t domid;
            int rc;

            fake_fail_at(place.hv, n, EINVAL);
            rc = chaos_execute(place.host, shell, other, "vm", false, &domid, &place.err);
            if (!fake_struck(place.hv)) {
                fake_fail_at(place.hv, 0, 0);
                place_worked(&place, rc);
                break;
            }
            place_failed(&place, rc, CHAOS_E_HYPERVISOR);
            assert_null(place_left(&place));
        }
        assert_int_equal(n, 6);
        destroy("vm");
        chaos_config_free(cfg);
        chaos_config_free(other);
    }
    place_close(&place);
}

/* Making a shell fails at any call. */
static void prepare_failing(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 4; i++) {
        chaos_config *cfg = place_config(&place, i & 1 ? CHAOS_PV : CHAOS_PVH, "");
        chaos_shell *shell;

        for (unsigned long n = 1;; n++) {
            const char *left;
            int rc;

            fake_fail_at(place.hv, n, EINVAL);
            rc = chaos_pool_prepare(place.host, cfg, i & 2, &shell, &place.err);
            if (!fake_struck(place.hv)) {
                fake_fail_at(place.hv, 0, 0);
                place_worked(&place, rc);
                break;
            }
            place_failed(&place, rc, CHAOS_E_HYPERVISOR);
            assert_null(shell);
            left = place_left(&place);
            if (left)
                fail_msg("%s failed, and left %s", fake_struck(place.hv), left);
        }
        chaos_discard(place.host, shell);
        chaos_config_free(cfg);
    }
    place_close(&place);
}

static void spoilt(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, "");
    chaos_shell *shell = shell_of(cfg, true);
    uint32_t domid = chaos_shell_domid(shell);

    (void)state;
    fake_domain(place.hv, domid)->pauses = 0; /* somebody unpaused it */
    assert_false(chaos_shell_intact(place.host, shell));
    fake_domain(place.hv, domid)->pauses = 1;
    assert_true(chaos_shell_intact(place.host, shell));
    assert_int_equal(place.hv->backend->destroy(place.hv, domid), 0);
    assert_false(chaos_shell_intact(place.host, shell));
    fake_next_domid(place.hv, domid); /* and somebody else has its number */
    assert_int_equal(place_create(&place, cfg, "vm"), domid);
    assert_false(chaos_shell_intact(place.host, shell));
    chaos_shell_free(shell);
    destroy("vm");
    chaos_config_free(cfg);
    place_close(&place);
}

/* Nobody's shells are shown without a name, and go with all the rest where no chaosd lives. */
static void orphans(void **state)
{
    chaos_config *cfg = place_config(&place, CHAOS_PVH, "");
    struct chaos_domain *doms;
    size_t count;

    (void)state;
    for (unsigned int i = 0; i < 3; i++)
        chaos_shell_free(shell_of(cfg, i % 2));
    place_worked(&place, chaos_list(place.host, &doms, &count, &place.err));
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        assert_true(doms[i].ours);
        assert_false(doms[i].pooled);
        assert_string_equal(doms[i].name, "");
        assert_int_equal(doms[i].state, CHAOS_PAUSED);
    }
    free(doms);
    place_worked(&place, chaos_destroy_all(place.host, &count, &place.err));
    assert_int_equal(count, 3);
    chaos_config_free(cfg);
    place_close(&place);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, place_begin, place_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cold),   TEST(warm),    TEST(warm_failing), TEST(prepare_failing),
        TEST(spoilt), TEST(orphans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
