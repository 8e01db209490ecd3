/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Windows and hypercall memory over .bss: in a position-independent program, and in a shared
 * library, the kernel puts other mappings into every hole, and those went with the next munmap of
 * the place.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "hv/hv_xen.h"

/* LeakSanitizer reads all of .bss, where there is nothing to be read any more. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

/* The ioctls of the hypervisor's device do nothing: the frames of the guest are those of the file.
 */
static int guest = -1;

int ioctl(int fd, unsigned long request, ...);
int ioctl(int fd, unsigned long request, ...)
{
    va_list ap;
    void *arg;

    va_start(ap, request);
    arg = va_arg(ap, void *);
    va_end(ap);
    return fd == guest ? 0 : (int)syscall(SYS_ioctl, fd, request, arg);
}

static void *map(void *at, size_t bytes, int how)
{
    return mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | how, -1, 0);
}

static void test_no_holes(void **state)
{
    const uint64_t frames[2] = {1, 2};
    void *window, *other;

    guest = memfd_create("guest", 0);
    assert_true(guest >= 0);
    assert_int_equal(ftruncate(guest, 2 * PAGE_SIZE), 0);
    for (int i = 0; i < 3; i++) {
        window = near_window(guest, 1, 2, frames);
        assert_non_null(window);
        *(volatile char *)window = 1;
        assert_null(near_window(guest, 1, 1, frames)); /* one at a time */
        assert_true(near_window_free(window));
        /* It is the program's own still: nobody else can be given any of it. */
        for (size_t page = 0; page < ARENA_PAGES_MOST; page++) {
            other = map((char *)window + page * PAGE_SIZE, PAGE_SIZE, MAP_FIXED_NOREPLACE);
            assert_ptr_equal(other, MAP_FAILED);
            assert_int_equal(errno, EEXIST);
        }
    }
    close(guest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_holes)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
