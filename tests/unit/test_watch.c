/* SPDX-License-Identifier: BSD-3-Clause */
/* Hearing of the end of domains, and what is done about it. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cmocka.h>

#include <chaos/daemon.h>
#include "config/config.h"
#include "life/backoff.h"
#include "place.h"
#include "xenstore_fake.h"

static bool readable(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, timeout_ms) == 1;
}

static uint32_t create(const char *more)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, more);
    uint32_t domid = place_create(&place, cfg, "vm");

    chaos_config_free(cfg);
    return domid;
}

static enum chaos_outcome reap(struct chaos_domain *dom, enum chaos_reason *reason)
{
    enum chaos_outcome outcome;

    place_worked(&place, chaos_reap(place.host, dom, false, &outcome, reason, &place.err));
    return outcome;
}

static void destroy(void)
{
    struct chaos_domain dom = place_find(&place, "vm");

    place_worked(&place, chaos_destroy(place.host, &dom, &place.err));
}

/* place_close asks for no channel that is left; the host's own goes with the host. */
static void close_watching(void)
{
    chaos_host_close(place.host);
    place.host = NULL;
    place.hv = NULL;
    assert_null(place_left(&place));
}

static void woken_by_the_event(void **state)
{
    uint32_t domid = create("");
    int fd = chaos_watch_fd(place.host, &place.err);

    (void)state;
    place_worked(&place, fd);
    assert_int_equal(chaos_watch_fd(place.host, &place.err), fd);
    assert_false(readable(fd, 0));
    fake_shutdown(place.hv, domid, CHAOS_POWEROFF);
    assert_true(readable(fd, 0));
    place_worked(&place, chaos_watch_ack(place.host, &place.err));
    assert_false(readable(fd, 0));
    place_worked(&place, chaos_watch_ack(place.host, &place.err)); /* nothing pending */
    destroy();
    assert_true(readable(fd, 0)); /* its end is an event, too */
    close_watching();
}

/* A running xenstored has the event: then it is looked for every now and then. */
static void timer_where_taken(void **state)
{
    int fd;

    (void)state;
    fake_take_exc(place.hv);
    fd = chaos_watch_fd(place.host, &place.err);
    place_worked(&place, fd);
    assert_int_equal(chaos_watch_fd(place.host, &place.err), fd);
    assert_true(readable(fd, 5000));
    place_worked(&place, chaos_watch_ack(place.host, &place.err));
    place_worked(&place, chaos_watch_ack(place.host, &place.err)); /* never blocks */
    assert_true(readable(fd, 5000));                               /* again and again */
    close_watching();
}

static long interval_ms(int fd)
{
    struct itimerspec every;

    assert_int_equal(timerfd_gettime(fd, &every), 0);
    return every.it_interval.tv_sec * 1000 + every.it_interval.tv_nsec / 1000000;
}

/* chaosd asks whether it was for nothing; after a while the timer is slower. */
/* Where xenstored has the channel it tells of ends, and nobody looks ten times a second. Once it
 * has gone somebody does. */
static void told_by_xenstored(void **state)
{
    uint64_t ticks;
    int fd;

    (void)state;
    xenstore_fake_start();
    fake_take_exc(place.hv);
    fd = chaos_watch_fd(place.host, &place.err);
    assert_true(fd >= 0);
    assert_true(readable(fd, 2000));
    place_worked(&place, chaos_watch_ack(place.host, &place.err));
    assert_false(chaos_watch_in_vain(place.host)); /* the first look: there is nothing of ours */
    while (read(place.host->exc_timer, &ticks, sizeof(ticks)) > 0)
        ;
    assert_false(readable(fd, 700));
    xenstore_fake_released();
    assert_true(readable(fd, 2000));
    place_worked(&place, chaos_watch_ack(place.host, &place.err));
    assert_false(readable(fd, 0));
    xenstore_fake_stop();
    assert_true(readable(fd, 2000));
    place_worked(&place, chaos_watch_ack(place.host, &place.err));
    assert_true(readable(fd, 1000));
    place_worked(&place, chaos_watch_ack(place.host, &place.err));
    /* The channel is free, and the next xenstored does not start without it. */
    fake_give_exc(place.hv);
    for (int i = 0; i < 30; i++)
        place_worked(&place, chaos_watch_ack(place.host, &place.err));
    assert_null(place.host->exc_channel);
    assert_true(readable(fd, 1000));
    xenstore_fake_reset();
    close_watching();
}

