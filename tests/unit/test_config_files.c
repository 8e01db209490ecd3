/* SPDX-License-Identifier: BSD-3-Clause */
/* Configurations in files: reading them, what their paths mean, and whether those files exist. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "base/error.h"
#include "base/path.h"
#include "base/yaml_reader.h"
#include "failing_malloc.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

/* Every test runs in an empty directory of its own, which is the working directory. */
static char dir[64];

static int enter(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/test_config.XXXXXX");
    return mkdtemp(dir) && !chdir(dir) ? 0 : -1;
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static int leave(void **state)
{
    (void)state;
    return chdir("/") || nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static chaos_config *load(const char *path)
{
    chaos_error err = {0};
    chaos_config *cfg;

    if (chaos_config_load(path, &cfg, &err) < 0)
        fail_msg("%s", err.text);
    return cfg;
}

/* `end` is what follows the test's directory. */
static void assert_path(const char *path, const char *end)
{
    assert_non_null(path);
    assert_memory_equal(path, dir, strlen(dir));
    assert_string_equal(path + strlen(dir), end);
}

static void assert_load_fails(const char *path, int rc, const char *message)
{
    chaos_error err = {0};
    chaos_config *cfg = NULL;

    assert_int_equal(chaos_config_load(path, &cfg, &err), rc);
    assert_null(cfg);
    assert_string_equal(err.text, message);
    assert_int_equal(err.status, CHAOS_E_CONFIG);
}

/* %s in `message` stands for the test's directory. */
static void assert_check_fails(const chaos_config *cfg, enum chaos_status status, int rc,
                               const char *message)
{
    chaos_error err = {0};
    char expected[1024];

    snprintf(expected, sizeof(expected), message, dir);
    assert_int_equal(chaos_config_check(cfg, &err), rc);
    assert_string_equal(err.text, expected);
    assert_int_equal(err.status, status);
}

static void test_paths_begin_at_the_file(void **state)
{
    chaos_config *cfg;
    char path[128];

    (void)state;
    assert_int_equal(mkdir("vms", 0700), 0);
    put("vms/vm.yaml", "kernel: ./k\nramdisk: /abs/r\nconsole: {log: ../logs/vm}\n");
    cfg = load("vms/vm.yaml");
    assert_path(chaos_config_kernel(cfg), "/vms/k");
    assert_string_equal(chaos_config_ramdisk(cfg), "/abs/r");
    assert_path(chaos_config_console_log(cfg), "/vms/../logs/vm");
    /* An override comes from a command line, where relative means the working directory. */
    assert_int_equal(chaos_config_set(cfg, "kernel=other", NULL), 0);
    assert_path(chaos_config_kernel(cfg), "/other");
    chaos_config_free(cfg);

    snprintf(path, sizeof(path), "%s/vms/vm.yaml", dir);
    cfg = load(path);
    assert_path(chaos_config_kernel(cfg), "/vms/k");
    chaos_config_free(cfg);

    assert_int_equal(chdir("vms"), 0);
    cfg = load("vm.yaml");
    assert_path(chaos_config_kernel(cfg), "/vms/k");
    chaos_config_free(cfg);
    cfg = load("./vm.yaml");
    assert_path(chaos_config_kernel(cfg), "/vms/k");
    chaos_config_free(cfg);
}

/* /dev/fd/N of a pipe is in no directory that a user would mean. */
static void test_paths_in_a_pipe_begin_here(void **state)
{
    static const char text[] = "kernel: k\n";
    chaos_config *cfg;
    char path[32];
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], text, strlen(text)), strlen(text));
    close(fds[1]);
    snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
    cfg = load(path);
    close(fds[0]);
    assert_path(chaos_config_kernel(cfg), "/k");
    chaos_config_free(cfg);
}

static void test_paths_at_the_root(void **state)
{
    char *path;

    (void)state;
    assert_int_equal(path_resolve("/", "k", &path, NULL), 0);
    assert_string_equal(path, "/k");
    free(path);
    assert_int_equal(path_resolve("/a", ".//./k", &path, NULL), 0);
    assert_string_equal(path, "/a/k");
    free(path);
}

