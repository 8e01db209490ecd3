/* SPDX-License-Identifier: BSD-3-Clause */
/* Dom0's side of the console ring: reading, writing, attaching, and going on where one was. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "console/console.h"
#include "console_place.h"
#include "hv_fake_parts.h"

static unsigned int notified(void)
{
    return fake_notified(place.hv, console_vm.domid, console_record.console_port);
}

static bool readable(const chaos_console *con)
{
    struct pollfd p = {.fd = chaos_console_fd(con), .events = POLLIN};

    return poll(&p, 1, 0) == 1;
}

static void reads_and_writes(void **state)
{
    chaos_console *con = console_attach();
    char buf[64];

    (void)state;
    assert_int_equal(chaos_console_ack(con), 0); /* the event of binding */
    assert_false(readable(con));
    assert_int_equal(console_guest_writes("hello\n", 6), 6);
    fake_guest_notify(place.hv, console_vm.domid, console_record.console_port);
    assert_true(readable(con));
    assert_int_equal(chaos_console_ack(con), 0);
    assert_false(readable(con));
    assert_int_equal(chaos_console_ack(con), 0); /* nothing pending is no failure */

    notified();
    assert_int_equal(chaos_console_read(con, buf, 3), 3);
    assert_memory_equal(buf, "hel", 3);
    assert_int_equal(notified(), 1);
    assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), 3);
    assert_memory_equal(buf, "lo\n", 3);
    notified();
    assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), 0);
    assert_int_equal(notified(), 0); /* an idle reader wakes nobody */
    assert_int_equal(console_ring->out_cons, 6);

    assert_int_equal(chaos_console_write(con, "ls\n", 3), 3);
    assert_int_equal(notified(), 1);
    assert_int_equal(console_ring->in_prod, 3);
    assert_memory_equal(console_ring->in, "ls\n", 3);
    assert_int_equal(chaos_console_write(con, "", 0), 0);
    assert_int_equal(notified(), 0);
    chaos_console_close(con);
}

static void one_holder_at_a_time(void **state)
{
    chaos_console *con = console_attach(), *other;

    (void)state;
    place_failed(&place, chaos_console_open(place.host, &console_vm, &other, &place.err),
                 CHAOS_E_BUSY);
    assert_null(other);
    chaos_console_close(con);
    chaos_console_close(console_attach());
    chaos_console_close(NULL);
}

/* What the guest wrote before is still there, and a second holder goes on where the first was. */
static void goes_on_where_it_was(void **state)
{
    chaos_console *con;
    char buf[64];

    (void)state;
    console_guest_writes("before", 6);
    con = console_attach();
    assert_int_equal(chaos_console_read(con, buf, 4), 4);
    chaos_console_close(con);
    con = console_attach();
    assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), 2);
    assert_memory_equal(buf, "re", 2);
    assert_int_equal(chaos_console_write(con, "x", 1), 1);
    chaos_console_close(con);
    con = console_attach();
    assert_int_equal(chaos_console_write(con, "y", 1), 1);
    assert_memory_equal(console_ring->in, "xy", 2);
    chaos_console_close(con);
}

/* Many times round, and across the end of the 32-bit indices. */
static void wraps(void **state)
{
    static const uint32_t starts[] = {0, OUT - 1, UINT32_MAX - 5000, UINT32_MAX};
    char text[3001], got[3001];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 31);
    for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]); s++) {
        chaos_console *con;

        console_ring->out_prod = console_ring->out_cons = starts[s];
        console_ring->in_prod = console_ring->in_cons = starts[s];
        con = console_attach();
        for (unsigned int round = 0; round < 8; round++) {
            size_t wrote = console_guest_writes(text, OUT), room = IN;

            assert_int_equal(wrote, OUT); /* full to the brim */
            assert_int_equal(chaos_console_read(con, got, 1000), 1000);
            assert_int_equal(chaos_console_read(con, got + 1000, 2001), OUT - 1000);
            assert_memory_equal(got, text, OUT);

            assert_int_equal(chaos_console_write(con, text, sizeof(text)), room);
            assert_int_equal(chaos_console_write(con, text, 1), 0); /* full */
            for (size_t i = 0; i < IN; i++)
                assert_int_equal(console_ring->in[console_ring->in_cons++ & (IN - 1)], text[i]);
        }
        chaos_console_close(con);
    }
}

/* Without a record, a PVH guest's console is where the hypervisor says. */
static void located_by_params(void **state)
{
    chaos_console *con;
    char buf[8];

    (void)state;
    registry_drop(&place.host->registry, "vm", console_vm.uuid);
    console_guest_writes("found", 5);
    con = console_attach();
    assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), 5);
    chaos_console_close(con);
}

static void not_located(void **state)
{
    chaos_console *con;

    (void)state;
    registry_drop(&place.host->registry, "vm", console_vm.uuid);
    place_failed(&place, chaos_console_open(place.host, &console_vm, &con, &place.err),
                 CHAOS_E_NOT_FOUND);
}