static void timer_in_vain(void **state)
{
    uint32_t domid = create("");
    int fd, looks = 0;

    (void)state;
    assert_false(chaos_watch_in_vain(place.host)); /* an event is not asked */
    fake_take_exc(place.hv);
    fd = chaos_watch_fd(place.host, &place.err);
    place_worked(&place, fd);
    assert_false(chaos_watch_in_vain(place.host));
    for (int i = 0; i < 3; i++)
        assert_true(chaos_watch_in_vain(place.host));
    fake_shutdown(place.hv, domid, CHAOS_CRASH);
    assert_false(chaos_watch_in_vain(place.host));
    assert_true(chaos_watch_in_vain(place.host));
    fake_fail_at(place.hv, 1, EIO);
    assert_false(chaos_watch_in_vain(place.host)); /* nobody knows */
    assert_false(chaos_watch_in_vain(place.host));
    while (interval_ms(place.host->exc_timer) == 100 && looks++ < 1000)
        assert_true(chaos_watch_in_vain(place.host));
    assert_int_equal(looks, 100);
    assert_int_equal(interval_ms(place.host->exc_timer), 500);
    destroy();
    assert_false(chaos_watch_in_vain(place.host));
    assert_int_equal(interval_ms(place.host->exc_timer), 100);
    close_watching();
}

/* The event's holder has gone: it is ours from then on, by the same descriptor. */
static void taken_over(void **state)
{
    uint32_t domid = create("");
    int fd;

    (void)state;
    fake_take_exc(place.hv);
    fd = chaos_watch_fd(place.host, &place.err);
    place_worked(&place, fd);
    for (int i = 0; i < 30; i++)
        place_worked(&place, chaos_watch_ack(place.host, &place.err));
    assert_null(place.host->exc_channel);
    fake_give_exc(place.hv);
    for (int i = 0; i < 30 && !place.host->exc_channel; i++)
        place_worked(&place, chaos_watch_ack(place.host, &place.err));
    assert_non_null(place.host->exc_channel);
    assert_int_equal(place.host->exc_timer, -1);
    assert_int_equal(chaos_watch_fd(place.host, &place.err), fd);
    assert_false(chaos_watch_in_vain(place.host)); /* one may have ended meanwhile */
    assert_false(readable(fd, 0));
    fake_shutdown(place.hv, domid, CHAOS_CRASH);
    assert_true(readable(fd, 5000));
    place_worked(&place, chaos_watch_ack(place.host, &place.err));
    assert_false(readable(fd, 0));
    destroy();
    close_watching();
}

static void refused(void **state)
{
    (void)state;
    fake_fail_at(place.hv, 1, EPERM);
    place_failed(&place, chaos_watch_fd(place.host, &place.err), CHAOS_E_HYPERVISOR);
    place_worked(&place, chaos_watch_fd(place.host, &place.err)); /* and the next time it works */
    fake_fail_at(place.hv, 1, EIO);
    place_failed(&place, chaos_watch_ack(place.host, &place.err), CHAOS_E_FAILED);
    close_watching();
}

static void check_name(const struct chaos_domain *dom, const char *name)
{
    struct chaos_domain *doms;
    size_t count;

    place_worked(&place, chaos_list_ended(place.host, &doms, &count, &place.err));
    assert_int_equal(count, 1);
    assert_string_equal(doms[0].uuid, dom->uuid);
    assert_string_equal(doms[0].name, name);
    free(doms);
}