static void test_unreadable_files(void **state)
{
    char *text = malloc(READER_MAX_BYTES + 2);

    (void)state;
    assert_load_fails("no.yaml", -ENOENT, "no.yaml: No such file or directory");
    assert_load_fails(".", -EISDIR, ".: Is a directory");
    put("file", "");
    assert_load_fails("file/vm.yaml", -ENOTDIR, "file/vm.yaml: Not a directory");
    assert_load_fails("file", -EINVAL, "file:1:1: no key in it (kernel and memory are needed)");
    put("a\nb", "memory: x");
    assert_load_fails("a\nb", -EINVAL, "a?b:1:9: memory: \"x\" is not a size (try 512MiB)");
    memset(text, '#', READER_MAX_BYTES + 1);
    text[READER_MAX_BYTES + 1] = '\0';
    put("long", text);
    assert_load_fails("long", -EFBIG, "long: longer than 1 MiB, which no configuration is");
    free(text);
}

static void test_required_keys(void **state)
{
    chaos_config *cfg;

    (void)state;
    put("vm.yaml", "# a VM\n\nvcpus: 2\n");
    put("k", "");
    cfg = load("vm.yaml");
    assert_check_fails(cfg, CHAOS_E_CONFIG, -EINVAL,
                       "vm.yaml:3:1: kernel: is missing (add kernel: FILE)");
    assert_int_equal(chaos_config_set(cfg, "kernel=k", NULL), 0);
    assert_check_fails(cfg, CHAOS_E_CONFIG, -EINVAL,
                       "vm.yaml:3:1: memory: is missing (add memory: 512MiB)");
    assert_int_equal(chaos_config_set(cfg, "memory=1", NULL), 0);
    assert_int_equal(chaos_config_check(cfg, NULL), 0);
    chaos_config_free(cfg);
}

static void test_missing_files(void **state)
{
    chaos_config *cfg;

    (void)state;
    put("vm.yaml", "memory: 8\nkernel: k\nramdisk: r\nconsole: {log: logs/vm}\n");
    cfg = load("vm.yaml");
    assert_check_fails(cfg, CHAOS_E_IMAGE, -ENOENT,
                       "vm.yaml:2:9: kernel: %s/k: No such file or directory");
    assert_int_equal(mkdir("k", 0700), 0);
    assert_check_fails(cfg, CHAOS_E_IMAGE, -EINVAL,
                       "vm.yaml:2:9: kernel: %s/k: is not a regular file");
    assert_int_equal(rmdir("k"), 0);
    put("k", "");
    assert_check_fails(cfg, CHAOS_E_IMAGE, -ENOENT,
                       "vm.yaml:3:10: ramdisk: %s/r: No such file or directory");
    put("r", "");
    assert_check_fails(cfg, CHAOS_E_IO, -ENOENT,
                       "vm.yaml:4:16: console.log: %s/logs (make the directory first): "
                       "No such file or directory");
    assert_int_equal(mkdir("logs", 0700), 0);
    assert_int_equal(chaos_config_check(cfg, NULL), 0);
    assert_int_equal(mkdir("logs/vm", 0700), 0);
    assert_check_fails(cfg, CHAOS_E_IO, -EISDIR,
                       "vm.yaml:4:16: console.log: %s/logs/vm: is a directory (give a file)");
    /* An override has no place in the file any more. */
    assert_int_equal(chaos_config_set(cfg, "console.log=k/vm", NULL), 0);
    assert_check_fails(cfg, CHAOS_E_IO, -ENOTDIR, "console.log: %s/k/vm: Not a directory");
    assert_int_equal(chaos_config_set(cfg, "kernel=none", NULL), 0);
    assert_check_fails(cfg, CHAOS_E_IMAGE, -ENOENT, "kernel: %s/none: No such file or directory");
    chaos_config_free(cfg);
}

