/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of chaosd's socket and shells as bytes: what goes in comes out, and nothing else gets
 * in. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "devices/noxs/entries.h"
#include "failing_malloc.h"
#include "shell/shell.h"
#include "base/uuid.h"

static chaos_config *config(const char *text)
{
    chaos_config *cfg;

    assert_int_equal(chaos_config_parse("test", text, strlen(text), &cfg, NULL), 0);
    return cfg;
}

static struct chaos_shell *make_shell(enum chaos_type type)
{
    struct chaos_shell *shell = calloc(1, sizeof(*shell));

    assert_non_null(shell);
    assert_int_equal(uuid_make(shell->uuid, true), 0);
    uuid_format(shell->uuid, shell->uuid_text);
    shell->guest.domid = 77;
    shell->guest.type = type;
    shell->guest.vcpus = 3;
    shell->guest.console_port = 5;
    shell->guest.shared_info = 0x123456789;
    assert_int_equal(memory_plan(&shell->guest.memory, 1027, type), 0);
    for (size_t i = 0; type == CHAOS_PV && i < shell->guest.memory.nr; i++)
        shell->guest.memory.extents[i].frame =
            i == 1 ? 0x200 + 0x40000 : 0x40000 + 0x1000 * (i != 0);
    shell->devices.nr = 2;
    entries_of(&shell->devices)[0] = (struct noxs_entry){.type = NOXS_TYPE_CONTROL, .grant = 9};
    entries_of(&shell->devices)[1] = (struct noxs_entry){.type = NOXS_TYPE_VIF, .port = 8};
    return shell;
}

static void warm(struct chaos_shell *shell)
{
    shell->warm = true;
    shell->guest.built = (struct built){111, 222, 3072, shell->guest.bus_port ? 333 : 0};
    shell->built_cmdline = strdup("one two");
    shell->image.kernel = (struct chaos_pool_file){1, 2, 3, 4, 5};
}

static void assert_same_shell(const struct chaos_shell *a, const struct chaos_shell *b)
{
    uint64_t fa[1027], fb[1027];

    assert_memory_equal(a->uuid, b->uuid, 16);
    assert_string_equal(a->uuid_text, b->uuid_text);
    assert_int_equal(a->guest.domid, b->guest.domid);
    assert_int_equal(a->guest.type, b->guest.type);
    assert_int_equal(a->guest.vcpus, b->guest.vcpus);
    assert_int_equal(a->guest.console_port, b->guest.console_port);
    assert_int_equal(a->guest.shared_info, b->guest.shared_info);
    assert_int_equal(a->guest.memory.pages, b->guest.memory.pages);
    memory_frames(&a->guest.memory, 0, 1027, fa);
    memory_frames(&b->guest.memory, 0, 1027, fb);
    assert_memory_equal(fa, fb, sizeof(fa));
    assert_int_equal(a->devices.nr, b->devices.nr);
    assert_memory_equal(a->devices.records, b->devices.records, a->devices.nr * DEVICE_RECORD);
    assert_int_equal(a->guest.bus_port, b->guest.bus_port);
    assert_int_equal(a->guest.store, b->guest.store);
    assert_int_equal(a->warm, b->warm);
    if (a->warm) {
        assert_memory_equal(&a->guest.built, &b->guest.built, sizeof(a->guest.built));
        assert_memory_equal(&a->image, &b->image, sizeof(a->image));
        assert_string_equal(a->built_cmdline, b->built_cmdline);
    }
}

