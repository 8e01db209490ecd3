/* SPDX-License-Identifier: BSD-3-Clause */
/* The job of benchmarks/guests/job as a process: bench-job DIGITS NUMBER. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../guests/job/e.h"

int main(int argc, char **argv)
{
    unsigned long digits = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    char text[64];
    int length;

    if (argc != 3 || digits < 10 || digits > E_DIGITS_MAX)
        return 2;
    length = snprintf(text, sizeof(text), "job %lu: %010lu\n", strtoul(argv[2], NULL, 10),
                      e_last_ten((unsigned int)digits));
    return write(STDOUT_FILENO, text, (size_t)length) == length ? 0 : 1;
}
