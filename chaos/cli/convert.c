/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "cli/cmd.h"

/* The YAML on stdout, and what has no counterpart on stderr. CHAOS_E_CONFIG if the VM would be
 * another one without that. */
static int convert(const char *path, chaos_error *err)
{
    chaos_config *cfg;
    bool whole = false;
    char *text;

    if (chaos_config_convert(path, &cfg, &whole, err) < 0)
        return failed(err);
    report_notes(cfg);
    if (chaos_config_dump(cfg, &text, err) < 0) {
        chaos_config_free(cfg);
        return failed(err);
    }
    fputs(text, stdout);
    free(text);
    chaos_config_free(cfg);
    return whole ? CHAOS_OK : CHAOS_E_CONFIG;
}

int cmd_convert(int argc, char **argv)
{
    int status = verb_no_options(argc, argv);
    chaos_error *err;

    if (status != GO_ON)
        return status;
    if (optind + 1 != argc)
        return usage_error(optind < argc ? "one file at a time" : "which file?");
    err = chaos_error_new();
    if (!err) {
        report("out of memory");
        return CHAOS_E_NO_MEMORY;
    }
    status = convert(argv[optind], err);
    chaos_error_free(err);
    return status;
}
