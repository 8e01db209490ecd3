/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/cmd.h"

static void print_xen(void)
{
    struct chaos_host_info info;
    chaos_error *err = chaos_error_new();
    chaos_host *host;

    /* Without Xen there is no such line, and that is no failure: the program's version was asked.
     */
    if (chaos_host_open(common.run_dir, &host, err) == 0) {
        if (chaos_host_info(host, &info, err) == 0)
            printf("noxs: device pages %s\nxen %s, %u CPUs, %llu of %llu MiB free\n",
                   info.keeps_pages ? "in the hypervisor" : "in guests' memory", info.xen_version,
                   info.cpus, (unsigned long long)info.free_kib >> 10,
                   (unsigned long long)info.total_kib >> 10);
        chaos_host_close(host);
    } else if (common.verbose && err) {
        report("%s", chaos_error_message(err));
    }
    chaos_error_free(err);
}

int cmd_version(int argc, char **argv)
{
    int status = verb_no_options(argc, argv);

    if (status != GO_ON)
        return status;
    if (optind < argc)
        return usage_error("version takes no arguments");
    printf("chaos %s\n", CHAOS_VERSION);
    print_xen();
    return CHAOS_OK;
}
