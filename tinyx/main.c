/* SPDX-License-Identifier: BSD-3-Clause */
/* tinyx: one application in, a minimal bootable Linux out. Each verb is a file; the table of them
 * is here. */
#include <chaos.h>

#include "cmd.h"
#include "base/interrupt.h"

static const struct verb verbs[] = {
    {"build", cmd_build, "[OPTION] SPEC -o DIR", "build the image that a specification asks for",
     "  -o, --output DIR     where to; an earlier image there is replaced\n"
     "  -u, --update         fetch Debian's package index anew\n"},
    {"run", cmd_run, "[OPTION] DIR",
     "boot an image and try its test, on this Xen host or in the lab",
     "  -t, --type TYPE      pv or pvh, of an image for both\n"},
    {"inspect", cmd_inspect, "[OPTION] DIR", "show an image's files by size, and why each is there",
     "  -w, --why NAME       of one file, or one of the kernel's options: what pulled it in\n"
     "  -p, --packages       Debian's packages instead\n"
     "  -k, --options        the kernel's options instead, each with its reason\n"
     "  -l, --least BYTES    only what is as large\n"},
    {"diff", cmd_diff, "DIR DIR", "show what differs between two images",
     "Ends with 0 where nothing does, with 1 where something does.\n"},
    {"kernel", cmd_kernel, "[OPTION] FRAGMENT...", "build a kernel, or find it; print its path",
     "  --options            print its options instead, each with its reason\n"},
    {"trim", cmd_trim, "-o DIR -i INITRAMFS -t TEST [OPTION...] FRAGMENT...",
     "leave out of a kernel what a test passes without",
     "  -o, --output DIR       state, kernel, report, and trimmed.config, a fragment to put behind "
     "the others\n"
     "  -i, --initramfs FILE   of the guest that is tested\n"
     "  -t, --test COMMAND     run by Dom0's shell until it succeeds; the guest's address is $IP\n"
     "  -m, --memory SIZE      the guest's (32MiB)\n"
     "  -c, --cmdline TEXT     the guest's (console=hvc0)\n"
     "  -k, --keep OPTION      not to be tried, without CONFIG_ (more than once)\n"},
    {"version", cmd_version, "", "print the version of tinyx", NULL},
    {"help", command_help, "[VERB]", "explain tinyx, or one verb", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static const struct option leading[] = {{"version", no_argument, NULL, 'V'}, COMMON_LONG};

static const struct command tinyx = {
    .name = "tinyx",
    .about = "one application in, a minimal bootable Linux out",
    .synopsis = "COMMAND [ARG...]",
    .closing = "'tinyx help COMMAND' explains one. Manual page: tinyx(1).\n\n"
               "Exit codes: 0 ok, 1 failed, 2 usage, 3 specification, 4 not found, 6 no memory,\n"
               "9 program or library, 10 file of the host, 130 interrupted.\n",
    .options = "  -h, --help           this text\n",
    .verbs = verbs,
    .shorts = "+V" COMMON_SHORT,
    .longs = leading,
};

int cmd_version(int argc, char **argv)
{
    int status = verb_no_options(argc, argv);

    if (status != GO_ON)
        return status;
    if (optind < argc)
        return usage_error("version takes no arguments");
    printf("tinyx %s\n", CHAOS_VERSION);
    return CHAOS_OK;
}

int main(int argc, char **argv)
{
    catch_interrupts();
    return command_main(&tinyx, argc, argv);
}
