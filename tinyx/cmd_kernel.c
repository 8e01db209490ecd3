/* SPDX-License-Identifier: BSD-3-Clause */
/* tinyx kernel: a kernel alone. */
#include "arena.h"
#include "cmd.h"
#include "kernel.h"
#include "process.h"

static void print_options(const struct kernel *kernel)
{
    for (size_t i = 0; i < kernel->nr_options; i++) {
        const struct kernel_option *option = &kernel->options[i];

        printf("CONFIG_%s=%s  # %s\n", option->name, option->value, option->reason);
    }
}

int cmd_kernel(int argc, char **argv)
{
    static const struct option options[] = {{"options", no_argument, NULL, 'o'}, COMMON_LONG};
    const char **fragments = take((size_t)(argc + 1) * sizeof(*fragments));
    bool all = false;
    chaos_error err = {0};
    struct kernel kernel;
    int rc = 0, status;

    while (verb_option(argc, argv, COMMON_SHORT, options, &status) == 'o')
        all = true;
    if (status != GO_ON)
        return status;
    if (optind == argc)
        return usage_error("which fragments?");
    for (int i = optind; !rc && i < argc; i++)
        rc = kernel_fragment(argv[i], &fragments[i - optind], &err);
    if (!rc)
        rc = kernel_get(&(struct kernel_request){fragments}, &kernel, &err);
    if (rc < 0)
        return fail(&err);
    if (all)
        print_options(&kernel);
    else
        puts(kernel.vmlinux);
    return CHAOS_OK;
}