/* Of the others the registry is not asked: there may be thousands. */
static void names_of_the_ended(void **state)
{
    uint32_t domid = create("");
    struct chaos_domain dom = place_find(&place, "vm"), *doms;
    size_t count;

    (void)state;
    check_name(&dom, "");
    fake_shutdown(place.hv, domid, CHAOS_POWEROFF);
    check_name(&dom, "vm");
    registry_release(&place.host->registry, "vm", dom.uuid); /* a name that it has lost is none */
    check_name(&dom, "");
    fake_fail_at(place.hv, 1, EIO);
    place_failed(&place, chaos_list_ended(place.host, &doms, &count, &place.err),
                 CHAOS_E_HYPERVISOR);
    assert_null(doms);
    place_worked(&place, chaos_destroy(place.host, &dom, &place.err));
    place_close(&place);
}

static void still_runs(void **state)
{
    struct chaos_domain dom;
    enum chaos_reason reason;

    (void)state;
    create("");
    dom = place_find(&place, "vm");
    assert_int_equal(reap(&dom, &reason), CHAOS_STILL_RUNS);
    assert_int_equal(fake_count(place.hv), 1);
    destroy();
    assert_int_equal(reap(&dom, &reason), CHAOS_ENDED);
    assert_int_equal(reason, CHAOS_DESTROYED);
    place_close(&place);
}

/* Which policy holds for which end, and what becomes of the domain. */
static void policies(void **state)
{
    static const struct {
        unsigned int reason;
        const char *key;
    } ends[] = {
        {CHAOS_POWEROFF, "on_poweroff"},
        {CHAOS_REBOOT, "on_reboot"},
        {CHAOS_CRASH, "on_crash"},
        {CHAOS_WATCHDOG, "on_crash"},
    };
    static const struct {
        const char *action;
        enum chaos_outcome outcome;
    } actions[] = {
        {"destroy", CHAOS_ENDED}, {"restart", CHAOS_RESTARTED}, {"preserve", CHAOS_PRESERVED}};

    (void)state;
    for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++) {
        for (size_t a = 0; a < sizeof(actions) / sizeof(actions[0]); a++) {
            struct chaos_domain dom, old;
            enum chaos_reason reason;
            char more[64];

            backoff_close(place.host);
            snprintf(more, sizeof(more), "%s: %s", ends[e].key, actions[a].action);
            fake_shutdown(place.hv, create(more), ends[e].reason);
            old = dom = place_find(&place, "vm");
            assert_int_equal(dom.state, CHAOS_SHUTDOWN);
            assert_int_equal(dom.reason, ends[e].reason);
            assert_int_equal(reap(&dom, &reason), actions[a].outcome);
            assert_int_equal(reason, ends[e].reason);
            if (actions[a].outcome == CHAOS_ENDED) {
                assert_null(place_left(&place));
                continue;
            }
            assert_string_equal(place_find(&place, "vm").uuid, dom.uuid);
            assert_int_equal(fake_count(place.hv), 1);
            if (actions[a].outcome == CHAOS_RESTARTED) {
                assert_string_not_equal(dom.uuid, old.uuid);
                assert_string_equal(dom.name, "vm");
                assert_true(fake_domain(place.hv, dom.domid)->started);
                assert_int_equal(reap(&dom, &reason), CHAOS_STILL_RUNS);
                assert_int_equal(reap(&old, &reason), CHAOS_ENDED); /* the old one is gone */
            } else {
                assert_string_equal(dom.uuid, old.uuid);
                assert_int_equal(reap(&dom, &reason), CHAOS_PRESERVED); /* it stays so */
            }
            destroy();
            assert_null(place_left(&place));
        }
    }
    place_close(&place);
}

