/* SPDX-License-Identifier: BSD-3-Clause */
/* Options, messages and signals that the verbs share. */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"

void verb_usage(FILE *to, const struct verb *verb)
{
    fprintf(to, "Usage: chaos %s %s\n%c%s.\n\n%s", verb->name, verb->args,
            verb->summary[0] - 'a' + 'A', verb->summary + 1, verb->options ? verb->options : "");
    fputs("  -v, --verbose        show each step with its microseconds\n"
          "      --log-format F   messages as text (default) or json, a line each\n"
          "      --run-dir DIR    the registry's folder (/run/chaos)\n"
          "  -h, --help           this text\n",
          to);
}

int usage_error(const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    report_info("%s", text);
    if (!common.json_log)
        fprintf(stderr, "Try 'chaos help%s%s'.\n", common.verb ? " " : "",
                common.verb ? common.verb : "");
    return CHAOS_E_USAGE;
}

int common_option(int opt)
{
    switch (opt) {
    case 'h':
        verb_usage(stdout, verb_find(common.verb));
        return CHAOS_OK;
    case 'v':
        common.verbose = true;
        return -1;
    case OPT_LOG_FORMAT:
        if (strcmp(optarg, "json") != 0 && strcmp(optarg, "text") != 0)
            return usage_error("--log-format: \"%s\" is neither text nor json", optarg);
        common.json_log = strcmp(optarg, "json") == 0;
        return -1;
    case OPT_RUN_DIR:
        common.run_dir = optarg;
        return -1;
    default: /* getopt said what is wrong */
        return usage_error("see above");
    }
}

/* One line of JSON on stderr; takes over `fields`. */
static void log_json(const char *level, json_t *fields)
{
    json_t *line = json_pack("{s:s, s:s*}", "level", level, "command", common.verb);

    if (line && fields)
        json_object_update(line, fields);
    if (line && json_dumpf(line, stderr, JSON_COMPACT | JSON_ENSURE_ASCII) == 0)
        fputc('\n', stderr);
    json_decref(line);
    json_decref(fields);
}

static void print_prefix(void)
{
    fprintf(stderr, common.verb ? "chaos %s: " : "chaos: ", common.verb);
}

void report_error(const chaos_error *err)
{
    if (common.json_log) {
        log_json("error", json_pack("{s:i, s:i, s:s}", "code", chaos_error_status(err), "errno",
                                    chaos_error_errno(err), "message", chaos_error_message(err)));
        return;
    }
    print_prefix();
    fprintf(stderr, "%s\n", chaos_error_message(err));
}

void report_info(const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (common.json_log) {
        log_json("info", json_pack("{s:s}", "message", text));
        return;
    }
    print_prefix();
    fprintf(stderr, "%s\n", text);
}

int fail(chaos_error *err)
{
    int status = chaos_error_status(err);

    report_error(err);
    chaos_error_free(err);
    return status;
}

static void show_step(void *opaque, const char *step, uint64_t ns)
{
    if (common.json_log)
        log_json("step", json_pack("{s:s, s:f}", "step", step, "us", (double)ns / 1000.0));
    else
        fprintf(stderr, "  %-12s %10.1f us\n", step, (double)ns / 1000.0);
}

chaos_host *open_host(chaos_error *err, int *status)
{
    chaos_host *host;

    if (chaos_host_open(common.run_dir, &host, err) < 0) {
        *status = chaos_error_status(err);
        report_error(err);
        return NULL;
    }
    if (common.verbose)
        chaos_host_on_step(host, show_step, NULL);
    return host;
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

int timeout_options(int argc, char **argv, unsigned long min, unsigned long max,
                    unsigned long *timeout_s)
{
    enum { OPT_TIMEOUT = OPT_FIRST };
    static const struct option options[] = {{"timeout", required_argument, NULL, OPT_TIMEOUT},
                                            COMMON_LONG};
    int opt, status;

    while ((opt = getopt_long(argc, argv, COMMON_SHORT, options, NULL)) != -1) {
        if (opt != OPT_TIMEOUT) {
            status = common_option(opt);
            if (status >= 0)
                return status;
        } else if (!parse_number(optarg, min, max, timeout_s)) {
            return usage_error("--timeout: \"%s\" is not a number of seconds", optarg);
        }
    }
    return optind < argc ? -1 : usage_error("which domains? Give ids or names");
}

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
    caught = 1;
}

bool interrupted(void)
{
    return caught;
}

void catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: waits must end */

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}
