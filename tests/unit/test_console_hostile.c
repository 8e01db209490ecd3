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

#include "console_place.h"

static void broken_output_index(void **state)
{
    static const uint32_t lies[] = {OUT + 1, 0x7fffffff, 0x80000000, UINT32_MAX};
    chaos_console *con = console_attach();
    char buf[OUT + 8];

    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        uint32_t lie = console_ring->out_cons + lies[i];

        console_ring->out_prod = lie;
        assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), -EPROTO);
        assert_int_equal(console_ring->out_cons, lie); /* the rest is skipped, */
        assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), 0);
        assert_int_equal(console_guest_writes("again", 5), 5); /* and what is right then is read */
        assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), 5);
        assert_memory_equal(buf, "again", 5);
    }
    chaos_console_close(con);
}

/* Our own indices in the page are for the guest to see: what it writes there changes nothing. */
static void scribbled_own_indices(void **state)
{
    chaos_console *con = console_attach();
    char buf[OUT];

    (void)state;
    assert_int_equal(console_guest_writes("0123456789", 10), 10);
    assert_int_equal(chaos_console_read(con, buf, 4), 4);
    console_ring->out_cons = 0xdeadbeef;
    assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), 6);
    assert_memory_equal(buf, "456789", 6);
    assert_int_equal(console_ring->out_cons, 10);

    assert_int_equal(chaos_console_write(con, "abc", 3), 3);
    console_ring->in_prod = 0xdeadbeef;
    assert_int_equal(chaos_console_write(con, "def", 3), 3);
    assert_int_equal(console_ring->in_prod, 6);
    assert_memory_equal(console_ring->in, "abcdef", 6);
    chaos_console_close(con);
}

static void broken_input_index(void **state)
{
    chaos_console *con = console_attach();
    char text[IN];

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_int_equal(chaos_console_write(con, "abc", 3), 3);
    console_ring->in_cons = 4; /* it has read what was never written */
    assert_int_equal(chaos_console_write(con, "d", 1), -EPROTO);
    console_ring->in_cons = 3U - (uint32_t)(IN + 1); /* it has more unread than there is room */
    assert_int_equal(chaos_console_write(con, "d", 1), -EPROTO);
    console_ring->in_cons = 3;
    assert_int_equal(chaos_console_write(con, text, sizeof(text)), IN);
    chaos_console_close(con);
}

/* Broken before anybody attaches. */
static void broken_from_the_start(void **state)
{
    chaos_console *con;
    char buf[OUT];

    (void)state;
    memset(console_ring, 0xff, sizeof(*console_ring));
    console_ring->out_prod = 12345;
    con = console_attach();
    assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), -EPROTO);
    assert_int_equal(chaos_console_read(con, buf, sizeof(buf)), 0);
    chaos_console_close(con);
}

/* Everything at random between any two calls: never more than was asked for, never beyond the
 * ring, and the page's neighbours stay as they are. */
static void scribbles(void **state)
{
    chaos_console *con = console_attach();
    const char *after = (const char *)console_ring + sizeof(*console_ring);
    unsigned int seed = 1;
    char buf[OUT + 1], rest[4096 - sizeof(*console_ring)];

    (void)state;
    memcpy(rest, after, sizeof(rest));
    for (unsigned int i = 0; i < 20000; i++) {
        size_t len = (size_t)rand_r(&seed) % OUT;
        uint32_t *fields[] = {&console_ring->in_cons, &console_ring->in_prod,
                              &console_ring->out_cons, &console_ring->out_prod};
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

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, console_begin_pv, console_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(broken_output_index), TEST(scribbled_own_indices),
        TEST(broken_input_index),  TEST(broken_from_the_start),
        TEST(scribbles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