/* Restarted with its own configuration, again and again, and paused where that is asked for. */
static void restarts(void **state)
{
    struct chaos_domain dom;
    enum chaos_reason reason;
    enum chaos_outcome outcome;
    chaos_config *cfg;

    (void)state;
    create("on_reboot: restart\nvcpus: 2\ntsc_mode: native\ncmdline: same again");
    dom = place_find(&place, "vm");
    for (unsigned int i = 0; i < 20; i++) {
        fake_shutdown(place.hv, dom.domid, CHAOS_REBOOT);
        assert_int_equal(reap(&dom, &reason), CHAOS_RESTARTED);
        backoff_close(place.host);
    }
    fake_shutdown(place.hv, dom.domid, CHAOS_REBOOT);
    place_worked(&place, chaos_reap(place.host, &dom, true, &outcome, &reason, &place.err));
    assert_int_equal(fake_domain(place.hv, dom.domid)->pauses, 1);
    assert_int_equal(fake_domain(place.hv, dom.domid)->vcpus, 2);
    assert_int_equal(fake_domain(place.hv, dom.domid)->tsc_mode, TSC_NATIVE);
    place_worked(&place, chaos_domain_config(place.host, &dom, &cfg, &place.err));
    assert_string_equal(chaos_config_cmdline(cfg), "same again");
    chaos_config_free(cfg);
    destroy();
    place_close(&place);
}

/* A restart in vain: an error that says so, and a VM that is not lost. */
static void restart_fails(struct chaos_domain *dom)
{
    enum chaos_reason reason;
    enum chaos_outcome outcome;

    backoff_close(place.host);
    assert_true(chaos_reap(place.host, dom, false, &outcome, &reason, &place.err) < 0);
    assert_int_equal(outcome, CHAOS_RESTART_FAILED);
    assert_int_equal(reason, CHAOS_CRASH);
    assert_non_null(strstr(place.err.text, "cannot restart \"vm\": "));
    memset(&place.err, 0, sizeof(place.err));
    assert_in_range(chaos_watch_timeout(place.host), 0, 100);
}

static void is_restarting(bool with_domain)
{
    chaos_config *cfg = place_config(&place, CHAOS_PV, "");
    struct chaos_restart restart;
    struct chaos_domain *doms, dom = place_find(&place, "vm");
    size_t count;

    assert_int_equal(dom.state, CHAOS_RESTARTING);
    assert_int_equal(dom.reason, CHAOS_CRASH);
    assert_true(chaos_domain_ended(&dom));
    assert_int_equal(dom.domid != 0, with_domain);
    assert_string_equal(dom.name, "vm");
    place_worked(&place, chaos_list(place.host, &doms, &count, &place.err));
    assert_int_equal(count, 1);
    assert_string_equal(doms[0].uuid, dom.uuid);
    assert_string_equal(doms[0].name, "vm");
    assert_int_equal(doms[0].domid, dom.domid);
    assert_int_equal(doms[0].state, CHAOS_RESTARTING);
    assert_int_equal(doms[0].reason, CHAOS_CRASH);
    free(doms);
    place_worked(&place, chaos_domain_restart(place.host, &dom, &restart, &place.err));
    assert_true(restart.attempts > 0);
    assert_true(restart.tried > 0);
    place_worked(&place, chaos_sweep(place.host, &count, &place.err));
    assert_int_equal(count, 0);
    place_failed(&place, chaos_create(place.host, cfg, "vm", false, &dom.domid, &place.err),
                 CHAOS_E_EXISTS);
    chaos_config_free(cfg);
}

/* A kernel that is gone by then is missed before the old domain goes. */
static void cannot_restart(void **state)
{
    uint32_t domid = create("on_crash: restart");
    struct chaos_restart restart;
    struct chaos_domain dom;
    enum chaos_reason reason;
    char aside[200];

    (void)state;
    fake_shutdown(place.hv, domid, CHAOS_CRASH);
    dom = place_find(&place, "vm");
    snprintf(aside, sizeof(aside), "%s.aside", place.kernel);
    assert_int_equal(rename(place.kernel, aside), 0);
    restart_fails(&dom);
    restart_fails(&dom);
    assert_non_null(fake_domain(place.hv, domid));
    is_restarting(true);
    dom = place_find(&place, "vm");
    place_worked(&place, chaos_domain_restart(place.host, &dom, &restart, &place.err));
    assert_int_equal(restart.attempts, 2);
    assert_non_null(strstr(restart.why, place.kernel));
    assert_int_equal(reap(&dom, &reason), CHAOS_STILL_RUNS); /* not yet */
    assert_int_equal(rename(aside, place.kernel), 0);
    backoff_close(place.host);
    assert_int_equal(reap(&dom, &reason), CHAOS_RESTARTED);
    assert_int_equal(reason, CHAOS_CRASH);
    assert_string_equal(place_find(&place, "vm").uuid, dom.uuid);
    destroy();
    place_close(&place);
}

