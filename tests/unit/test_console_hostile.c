/* SPDX-License-Identifier: BSD-3-Clause */
/* The console ring of guests that write what they like wherever they may: indices out of range,
 * our own indices, everything at random between any two calls. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>

#include <cmocka.h>

#include <xen/io/console.h>

#include "place.h"

#define OUT sizeof(((struct xencons_interface *)0)->out)
#define IN  sizeof(((struct xencons_interface *)0)->in)

static struct place place;
static struct chaos_domain dom;
static struct xencons_interface *ring; /* as the guest sees it */

static int make(void **state)
{
    struct record rec;
    chaos_config *cfg;

    (void)state;
    place_make(&place);
    place_open(&place);
    cfg = place_config(&place, CHAOS_PV, "");
    place_create(&place, cfg, "vm");
    chaos_config_free(cfg);
    dom = place_find(&place, "vm");
    place_worked(&place, registry_get(&place.host->registry, dom.uuid, &rec, &place.err));
    ring = fake_page(place.hv, dom.domid, rec.console_frame);
    record_clear(&rec);
    return 0;
}

static int unmake(void **state)
{
    struct chaos_error err = {0};

    (void)state;
    chaos_destroy(place.host, &dom, &err);
    place_close(&place);
    place_remove(&place);
    return 0;
}

static chaos_console *attach(void)
{
    chaos_console *con;

    place_worked(&place, chaos_console_open(place.host, &dom, &con, &place.err));
    return con;
}

/* The guest writes as much as fits. */
static size_t guest_writes(const char *text, size_t len)
{
    size_t done = 0;

    while (done < len && ring->out_prod - ring->out_cons < OUT)
        ring->out[ring->out_prod++ & (OUT - 1)] = text[done++];
    return done;
}

static void broken_output_index(void **state)
{
    static const uint32_t lies[] = {OUT + 1, 0x7fffffff, 0x80000000, UINT32_MAX};
    chaos_console *con = attach();
    char buf[OUT + 8];

    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        uint32_t lie = ring->out_cons + lies[i];

        ring->out_prod = lie;
        assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), -EPROTO);
        assert_int_equal(ring->out_cons, lie); /* the rest is skipped, */
        assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), 0);
        assert_int_equal(guest_writes("again", 5), 5); /* and what is right then is read */
        assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), 5);
        assert_memory_equal(buf, "again", 5);
    }
    chaos_console_close(con);
}

/* Our own indices in the page are for the guest to see: what it writes there changes nothing. */
static void scribbled_own_indices(void **state)
{
    chaos_console *con = attach();
    char buf[OUT];

    (void)state;
    assert_int_equal(guest_writes("0123456789", 10), 10);
    assert_int_equal(chaos_console_read(con, buf, 4), 4);
    ring->out_cons = 0xdeadbeef;
    assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), 6);
    assert_memory_equal(buf, "456789", 6);
    assert_int_equal(ring->out_cons, 10);

    assert_int_equal(chaos_console_write(con, "abc", 3), 3);
    ring->in_prod = 0xdeadbeef;
    assert_int_equal(chaos_console_write(con, "def", 3), 3);
    assert_int_equal(ring->in_prod, 6);
    assert_memory_equal(ring->in, "abcdef", 6);
    chaos_console_close(con);
}

static void broken_input_index(void **state)
{
    chaos_console *con = attach();
    char text[IN];

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_int_equal(chaos_console_write(con, "abc", 3), 3);
    ring->in_cons = 4; /* it has read what was never written */
    assert_int_equal(chaos_console_write(con, "d", 1), -EPROTO);
    ring->in_cons = 3U - (uint32_t)(IN + 1); /* it has more unread than there is room */
    assert_int_equal(chaos_console_write(con, "d", 1), -EPROTO);
    ring->in_cons = 3;
    assert_int_equal(chaos_console_write(con, text, sizeof(text)), IN);
    chaos_console_close(con);
}

/* Broken before anybody attaches. */
static void broken_from_the_start(void **state)
{
    chaos_console *con;
    char buf[OUT];

    (void)state;
    memset(ring, 0xff, sizeof(*ring));
    ring->out_prod = 12345;
    con = attach();
    assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), -EPROTO);
    assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), 0);
    chaos_console_close(con);
}

/* Everything at random between any two calls: never more than was asked for, never beyond the
 * ring, and the page's neighbours stay as they are. */
static void scribbles(void **state)
{
    chaos_console *con = attach();
    const char *after = (const char *)ring + sizeof(*ring);
    unsigned int seed = 1;
    char buf[OUT + 1], rest[4096 - sizeof(*ring)];

    (void)state;
    memcpy(rest, after, sizeof(rest));
    for (unsigned int i = 0; i < 20000; i++) {
        size_t len = (size_t)rand_r(&seed) % OUT;
        uint32_t *fields[] = {&ring->in_cons, &ring->in_prod, &ring->out_cons, &ring->out_prod};
        int rc;

        if (rand_r(&seed) % 2)
            *fields[rand_r(&seed) % 4] = (uint32_t)rand_r(&seed) << (rand_r(&seed) % 20);
        else
            *fields[rand_r(&seed) % 4] += (uint32_t)rand_r(&seed) % 4096 - 1024;
        buf[len] = 0x55;
        rc = chaos_console_read(con, buf, len);
        assert_true(rc == -EPROTO || (rc >= 0 && rc <= (int)len));
        assert_int_equal(buf[len], 0x55);
        rc = chaos_console_write(con, buf, len);
        assert_true(rc == -EPROTO || (rc >= 0 && rc <= (int)len && rc <= (int)IN));
    }
    assert_memory_equal(rest, after, sizeof(rest));
    chaos_console_close(con);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(broken_output_index), TEST(scribbled_own_indices),
        TEST(broken_input_index),  TEST(broken_from_the_start),
        TEST(scribbles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