/* Back and forth; then every shorter form of it must be refused. */
static void round_trip(struct chaos_shell *shell)
{
    uint8_t buf[8192];
    struct chaos_shell *again;
    int len = chaos_shell_pack(shell, buf, sizeof(buf));

    assert_true(len > 0);
    assert_int_equal(chaos_shell_unpack(buf, len, &again), 0);
    assert_same_shell(shell, again);
    chaos_shell_free(again);
    for (int i = 0; i < len; i++) {
        uint8_t *exact = malloc(i + 1); /* so that a read beyond it is seen */

        memcpy(exact + 1, buf, i);
        assert_int_equal(chaos_shell_unpack(exact + 1, i, &again), -EPROTO);
        assert_null(again);
        assert_int_equal(chaos_shell_pack(shell, exact, i), -EMSGSIZE);
        free(exact);
    }
    buf[len] = 0;
    assert_int_equal(chaos_shell_unpack(buf, len + 1, &again), -EPROTO);
}

static void test_shell_round_trip(void **state)
{
    for (int type = CHAOS_PV; type <= CHAOS_PVH; type++) {
        struct chaos_shell *shell = make_shell(type);

        round_trip(shell);
        warm(shell);
        round_trip(shell);
        chaos_shell_free(shell);

        shell = make_shell(type); /* the bus has a channel, and its page */
        shell->guest.bus_port = 6;
        round_trip(shell);
        warm(shell);
        round_trip(shell);
        chaos_shell_free(shell);
    }
}

/* What would make the client write to strangers, or read beyond its tables. */
static void test_shell_lies(void **state)
{
    struct chaos_shell *shell = make_shell(CHAOS_PV), *again;
    uint8_t buf[8192];
    int len;

#define LIE(field, value)                                                                          \
    do {                                                                                           \
        __typeof__(shell->field) was = shell->field;                                               \
                                                                                                   \
        shell->field = (value);                                                                    \
        len = chaos_shell_pack(shell, buf, sizeof(buf));                                           \
        assert_int_equal(chaos_shell_unpack(buf, len, &again), -EPROTO);                           \
        shell->field = was;                                                                        \
    } while (0)
    LIE(guest.domid, 0);
    LIE(guest.domid, 0x7ff0);
    LIE(guest.vcpus, 0);
    LIE(guest.vcpus, 129);
    LIE(guest.type, 2);
    LIE(uuid[0], 'x');
    LIE(uuid[4], 0); /* not chaosd's */
    LIE(guest.memory.pages, 63);
    LIE(guest.memory.pages, 1026);
    LIE(guest.memory.pages, 1028);
    LIE(guest.memory.pages, UINT64_MAX);
    LIE(guest.memory.extents[0].frame, UINT64_MAX);
    LIE(devices.records[0][offsetof(struct noxs_entry, type)], 99);
    LIE(devices.records[1][offsetof(struct noxs_entry, index)], CONFIG_MAX_VIFS);
    warm(shell);
    LIE(guest.built.cmdline_offset, 3073);
    LIE(guest.built.cmdline_offset, UINT32_MAX);
#undef LIE
    chaos_shell_free(shell);
}

struct unpacking {
    uint8_t buf[8192];
    int len;
};

static int unpack_once(void *opaque)
{
    struct unpacking *u = opaque;
    struct chaos_shell *shell;
    int rc = chaos_shell_unpack(u->buf, u->len, &shell);

    chaos_shell_free(shell);
    return rc;
}

static void test_shell_without_memory(void **state)
{
    struct chaos_shell *shell = make_shell(CHAOS_PV);
    struct unpacking u;

    warm(shell);
    u.len = chaos_shell_pack(shell, u.buf, sizeof(u.buf));
    chaos_shell_free(shell);
    assert_true(failing_malloc_sweep(unpack_once, &u) >= 3);
}

