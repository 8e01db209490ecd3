/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs one guest with noxs devices in Dom0, without the toolstack under test: domain by
 * libxenguest, back ends by /dev/noxs, device page by the hypercall. The guest's console goes to
 * stdout.
 *
 *   run [--pvh] [--memory MIB] [--cmdline TEXT] [--ramdisk FILE] [--control]
 *       [--vif MAC[,IP/PREFIX]]... [--vbd DEVICE[,ro]]... [--seconds S] KERNEL
 *
 * Interfaces of vifs are brought up in the bridge "br0". On stdin, one line a command: poweroff,
 * reboot, suspend, crash, plug MAC, unplug INDEX, devices, destroy. Ends with the guest, after S
 * seconds or with "destroy"; exit status: 0 poweroff, 1 reboot, 2 suspend, 3 crash, 9 destroyed.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include "check.h"
#include "run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xenctrl.h>

static volatile sig_atomic_t stop;

static void on_signal(int nr)
{
    (void)nr;
    stop = 1;
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void parse(int argc, char **argv, struct run *run)
{
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (!strcmp(arg, "--pvh")) {
            run->pvh = true;
        } else if (!strcmp(arg, "--control")) {
            run_add_control(run);
        } else if (arg[0] != '-') {
            run->kernel = arg;
        } else {
            MUST(value);
            i++;
            if (!strcmp(arg, "--memory"))
                run->memory_mib = (unsigned int)atoi(value);
            else if (!strcmp(arg, "--cmdline"))
                run->cmdline = value;
            else if (!strcmp(arg, "--ramdisk"))
                run->ramdisk = value;
            else if (!strcmp(arg, "--seconds"))
                run->seconds = atoi(value);
            else if (!strcmp(arg, "--vif"))
                run_add_vif(run, value);
            else if (!strcmp(arg, "--vbd"))
                run_add_vbd(run, value);
            else
                MUST(!"known option");
        }
    }
    MUST(run->kernel);
}

static void command(struct run *run, char *line)
{
    static const char *const power[] = {NULL, "poweroff", "reboot", "suspend", "crash"};
    char *arg = strchr(line, ' ');

    line[strcspn(line, "\n")] = '\0';
    if (arg)
        *arg++ = '\0';

    for (unsigned int i = 1; i < 5; i++)
        if (!strcmp(line, power[i]))
            fprintf(stderr, "%s: %d\n", line, run_power(run, i));
    if (!strcmp(line, "destroy"))
        stop = 1;
    else if (!strcmp(line, "devices"))
        run_list(run);
    else if (!strcmp(line, "plug") && arg)
        fprintf(stderr, "plug: %d\n", run_plug(run, arg));
    else if (!strcmp(line, "unplug") && arg)
        fprintf(stderr, "unplug: %d\n", run_unplug(run, (uint16_t)atoi(arg)));
}

static void read_commands(struct run *run, struct pollfd *in)
{
    static char buffer[256];
    static size_t used;
    ssize_t n = read(in->fd, buffer + used, sizeof(buffer) - 1 - used);
    char *end;

    if (n <= 0) {
        in->fd = -1;
        return;
    }
    used += (size_t)n;
    buffer[used] = '\0';
    while ((end = strchr(buffer, '\n'))) {
        command(run, buffer);
        used -= (size_t)(end + 1 - buffer);
        memmove(buffer, end + 1, used + 1);
    }
}

int main(int argc, char **argv)
{
    struct run run = {.memory_mib = 8, .cmdline = "", .seconds = 60};
    struct pollfd in = {.fd = 0, .events = POLLIN};
    int status = -1;
    int64_t end;

    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    setvbuf(stdout, NULL, _IONBF, 0);
    parse(argc, argv, &run);
    run_start(&run);
    end = now_ms() + run.seconds * 1000LL;

    while (!stop && status < 0 && now_ms() < end) {
        if (poll(&in, 1, 20) > 0)
            read_commands(&run, &in);
        status = run_ended(&run);
        run_console(&run);
    }
    run_end(&run);
    return status < 0 ? 9 : status;
}