static void survives_its_domain(void **state)
{
    chaos_console *con = console_attach();
    char buf[8];

    (void)state;
    console_guest_writes("last", 4);
    place_worked(&place, chaos_destroy(place.host, &console_vm, &place.err));
    assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), 4);
    chaos_console_close(con);
    assert_int_equal(fake_count(place.hv), 0);
    place_failed(&place, chaos_console_open(place.host, &console_vm, &con, &place.err),
                 CHAOS_E_NOT_FOUND);
    /* its name stayed with it while it was dying */
    registry_drop(&place.host->registry, "vm", console_vm.uuid);
}

/* As chaosd does it: a look that takes nothing, the page mapped for as long as it looks. */
static void looks_and_takes(void **state)
{
    chaos_console *con;
    char buf[64];

    (void)state;
    chaos_host_is_chaosd(place.host);
    console_guest_writes("hello", 5);
    con = console_attach();
    assert_int_equal(chaos_console_peek(con, buf, sizeof(buf)), 5);
    assert_int_equal(chaos_console_peek(con, buf, 3), 3);
    assert_memory_equal(buf, "hel", 3);
    assert_int_equal(console_ring->out_cons, 0);
    notified();
    chaos_console_skip(con, 3);
    assert_int_equal(notified(), 1);
    assert_int_equal(console_ring->out_cons, 3);
    assert_int_equal(chaos_console_position(con), 3);
    assert_int_equal(chaos_console_past(con, buf, sizeof(buf)), 3);
    assert_memory_equal(buf, "hel", 3);
    chaos_console_rest(con);
    assert_null(((struct fake *)place.hv)->mappings);
    assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), 2);
    assert_memory_equal(buf, "lo", 2);
    chaos_console_rest(con);
    chaos_console_rest(con);
    chaos_console_close(con);
}

/* What the ring still holds of what was taken, at each fill of the ring. */
static void remembers(void **state)
{
    static const uint32_t starts[] = {0, 100, OUT - 1, OUT, 3 * OUT + 7, UINT32_MAX - 1000};
    char all[OUT], buf[OUT];

    (void)state;
    for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]); s++) {
        for (uint32_t ahead = 0; ahead <= OUT; ahead += 512) {
            uint32_t cons = starts[s], prod = cons + ahead, have;
            chaos_console *con;

            for (uint32_t i = 0; i < OUT; i++)
                console_ring->out[(prod - OUT + i) & (OUT - 1)] = all[i] = (char)(prod - OUT + i);
            console_ring->out_cons = cons;
            console_ring->out_prod = prod;
            have = cons < OUT - ahead ? cons : OUT - ahead; /* indices begin at zero */
            con = console_attach();
            assert_int_equal(chaos_console_past(con, buf, sizeof(buf)), have);
            for (uint32_t i = 0; i < have; i++)
                assert_int_equal(buf[i], (char)(cons - have + i));
            if (have > 10) { /* the last of it */
                assert_int_equal(chaos_console_past(con, buf, 10), 10);
                assert_int_equal(buf[9], (char)(cons - 1));
            }
            chaos_console_close(con);
        }
    }
}

/* Going on from where somebody else was, who had taken more, or less. */
static void goes_to(void **state)
{
    char buf[OUT];
    struct ring r;

    (void)state;
    for (uint32_t i = 0; i < OUT; i++)
        console_ring->out[i] = (char)i;
    console_ring->out_cons = 5000;
    console_ring->out_prod = 5100;
    place_worked(&place, ring_open(place.host, &console_vm, &r, &place.err));
    place_worked(&place, ring_map(&r, &place.err));
    assert_int_equal(ring_go_to(&r, 4900), 0); /* 100 were not passed on */
    assert_int_equal(ring_peek(&r, buf, sizeof(buf)), 200);
    assert_int_equal(buf[0], (char)4900);
    notified();
    ring_skip(&r, 100);
    assert_int_equal(notified(), 0); /* that room the guest has had */
    assert_int_equal(console_ring->out_cons, 5000);
    ring_skip(&r, 1);
    assert_int_equal(console_ring->out_cons, 5001);
    assert_int_equal(notified(), 1);
    assert_int_equal(ring_go_to(&r, 5050), 0); /* 49 were passed on, and not taken */
    assert_int_equal(console_ring->out_cons, 5050);
    assert_int_equal(ring_go_to(&r, 5200), 0); /* beyond what there is: not believed */
    assert_int_equal(r.out_cons, 5050);
    assert_int_equal(ring_go_to(&r, 2000), 3050 - (OUT - 50)); /* longer ago than the ring knows */
    assert_int_equal(ring_peek(&r, buf, sizeof(buf)), OUT);
    console_ring->out_prod = 5050 + 3 * OUT; /* a liar */
    assert_int_equal(ring_past(&r, buf, sizeof(buf)), 0);
    assert_int_equal(ring_go_to(&r, 100), r.out_cons - 100);
    ring_close(&r);
}

#define PV(fn)  cmocka_unit_test_setup_teardown(fn, console_begin_pv, console_end)
#define PVH(fn) cmocka_unit_test_setup_teardown(fn, console_begin_pvh, console_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PV(reads_and_writes),
        PVH(reads_and_writes),
        PV(one_holder_at_a_time),
        PV(goes_on_where_it_was),
        PV(wraps),
        PVH(located_by_params),
        PV(not_located),
        PV(survives_its_domain),
        PV(looks_and_takes),
        PVH(remembers),
        PV(goes_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
