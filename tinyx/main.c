/* SPDX-License-Identifier: BSD-3-Clause */
/* tinyx: one application in, a minimal bootable Linux out. One verb a file; this one has the table.
 */
#include <string.h>

#include "cmd.h"
#include "process.h"

const struct verb verbs[] = {
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
    {"help", cmd_help, "[VERB]", "explain tinyx, or one verb", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

const struct verb *verb_find(const char *name)
{
    for (const struct verb *verb = verbs; verb->name; verb++) {
        if (strcmp(verb->name, name) == 0)
            return verb;
    }
    return NULL;
}

/* Options ahead of the verb: -1 where there is a verb to run, else the exit code. */
static int leading_options(int argc, char **argv)
{
    static const struct option options[] = {{"version", no_argument, NULL, 'V'}, COMMON_LONG};
    int opt = getopt_long(argc, argv, "+V" COMMON_SHORT, options, NULL);

    switch (opt) {
    case -1:
        return -1;
    case 'V':
        return cmd_version(1, argv);
    case 'h':
        return cmd_help(1, argv);
    default: /* getopt said what is wrong */
        return usage_error("see above");
    }
}

int main(int argc, char **argv)
{
    const struct verb *verb;
    int status = leading_options(argc, argv);

    if (status >= 0)
        return status;
    if (optind >= argc) {
        cmd_help(0, NULL);
        return CHAOS_E_USAGE;
    }
    verb = verb_find(argv[optind]);
    if (!verb)
        return usage_error("no such command: \"%s\"", argv[optind]);
    verb_name = verb->name;
    argc -= optind;
    argv += optind;
    catch_interrupts();
    optind = 0; /* glibc: begin anew; options may now stand behind arguments, too */
    status = verb->run(argc, argv);
    /* A full disk or a closed pipe must not look like success. */
    if (fflush(stdout) != 0 && status == CHAOS_OK) {
        report("cannot write the output: %m");
        status = CHAOS_E_IO;
    }
    return status;
}
