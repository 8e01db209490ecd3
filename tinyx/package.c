/* SPDX-License-Identifier: BSD-3-Clause */
#include "package.h"

#include "apt.h"
#include "arena.h"
#include "cache.h"
#include "hash.h"
#include "process.h"
#include "base/util.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct package *packages_find(const struct packages *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!strcmp(list->items[i]->name, name))
            return list->items[i];
    }
    return NULL;
}

/* apt writes characters that a file's name must not hold as %XX: "1%3a2.3" is 1:2.3. */
static char *decoded(const char *text)
{
    char *out = copy(text), *to = out;

    while (*text) {
        if (text[0] == '%' && isxdigit((unsigned char)text[1]) &&
            isxdigit((unsigned char)text[2])) {
            const char hex[] = {text[1], text[2], '\0'};

            *to++ = (char)strtoul(hex, NULL, 16);
            text += 3;
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
    return out;
}

bool package_parse(const char *line, struct package *out)
{
    char file[512], hash[65];
    char *version, *arch;

    if (sscanf(line, "'%*[^']' %511s %*u SHA256:%64[0-9a-f]", file, hash) != 2 ||
        strlen(hash) != 64)
        return false;
    version = strchr(file, '_');
    arch = version ? strrchr(version + 1, '_') : NULL;
    if (!arch)
        return false;
    *version++ = *arch = '\0';
    *out = (struct package){.name = copy(file), .version = decoded(version), .sha256 = copy(hash)};
    return true;
}

static int read_uris(const char *path, struct packages *out, chaos_error *err)
{
    FILE *file = fopen(path, "re");
    cleanup_free char *line = NULL;
    size_t room = 0;
    int rc = 0;

    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    while (!rc && getline(&line, &room, file) > 0) {
        struct package *package = take(sizeof(*package));

        if (*line != '\'')
            continue;
        if (package_parse(line, package))
            list_add(out, package);
        else
            rc = error_set(err, CHAOS_E_FAILED, EPROTO, "apt answers what is not understood: %s",
                           line);
    }
    fclose(file);
    return rc;
}

/* The name that apt complains about; NULL if the complaint has none of `names`. */
static const char *blame(const char *const *names, const char *complaint)
{
    size_t len;

    for (; complaint && *names; names++) {
        const char *at = strstr(complaint, *names);

        len = strlen(*names);
        if (at && (at == complaint || at[-1] == ' ' || at[-1] == '\'') && strchr(" '", at[len]))
            return *names;
    }
    return NULL;
}

int packages_resolve(const char *const *names, bool update, struct packages *out,
                     const char **culprit, chaos_error *err)
{
    struct {
        const char **items;
        size_t count, room;
    } args = {0};
    const char *answer, *log, *complaint;
    int rc = apt_prepare(update, err);

    *culprit = NULL;
    if (rc < 0)
        return rc;
    list_add(&args, "install");
    list_add(&args, "--print-uris");
    list_add(&args, "--");
    for (size_t i = 0; names[i]; i++)
        list_add(&args, names[i]);
    list_add(&args, NULL);
    rc = apt_get(args.items, NULL, &answer, &log, err);
    if (rc < 0) {
        complaint = apt_complaint(log);
        *culprit = blame(names, complaint);
        if (*culprit)
            return error_set(err, CHAOS_E_NOT_FOUND, ENOENT,
                             "no such package in Debian 12 (apt: %s; tinyx build --update fetches "
                             "the index anew)",
                             complaint);
        if (complaint)
            error_set(err, CHAOS_E_FAILED, EIO, "apt: %s", complaint);
        return rc;
    }
    return read_uris(answer, out, err);
}

static char *deb_path(const struct package *package)
{
    return format("%s/tinyx/debs/%s.deb", cache_root(), package->sha256);
}

/* Moves the files that apt downloaded into the cache, where each is called by its hash. */
static int keep(const char *dir, chaos_error *err)
{
    DIR *files = opendir(dir);
    const struct dirent *file;
    char hash[HASH_TEXT];
    int rc = make_dirs(format("%s/tinyx/debs", cache_root()), err);

    if (!files)
        return error_errno(err, CHAOS_E_IO, errno, "%s", dir);
    while (!rc && (file = readdir(files))) {
        char *path = format("%s/%s", dir, file->d_name), *to;

        if (*file->d_name == '.')
            continue;
        rc = hash_of_file(path, hash, err);
        if (rc < 0)
            break;
        to = format("%s/tinyx/debs/%s.deb", cache_root(), hash);
        if (rename(path, to) < 0)
            rc = error_errno(err, CHAOS_E_IO, errno, "%s", to);
    }
    closedir(files);
    return rc;
}

static int download(const struct packages *list, chaos_error *err)
{
    struct {
        const char **items;
        size_t count, room;
    } args = {0};
    const char *dir, *out, *log, *complaint;
    int rc;

    list_add(&args, "download");
    for (size_t i = 0; i < list->count; i++) {
        const struct package *package = list->items[i];

        if (access(deb_path(package), R_OK) < 0)
            list_add(&args, format("%s=%s", package->name, package->version));
    }
    if (args.count == 1)
        return 0;
    fprintf(stderr, "fetching %zu packages\n", args.count - 1);
    list_add(&args, NULL);
    rc = apt_prepare(false, err);
    if (!rc)
        rc = cache_scratch(&dir, err);
    if (rc < 0)
        return rc;
    rc = apt_get(args.items, dir, &out, &log, err);
    if (rc < 0 && rc != -EINTR) {
        complaint = apt_complaint(log);
        error_set(err, CHAOS_E_NOT_FOUND, EIO,
                  "packages cannot be fetched: %s (tinyx build --update fetches the index anew)",
                  complaint ? complaint : "apt-get failed");
    }
    return rc < 0 ? rc : keep(dir, err);
}

static int unpack(const char *dir, void *opaque, chaos_error *err)
{
    const struct package *package = opaque;
    const char *deb = deb_path(package), *log;
    char hash[HASH_TEXT];
    const char *const argv[] = {"dpkg-deb", "-x", deb, ".", NULL};
    struct process process = {.argv = argv, .dir = dir};
    int rc = hash_of_file(deb, hash, err);

    if (!rc && strcmp(hash, package->sha256))
        rc = error_set(err, CHAOS_E_IO, EILSEQ, "%s: is not the package that it was (remove it)",
                       deb);
    if (!rc)
        rc = cache_scratch(&log, err);
    if (rc < 0)
        return rc;
    process.log = log = format("%s/log", log);
    rc = process_run(&process, NULL, err);
    if (rc < 0)
        process_tail(log, 4);
    return rc;
}

int packages_fetch(const struct packages *list, chaos_error *err)
{
    struct packages missing = {0};
    int rc;

    for (size_t i = 0; i < list->count; i++) {
        struct package *package = list->items[i];
        char *entry =
            format("%s/tinyx/package/%s-%.24s", cache_root(), package->name, package->sha256);

        if (access(entry, R_OK) < 0)
            list_add(&missing, package);
    }
    rc = download(&missing, err);
    for (size_t i = 0; i < list->count && !rc; i++) {
        struct package *package = list->items[i];

        rc = cache_entry(format("tinyx/package/%s-%.24s", package->name, package->sha256), unpack,
                         package, &package->dir, err);
    }
    return rc;
}
