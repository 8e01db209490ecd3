/* SPDX-License-Identifier: BSD-3-Clause */
/* Names and records: claims, records that are whole or not there, and what killed writers and full
 * file systems leave. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "place.h"
#include "registry/registry.h"
#include "base/uuid.h"

static struct registry reg;

static int make(void **state)
{
    (void)state;
    place_make(&place);
    place_worked(&place, registry_open(place.run, &reg, &place.err));
    return 0;
}

static int unmake(void **state)
{
    registry_close(&reg);
    return place_end(state);
}

static struct record fresh(const char *name, const char *config)
{
    struct record rec = {.domid = 7, .console_port = 3, .console_frame = 0x123456789aULL};
    uint8_t uuid[16];

    assert_int_equal(uuid_make(uuid, false), 0);
    uuid_format(uuid, rec.uuid);
    snprintf(rec.name, sizeof(rec.name), "%s", name);
    rec.config = config;
    return rec;
}

static void path_of(char path[200], const char *sub, const char *entry)
{
    snprintf(path, 200, "%s/%s/%s", place.run, sub, entry);
}

static void put_and_get(void **state)
{
    char longest[CHAOS_NAME_MAX + 1];
    struct record rec, got;

    (void)state;
    memset(longest, 'n', CHAOS_NAME_MAX);
    longest[CHAOS_NAME_MAX] = '\0';
    rec = fresh(longest, "name: x\ntype: pv\n");
    rec.domid = 0x7fef;
    rec.console_port = UINT32_MAX;
    rec.console_frame = UINT64_MAX;
    place_worked(&place, registry_put(&reg, &rec, &place.err));
    place_worked(&place, registry_get(&reg, rec.uuid, &got, &place.err));
    assert_string_equal(got.uuid, rec.uuid);
    assert_string_equal(got.name, longest);
    assert_int_equal(got.domid, rec.domid);
    assert_int_equal(got.console_port, rec.console_port);
    assert_int_equal(got.console_frame, rec.console_frame);
    assert_string_equal(got.config, rec.config);
    assert_int_equal(got.owned[0], '#'); /* before it, a line that is a comment to YAML */
    assert_false(got.restart.pending);
    record_clear(&got);
    rec.domid = 8;
    place_worked(&place, registry_put(&reg, &rec, &place.err)); /* replaces it */
    place_worked(&place, registry_get(&reg, rec.uuid, &got, &place.err));
    assert_int_equal(got.domid, 8);
    assert_int_equal(got.bus_port, 0);
    assert_string_equal(got.bus_why, "");
    record_clear(&got);
    assert_in_range(registry_age(&reg, rec.uuid), 0, 60);
    registry_drop(&reg, "", rec.uuid);
    place_failed(&place, registry_get(&reg, rec.uuid, &got, &place.err), CHAOS_E_NOT_FOUND);
    assert_null(place_left(&place));
}

/* What the bus of its devices has, alone and before a restart. */
static void with_bus(void **state)
{
    struct record rec = fresh("web", "name: x\n"), got;

    (void)state;
    rec.bus_port = UINT32_MAX;
    rec.bus_frame = UINT64_MAX;
    memset(rec.bus_why, 'w', sizeof(rec.bus_why) - 1);
    for (int pending = 0; pending < 2; pending++) {
        rec.restart.pending = pending;
        place_worked(&place, registry_put(&reg, &rec, &place.err));
        place_worked(&place, registry_get(&reg, rec.uuid, &got, &place.err));
        assert_string_equal(got.name, "web");
        assert_int_equal(got.bus_port, rec.bus_port);
        assert_int_equal(got.bus_frame, rec.bus_frame);
        assert_string_equal(got.bus_why, rec.bus_why);
        assert_int_equal(got.restart.pending, pending);
        assert_string_equal(got.config, rec.config);
        record_clear(&got);
    }
    registry_drop(&reg, "", rec.uuid);
    assert_int_equal(registry_age(&reg, rec.uuid), -1);
}

static void claims(void **state)
{
    struct record a = fresh("web", ""), b = fresh("web", "");
    char uuid[CHAOS_UUID_TEXT];

    (void)state;
    assert_int_equal(registry_lookup(&reg, "web", uuid), -ENOENT);
    place_worked(&place, registry_claim(&reg, "web", a.uuid, &place.err));
    place_failed(&place, registry_claim(&reg, "web", b.uuid, &place.err), CHAOS_E_EXISTS);
    place_failed(&place, registry_claim(&reg, "web", a.uuid, &place.err), CHAOS_E_EXISTS);
    assert_int_equal(registry_lookup(&reg, "web", uuid), 0);
    assert_string_equal(uuid, a.uuid);

    registry_drop(&reg, "web", b.uuid); /* not b's to give away */
    assert_int_equal(registry_lookup(&reg, "web", uuid), 0);
    place_worked(&place, registry_pass_on(&reg, "web", a.uuid, b.uuid, &place.err));
    assert_int_equal(registry_lookup(&reg, "web", uuid), 0);
    assert_string_equal(uuid, b.uuid);
    registry_drop(&reg, "web", a.uuid);
    assert_int_equal(registry_lookup(&reg, "web", uuid), 0);
    /* what is not its any more is not its to pass on, nor what nobody has */
    place_failed(&place, registry_pass_on(&reg, "web", a.uuid, a.uuid, &place.err),
                 CHAOS_E_NOT_FOUND);
    place_failed(&place, registry_pass_on(&reg, "free", a.uuid, b.uuid, &place.err),
                 CHAOS_E_NOT_FOUND);
    registry_drop(&reg, "web", b.uuid);
    assert_int_equal(registry_lookup(&reg, "web", uuid), -ENOENT);
    registry_drop(&reg, "web", b.uuid); /* twice does no harm */
    assert_null(place_left(&place));
}

