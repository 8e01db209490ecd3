/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/cmd.h"

static void overview(FILE *to)
{
    fputs("chaos: Xen virtual machines as cheap as processes\n\n"
          "Usage: chaos [OPTION...] COMMAND [ARG...]\n\nCommands:\n",
          to);
    for (const struct verb *verb = verbs; verb->name; verb++)
        fprintf(to, "  %-9s %s\n", verb->name, verb->summary);
    fputs("\n'chaos help COMMAND' explains one. Manual pages: chaos(1), chaos.yaml(5).\n\n"
          "Exit codes: 0 ok, 1 failed, 2 usage, 3 configuration, 4 not found, 5 name in use,\n"
          "6 no memory, 7 hypervisor refused, 8 not a Xen control domain, 9 kernel or ramdisk,\n"
          "10 file of the host, 11 busy, 12 permission, 124 timeout, 130 interrupted.\n",
          to);
}

/* Neither verb has options of its own: -1 to go on, else the exit code. */
static int common_only(int argc, char **argv)
{
    static const struct option options[] = {COMMON_LONG};
    int opt, status;

    while ((opt = getopt_long(argc, argv, COMMON_SHORT, options, NULL)) != -1) {
        status = common_option(opt);
        if (status >= 0)
            return status;
    }
    return -1;
}

int cmd_help(int argc, char **argv)
{
    const struct verb *verb;
    int status = argc < 2 ? -1 : common_only(argc, argv);

    if (status >= 0)
        return status;
    if (argc < 2 || optind == argc) {
        overview(argc ? stdout : stderr);
        return CHAOS_OK;
    }
    verb = verb_find(argv[optind]);
    if (!verb) {
        common.verb = NULL;
        return usage_error("no such command: \"%s\"", argv[optind]);
    }
    verb_usage(stdout, verb);
    return CHAOS_OK;
}

static void print_versions(void)
{
    struct chaos_host_info info;
    chaos_error *err = chaos_error_new();
    chaos_host *host;

    printf("chaos %s\n", CHAOS_VERSION);
    /* Without Xen there is one line, and that is no failure: the program's version was asked. */
    if (chaos_host_open(common.run_dir, &host, err) == 0) {
        if (chaos_host_info(host, &info, err) == 0)
            printf("xen %s, %u CPUs, %llu of %llu MiB free\n", info.xen_version, info.cpus,
                   (unsigned long long)info.free_kib >> 10,
                   (unsigned long long)info.total_kib >> 10);
        chaos_host_close(host);
    } else if (common.verbose) {
        report_info("%s", chaos_error_message(err));
    }
    chaos_error_free(err);
}

int cmd_version(int argc, char **argv)
{
    static const struct option options[] = {COMMON_LONG};
    int opt, status;

    while ((opt = getopt_long(argc, argv, COMMON_SHORT, options, NULL)) != -1) {
        status = common_option(opt);
        if (status >= 0)
            return status;
    }
    if (optind < argc)
        return usage_error("version takes no arguments");
    print_versions();
    return CHAOS_OK;
}