static void test_shape(void **state)
{
    static const char *const others[] = {
        "type: pvh\nmemory: 4MiB\n",
        "type: pv\nmemory: 8MiB\n",
        "type: pv\nmemory: 4MiB\nvcpus: 2\n",
        "type: pv\nmemory: 4MiB\nmax_event_channels: 64\n",
        "type: pv\nmemory: 4MiB\nmax_grant_frames: 64\n",
        "type: pv\nmemory: 4MiB\nmax_maptrack_frames: 0\n",
        "type: pv\nmemory: 4MiB\ndevices: xenstore\n",
        "type: pv\nmemory: 4MiB\ndevices: noxs\n",
    };
    chaos_config *base = config("type: pv\nmemory: 4MiB\n");
    chaos_config *same =
        config("type: pv\nmemory: 4MiB\nname: x\ncmdline: a\non_crash: preserve\n");
    struct chaos_pool_shape *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));

    assert_int_equal(chaos_pool_shape(base, a), 0);
    assert_int_equal(chaos_pool_shape(same, b), 0);
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->bytes, b->bytes, a->len);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        chaos_config *cfg = config(others[i]);

        assert_int_equal(chaos_pool_shape(cfg, b), 0);
        assert_true(a->len != b->len || memcmp(a->bytes, b->bytes, a->len) != 0);
        chaos_config_free(cfg);
    }
    /* Address and MAC of an interface do not matter, its bridge does. */
    same->nr_vifs = base->nr_vifs = 1;
    strcpy(base->vifs[0].bridge, "br0");
    strcpy(same->vifs[0].bridge, "br0");
    same->vifs[0].has_mac = true;
    same->vifs[0].ip[0] = 10;
    assert_int_equal(chaos_pool_shape(base, a), 0);
    assert_int_equal(chaos_pool_shape(same, b), 0);
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->bytes, b->bytes, a->len);
    strcpy(same->vifs[0].bridge, "br1");
    assert_int_equal(chaos_pool_shape(same, b), 0);
    assert_memory_not_equal(a->bytes, b->bytes, a->len);
    free(a);
    free(b);
    chaos_config_free(base);
    chaos_config_free(same);
}

static bool fit(const char *flavour, const char *vm, bool exact)
{
    struct chaos_pool_shape *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
    chaos_config *of_flavour = config(flavour), *of_vm = config(vm);
    bool fits;

    assert_int_equal(chaos_pool_shape(of_flavour, a), 0);
    assert_int_equal(chaos_pool_shape(of_vm, b), 0);
    fits = chaos_pool_shapes_fit(a->bytes, a->len, b->bytes, b->len, exact);
    chaos_config_free(of_flavour);
    chaos_config_free(of_vm);
    free(a);
    free(b);
    return fits;
}

/* A flavour may name the bus where its VMs leave that open, and the other way round. */
static void test_shapes_and_buses(void **state)
{
    static const char open[] = "type: pv\nmemory: 4MiB\n",
                      automatic[] = "type: pv\nmemory: 4MiB\ndevices: auto\n",
                      noxs[] = "type: pv\nmemory: 4MiB\ndevices: noxs\n",
                      store[] = "type: pv\nmemory: 4MiB\ndevices: xenstore\n",
                      other[] = "type: pv\nmemory: 8MiB\ndevices: xenstore\n",
                      limits[] = "type: pv\nmemory: 4MiB\nmax_grant_frames: 64\n";

    assert_true(fit(store, store, true));
    assert_true(fit(store, open, false));
    assert_true(fit(store, automatic, false));
    assert_true(fit(open, store, false));
    assert_true(fit(noxs, open, false));
    assert_false(fit(store, open, true));
    assert_false(fit(store, noxs, false));
    assert_false(fit(other, open, false));
    assert_false(fit(limits, open, false));
}

