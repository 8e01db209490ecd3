/* SPDX-License-Identifier: BSD-3-Clause */
/* The client of xenstored: what it sends, and what it makes of answers of all kinds. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <xen/io/xs_wire.h>

#include "base/error.h"
#include "devices/xenstore/host.h"
#include "devices/xenstore/listing.h"
#include "xenstore_fake.h"

static struct device_host host;

static int begin(void **state)
{
    (void)state;
    memset(&host, 0, sizeof(host));
    xenstore_fake_reset();
    xenstore_fake_start();
    store_timeout_ms = 5000;
    return 0;
}

static int end(void **state)
{
    (void)state;
    xenstore_close(&host);
    xenstore_fake_stop();
    return 0;
}

static void written_and_read(void **state)
{
    struct store_batch batch = {0};
    struct chaos_error err = {0};
    const char *name;
    unsigned int value, names, none;

    (void)state;
    batch_dir(&batch, "/local/domain/%d", 5);
    batch_make(&batch, 0, 5);
    batch_write(&batch, "memory/target", "%d", 4096);
    batch_write(&batch, "/vm/x", "%s", "100%s");
    batch_dir(&batch, "/local/domain/5/control");
    batch_make(&batch, 5, 5);
    value = batch_read(&batch, "/vm/x");
    names = batch_list(&batch, "/local/domain/5");
    none = batch_read(&batch, "/vm/none");
    batch_remove(&batch, "/vm/none");
    batch_introduce(&batch, 5, 0x123456789, 3);
    assert_int_equal(xenstore_run(&host, &batch, &err), 0);
    assert_string_equal(batch_value(&batch, value), "100%s");
    name = batch_next(&batch, names, NULL);
    assert_string_equal(name, "memory");
    name = batch_next(&batch, names, name);
    assert_string_equal(name, "control");
    assert_null(batch_next(&batch, names, name));
    assert_null(batch_value(&batch, none));
    assert_int_equal(batch.reqs[none].rc, -ENOENT);
    assert_null(batch_value(&batch, 0)); /* a MKDIR has none */

    uint64_t frame;
    uint32_t port;
    assert_true(xenstore_fake_introduced(5, &frame, &port));
    assert_int_equal(frame, 0x123456789);
    assert_int_equal(port, 3);
    assert_string_equal(xenstore_fake_perms("/local/domain/5/memory/target"), "n0,r5");
    assert_string_equal(xenstore_fake_perms("/local/domain/5/control"), "n5");
    assert_string_equal(xenstore_fake_value("/local/domain/5/memory/target"), "4096");
    batch_clear(&batch);
}

static void too_long(void **state)
{
    struct store_batch batch = {0};
    struct chaos_error err = {0};
    char text[5000];

    (void)state;
    memset(text, 'x', sizeof(text));
    text[4096 - 5] = '\0'; /* with "/vm/" and its NUL, just what a message holds */
    batch_write(&batch, "/vm/", "%.*s", 4096 - 5, text);
    assert_int_equal(batch.rc, 0);
    batch_write(&batch, "/vm/", "%.*s", 4096 - 5, text);
    batch_write(&batch, "/vm/y", "%.*s", 4096 - 5, text);
    assert_int_equal(xenstore_run(&host, &batch, &err), -ENAMETOOLONG);
    assert_int_equal(err.status, CHAOS_E_CONFIG);
    assert_int_equal(xenstore_fake_requests(), 0);
    batch_reset(&batch);
    batch_dir(&batch, "/%.*s", 300, text);
    assert_int_equal(batch.rc, -ENAMETOOLONG);
    batch_clear(&batch);
}

static void fill(struct store_batch *batch, int nr)
{
    char name[40];

    for (int i = 0; i < nr; i++) {
        snprintf(name, sizeof(name), "/x/%d", i);
        batch_write(batch, name, "%d", i);
    }
}

/* More than the socket holds at a time, both ways. */
static void many(void **state)
{
    struct store_batch batch = {0};
    struct chaos_error err = {0};

    (void)state;
    fill(&batch, 3000);
    for (int i = 0; i < 3000; i++)
        batch_read(&batch, "/x/%d", i);
    assert_int_equal(xenstore_run(&host, &batch, &err), 0);
    for (int i = 0; i < 3000; i++)
        assert_int_equal(atoi(batch_value(&batch, 3000 + i)), i);
    batch_clear(&batch);
}

