/* SPDX-License-Identifier: BSD-3-Clause */
/* chaosd's command line. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "daemon/daemon.h"

#define CONFIG  "/etc/chaos/chaosd.yaml"
#define RUN_DIR "/run/chaos"

static void usage(FILE *to)
{
    fputs("Usage: chaosd [--config FILE] [--run-dir DIR] [--log-format text|json] "
          "[--check-config]\n\n"
          "Keeps shells of VMs ready for 'chaos create' and follows VMs' restart policies.\n\n"
          "      --config FILE      " CONFIG "\n"
          "      --run-dir DIR      " RUN_DIR "\n"
          "      --log-format F     messages as text (default) or json, a line each\n"
          "      --check-config     say what is wrong with the configuration, and end\n"
          "  -V, --version\n"
          "  -h, --help\n\n"
          "SIGHUP reads the configuration again. SIGTERM ends it; idle shells are destroyed.\n"
          "SIGUSR1 ends it, too, and leaves them for the next chaosd.\n",
          to);
}

/* Parses the options: -1 to go on, else the exit code. */
static int parse(int argc, char **argv, struct daemon *d, bool *check)
{
    enum { CONFIG_OPT = 256, RUN_OPT, LOG_OPT, CHECK_OPT };
    static const struct option options[] = {{"config", required_argument, NULL, CONFIG_OPT},
                                            {"run-dir", required_argument, NULL, RUN_OPT},
                                            {"log-format", required_argument, NULL, LOG_OPT},
                                            {"check-config", no_argument, NULL, CHECK_OPT},
                                            {"version", no_argument, NULL, 'V'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int opt;

    while ((opt = getopt_long(argc, argv, "Vh", options, NULL)) != -1) {
        if (opt == CONFIG_OPT) {
            d->config_path = optarg;
            d->config_optional = false;
        } else if (opt == RUN_OPT) {
            d->run_dir = optarg;
        } else if (opt == LOG_OPT && strcmp(optarg, "json") == 0) {
            log_json_lines();
        } else if (opt == LOG_OPT && strcmp(optarg, "text") == 0) {
            continue;
        } else if (opt == CHECK_OPT) {
            *check = true;
        } else if (opt == 'V') {
            puts("chaosd " CHAOS_VERSION);
            return CHAOS_OK;
        } else if (opt == 'h') {
            usage(stdout);
            return CHAOS_OK;
        } else {
            usage(stderr);
            return CHAOS_E_USAGE;
        }
    }
    if (optind == argc)
        return -1;
    usage(stderr);
    return CHAOS_E_USAGE;
}

/* Reads the configuration. Returns an exit code, after a message if it is not CHAOS_OK. */
static int load(struct daemon *d)
{
    chaos_error *err = chaos_error_new();
    int status = CHAOS_OK;

    if (settings_load(d->config_path, d->config_optional, &d->settings, err) < 0) {
        log_line(LOG_ERR, "%s", err ? chaos_error_message(err) : "out of memory");
        status = err && chaos_error_status(err) != CHAOS_E_NO_MEMORY ? CHAOS_E_CONFIG
                                                                     : CHAOS_E_NO_MEMORY;
        settings_free(&d->settings);
    }
    chaos_error_free(err);
    return status;
}

int main(int argc, char **argv)
{
    static struct daemon d = DAEMON_INIT;
    bool check = false;
    int status;

    d.run_dir = RUN_DIR;
    d.config_path = CONFIG;
    d.config_optional = true;
    status = parse(argc, argv, &d, &check);
    if (status >= 0)
        return status;
    status = load(&d);
    if (status != CHAOS_OK)
        return status;
    if (!check) {
        signal(SIGPIPE, SIG_IGN);
        status = daemon_start(&d);
        if (status == CHAOS_OK) {
            notify_systemd("READY=1");
            uv_run(&d.loop, UV_RUN_DEFAULT);
            notify_systemd("STOPPING=1");
        }
        daemon_stop(&d);
    }
    settings_free(&d.settings);
    return status;
}
