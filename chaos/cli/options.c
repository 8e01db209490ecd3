/* SPDX-License-Identifier: BSD-3-Clause */
/* Options that several verbs have, and their values. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"

struct common common;

int common_option(int opt)
{
    switch (opt) {
    case 'v':
        common.verbose = true;
        break;
    case OPT_LOG_FORMAT:
        if (strcmp(optarg, "json") != 0 && strcmp(optarg, "text") != 0)
            return usage_error("--log-format: \"%s\" is neither text nor json", optarg);
        common.json_log = strcmp(optarg, "json") == 0;
        break;
    case OPT_RUN_DIR:
        common.run_dir = optarg;
        break;
    }
    return GO_ON;
}

bool parse_number(const char *text, unsigned long min, unsigned long max, unsigned long *out)
{
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *out = strtoul(text, &end, 10);
    return *end == '\0' && errno == 0 && *out >= min && *out <= max;
}

bool parse_format(const char *value, const char *text, bool *json)
{
    *json = strcmp(value, "json") == 0;
    if (*json || strcmp(value, text) == 0)
        return true;
    usage_error("--format: \"%s\" is neither %s nor json", value, text);
    return false;
}

int timeout_options(int argc, char **argv, unsigned long min, unsigned long max,
                    unsigned long *timeout_s, bool *foreign)
{
    enum { OPT_TIMEOUT = OPT_FIRST };
    static const struct option options[] = {
        FOREIGN_LONG, {"timeout", required_argument, NULL, OPT_TIMEOUT}, COMMON_LONG};
    int opt, status;

    while ((opt = verb_option(argc, argv, COMMON_SHORT, foreign ? options : options + 1,
                              &status)) != -1) {
        if (opt == OPT_FOREIGN)
            *foreign = true;
        else if (!parse_number(optarg, min, max, timeout_s))
            return usage_error("--timeout: \"%s\" is not a number of seconds", optarg);
    }
    if (status == GO_ON && optind == argc)
        return usage_error("which domains? Give ids or names");
    return status;
}
