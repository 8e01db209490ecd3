/* SPDX-License-Identifier: BSD-3-Clause */
/* What a log may be instead of a file of its own: a device, a FIFO, a link, the log of another. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "log_place.h"

/* Those of a greater `keep` go at the next rotation; not what is somebody else's. */
static void keeps_fewer(void **state)
{
    chaos_log *log = log_open(2, 4), *other;
    char file[120];
    struct stat st;

    (void)state;
    log_put(log, "aabbccddee");
    chaos_log_close(log);
    assert_string_equal(log_text(4), "aa");
    log = log_open(2, 1);
    log_put(log, "ff");
    assert_string_equal(log_text(0), "ff");
    assert_string_equal(log_text(1), "ee");
    for (unsigned int i = 2; i <= 4; i++)
        assert_string_equal(log_text(i), "-");

    snprintf(file, sizeof(file), "%s.2", log_path);
    place_worked(&place, chaos_log_open(file, 10, 1, &other, &place.err));
    log_put(other, "own");
    log_put(log, "gg");
    assert_string_equal(log_text(2), "own");
    chaos_log_close(other);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(mkfifo(file, 0600), 0);
    log_put(log, "hh");
    assert_int_equal(lstat(file, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    chaos_log_close(log);
}

/* A device or a FIFO stays what it is, however much is written. */
static void never_rotates_a_device(void **state)
{
    chaos_log *log;
    struct stat st;

    (void)state;
    assert_int_equal(symlink("/dev/null", log_path), 0);
    log = log_open(4, 1);
    for (int i = 0; i < 100; i++)
        log_put(log, "more than fits");
    chaos_log_close(log);
    assert_int_equal(lstat(log_path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat(log_path, &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    assert_string_equal(log_text(1), "-");
}

static size_t drain(int fd, char *last, size_t room)
{
    char buf[4096];
    size_t all = 0;
    ssize_t n;

    while ((n = read(fd, buf, sizeof(buf) - 1)) > 0) {
        all += (size_t)n;
        buf[n] = '\0';
        snprintf(last, room, "%s", (size_t)n < room ? buf : buf + n - room + 1);
    }
    return all;
}

/* Nobody waits for the FIFO's reader; it finds out how much it has missed. */
static void fifo_without_a_reader(void **state)
{
    static char much[100000];
    char last[64];
    chaos_log *log;
    struct stat st;
    int fd;

    (void)state;
    memset(much, 'x', sizeof(much));
    assert_int_equal(mkfifo(log_path, 0600), 0);
    alarm(20); /* it once waited for ever */
    log = log_open(4, 1);
    assert_int_equal(chaos_log_write(log, much, sizeof(much)), 0);
    fd = open(log_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(drain(fd, last, sizeof(last)), 65536);
    log_put(log, "and on");
    drain(fd, last, sizeof(last));
    assert_string_equal(last, "\n[chaos: 34464 bytes are missing here]\nand on");
    close(fd); /* no SIGPIPE, and the next one reads on */
    log_put(log, "later");
    fd = open(log_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    drain(fd, last, sizeof(last));
    assert_string_equal(last, "later");
    close(fd);
    alarm(0);
    chaos_log_close(log);
    assert_int_equal(lstat(log_path, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    assert_string_equal(log_text(1), "-");
}

static void refused(enum chaos_status status, const char *why)
{
    struct chaos_error err = {.status = CHAOS_OK};
    chaos_log *log;

    assert_true(chaos_log_open(log_path, 4, 1, &log, &err) < 0);
    assert_null(log);
    assert_int_equal(chaos_error_status(&err), status);
    if (!strstr(chaos_error_message(&err), why))
        fail_msg("%s", chaos_error_message(&err));
}

static void refuses_a_socket(void **state)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", log_path);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
    refused(CHAOS_E_IO, "nothing is there to write to");
    close(fd);
}

/* The file that a symbolic link leads to is rotated where it lies; the link stays. */
static void follows_a_link(void **state)
{
    char link[120];
    chaos_log *log;
    struct stat st;

    (void)state;
    snprintf(link, sizeof(link), "%s/link", place.dir);
    assert_int_equal(symlink("log", link), 0); /* which is not there yet */
    for (int i = 0; i < 2; i++) {
        place_worked(&place, chaos_log_open(link, 2, 1, &log, &place.err));
        log_put(log, "aabb");
        assert_string_equal(log_text(0), "bb");
        assert_string_equal(log_text(1), "aa");
        chaos_log_close(log);
        assert_int_equal(lstat(link, &st), 0);
        assert_true(S_ISLNK(st.st_mode));
    }
}

/* One writer a file, also while and after it is rotated. */
static void one_writer(void **state)
{
    chaos_log *log = log_open(2, 1), *other;

    (void)state;
    for (int i = 0; i < 2; i++) {
        refused(CHAOS_E_BUSY, "another console is logged to it");
        log_put(log, "aabb");
    }
    chaos_log_close(log);
    other = log_open(2, 1);
    chaos_log_close(other);
}

/* What somebody put where the log was is not renamed. */
static void replaced_by_somebody(void **state)
{
    chaos_log *log = log_open(2, 1);
    char away[120];
    struct stat st;

    (void)state;
    log_put(log, "aa");
    snprintf(away, sizeof(away), "%s/away", place.dir);
    assert_int_equal(rename(log_path, away), 0);
    assert_int_equal(mkfifo(log_path, 0600), 0);
    log_put(log, "bb");
    assert_int_equal(lstat(log_path, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    assert_string_equal(log_text(1), "-");
    chaos_log_close(log);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, log_begin, place_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_fewer),          TEST(never_rotates_a_device), TEST(fifo_without_a_reader),
        TEST(refuses_a_socket),     TEST(follows_a_link),         TEST(one_writer),
        TEST(replaced_by_somebody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
