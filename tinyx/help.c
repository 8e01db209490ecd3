/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd.h"

#include <chaos.h>

static void overview(FILE *to)
{
    fputs("tinyx: one application in, a minimal bootable Linux out\n\n"
          "Usage: tinyx COMMAND [ARG...]\n\nCommands:\n",
          to);
    for (const struct verb *verb = verbs; verb->name; verb++)
        fprintf(to, "  %-9s %s\n", verb->name, verb->summary);
    fputs("\n'tinyx help COMMAND' explains one. Manual page: tinyx(1).\n\n"
          "Exit codes: 0 ok, 1 failed, 2 usage, 3 specification, 4 not found, 6 no memory,\n"
          "9 program or library, 10 file of the host.\n",
          to);
}

int cmd_help(int argc, char **argv)
{
    static const struct option options[] = {COMMON_LONG};
    const struct verb *verb;
    int opt = argc < 2 ? -1 : getopt_long(argc, argv, COMMON_SHORT, options, NULL);

    if (opt != -1)
        return common_option(opt);
    if (argc < 2 || optind == argc) {
        overview(argc ? stdout : stderr);
        return CHAOS_OK;
    }
    verb = verb_find(argv[optind]);
    if (!verb)
        return usage_error("no such command: \"%s\"", argv[optind]);
    verb_usage(stdout, verb);
    return CHAOS_OK;
}

int cmd_version(int argc, char **argv)
{
    static const struct option options[] = {COMMON_LONG};
    int opt = argc < 2 ? -1 : getopt_long(argc, argv, COMMON_SHORT, options, NULL);

    if (opt != -1)
        return common_option(opt);
    if (argc > 1)
        return usage_error("version takes no arguments");
    printf("tinyx %s\n", CHAOS_VERSION);
    return CHAOS_OK;
}