static bool is_alive(void *opaque, const char *uuid)
{
    return strcmp(uuid, opaque) == 0;
}

/* The record of a VM that waits for its restart keeps its name without a domain, and only then. */
static void restarting(void **state)
{
    struct record rec = fresh("web", "type: pv\n"), got;
    char temp[CHAOS_UUID_TEXT + 4], path[200];
    size_t removed;

    (void)state;
    place_worked(&place, registry_put(&reg, &rec, &place.err));
    place_failed(&place, registry_replace(&reg, &rec, &place.err), CHAOS_E_NOT_FOUND);
    place_worked(&place, registry_claim(&reg, "web", rec.uuid, &place.err));
    assert_false(registry_restarting(&reg, rec.uuid, NULL));

    rec.restart = (struct record_restart){.pending = true,
                                          .reason = 3,
                                          .attempts = 7,
                                          .tried = 1700000000,
                                          .why = "no \"x\": gone #2"};
    memcpy(rec.restart.next, fresh("next", "").uuid, CHAOS_UUID_TEXT);
    /* what a killed writer left under the temporary name stands in nobody's way */
    snprintf(temp, sizeof(temp), "%s.new", rec.uuid);
    path_of(path, "domains", temp);
    assert_int_equal(symlink("/nowhere", path), 0);
    place_worked(&place, registry_replace(&reg, &rec, &place.err));
    assert_true(registry_restarting(&reg, rec.uuid, &got));
    assert_string_equal(got.config, rec.config);
    assert_string_equal(got.name, "web");
    assert_memory_equal(&got.restart, &rec.restart, sizeof(rec.restart));
    record_clear(&got);
    rec.restart.why[0] = rec.restart.next[0] = '\0';
    place_worked(&place, registry_replace(&reg, &rec, &place.err));
    assert_true(registry_restarting(&reg, rec.uuid, &got));
    assert_string_equal(got.restart.next, "");
    assert_string_equal(got.restart.why, "");
    assert_string_equal(got.config, rec.config);
    record_clear(&got);

    place_worked(&place, registry_sweep(&reg, is_alive, (void *)"", &removed, &place.err));
    assert_int_equal(removed, 0);
    registry_release(&reg, "web", rec.uuid); /* it has lost its name: a left-over */
    assert_false(registry_restarting(&reg, rec.uuid, NULL));
    place_worked(&place, registry_sweep(&reg, is_alive, (void *)"", &removed, &place.err));
    assert_int_equal(removed, 1);
    assert_null(place_left(&place));
}

static void drops_by_record(void **state)
{
    struct record rec = fresh("web", "");
    char uuid[CHAOS_UUID_TEXT];

    (void)state;
    place_worked(&place, registry_put(&reg, &rec, &place.err));
    place_worked(&place, registry_claim(&reg, "web", rec.uuid, &place.err));
    registry_drop(&reg, "", rec.uuid);
    assert_int_equal(registry_lookup(&reg, "web", uuid), -ENOENT);
    assert_null(place_left(&place));
}

static void write_raw(const char *sub, const char *entry, const char *text, size_t len)
{
    char path[200];
    FILE *f;

    path_of(path, sub, entry);
    f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void damaged_records(void **state)
{
    static const char *const texts[] = {
        "",
        "x",
        "# chaos-record 2 domid=1 port=1 frame=1 name=x\n",
        "# chaos-record 1 domid=1 port=1 frame=1 name=\n",
        "# chaos-record 1 domid=1 port=1\n",
    };
    struct record rec = fresh("x", ""), got;
    char path[200];
    int fd;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_raw("domains", rec.uuid, texts[i], strlen(texts[i]));
        place_failed(&place, registry_get(&reg, rec.uuid, &got, &place.err), CHAOS_E_IO);
    }
    path_of(path, "domains", rec.uuid);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, 1 << 30), 0); /* sparse: no record is so long */
    close(fd);
    place_failed(&place, registry_get(&reg, rec.uuid, &got, &place.err), CHAOS_E_IO);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    place_failed(&place, registry_get(&reg, rec.uuid, &got, &place.err), CHAOS_E_IO);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0); /* no link is followed */
    place_failed(&place, registry_get(&reg, rec.uuid, &got, &place.err), CHAOS_E_IO);
}

