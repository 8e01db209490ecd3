/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Says what it was given, then echoes console input line by line. "flood=N" first prints N KiB of
 * numbered lines, waiting for the reader as long as it takes, so that none may get lost.
 */
#include "guest.h"

#define FLOOD_LINE_BYTES 64
#define INPUT_BYTES      512
#define XEN_TIME_LEAF    0x40000003

static void flood(uint64_t kib)
{
    char line[FLOOD_LINE_BYTES + 1];

    for (uint64_t i = 0; i < kib * 1024 / FLOOD_LINE_BYTES; i++) {
        guest_snprintf(line, sizeof(line), "flood: line %08lu %042u\n", i, 0);
        console_write(line, FLOOD_LINE_BYTES, GUEST_FOREVER);
    }
    console_printf("flood: done\n");
}

static void echo_lines(void)
{
    static char line[INPUT_BYTES];
    size_t length = 0;

    for (;;) {
        size_t n = console_read(line + length, sizeof(line) - 1 - length, GUEST_FOREVER);

        for (size_t end = length + n; length < end; length++) {
            if (line[length] != '\n' && line[length] != '\r')
                continue;
            line[length] = '\0';
            console_printf("echo: %s\n", line);
            memmove(line, line + length + 1, end - length - 1);
            end -= length + 1;
            length = (size_t)-1; /* the loop makes it 0 */
        }
        if (length == sizeof(line) - 1)
            length = 0; /* a line of that size is nobody's */
    }
}

/* How Xen has the TSC read: 0 as it thinks best, 1 emulated, 2 as it is. */
static void tell_tsc_mode(void)
{
    uint32_t a = XEN_TIME_LEAF, b, c = 0, d;

    if (guest_is_pv())
        __asm__(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    else
        __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    console_printf("hello: tsc mode %u, %semulated\n", b, a & 1 ? "" : "not ");
}

void guest_main(void)
{
    const char *size = guest_option("flood");

    guest_stop_periodic_timer();
    console_printf("hello: type %s\n", guest_is_pv() ? "pv" : "pvh");
    console_printf("hello: memory %lu KiB\n", guest_memory_kib());
    console_printf("hello: cmdline \"%s\"\n", guest_cmdline());
    tell_tsc_mode();
    if (size)
        flood(guest_number(size, NULL));
    console_printf("hello: ready\n");
    echo_lines();
}