/* Each kind of trouble, at each of ten requests. */
static void trouble(void **state)
{
    static const struct {
        enum fake_trouble trouble;
        const char *error;
        int rc;
        const char *says;
    } cases[] = {
        {FAKE_REFUSE, "ENOSPC", -ENOSPC, "a quota of its own is reached"},
        {FAKE_REFUSE, "EQUOTA", -EDQUOT, "a quota of its own is reached"},
        {FAKE_REFUSE, "E2BIG", -E2BIG, "the value is longer than its quota allows"},
        {FAKE_REFUSE, "EIO", -EIO, "has used up its quota of memory there"},
        {FAKE_REFUSE, "EACCES", -EACCES, "xenstored refused WRITE /x/"},
        {FAKE_REFUSE, "EWHAT", -EIO, "xenstored refused WRITE /x/"},
        {FAKE_HANG, "", -ETIMEDOUT, "it hangs, or is stopped"},
        {FAKE_LEAVE, "", -EPIPE, "it ended, or was restarted"},
        {FAKE_NONSENSE, "", -EPROTO, "xenstored's answer is not one"},
        {FAKE_SWAPPED, "", -EPROTO, "xenstored's answer is not one"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (unsigned int n = 1; n <= 10; n += 3) {
            struct store_batch batch = {0};
            struct chaos_error err = {0};

            fill(&batch, 10);
            xenstore_fake_trouble(n, cases[i].trouble, cases[i].error);
            if (cases[i].trouble == FAKE_HANG)
                store_timeout_ms = 100;
            assert_int_equal(xenstore_run(&host, &batch, &err), cases[i].rc);
            assert_non_null(strstr(err.text, cases[i].says));
            assert_non_null(xenstore_fake_struck());
            batch_clear(&batch);
            end(state);
            begin(state);
        }
    }
}

static void none_there(void **state)
{
    struct store_batch batch = {0};
    struct chaos_error err = {0};

    (void)state;
    xenstore_fake_stop();
    assert_int_equal(xenstore_available(&host, &err), 0);
    batch_read(&batch, "/vm");
    assert_int_equal(xenstore_run(&host, &batch, &err), -ENOENT);
    assert_non_null(strstr(err.text, "no xenstored runs on this host"));
    batch_clear(&batch);
    xenstore_fake_start();
    assert_int_equal(xenstore_available(&host, &err), 1);
}

/* A process that lives on finds the new xenstored by itself. */
static void restarted(void **state)
{
    struct store_batch batch = {0};
    struct chaos_error err = {0};

    (void)state;
    fill(&batch, 3);
    assert_int_equal(xenstore_run(&host, &batch, &err), 0);
    xenstore_fake_stop();
    xenstore_fake_reset();
    xenstore_fake_start();
    batch_again(&batch);
    assert_int_equal(xenstore_run(&host, &batch, &err), 0);
    assert_string_equal(xenstore_fake_value("/x/2"), "2");
    batch_clear(&batch);
}

/* What undoes a batch that was not answered goes behind it, without a wait. */
static void undone_behind(void **state)
{
    struct store_batch batch = {0}, undo = {0};
    struct chaos_error err = {0};

    (void)state;
    fill(&batch, 3);
    xenstore_fake_trouble(2, FAKE_HANG, "");
    store_timeout_ms = 100;
    assert_int_equal(xenstore_run(&host, &batch, &err), -ETIMEDOUT);
    batch_remove(&undo, "/x");
    assert_int_equal(xenstore_undo(&host, &undo), -ETIMEDOUT);
    assert_null(host.xenstore->store);
    batch_clear(&batch);
    batch_clear(&undo);
}

static void watched(void **state)
{
    struct store_batch batch = {0};
    struct chaos_error err = {0};

    (void)state;
    batch_watch(&batch, "/x");
    assert_int_equal(xenstore_run(&host, &batch, &err), 0);
    assert_int_equal(store_wait(host.xenstore->store, 5000), 0); /* the first one comes at once */
    assert_int_equal(store_wait(host.xenstore->store, 50), -ETIMEDOUT);
    batch_reset(&batch);
    batch_write(&batch, "/x/y", "1");
    batch_read(&batch, "/x/y"); /* its answer comes behind the event */
    assert_int_equal(xenstore_run(&host, &batch, &err), 0);
    assert_string_equal(batch_value(&batch, 1), "1");
    assert_int_equal(store_wait(host.xenstore->store, 5000), 0);
    batch_reset(&batch);
    batch_unwatch(&batch, "/x");
    batch_write(&batch, "/x/y", "2");
    assert_int_equal(xenstore_run(&host, &batch, &err), 0);
    assert_int_equal(store_wait(host.xenstore->store, 50), -ETIMEDOUT);
    xenstore_fake_stop();
    assert_int_equal(store_wait(host.xenstore->store, 5000), -EPIPE);
    xenstore_fake_start();
    batch_clear(&batch);
}

/* C xenstored's long directories, in parts; oxenstored's, in one piece. */
static void long_directories(void **state)
{
    static const unsigned int limits[] = {4096, 100, 65536};
    struct chaos_error err = {0};
    struct store_batch batch = {0};

    (void)state;
    fill(&batch, 2000);
    batch_write(&batch, "/x/name", "no number");
    assert_int_equal(xenstore_run(&host, &batch, &err), 0);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        uint32_t *ids;

        xenstore_fake_limit(limits[i]);
        assert_int_equal(store_numbers(&host, "/x", &ids, &err), 2000);
        for (uint32_t n = 0; n < 2000; n++)
            assert_int_equal(ids[n], n);
        free(ids);
        assert_int_equal(store_numbers(&host, "/none", &ids, &err), 0);
        assert_null(ids);
    }
    batch_clear(&batch);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(written_and_read), TEST(too_long),      TEST(many),
        TEST(trouble),          TEST(none_there),    TEST(restarted),
        TEST(watched),          TEST(undone_behind), TEST(long_directories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