static void test_take(void **state)
{
    struct chaos_pool_shape shape = {.len = 5, .bytes = "shape"};
    struct chaos_pool_image image = {.ramdisk = {9, 8, 7, 6, 5}};
    struct chaos_pool_reader r;
    struct chaos_pool_take take;
    uint8_t buf[512];
    int len = chaos_pool_take_encode(buf, sizeof(buf), 64, &image, &shape);

    assert_int_equal(chaos_pool_open(buf, len, &r), CHAOS_POOL_TAKE);
    assert_int_equal(chaos_pool_take_decode(&r, &take), 0);
    assert_int_equal(take.count, 64);
    assert_int_equal(take.shape_len, 5);
    assert_memory_equal(take.shape, "shape", 5);
    assert_memory_equal(&take.image, &image, sizeof(image));
    for (int i = 0; i < len; i++) {
        assert_int_equal(chaos_pool_open(buf, i, &r), -EPROTO);
        assert_int_equal(chaos_pool_take_encode(buf + 256, i, 1, &image, &shape), -EMSGSIZE);
    }
    for (uint32_t count = 0; count < 70; count += 65) {
        len = chaos_pool_take_encode(buf, sizeof(buf), count, &image, &shape);
        assert_int_equal(chaos_pool_open(buf, len, &r), CHAOS_POOL_TAKE);
        assert_int_equal(chaos_pool_take_decode(&r, &take), -EPROTO);
    }
}

static void test_done(void **state)
{
    static const struct {
        uint64_t ns;
        unsigned int bucket;
    } cases[] = {{0, 0},    {1000, 0},      {1001, 1},      {2000, 1},
                 {2001, 2}, {16384000, 14}, {16384001, 15}, {UINT32_MAX, 15}};
    struct chaos_pool_times times = {0}, again;
    struct chaos_pool_reader r;
    uint8_t buf[256];
    uint64_t sum = 0;
    int len;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t before = times.buckets[cases[i].bucket];

        chaos_pool_count(&times, cases[i].ns);
        assert_int_equal(times.buckets[cases[i].bucket], before + 1);
        sum += cases[i].ns;
    }
    assert_int_equal(times.sum_ns, sum);
    len = chaos_pool_done_encode(buf, sizeof(buf), &times);
    assert_int_equal(chaos_pool_open(buf, len, &r), CHAOS_POOL_DONE);
    assert_int_equal(chaos_pool_done_decode(&r, &again), 0);
    assert_memory_equal(&times, &again, sizeof(times));
    assert_int_equal(chaos_pool_done_decode(&r, &again), -EPROTO);
    assert_int_equal(chaos_pool_done_encode(buf, len - 1, &times), -EMSGSIZE);
}

static void test_header(void **state)
{
    struct chaos_pool_header head = {CHAOS_POOL_MAGIC, CHAOS_POOL_VERSION, CHAOS_POOL_STATUS,
                                     sizeof(head), 0};
    struct chaos_pool_reader r;

    assert_int_equal(chaos_pool_open(&head, sizeof(head), &r), CHAOS_POOL_STATUS);
    assert_null(chaos_pool_get(&r, 1));
    assert_true(r.bad);
    assert_int_equal(chaos_pool_get_u64(&r), 0);
#define BAD(field, value, result)                                                                  \
    do {                                                                                           \
        struct chaos_pool_header bad = head;                                                       \
                                                                                                   \
        bad.field = value;                                                                         \
        assert_int_equal(chaos_pool_open(&bad, sizeof(bad), &r), result);                          \
    } while (0)
    BAD(magic, 0, -EPROTO);
    BAD(version, CHAOS_POOL_VERSION + 1, -EPROTONOSUPPORT);
    BAD(version, 0, -EPROTO);
    BAD(type, CHAOS_POOL_CONSOLE, CHAOS_POOL_CONSOLE);
    head.version = 1; /* as those before it said it */
    assert_int_equal(chaos_pool_open(&head, sizeof(head), &r), CHAOS_POOL_STATUS);
    BAD(type, CHAOS_POOL_CONSOLE, -EPROTO);
    BAD(type, 0, -EPROTO);
    BAD(type, CHAOS_POOL_TYPES, -EPROTO);
    BAD(length, sizeof(head) + 1, -EPROTO);
    BAD(length, UINT32_MAX, -EPROTO);
    BAD(reserved, 1, -EPROTO);
#undef BAD
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_done),
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_shapes_and_buses),
        cmocka_unit_test(test_shell_round_trip),
        cmocka_unit_test(test_shell_lies),
        cmocka_unit_test(test_shell_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
