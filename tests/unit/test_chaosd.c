/* SPDX-License-Identifier: BSD-3-Clause */
/* What chaosd answers, to clients and to viewers of consoles. */
#include "chaosd_place.h"
#include "device_fake.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

CHAOSD_PLACE_HV_OPEN

static void test_takes(void **state)
{
    char first[CHAOS_UUID_TEXT], second[CHAOS_UUID_TEXT];
    struct chaos_pool_reader r;
    int fd, other;

    assert_int_equal(begin(), CHAOS_OK);
    assert_true(works_until(full));
    fd = dial();
    other = dial();
    assert_int_equal(take(fd, first), 1);
    assert_int_equal(take(other, second), 1);
    assert_string_not_equal(first, second);
    assert_int_equal(give_back(fd, second), 0); /* not its own */
    assert_int_equal(await(fd, &r), CHAOS_POOL_ERROR);
    assert_int_equal(hear(fd, &r), -EPIPE);
    assert_int_equal(give_back(other, second), 0);
    turn();
    close(fd);
    close(other);
    assert_true(works_until(full));
    /* Who was hung up on lives, and may be making a VM of its shell. */
    assert_string_equal(d.pool.orphans->uuid, first);
    assert_int_equal(fake_count(hv), 5);
    d.pool.orphans->abandoned = true;
    orphans_look(&d);
    assert_null(d.pool.orphans);
    assert_int_equal(fake_count(hv), 4);
    end();
}

static void test_console(void **state)
{
    char text[] = "hello\n";
    struct chaos_pool_reader r;
    struct vm vm;
    int fd, fds[3];

    assert_int_equal(begin(), CHAOS_OK);
    vm_make(&vm, "vm");
    vm_writes(&vm, text);
    assert_true(works_until(served));
    for (int i = 0; i < 3; i++) {
        fds[i] = dial();
        assert_int_equal(attach(fds[i], vm.dom.uuid, 0, &r), CHAOS_POOL_OK);
        assert_int_equal(await(fds[i], &r), CHAOS_POOL_DATA);
        assert_int_equal(chaos_pool_get_u32(&r), 0);
        assert_int_equal(r.end - r.p, 6);
        assert_memory_equal(r.p, text, 6);
    }
    vm_writes(&vm, "more");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(await(fds[i], &r), CHAOS_POOL_DATA);
        assert_int_equal(chaos_pool_get_u32(&r), 6);
        assert_memory_equal(r.p, "more", 4);
        close(fds[i]);
    }
    fd = dial(); /* what is no input ends a viewer */
    assert_int_equal(attach(fd, vm.dom.uuid, CHAOS_CONSOLE_DUMP, &r), CHAOS_POOL_OK);
    assert_int_equal(await(fd, &r), CHAOS_POOL_DATA);
    assert_int_equal(await(fd, &r), CHAOS_POOL_NOTICE);
    assert_int_equal(simple(fd, CHAOS_POOL_STATUS, &r), CHAOS_POOL_ERROR);
    assert_int_equal(hear(fd, &r), -EPIPE);
    close(fd);
    vm_destroy(&vm);
    assert_true(works_until(none_served));
    end();
}

static struct vm held_vm;

static bool all_taken(void)
{
    return held_vm.ring->out_cons == held_vm.ring->out_prod;
}

/* A VM of which somebody has read before: what it has written since stays in its ring until a
 * viewer comes, who may be that somebody, or for a moment. */
static void test_console_held(void **state)
{
    struct chaos_pool_reader r;
    int fd;

    for (int viewer = 0; viewer < 2; viewer++) {
        assert_int_equal(begin(), CHAOS_OK);
        vm_make(&held_vm, "vm");
        memcpy(held_vm.ring->out, "hello\n", 6);
        held_vm.ring->out_prod = held_vm.ring->out_cons = 6;
        vm_writes(&held_vm, "more");
        assert_true(works_until(served));
        turn();
        assert_int_equal(held_vm.ring->out_cons, 6);
        if (viewer) {
            fd = dial();
            assert_int_equal(attach(fd, held_vm.dom.uuid, 0, &r), CHAOS_POOL_OK);
            assert_int_equal(await(fd, &r), CHAOS_POOL_DATA);
            assert_int_equal(chaos_pool_get_u32(&r), 0);
            assert_memory_equal(r.p, "hello\nmore", 10);
            assert_int_equal(held_vm.ring->out_cons, 10);
            close(fd);
        } else {
            assert_true(works_until(all_taken));
        }
        vm_writes(&held_vm, "and on");
        assert_true(works_until(all_taken));
        vm_destroy(&held_vm);
        assert_true(works_until(none_served));
        end();
    }
}

