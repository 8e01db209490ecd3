/* SPDX-License-Identifier: BSD-3-Clause */
#define _XOPEN_SOURCE 700
#include "universe.h"

#include "arena.h"
#include "base/util.h"

#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { LIBRARIES = 1, EVERYTHING };

/* nftw has no opaque. */
static struct {
    struct tree *files;
    const struct package *package;
    size_t prefix;
} adding;

static int add_file(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    struct entry *entry;

    if (!where->level)
        return 0;
    entry = take(sizeof(*entry));
    *entry = (struct entry){.path = copy(tree_merged(path + adding.prefix)),
                            .mode = st->st_mode,
                            .package = adding.package};
    /* The links of the merged /usr are in each image; a package's directory /bin is /usr/bin. */
    if (S_ISREG(st->st_mode)) {
        entry->host = copy(path);
        entry->size = (size_t)st->st_size;
    } else if (S_ISLNK(st->st_mode)) {
        char *target = take((size_t)st->st_size + 1);

        if (readlink(path, target, (size_t)st->st_size) != st->st_size)
            return -1;
        entry->data = target;
    } else if (!S_ISDIR(st->st_mode)) {
        return 0; /* no package has devices or sockets that an image would want */
    }
    if (!S_ISDIR(st->st_mode) || !tree_find(adding.files, entry->path))
        tree_put(adding.files, entry);
    return 0;
}

static int add_packages(struct universe *u, const struct packages *list, chaos_error *err)
{
    struct packages fresh = {0};
    int rc;

    for (size_t i = 0; i < list->count; i++) {
        if (!list->items[i]->dir)
            list_add(&fresh, list->items[i]);
    }
    rc = packages_fetch(&fresh, err);
    for (size_t i = 0; i < fresh.count && !rc; i++) {
        const struct package *package = fresh.items[i];

        adding.files = &u->files;
        adding.package = package;
        adding.prefix = strlen(package->dir);
        if (nftw(package->dir, add_file, 64, FTW_PHYS) != 0)
            rc = error_errno(err, CHAOS_E_IO, errno, "%s", package->dir);
    }
    return rc < 0 ? rc : fresh.count > 0;
}

/* Names the key of a package that does not exist. */
static int blame(const struct spec *spec, const char *culprit, int rc, chaos_error *err)
{
    for (size_t i = 0; i < spec->packages.count; i++) {
        if (!strcmp(spec->packages.items[i].text, culprit))
            return spec_blame(spec, &spec->packages.items[i], format("packages: \"%s\"", culprit),
                              rc, err);
    }
    if (spec->package.text && !strcmp(spec->package.text, culprit))
        return spec_blame(spec, &spec->package, format("package: \"%s\"", culprit), rc, err);
    return error_prefix(err, rc, "%s", culprit);
}

int universe_open(struct universe *u, const struct spec *spec, bool update, bool c_library,
                  chaos_error *err)
{
    struct {
        const char **items;
        size_t count, room;
    } names = {0};
    struct packages named = {0};
    const char *culprit;
    int rc;

    if (spec->package.text)
        list_add(&names, spec->package.text);
    for (size_t i = 0; i < spec->packages.count; i++)
        list_add(&names, spec->packages.items[i].text);
    if (!names.count && !c_library)
        return 0; /* without packages, neither network nor apt is needed */
    if (c_library)
        list_add(&names, "libc6");
    list_add(&names, NULL);
    rc = packages_resolve(names.items, update, &u->packages, &culprit, err);
    if (rc < 0)
        return culprit ? blame(spec, culprit, rc, err) : rc;
    for (size_t i = 0; names.items[i]; i++) {
        struct package *package = packages_find(&u->packages, names.items[i]);

        if (!package) /* a virtual package that another one provides */
            continue;
        package->whole = i + 1 + c_library < names.count;
        list_add(&named, package);
    }
    rc = add_packages(u, &named, err);
    return rc < 0 ? rc : 0;
}

/* Debian's rule for names: libssl3 has libssl.so.3, libpcre2-8-0 has libpcre2-8.so.0. */
static bool guesses(const char *package, const char *soname)
{
    const char *so = strstr(soname, ".so");
    size_t len = so ? (size_t)(so - soname) : 0;
    const char *version = so && so[3] == '.' ? so + 4 : "";
    char *name;

    if (!len)
        return false;
    name = format("%.*s%s%s", (int)len, soname, isdigit((unsigned char)soname[len - 1]) ? "-" : "",
                  version);
    for (char *p = name; *p; p++)
        *p = *p == '_' ? '-' : (char)tolower((unsigned char)*p);
    return !strcmp(package, name);
}

int universe_more(struct universe *u, const char *soname, chaos_error *err)
{
    int rc = 0;

    for (size_t i = 0; soname && i < u->packages.count && !rc; i++) {
        struct package *package = u->packages.items[i];
        struct packages one = {.items = &package, .count = 1};

        if (!package->dir && guesses(package->name, soname))
            rc = add_packages(u, &one, err);
    }
    while (!rc && u->stage < EVERYTHING) {
        struct packages list = {0};

        u->stage++;
        for (size_t i = 0; i < u->packages.count; i++) {
            struct package *package = u->packages.items[i];

            if (u->stage == EVERYTHING || !strncmp(package->name, "lib", 3) ||
                !strncmp(package->name, "zlib", 4))
                list_add(&list, package);
        }
        rc = add_packages(u, &list, err);
    }
    return rc;
}
