/* SPDX-License-Identifier: BSD-3-Clause */
#include "apt.h"

#include "arena.h"
#include "cache.h"
#include "hash.h"
#include "process.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#define SUITE   "bookworm" /* Debian 12, whose kernel source is used, too */
#define KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"

static const char *apt_dir, *scratch;

static int io_error(const char *path, chaos_error *err)
{
    return error_errno(err, CHAOS_E_IO, errno, "%s", path);
}

static const char *scratch_file(void)
{
    static unsigned int count;

    return format("%s/%u", scratch, count++);
}

/* "deb" lines for Debian 12: SUITE, its updates and security. A mirror has every release, so this
 * machine's are taken whatever it runs: trixie-security, say, tells where bookworm-security is. */
static int find_mirrors(char **out, chaos_error *err)
{
    static const char *const argv[] = {"apt-get", "indextargets", "--format",
                                       "$(CREATED_BY)|$(CODENAME)|$(ORIGIN)|$(REPO_URI)", NULL};
    const char *answer = scratch_file(), *mirror = getenv("CHAOS_DEBIAN_MIRROR");
    struct process process = {.argv = argv, .log = scratch_file(), .out = answer};
    cleanup_free char *line = NULL;
    size_t room = 0;
    FILE *file;
    int rc;

    *out = copy("");
    if (mirror && *mirror) {
        *out = format("deb [signed-by=" KEYRING "] %s " SUITE " main\n", mirror);
        return 0;
    }
    rc = process_run(&process, NULL, err);
    file = rc < 0 ? NULL : fopen(answer, "re");
    if (!file)
        return rc < 0 ? rc : io_error(answer, err);
    while (getline(&line, &room, file) > 0) {
        char *rest = line, *deb;
        const char *kind = strsep(&rest, "|"), *codename = strsep(&rest, "|");
        const char *origin = strsep(&rest, "|");
        const char *part = codename ? codename + strcspn(codename, "-") : "";

        if (!rest || strcmp(kind, "Packages") || strcmp(origin, "Debian") ||
            (*part && strcmp(part, "-updates") && strcmp(part, "-security")))
            continue;
        rest[strcspn(rest, "\n")] = '\0';
        deb = format("deb [signed-by=" KEYRING "] %s " SUITE "%s main\n", rest, part);
        if (!strstr(*out, deb))
            *out = format("%s%s", *out, deb);
    }
    fclose(file);
    if (!**out)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT,
                         "apt knows no mirror of Debian: run apt-get update, or set "
                         "CHAOS_DEBIAN_MIRROR=URL");
    return 0;
}

static int write_file(const char *path, const char *text, chaos_error *err)
{
    FILE *file = fopen(path, "we");
    bool good = file && fputs(text, file) >= 0;

    if (file && fclose(file) != 0)
        good = false;
    return good ? 0 : io_error(path, err);
}

/* The machine's own apt.conf.d stays in force (proxies, certificates); its hooks do not. */
static int write_conf(const char *dir, chaos_error *err)
{
    const struct passwd *user = getpwuid(geteuid());

    return write_file(format("%s/apt.conf", dir),
                      format("#clear APT::Update::Pre-Invoke;\n"
                             "#clear APT::Update::Post-Invoke;\n"
                             "#clear APT::Update::Post-Invoke-Success;\n"
                             "#clear DPkg::Post-Invoke;\n"
                             "Dir::State \"%1$s\";\n"
                             "Dir::State::lists \"%1$s/lists\";\n"
                             "Dir::State::status \"%1$s/status\";\n"
                             "Dir::Cache \"%1$s\";\n"
                             "Dir::Cache::archives \"%1$s/archives\";\n"
                             "Dir::Etc::sourcelist \"%1$s/sources.list\";\n"
                             "Dir::Etc::sourceparts \"%1$s/parts\";\n"
                             "Dir::Etc::preferences \"/dev/null\";\n"
                             "Dir::Etc::preferencesparts \"%1$s/parts\";\n"
                             "APT::Architecture \"amd64\";\n"
                             "APT::Architectures { \"amd64\"; };\n"
                             "APT::Install-Recommends \"false\";\n"
                             "APT::Sandbox::User \"%2$s\";\n"
                             "APT::Get::AllowUnauthenticated \"false\";\n"
                             "Acquire::AllowInsecureRepositories \"false\";\n"
                             "APT::Update::Error-Mode \"any\";\n"
                             "Acquire::ForceHash \"SHA256\";\n"
                             "Acquire::Languages \"none\";\n"
                             "Acquire::Retries \"3\";\n",
                             dir, user ? user->pw_name : "root"),
                      err);
}