/* A viewer that types more than the ring takes, and leaves: the VM gets all of it, in order, and
 * what the next viewer types behind it. */
static void test_input_left(void **state)
{
    static uint8_t out[sizeof(struct chaos_pool_header) + 1000];
    char text[1000];
    struct chaos_pool_reader r;
    struct chaos_pool_writer w;
    uint32_t got = 0;
    struct vm vm;

    assert_int_equal(begin(), CHAOS_OK);
    vm_make(&vm, "vm");
    assert_true(works_until(served));
    for (int viewer = 0; viewer < 2; viewer++) {
        int fd = dial();

        assert_int_equal(attach(fd, vm.dom.uuid, CHAOS_CONSOLE_CLAIM, &r), CHAOS_POOL_OK);
        for (int i = 0; i < 4; i++) {
            memset(text, 'a' + 4 * viewer + i, sizeof(text));
            chaos_pool_begin(&w, out, sizeof(out), CHAOS_POOL_INPUT);
            chaos_pool_put(&w, text, sizeof(text));
            assert_int_equal(send(fd, out, chaos_pool_end(&w), 0), w.used);
            turn();
        }
        close(fd);
        turn();
    }
    for (int i = 0; i < 1000 && got < 8000; i++) {
        while (vm.ring->in_cons != vm.ring->in_prod) {
            char byte = vm.ring->in[vm.ring->in_cons++ & (sizeof(vm.ring->in) - 1)];

            assert_int_equal(byte, 'a' + (int)(got++ / 1000));
        }
        fake_guest_notify(hv, vm.dom.domid, vm.port);
        turn();
    }
    assert_int_equal(got, 8000);
    vm_destroy(&vm);
    assert_true(works_until(none_served));
    end();
}

/* More than anybody keeps, to a viewer that reads at the end only. */
static void test_slow_viewer(void **state)
{
    uint32_t position = 0, got = 0, last = 0;
    struct chaos_pool_reader r;
    struct vm vm;
    char line[1025];
    int fd, type;

    memset(line, 'x', 1024);
    line[1024] = '\0';
    assert_int_equal(begin(), CHAOS_OK);
    d.settings.console.rate_kib = 1 << 20;
    vm_make(&vm, "vm");
    assert_true(works_until(served));
    fd = dial();
    assert_int_equal(attach(fd, vm.dom.uuid, 0, &r), CHAOS_POOL_OK);
    for (int i = 0; i < 2000; i++) {
        vm_writes(&vm, line);
        for (int j = 0; j < 2000 && vm.ring->out_cons != vm.ring->out_prod; j++) {
            turn();
            if (j > 10)
                usleep(1000);
        }
        assert_int_equal(vm.ring->out_cons, vm.ring->out_prod); /* nobody holds up the VM */
    }
    while ((type = hear(fd, &r)) == CHAOS_POOL_DATA) {
        position = chaos_pool_get_u32(&r);
        assert_true(position >= last);
        got += r.end - r.p;
        last = position + (uint32_t)(r.end - r.p);
    }
    assert_int_equal(type, 0);
    assert_int_equal(last, 2000 * 1024); /* up to the very end */
    assert_true(got < last);             /* some is lost, and seen by the positions */
    assert_true(d.consoles.lost_bytes >= last - got);
    close(fd);
    vm_destroy(&vm);
    assert_true(works_until(none_served));
    end();
}

/* Whatever the guest puts into its indices. */
static void test_console_lies(void **state)
{
    struct chaos_pool_reader r;
    struct vm vm;
    int fd;

    assert_int_equal(begin(), CHAOS_OK);
    d.settings.console.rate_kib = 1 << 20;
    vm_make(&vm, "vm");
    assert_true(works_until(served));
    fd = dial();
    assert_int_equal(attach(fd, vm.dom.uuid, 0, &r), CHAOS_POOL_OK);
    for (unsigned int i = 0; i < 500; i++) {
        vm.ring->out_prod = (uint32_t)(i * 2654435761U);
        vm.ring->in_cons = (uint32_t)(i * 40503U);
        fake_guest_notify(hv, vm.dom.domid, vm.port);
        for (int j = 0; j < 5; j++)
            turn();
        while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0)
            ;
    }
    close(fd);
    vm_destroy(&vm);
    assert_true(works_until(none_served));
    end();
}

