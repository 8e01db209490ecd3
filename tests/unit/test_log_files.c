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

#include "place.h"

static char path[100];

static int make(void **state)
{
    (void)state;
    place_make(&place);
    snprintf(path, sizeof(path), "%s/log", place.dir);
    return 0;
}

static chaos_log *open_log(uint64_t cap, unsigned int keep)
{
    chaos_log *log;

    place_worked(&place, chaos_log_open(path, cap, keep, &log, &place.err));
    return log;
}

/* The text of the log (0) or of an older one; "-" where there is none. */
static const char *text_of(unsigned int old)
{
    static char text[8][128];
    char file[120];
    ssize_t n;
    int fd;

    snprintf(file, sizeof(file), old ? "%s.%u" : "%s", path, old);
    fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return "-";
    n = read(fd, text[old], sizeof(text[old]) - 1);
    close(fd);
    text[old][n] = '\0';
    return text[old];
}

static void put(chaos_log *log, const char *text)
{
    assert_int_equal(chaos_log_write(log, text, strlen(text)), 0);
}

/* Those of a greater `keep` go at the next rotation; not what is somebody else's. */
static void keeps_fewer(void **state)
{
    chaos_log *log = open_log(2, 4), *other;
    char file[120];
    struct stat st;

    (void)state;
    put(log, "aabbccddee");
    chaos_log_close(log);
    assert_string_equal(text_of(4), "aa");
    log = open_log(2, 1);
    put(log, "ff");
    assert_string_equal(text_of(0), "ff");
    assert_string_equal(text_of(1), "ee");
    for (unsigned int i = 2; i <= 4; i++)
        assert_string_equal(text_of(i), "-");

    snprintf(file, sizeof(file), "%s.2", path);
    place_worked(&place, chaos_log_open(file, 10, 1, &other, &place.err));
    put(other, "own");
    put(log, "gg");
    assert_string_equal(text_of(2), "own");
    chaos_log_close(other);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(mkfifo(file, 0600), 0);
    put(log, "hh");
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
    assert_int_equal(symlink("/dev/null", path), 0);
    log = open_log(4, 1);
    for (int i = 0; i < 100; i++)
        put(log, "more than fits");
    chaos_log_close(log);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    assert_string_equal(text_of(1), "-");
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
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(20); /* it once waited for ever */
    log = open_log(4, 1);
    assert_int_equal(chaos_log_write(log, much, sizeof(much)), 0);
    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(drain(fd, last, sizeof(last)), 65536);
    put(log, "and on");
    drain(fd, last, sizeof(last));
    assert_string_equal(last, "\n[chaos: 34464 bytes are missing here]\nand on");
    close(fd); /* no SIGPIPE, and the next one reads on */
    put(log, "later");
    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    drain(fd, last, sizeof(last));
    assert_string_equal(last, "later");
    close(fd);
    alarm(0);
    chaos_log_close(log);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    assert_string_equal(text_of(1), "-");
}

static void refused(enum chaos_status status, const char *why)
{
    struct chaos_error err = {.status = CHAOS_OK};
    chaos_log *log;

    assert_true(chaos_log_open(path, 4, 1, &log, &err) < 0);
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
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
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
        put(log, "aabb");
        assert_string_equal(text_of(0), "bb");
        assert_string_equal(text_of(1), "aa");
        chaos_log_close(log);
        assert_int_equal(lstat(link, &st), 0);
        assert_true(S_ISLNK(st.st_mode));
    }
}

/* One writer a file, also while and after it is rotated. */
static void one_writer(void **state)
{
    chaos_log *log = open_log(2, 1), *other;

    (void)state;
    for (int i = 0; i < 2; i++) {
        refused(CHAOS_E_BUSY, "another console is logged to it");
        put(log, "aabb");
    }
    chaos_log_close(log);
    other = open_log(2, 1);
    chaos_log_close(other);
}

/* What somebody put where the log was is not renamed. */
static void replaced_by_somebody(void **state)
{
    chaos_log *log = open_log(2, 1);
    char away[120];
    struct stat st;

    (void)state;
    put(log, "aa");
    snprintf(away, sizeof(away), "%s/away", place.dir);
    assert_int_equal(rename(path, away), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    put(log, "bb");
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    assert_string_equal(text_of(1), "-");
    chaos_log_close(log);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make, place_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_fewer),          TEST(never_rotates_a_device), TEST(fifo_without_a_reader),
        TEST(refuses_a_socket),     TEST(follows_a_link),         TEST(one_writer),
        TEST(replaced_by_somebody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
