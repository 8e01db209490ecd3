/* SPDX-License-Identifier: BSD-3-Clause */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <chaos/pool.h>
#include "cli/cmd.h"

struct request {
    unsigned long count; /* 0: one, without a number */
    bool console, paused, dry_run;
    const char *escape; /* NULL: the default */
    int escape_byte;
    const char *name;
    const char **sets;
    size_t nr_sets;
    const char *file;
};

static int parse(int argc, char **argv, struct request *req)
{
    enum { OPT_NAME = OPT_FIRST, OPT_SET, OPT_DRY_RUN };
    static const struct option options[] = {
        {"count", required_argument, NULL, 'n'},     {"console", no_argument, NULL, 'c'},
        {"escape", required_argument, NULL, 'e'},    {"paused", no_argument, NULL, 'p'},
        {"name", required_argument, NULL, OPT_NAME}, {"set", required_argument, NULL, OPT_SET},
        {"dry-run", no_argument, NULL, OPT_DRY_RUN}, COMMON_LONG};
    int opt, status;

    while ((opt = verb_option(argc, argv, "n:ce:p" COMMON_SHORT, options, &status)) != -1) {
        switch (opt) {
        case 'n':
            if (!parse_number(optarg, 1, 32000, &req->count))
                return usage_error("-n: \"%s\" is not a number from 1 to 32000", optarg);
            break;
        case 'c':
            req->console = true;
            break;
        case 'e':
            req->escape = optarg;
            if (!escape_parse(optarg, &req->escape_byte))
                return usage_error(ESCAPE_WRONG, optarg);
            break;
        case 'p':
            req->paused = true;
            break;
        case OPT_NAME:
            req->name = optarg;
            break;
        case OPT_SET:
            req->sets[req->nr_sets++] = optarg;
            break;
        case OPT_DRY_RUN:
            req->dry_run = true;
            break;
        }
    }
    if (status != GO_ON)
        return status;
    if (optind + 1 != argc)
        return usage_error(optind < argc ? "one configuration file at a time"
                                         : "which configuration file?");
    if (req->console && (req->count > 1 || req->paused))
        return usage_error("-c takes one VM, and starts it");
    if (req->escape && !req->console)
        return usage_error("-e is about the console of -c");
    req->file = argv[optind];
    return GO_ON;
}

static void note(void *opaque, const char *text)
{
    report("%s", text);
}

static int load(const struct request *req, chaos_config **cfg, chaos_error *err)
{
    int rc = chaos_config_load(req->file, cfg, err);

    if (rc == 0 && chaos_config_notes(*cfg))
        report_notes(*cfg);
    for (size_t i = 0; rc == 0 && i < req->nr_sets; i++)
        rc = chaos_config_set(*cfg, req->sets[i], err);
    if (rc == 0)
        rc = chaos_config_check(*cfg, err);
    if (rc == 0)
        rc = chaos_config_check_count(*cfg, req->count, err);
    if (rc == 0)
        rc = chaos_config_check_disks(*cfg, note, NULL, err);
    if (rc == 0)
        chaos_config_check_bridges(*cfg, note, NULL);
    return rc;
}

/* --name, the file's name:, or the file's own name without its ending. It may be no good name. */
static const char *base_name(const struct request *req, const chaos_config *cfg,
                             char buf[NAME_MAX + 1])
{
    const char *slash = strrchr(req->file, '/'), *base = slash ? slash + 1 : req->file;
    const char *dot = strrchr(base, '.');
    size_t len = dot && dot != base ? (size_t)(dot - base) : strlen(base);

    if (req->name)
        return req->name;
    if (chaos_config_name(cfg))
        return chaos_config_name(cfg);
    snprintf(buf, NAME_MAX + 1, "%.*s", (int)len, base);
    return buf;
}

static int dry_run(const chaos_config *cfg, chaos_error *err)
{
    char *text;

    if (chaos_config_dump(cfg, &text, err) < 0)
        return failed(err);
    fputs(text, stdout);
    free(text);
    return CHAOS_OK;
}

static void progress(unsigned long done, unsigned long count)
{
    if (count >= 100 && isatty(STDERR_FILENO) && (done % 50 == 0 || done == count))
        fprintf(stderr, "\r%lu of %lu%s", done, count, done == count ? "\n" : "");
}

/* Prints a line at once, without stdio, which would allocate a buffer first. What cannot be
 * written is left to stdio: command_main() looks whether it could write all. */
static void tell(const char *line)
{
    size_t len = strlen(line);
    ssize_t done = write(STDOUT_FILENO, line, len);

    if (done < 0)
        done = 0;
    if ((size_t)done < len)
        fputs(line + done, stdout);
}