/* What a process leaves that is killed between the old domain and the new one: a record that says
 * so. `next`: "", or the successor's uuid. */
static struct chaos_domain killed(const char *next)
{
    struct chaos_domain dom;
    struct record rec;

    dom = place_find(&place, "vm");
    place_worked(&place, registry_get(&place.host->registry, dom.uuid, &rec, &place.err));
    rec.restart =
        (struct record_restart){.pending = true, .reason = CHAOS_CRASH, .attempts = 1, .tried = 1};
    snprintf(rec.restart.next, sizeof(rec.restart.next), "%s", next);
    place_worked(&place, registry_replace(&place.host->registry, &rec, &place.err));
    record_clear(&rec);
    assert_int_equal(place.hv->backend->destroy(place.hv, dom.domid), 0);
    return place_find(&place, "vm");
}

static void restarted_after_a_kill(void **state)
{
    struct chaos_domain dom, *doms;
    enum chaos_reason reason;
    size_t count;

    (void)state;
    create("on_crash: restart\nvcpus: 2");
    dom = killed("");
    is_restarting(false);
    assert_int_equal(dom.vcpus, 2);
    place_failed(&place, chaos_pause(place.host, &dom, &place.err), CHAOS_E_NOT_FOUND);
    /* chaosd finds it when it starts */
    place_worked(&place, chaos_list_ended(place.host, &doms, &count, &place.err));
    assert_int_equal(count, 0);
    free(doms);
    place_worked(&place, chaos_restarts_find(place.host, &place.err));
    assert_int_equal(chaos_watch_timeout(place.host), 0);
    assert_int_equal(chaos_watch_timeout(place.host), -1); /* once */
    place_worked(&place, chaos_list_ended(place.host, &doms, &count, &place.err));
    assert_int_equal(count, 1);
    assert_string_equal(doms[0].name, "vm");
    assert_int_equal(reap(&doms[0], &reason), CHAOS_RESTARTED);
    assert_int_equal(reason, CHAOS_CRASH);
    assert_true(fake_domain(place.hv, doms[0].domid)->started);
    free(doms);
    assert_int_equal(fake_count(place.hv), 1);
    destroy();
    place_close(&place);
}

/* The successor was there already, without its name or with it. */
static void half_made_successor(void **state)
{
    for (unsigned int named = 0; named < 2; named++) {
        chaos_config *cfg = place_config(&place, CHAOS_PV, "");
        struct chaos_domain dom, old, *doms;
        enum chaos_reason reason;
        struct record rec;
        uint32_t domid;
        size_t count;

        create("on_crash: restart");
        place_worked(&place, chaos_create(place.host, cfg, "next", true, &domid, &place.err));
        dom = place_find(&place, "next");
        old = place_find(&place, "vm");
        registry_release(&place.host->registry, "next", dom.uuid);
        place_worked(&place, registry_get(&place.host->registry, dom.uuid, &rec, &place.err));
        strcpy(rec.name, "vm");
        place_worked(&place, registry_put(&place.host->registry, &rec, &place.err));
        record_clear(&rec);
        killed(dom.uuid);
        if (named)
            place_worked(&place, registry_pass_on(&place.host->registry, "vm", old.uuid, dom.uuid,
                                                  &place.err));
        /* as chaosd does when it starts */
        place_worked(&place, chaos_sweep(place.host, &count, &place.err));
        place_worked(&place, chaos_restarts_find(place.host, &place.err));
        place_worked(&place, chaos_list_ended(place.host, &doms, &count, &place.err));
        assert_int_equal(count, 2);
        assert_string_equal(doms[1].uuid, old.uuid);
        old = doms[1];
        free(doms);
        assert_int_equal(reap(&old, &reason), CHAOS_RESTARTED);
        assert_int_equal(old.domid == domid, named);
        assert_int_equal(fake_count(place.hv), 1);
        assert_int_equal(fake_domain(place.hv, old.domid)->pauses, 0);
        if (!named)
            registry_drop(&place.host->registry, "", dom.uuid);
        chaos_config_free(cfg);
        backoff_close(place.host);
        destroy();
        assert_null(place_left(&place));
    }
    (void)state;
    place_close(&place);
}