static void test_disks(void **state)
{
    chaos_config *cfg;

    (void)state;
    assert_int_equal(mkdir("vms", 0700), 0);
    put("k", "");
    put("vms/vm.yaml", "memory: 8\nkernel: ../k\nvbds:\n  - target: ./a\n  - mode: ro\n"
                       "    target: /dev/null\n");
    cfg = load("vms/vm.yaml");
    assert_path(cfg->vbds[0].target, "/vms/a");
    assert_check_fails(cfg, CHAOS_E_IO, -ENOENT,
                       "vms/vm.yaml:4:13: vbds[0].target: %s/vms/a: No such file or directory");
    assert_int_equal(mkdir("vms/a", 0700), 0);
    assert_check_fails(cfg, CHAOS_E_IO, -EINVAL,
                       "vms/vm.yaml:4:13: vbds[0].target: %s/vms/a: is neither a regular file nor "
                       "a block device");
    /* An override begins at the working directory, and has no place in the file any more. */
    assert_int_equal(chaos_config_set(cfg, "vbds[0].target=b", NULL), 0);
    assert_path(cfg->vbds[0].target, "/b");
    assert_check_fails(cfg, CHAOS_E_IO, -ENOENT, "vbds[0].target: %s/b: No such file or directory");
    put("b", "too small");
    assert_check_fails(cfg, CHAOS_E_IO, -EINVAL,
                       "vbds[0].target: %1$s/b: has 9 bytes, and a disk at least 512 (truncate -s "
                       "1G %1$s/b)");
    assert_int_equal(truncate("b", 512), 0);
    assert_check_fails(cfg, CHAOS_E_IO, -EINVAL,
                       "vms/vm.yaml:6:13: vbds[1].target: /dev/null: is neither a regular file nor "
                       "a block device");
    /* Twice the same, by another path. */
    assert_int_equal(symlink("b", "link"), 0);
    assert_int_equal(chaos_config_set(cfg, "vbds[1].target=link", NULL), 0);
    assert_check_fails(cfg, CHAOS_E_CONFIG, -EINVAL,
                       "vbds[1].target: %s/link: is the disk of vbds[0], too, and would be written "
                       "to by two (set mode: ro for both)");
    assert_int_equal(chaos_config_set(cfg, "vbds[0].mode=ro", NULL), 0);
    assert_int_equal(chaos_config_check(cfg, NULL), 0);
    assert_int_equal(chaos_config_set(cfg, "vbds[2].target=c", NULL), 0);
    assert_check_fails(cfg, CHAOS_E_IO, -ENOENT, "vbds[2].target: %s/c: No such file or directory");
    chaos_config_free(cfg);
}

/* Root may read everything, so this gives root up for the while of the check. */
static void test_forbidden_kernel(void **state)
{
    bool root = !getuid();
    chaos_config *cfg;

    (void)state;
    put("vm.yaml", "memory: 8\nkernel: k\n");
    put("k", "");
    assert_int_equal(chmod("k", 0), 0);
    assert_int_equal(chmod(".", 0755), 0);
    cfg = load("vm.yaml");
    if (root)
        assert_int_equal(setresuid(65534, 65534, 0), 0);
    assert_check_fails(cfg, CHAOS_E_IMAGE, -EACCES, "vm.yaml:2:9: kernel: %s/k: Permission denied");
    if (root)
        assert_int_equal(setresuid(0, 0, 0), 0);
    chaos_config_free(cfg);
}

static void test_readonly_disk(void **state)
{
    bool root = !getuid();
    chaos_config *cfg;

    (void)state;
    put("vm.yaml", "memory: 8\nkernel: k\nvbds: [{target: d}]\n");
    put("k", "");
    put("d", "");
    assert_int_equal(truncate("d", 512), 0);
    assert_int_equal(chmod("d", 0444), 0);
    assert_int_equal(chmod(".", 0755), 0);
    cfg = load("vm.yaml");
    if (root)
        assert_int_equal(setresuid(65534, 65534, 0), 0);
    assert_check_fails(cfg, CHAOS_E_IO, -EACCES,
                       "vm.yaml:3:17: vbds[0].target: %s/d (to be written to; else set mode: ro): "
                       "Permission denied");
    assert_int_equal(chaos_config_set(cfg, "vbds[0].mode=ro", NULL), 0);
    assert_int_equal(chaos_config_check(cfg, NULL), 0);
    if (root)
        assert_int_equal(setresuid(0, 0, 0), 0);
    chaos_config_free(cfg);
}

static int load_and_check(void *path)
{
    chaos_error err = {0};
    chaos_config *cfg;
    int rc = chaos_config_load(path, &cfg, &err);

    if (!rc)
        rc = chaos_config_check(cfg, &err);
    chaos_config_free(cfg);
    if (rc == -ENOMEM)
        assert_string_equal(err.text, "this process is out of memory");
    return rc;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    put("vm.yaml", "memory: 8\nkernel: k\nramdisk: r\nconsole: {log: vm.log}\n"
                   "vifs: [{bridge: br0}]\nvbds: [{target: k}]\n");
    put("k", "");
    put("r", "");
    assert_int_equal(truncate("k", 512), 0);
    assert_true(failing_malloc_sweep(load_and_check, (void *)"./vm.yaml") > 20);
}

#define test(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(test_paths_begin_at_the_file),
        test(test_paths_in_a_pipe_begin_here),
        test(test_paths_at_the_root),
        test(test_unreadable_files),
        test(test_required_keys),
        test(test_missing_files),
        test(test_disks),
        test(test_forbidden_kernel),
        test(test_readonly_disk),
        test(test_every_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("config files", tests, NULL, NULL);
}