static int count_names(void *opaque, const char *name, const char *uuid)
{
    (*(unsigned int *)opaque)++;
    return 0;
}

static void sweeps(void **state)
{
    struct record alive = fresh("alive", ""), dead = fresh("dead", ""), killed = fresh("k", "");
    char temp[CHAOS_UUID_TEXT + 4], path[200], uuid[CHAOS_UUID_TEXT];
    unsigned int names = 0;
    size_t removed;

    (void)state;
    place_worked(&place, registry_put(&reg, &alive, &place.err));
    place_worked(&place, registry_claim(&reg, "alive", alive.uuid, &place.err));
    place_worked(&place, registry_put(&reg, &dead, &place.err));
    place_worked(&place, registry_claim(&reg, "dead", dead.uuid, &place.err));
    /* writers that were killed: of a record, and of a name that was passed on */
    snprintf(temp, sizeof(temp), "%s.new", killed.uuid);
    write_raw("domains", temp, "half a rec", 10);
    snprintf(temp, sizeof(temp), "%s.new", dead.uuid);
    path_of(path, "domains", temp);
    assert_int_equal(symlink(dead.uuid, path), 0);
    /* no uuids at all */
    path_of(path, "names", "odd");
    assert_int_equal(symlink("nothing", path), 0);
    path_of(path, "names", "longer");
    assert_int_equal(symlink("00112233-4455-6677-8899-aabbccddeeff-and-more", path), 0);
    write_raw("names", "file", "x", 1);
    write_raw("domains", "rubbish", "x", 1);

    place_worked(&place, registry_names(&reg, count_names, &names, &place.err));
    assert_int_equal(names, 2);
    place_worked(&place, registry_sweep(&reg, is_alive, alive.uuid, &removed, &place.err));
    assert_int_equal(removed, 8);
    assert_int_equal(registry_lookup(&reg, "alive", uuid), 0);
    place_worked(&place, registry_get(&reg, alive.uuid, &dead, &place.err));
    record_clear(&dead);
    registry_drop(&reg, "alive", alive.uuid);
    assert_null(place_left(&place)); /* all else is gone */
}

static void opens_what_is_there(void **state)
{
    struct registry again;
    char path[120];

    (void)state;
    place_worked(&place, registry_open(place.run, &again, &place.err));
    registry_close(&again);
    place_failed(&place, registry_open("/proc/nowhere", &again, &place.err), CHAOS_E_IO);
    place_failed(&place, registry_open(place.kernel, &again, &place.err), CHAOS_E_IO);
    /* a link where the directory should be, by whoever may write beside it */
    snprintf(path, sizeof(path), "%s/link", place.dir);
    assert_int_equal(symlink(place.run, path), 0);
    place_failed(&place, registry_open(path, &again, &place.err), CHAOS_E_IO);
}

/* A file system that is really full, in a mount namespace of its own. */
static void fill_it(void)
{
    struct chaos_error err = {0};
    struct registry full;
    struct record rec, got;
    char text[9000];
    size_t removed;
    unsigned int i;
    int rc = 0;

    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", place.run, "tmpfs", 0, "size=64k,nr_inodes=60") < 0)
        _exit(77);
    memset(text, '#', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    if (registry_open(place.run, &full, &err) < 0)
        _exit(1);
    for (i = 0; rc == 0 && i < 100; i++) {
        rec = fresh("full", text);
        rc = registry_put(&full, &rec, &err);
    }
    if (rc != -ENOSPC || err.status != CHAOS_E_IO || !err.text[0])
        _exit(2);
    if (registry_get(&full, rec.uuid, &got, NULL) != -ENOENT)
        _exit(3); /* half a record */
    for (i = 0, rc = 0; rc == 0 && i < 100; i++) {
        snprintf(rec.name, sizeof(rec.name), "n%u", i);
        rc = registry_claim(&full, rec.name, rec.uuid, &err);
    }
    if (rc != -ENOSPC || err.status != CHAOS_E_IO)
        _exit(4);
    if (registry_sweep(&full, is_alive, (void *)"", &removed, &err) < 0)
        _exit(5);
    rec = fresh("again", "");
    _exit(registry_put(&full, &rec, &err) == 0 ? 0 : 6);
}

static void full_file_system(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    pid = fork();
    if (pid == 0) {
        if (unshare(CLONE_NEWNS) < 0)
            _exit(77);
        fill_it();
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("# skipped: a tmpfs of one's own needs root\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(put_and_get),      TEST(claims),
        TEST(drops_by_record),  TEST(restarting),
        TEST(with_bus),         TEST(damaged_records),
        TEST(sweeps),           TEST(opens_what_is_there),
        TEST(full_file_system),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