static int setup(chaos_error *err)
{
    static const char *const folders[] = {"lists/partial", "archives/partial", "parts"};
    char *mirrors, name[HASH_TEXT];
    struct hash hash;
    int rc = scratch ? 0 : cache_scratch(&scratch, err);

    if (rc < 0 || apt_dir)
        return rc;
    rc = find_mirrors(&mirrors, err);
    if (rc < 0)
        return rc;
    hash_begin(&hash);
    hash_text(&hash, mirrors);
    hash_end(&hash, name);
    apt_dir = format("%s/tinyx/apt-%.24s", cache_root(), name);
    for (size_t i = 0; i < ARRAY_SIZE(folders) && !rc; i++)
        rc = make_dirs(format("%s/%s", apt_dir, folders[i]), err);
    if (!rc)
        rc = write_file(format("%s/status", apt_dir), "", err);
    if (!rc)
        rc = write_file(format("%s/sources.list", apt_dir), mirrors, err);
    return rc < 0 ? rc : write_conf(apt_dir, err);
}

const char *apt_complaint(const char *log)
{
    FILE *file = fopen(log, "re");
    const char *found = NULL;
    char line[1024];

    while (file && !found && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        if (!strncmp(line, "E: ", 3))
            found = copy(line + 3);
    }
    if (file)
        fclose(file);
    return found;
}

int apt_get(const char *const *args, const char *dir, const char **out, const char **log,
            chaos_error *err)
{
    struct {
        const char **items;
        size_t count, room;
    } argv = {0};
    struct process process = {.dir = dir};

    list_add(&argv, "apt-get");
    list_add(&argv, "-qq");
    list_add(&argv, "-c");
    list_add(&argv, format("%s/apt.conf", apt_dir));
    while (*args)
        list_add(&argv, *args++);
    list_add(&argv, NULL);
    process.argv = argv.items;
    process.log = *log = scratch_file();
    process.out = *out = scratch_file();
    return process_run(&process, NULL, err);
}

static int fetch_index(const char *stamp, chaos_error *err)
{
    static const char *const args[] = {"update", NULL};
    const char *out, *log;
    int rc;

    fputs("fetching Debian's package index\n", stderr);
    rc = apt_get(args, NULL, &out, &log, err);
    if (rc < 0 && rc != -EINTR) {
        const char *complaint = apt_complaint(log);

        process_tail(log, 4);
        return error_set(err, CHAOS_E_NOT_FOUND, ENETUNREACH,
                         "Debian's package index cannot be fetched%s%s (is there a network? "
                         "CHAOS_DEBIAN_MIRROR=URL names another mirror)",
                         complaint ? ": " : "", complaint ? complaint : "");
    }
    return rc < 0 ? rc : write_file(stamp, "", err);
}

int apt_prepare(bool update, chaos_error *err)
{
    static bool updated;
    cleanup_close int lock = -1;
    const char *stamp;
    int rc = setup(err);

    if (rc < 0)
        return rc;
    stamp = format("%s/updated", apt_dir);
    lock = open(format("%s/lock", apt_dir), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    if (lock < 0 || flock(lock, LOCK_EX) < 0)
        return io_error(apt_dir, err);
    if ((!update || updated) && access(stamp, F_OK) == 0)
        return 0;
    updated = true;
    return fetch_index(stamp, err);
}