/* Resizes a flavour: the answer's type. */
static int resize(const char *name, unsigned int target)
{
    struct chaos_pool_reader r;
    struct chaos_pool_writer w;
    int fd = dial(), type;

    chaos_pool_begin(&w, msg, sizeof(msg), CHAOS_POOL_RESIZE);
    chaos_pool_put_u32(&w, target);
    chaos_pool_put(&w, name, strlen(name));
    type = ask(fd, &w, &r);
    close(fd);
    return type;
}

/* All flavours are asked for by a word; no name is none. */
static void test_resize(void **state)
{
    const struct flavour *cold, *warm;

    assert_int_equal(begin(), CHAOS_OK);
    cold = d.settings.flavours;
    warm = cold->next;
    assert_int_equal(resize("", 0), CHAOS_POOL_ERROR);
    assert_int_equal(resize("nothing", 0), CHAOS_POOL_ERROR);
    assert_true(cold->target == 2 && warm->target == 2);
    assert_int_equal(resize("cold", 1), CHAOS_POOL_OK);
    assert_true(cold->target == 1 && warm->target == 2);
    assert_int_equal(resize(CHAOS_POOL_ALL, 0), CHAOS_POOL_OK);
    assert_true(cold->target == 0 && warm->target == 0);
    end();
}

/* How many connections of this user are answered, of `count`; they stay. */
static int crowd(uid_t uid, int *fds, int count)
{
    struct chaos_pool_reader r;
    int kept = 0;

    for (int i = 0; i < count; i++) {
        assert_int_equal(seteuid(uid), 0);
        fds[i] = dial();
        assert_int_equal(seteuid(0), 0);
        kept += simple(fds[i], CHAOS_POOL_STATUS, &r) == CHAOS_POOL_TEXT;
    }
    return kept;
}

/* Users who may look cannot keep root out, however many connections they make. */
static void test_crowd(void **state)
{
    enum { USERS = 6, EACH = 80 };
    static int fds[USERS][EACH];
    char path[PATH_MAX], uuid[CHAOS_UUID_TEXT];
    int kept = 0, fd;

    if (geteuid() != 0)
        skip();
    assert_int_equal(begin(), CHAOS_OK);
    assert_true(works_until(full));
    snprintf(path, sizeof(path), "%s/" CHAOS_POOL_SOCKET, place.run);
    assert_int_equal(chmod(path, 0666) | chmod(place.run, 0755) | chmod(place.dir, 0755), 0);
    for (int user = 0; user < USERS; user++) {
        int now = crowd(50000 + user, fds[user], EACH);

        assert_true(user > 0 || now == 64);
        kept += now;
    }
    assert_int_equal(kept, 256);
    fd = dial();
    assert_int_equal(take(fd, uuid), 1);
    for (int i = 0; i < USERS * EACH; i++)
        close(fds[i / EACH][i % EACH]);
    assert_int_equal(give_back(fd, uuid), 0);
    close(fd);
    assert_true(works_until(no_orphans));
    end();
}

static int make(void **state)
{
    json_set_alloc_funcs(malloc, free); /* so that they can fail */
    sweep_make(state);
    write_config(2);
    return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make, sweep_unmake)

/* No shell is handed out while its bridge is missing, and all of them are again afterwards. */
static void test_bridges(void **state)
{
    char uuid[CHAOS_UUID_TEXT];
    int fd;

    device_fake_reset(true);
    write_config_with(2, "    vifs: [{bridge: " DEVICE_FAKE_BRIDGE "}]\n");
    assert_int_equal(begin(), CHAOS_OK);
    assert_true(works_until(full));
    fd = dial();
    assert_int_equal(take(fd, uuid), 1);
    assert_int_equal(give_back(fd, uuid), 0);
    device_fake_remove_bridge();
    d.due |= DUE_BRIDGES; /* the kernel's news */
    assert_int_equal(take(fd, uuid), 0);
    device_fake_remake_bridge();
    d.due |= DUE_BRIDGES;
    assert_int_equal(take(fd, uuid), 1);
    assert_int_equal(chaos_replug(d.host), 0); /* it was done before */
    assert_int_equal(give_back(fd, uuid), 0);
    turn();
    close(fd);
    end();
    assert_null(device_fake_leaks());
    device_fake_reset(false);
    write_config(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_takes),      TEST(test_console),     TEST(test_console_held),
        TEST(test_input_left), TEST(test_slow_viewer), TEST(test_console_lies),
        TEST(test_resize),     TEST(test_crowd),       TEST(test_bridges)};

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