/* A VM that waits for its restart can be ended for good. */
static void given_up(void **state)
{
    struct chaos_domain dom;
    enum chaos_reason reason;
    size_t count;

    (void)state;
    create("on_crash: restart");
    dom = killed("");
    place_worked(&place, chaos_destroy(place.host, &dom, &place.err));
    assert_null(place_left(&place));
    place_failed(&place, chaos_destroy(place.host, &dom, &place.err), CHAOS_E_NOT_FOUND);
    assert_int_equal(reap(&dom, &reason), CHAOS_ENDED);
    assert_int_equal(reason, CHAOS_DESTROYED);

    create("on_crash: restart");
    killed("");
    place_worked(&place, chaos_destroy_all(place.host, &count, &place.err));
    assert_int_equal(count, 1);
    place_close(&place);
}

/* Restarts that follow each other closely wait, and each failure longer. */
static void paced(void **state)
{
    struct chaos_domain dom;
    enum chaos_reason reason;

    (void)state;
    create("on_reboot: restart");
    dom = place_find(&place, "vm");
    assert_int_equal(chaos_watch_timeout(place.host), -1);
    fake_shutdown(place.hv, dom.domid, CHAOS_REBOOT);
    assert_int_equal(reap(&dom, &reason), CHAOS_RESTARTED);
    for (unsigned int i = 0; i < 20; i++)
        backoff_restarted(place.host, &dom);
    assert_int_equal(chaos_watch_timeout(place.host), -1); /* it runs */
    fake_shutdown(place.hv, dom.domid, CHAOS_REBOOT);
    assert_int_equal(reap(&dom, &reason), CHAOS_STILL_RUNS);
    assert_int_equal(place_find(&place, "vm").state, CHAOS_SHUTDOWN); /* as it ended */
    assert_in_range(chaos_watch_timeout(place.host), 5000, 10000);
    backoff_close(place.host);
    assert_int_equal(reap(&dom, &reason), CHAOS_RESTARTED);
    destroy();
    place_close(&place);
}

/* Suspended is not ended: it waits for somebody who resumes it. */
static void suspended(void **state)
{
    struct chaos_domain dom;
    enum chaos_reason reason;

    (void)state;
    fake_shutdown(place.hv, create("on_poweroff: restart\non_crash: restart"), CHAOS_SUSPEND);
    dom = place_find(&place, "vm");
    assert_int_equal(dom.reason, CHAOS_SUSPEND);
    assert_false(chaos_domain_ended(&dom));
    assert_int_equal(reap(&dom, &reason), CHAOS_STILL_RUNS);
    place_worked(&place, chaos_resume(place.host, &dom, &place.err));
    assert_int_equal(reap(&dom, &reason), CHAOS_STILL_RUNS);
    place_failed(&place, chaos_resume(place.host, &dom, &place.err), CHAOS_E_FAILED);
    destroy();
    place_close(&place);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, place_begin, place_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(woken_by_the_event),
        TEST(told_by_xenstored),
        TEST(timer_where_taken),
        TEST(timer_in_vain),
        TEST(taken_over),
        TEST(refused),
        TEST(names_of_the_ended),
        TEST(still_runs),
        TEST(policies),
        TEST(restarts),
        TEST(cannot_restart),
        TEST(restarted_after_a_kill),
        TEST(half_made_successor),
        TEST(given_up),
        TEST(paced),
        TEST(suspended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
