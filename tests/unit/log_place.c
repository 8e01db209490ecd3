/* SPDX-License-Identifier: BSD-3-Clause */
#include "log_place.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

char log_path[100];

int log_begin(void **state)
{
    (void)state;
    place_make(&place);
    snprintf(log_path, sizeof(log_path), "%s/log", place.dir);
    return 0;
}

chaos_log *log_open(uint64_t cap, unsigned int keep)
{
    chaos_log *log;

    place_worked(&place, chaos_log_open(log_path, cap, keep, &log, &place.err));
    return log;
}

void log_put(chaos_log *log, const char *text)
{
    assert_int_equal(chaos_log_write(log, text, strlen(text)), 0);
}

const char *log_text(unsigned int old)
{
    static char text[8][128];
    char file[120];
    ssize_t n;
    int fd;

    snprintf(file, sizeof(file), old ? "%s.%u" : "%s", log_path, old);
    fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return "-";
    n = read(fd, text[old], sizeof(text[old]) - 1);
    close(fd);
    text[old][n < 0 ? 0 : n] = '\0';
    return text[old];
}
