/* SPDX-License-Identifier: BSD-3-Clause */
/* Disks: one writer each, however the file is named; sizes; files that are no disk as they are. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"
#include "device_fake.h"
#include "device_place.h"

static char disk[120], other[120];

static void write_at(const char *path, off_t offset, const void *data, size_t len, off_t size)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
    assert_int_equal(pwrite(fd, data, len, offset), len);
    close(fd);
}

static int setup(void **state)
{
    int rc = device_vm_make(state);

    snprintf(disk, sizeof(disk), "%s/disk.img", device_place.dir);
    snprintf(other, sizeof(other), "%s/other.img", device_place.dir);
    write_at(disk, 0, "", 0, 1 << 20);
    return rc;
}

static int teardown(void **state)
{
    unlink(disk);
    unlink(other);
    return device_vm_unmake(state);
}

static int create(const char *name, const char *path, const char *mode)
{
    char yaml[300];
    chaos_config *cfg;
    uint32_t domid;
    int rc;

    snprintf(yaml, sizeof(yaml), "vbds: [{target: %s, mode: %s}]", path, mode);
    cfg = place_config(&device_place, CHAOS_PV, yaml);
    rc = chaos_create(device_place.host, cfg, name, false, &domid, &device_place.err);
    chaos_config_free(cfg);
    return rc;
}

static void destroy(const char *name)
{
    struct chaos_domain dom = place_find(&device_place, name);

    place_worked(&device_place, chaos_destroy(device_place.host, &dom, &device_place.err));
}

static void busy(int rc, const char *who)
{
    assert_int_equal(chaos_error_status(&device_place.err), CHAOS_E_BUSY);
    assert_non_null(strstr(device_place.err.text, who));
    place_failed(&device_place, rc, CHAOS_E_BUSY);
}

/* Which go together, by the mode of the first and of the second VM. */
static void one_writer(void **state)
{
    static const struct {
        const char *first, *second;
        bool together;
    } cases[] = {
        {"rw", "rw", false},    {"rw", "ro", false},     {"ro", "rw", false},
        {"ro", "ro", true},     {"shared", "rw", false}, {"rw", "shared", false},
        {"shared", "ro", true}, {"ro", "shared", true},  {"shared", "shared", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        place_worked(&device_place, create("first", disk, cases[i].first));
        if (cases[i].together) {
            place_worked(&device_place, create("second", disk, cases[i].second));
            destroy("second");
        } else {
            busy(create("second", disk, cases[i].second), "\"first\" has it");
            assert_int_equal(device_fake_count(2 * i + 2), 0);
        }
        destroy("first"); /* and then it is free */
    }
    device_vm_close();
}

static void other_names(void **state)
{
    (void)state;
    place_worked(&device_place, create("first", disk, "rw"));
    assert_int_equal(symlink(disk, other), 0);
    busy(create("second", other, "rw"), "\"first\" has it");
    unlink(other);
    assert_int_equal(link(disk, other), 0);
    busy(create("second", other, "ro"), "\"first\" has it");
    destroy("first");
    place_worked(&device_place, create("second", other, "rw"));
    destroy("second");
    device_vm_close();
}

static void hotplugged(void **state)
{
    struct chaos_domain dom;
    unsigned int index;
    char spec[200];

    (void)state;
    place_worked(&device_place, create("first", disk, "rw"));
    device_vm_create("");
    dom = place_find(&device_place, "vm");
    snprintf(spec, sizeof(spec), "target=%s", disk);
    busy(chaos_device_add(device_place.host, &dom, "vbd", spec, &index, &device_place.err),
         "\"first\" has it");
    assert_int_equal(device_fake_count(dom.domid), 0);
    destroy("first");
    place_worked(&device_place,
                 chaos_device_add(device_place.host, &dom, "vbd", spec, &index, &device_place.err));
    busy(chaos_device_add(device_place.host, &dom, "vbd", spec, &index, &device_place.err),
         "\"vm\" has it");
    device_vm_destroy();
    device_vm_close();
}

/* A loop device of Dom0's own has no lock. */
static void dom0s_loop_device(void **state)
{
    int fd;

    (void)state;
    device_fake_loop(disk, false);
    fd = open(disk, O_RDWR | O_CLOEXEC); /* as the loop device has it */
    busy(create("vm", disk, "rw"), "Dom0's /dev/loop256 shows the same file");
    busy(create("vm", disk, "ro"), "Dom0's /dev/loop256 shows the same file");
    place_worked(&device_place, create("vm", disk, "shared"));
    destroy("vm");
    close(fd);
    device_fake_loop(disk, true);
    fd = open(disk, O_RDONLY | O_CLOEXEC);
    place_worked(&device_place, create("vm", disk, "ro"));
    destroy("vm");
    close(fd);
    device_vm_close();
}

static void other_programs(void **state)
{
    int fd = open(disk, O_RDWR | O_CLOEXEC);

    (void)state;
    place_worked(&device_place, create("vm", disk, "rw")); /* it is only open */
    destroy("vm");
    close(fd);
    write_at(disk, 0, "", 0, 511);
    place_failed(&device_place, create("vm", disk, "rw"), CHAOS_E_IO);
    device_vm_close();
}

static void remember(void *opaque, const char *text)
{
    snprintf(opaque, 300, "%s", text);
}

/* What a file that holds `magic` is called; "" where it is taken. */
static const char *look(const char *more, char note[300], chaos_error *err)
{
    char yaml[300];
    chaos_config *cfg;
    int rc;

    *note = '\0';
    *err = (chaos_error){0};
    snprintf(yaml, sizeof(yaml), "vbds: [{target: %s%s}]", disk, more);
    cfg = place_config(&device_place, CHAOS_PV, yaml);
    rc = chaos_config_check_disks(cfg, remember, note, err);
    chaos_config_free(cfg);
    assert_int_equal(rc, rc < 0 ? -EINVAL : 0);
    assert_int_equal(chaos_error_status(err), rc < 0 ? CHAOS_E_CONFIG : CHAOS_OK);
    return err->text;
}

static void formats(void **state)
{
    static const struct {
        const char *name, *magic;
        size_t len;
        off_t offset;
    } cases[] = {
        {"qcow2", "QFI\xfb", 4, 0},
        {"VHD", "conectix", 8, 0},
        {"VHD", "conectix", 8, (1 << 20) - 512},
        {"VMDK", "KDMV", 4, 0},
        {"VMDK", "# Disk DescriptorFile\n", 21, 0},
        {"VDI", "\x7f\x10\xda\xbe", 4, 64},
        {"gzip", "\x1f\x8b\x08", 3, 0},
        {"xz",
         "\xfd"
         "7zXZ\0",
         6, 0},
        {"zstd", "\x28\xb5\x2f\xfd", 4, 0},
    };
    char note[300], want[60], nearly[32];
    chaos_error err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_at(disk, cases[i].offset, cases[i].magic, cases[i].len, 1 << 20);
        snprintf(want, sizeof(want), ": looks like %s, and the guest", cases[i].name);
        assert_non_null(strstr(look("", note, &err), want));
        assert_string_equal(look(", format: raw", note, &err), "");
        memcpy(nearly, cases[i].magic, cases[i].len);
        nearly[cases[i].len - 1] ^= 0x55;
        write_at(disk, cases[i].offset, nearly, cases[i].len, 1 << 20);
        assert_string_equal(look("", note, &err), "");
        assert_string_equal(note, "");
    }
    device_vm_close();
}

static void notes(void **state)
{
    char note[300];
    chaos_error err;

    (void)state;
    write_at(disk, 0, "", 0, 1000001);
    assert_string_equal(look("", note, &err), "");
    assert_non_null(strstr(note, "has 1000001 bytes, and the guest does not see the last 65, which "
                                 "are no whole sector (truncate -s %512 /"));
    write_at(disk, 32769, "CD001", 5, 1 << 20);
    assert_string_equal(look("", note, &err), "");
    assert_non_null(strstr(note, "mode: ro"));
    assert_string_equal(look(", mode: ro", note, &err), "");
    assert_string_equal(note, "");
    device_vm_close();
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_writer),     TEST(other_names), TEST(hotplugged), TEST(dom0s_loop_device),
        TEST(other_programs), TEST(formats),     TEST(notes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