static int create_one(chaos_host *host, const chaos_config *cfg, const char *name, bool paused,
                      chaos_error *err)
{
    char line[CHAOS_NAME_MAX + 48];
    uint32_t domid;
    int rc = chaos_console_log_free(host, cfg, name, err);

    if (rc == 0)
        rc = chaos_create(host, cfg, name, paused, &domid, err);
    if (rc == 0) {
        snprintf(line, sizeof(line), "%u %s\n", domid, name);
        tell(line);
    }
    return rc;
}

/* Creates the i-th VM; each gets the next address of its network. */
static int create_nth(chaos_host *host, const struct request *req, chaos_config *cfg,
                      const char *base, unsigned long i, chaos_error *err)
{
    char name[CHAOS_NAME_MAX + 24];
    int rc = i > 1 ? chaos_config_next_ip(cfg, err) : 0;

    snprintf(name, sizeof(name), "%s-%lu", base, i);
    return rc < 0 ? rc : create_one(host, cfg, name, req->paused, err);
}

static bool stop(void *opaque)
{
    return interrupted();
}

static int create_many(chaos_host *host, const struct request *req, chaos_config *cfg,
                       const char *base, chaos_error *err)
{
    chaos_host_expect(host, req->count);
    for (unsigned long i = 1; i <= req->count; i++) {
        int status = interrupted() ? CHAOS_E_INTERRUPTED : CHAOS_OK;

        if (status == CHAOS_OK && create_nth(host, req, cfg, base, i, err) < 0)
            status = failed(err);
        if (status != CHAOS_OK) {
            report("%lu of %lu were created and run on", i - 1, req->count);
            return status;
        }
        progress(i, req->count);
    }
    return CHAOS_OK;
}

static int create_attached(chaos_host *host, const struct request *req, const chaos_config *cfg,
                           const char *name, chaos_error *err)
{
    struct attach_options options = {.supervise = true, .escape = req->escape_byte};
    struct chaos_domain dom;
    uint32_t domid;

    if (chaos_console_log_free(host, cfg, name, err) < 0 ||
        chaos_create(host, cfg, name, true, &domid, err) < 0 ||
        chaos_find(host, name, &dom, err) < 0)
        return failed(err);
    chaos_host_stop_when(host, NULL, NULL); /* its restarts are another matter */
    return attach(host, &dom, &options, err);
}

/* Looks at the name, or at all that -n makes of it, before there is a VM: GO_ON or the exit code.
 */
static int check_name(const char *name, unsigned long count)
{
    int digits = count ? snprintf(NULL, 0, "-%lu", count) : 0;

    if (!chaos_name_valid(name))
        return usage_error("\"%s\" cannot name a VM (letters, digits, '.', '_' and '-', at most "
                           "%d, not only digits); give another with --name",
                           name, CHAOS_NAME_MAX);
    if (strlen(name) + digits > CHAOS_NAME_MAX)
        return usage_error("\"%s-%lu\" cannot name a VM (at most %d characters); give a shorter "
                           "name with --name",
                           name, count, CHAOS_NAME_MAX);
    return GO_ON;
}

static int create(const struct request *req, chaos_config *cfg, chaos_error *err)
{
    char buf[NAME_MAX + 1];
    const char *name = base_name(req, cfg, buf);
    chaos_host *host;
    int status;

    status = check_name(name, req->count);
    if (status != GO_ON)
        return status;
    host = open_host(err, &status);
    if (!host)
        return status;
    status = CHAOS_OK;
    catch_interrupts();
    chaos_host_stop_when(host, stop, NULL);
    if (req->console) {
        status = create_attached(host, req, cfg, name, err);
    } else if (req->count) {
        status = create_many(host, req, cfg, name, err);
    } else if (create_one(host, cfg, name, req->paused, err) < 0) {
        status = failed(err);
    }
    /* Shells taken ahead go back, and chaosd hears its figures. Everything else the kernel takes
     * from a process that ends at once, for a fraction of what it costs piece by piece. */
    chaos_pool_leave(host);
    return status;
}

int cmd_create(int argc, char **argv)
{
    struct request req = {.escape_byte = ESCAPE_DEFAULT};
    chaos_error *err = chaos_error_new();
    chaos_config *cfg = NULL;
    int status;

    req.sets = calloc(argc, sizeof(*req.sets));
    if (!err || !req.sets) {
        report("out of memory");
        return CHAOS_E_NO_MEMORY;
    }
    status = parse(argc, argv, &req);
    if (status == GO_ON && load(&req, &cfg, err) < 0)
        status = failed(err);
    if (status == GO_ON && req.dry_run)
        status = dry_run(cfg, err);
    else if (status == GO_ON)
        status = create(&req, cfg, err);
    chaos_config_free(cfg);
    chaos_error_free(err);
    free(req.sets);
    return status;
}
