/* SPDX-License-Identifier: BSD-3-Clause */
#include "image.h"

#include "arena.h"
#include "base/util.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

/* Files that no program needs to run: documentation, translations, data for programs of a whole
 * system. */
static const char *const stripped[] = {
    "/usr/share/doc",
    "/usr/share/man",
    "/usr/share/info",
    "/usr/share/locale",
    "/usr/share/lintian",
    "/usr/share/bug",
    "/usr/share/doc-base",
    "/usr/share/bash-completion",
    "/usr/share/zsh",
    "/usr/share/menu",
    "/usr/share/applications",
    "/usr/share/pixmaps",
    "/usr/share/icons",
    "/usr/share/apport",
    "/usr/share/debconf",
    "/usr/share/vim",
    "/usr/share/emacs",
    "/usr/share/gdb",
    "/usr/share/i18n",
    "/usr/lib/systemd",
    "/usr/lib/tmpfiles.d",
    "/usr/lib/sysusers.d",
    "/usr/lib/debug",
    "/usr/include",
    "/usr/lib/pkgconfig",
    "/usr/lib/*/pkgconfig",
    "/usr/lib/*.a",
    "/usr/lib/*.la",
    "/usr/lib/*.o",
    "/usr/share/*.po",
    "/usr/lib/python3*/test",
    "*/__pycache__",
    "/usr/lib/*/gconv",
    "/usr/lib/*/audit",
    "/etc/init.d",
    "/etc/cron.*",
    "/etc/logrotate.d",
    "/etc/default",
    "/etc/ufw",
    "/etc/apparmor.d",
    "/etc/bash_completion.d",
    "/etc/systemd",
    "/etc/insserv*",
    "/var/cache",
};

/* True if the pattern matches the path or a directory above it. */
static bool matches(const char *pattern, const char *path)
{
    return fnmatch(tree_merged(pattern), path, FNM_LEADING_DIR) == 0;
}

static bool on_list(const struct spec_list *list, const char *path)
{
    for (size_t i = 0; i < list->count; i++) {
        if (matches(list->items[i].text, path))
            return true;
    }
    return false;
}

bool image_wants(const struct image *image, const char *path)
{
    if (on_list(&image->spec->blacklist, path))
        return false;
    if (on_list(&image->spec->whitelist, path))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(stripped); i++) {
        if (matches(stripped[i], path))
            return false;
    }
    return true;
}

/* Adds the directories above `path`, with the modes that their package gives them. */
static void add_directories(struct image *image, const struct entry *child)
{
    char *path = copy(child->path), *slash = strrchr(path, '/');
    struct entry *dir;

    if (slash == path)
        return;
    *slash = '\0';
    if (tree_find(&image->files, path))
        return;
    dir = tree_find(&image->universe.files, path);
    if (dir && S_ISDIR(dir->mode)) {
        image_add(image, dir, child, "is in it");
        return;
    }
    dir = image_put(image, path, S_IFDIR | 0755, NULL, 0, "is in it");
    dir->for_whom = child;
}

struct entry *image_add(struct image *image, const struct entry *entry,
                        const struct entry *for_whom, const char *why)
{
    struct entry *own = tree_find(&image->files, entry->path);

    if (own)
        return own;
    own = take(sizeof(*own));
    *own = *entry;
    own->for_whom = for_whom;
    own->why = why;
    tree_put(&image->files, own);
    add_directories(image, own);
    if (S_ISREG(own->mode))
        list_add(&image->queue, own);
    return own;
}

struct entry *image_put(struct image *image, const char *path, mode_t mode, const char *data,
                        size_t size, const char *why)
{
    struct entry entry = {
        .path = copy(tree_merged(path)), .mode = mode, .data = data, .size = size};

    return image_add(image, &entry, NULL, why);
}

struct passing {
    struct image *image;
    const struct entry *for_whom;
    const char *why;
};

static void pass_link(struct entry *link, void *opaque)
{
    struct passing *passing = opaque;

    image_add(passing->image, link, passing->for_whom, passing->why);
}

struct entry *image_find(struct image *image, const char *path, const struct entry *for_whom,
                         const char *why)
{
    struct passing passing = {image, for_whom, why};
    struct entry *entry = tree_resolve(&image->universe.files, path, NULL, NULL);

    if (!entry || !S_ISREG(entry->mode))
        return NULL;
    tree_resolve(&image->universe.files, path, pass_link, &passing);
    return image_add(image, entry, for_whom, why);
}

static bool is_program(const char *path)
{
    return !strncmp(path, "/usr/bin/", 9) || !strncmp(path, "/usr/sbin/", 10) ||
           !strncmp(path, "/usr/games/", 11);
}

/* Adds the files of the packages that the specification names, without the stripped ones and
 * without programs that nothing asks for. */
static void add_whole_packages(struct image *image)
{
    const struct tree *files = &image->universe.files;

    for (size_t i = 0; i < files->count; i++) {
        const struct entry *entry = files->items[i];

        if (!entry->package->whole || !image_wants(image, entry->path))
            continue;
        if (S_ISDIR(entry->mode) && !strncmp(entry->path, "/usr", 4))
            continue; /* a directory comes with its contents */
        if (is_program(entry->path) && !on_list(&image->spec->whitelist, entry->path))
            continue;
        image_add(image, entry, NULL, format("package %s", entry->package->name));
    }
}

/* A pattern that matches nothing is an error. */
static int check_patterns(struct image *image, const struct spec_list *list, const char *key,
                          bool add, chaos_error *err)
{
    const struct tree *files = &image->universe.files;

    for (size_t i = 0; i < list->count; i++) {
        const struct spec_text *pattern = &list->items[i];
        size_t found = 0;
        int rc = 1;

        while (!found && rc > 0) {
            for (size_t j = 0; j < files->count; j++) {
                if (!matches(pattern->text, files->items[j]->path))
                    continue;
                found++;
                if (add && !on_list(&image->spec->blacklist, files->items[j]->path))
                    image_add(image, files->items[j], NULL, format("whitelist %s", pattern->text));
            }
            rc = found ? 0 : universe_more(&image->universe, NULL, err);
        }
        if (rc < 0)
            return rc;
        if (!found)
            return spec_blame(image->spec, pattern, key,
                              error_set(err, CHAOS_E_CONFIG, ENOENT,
                                        "\"%s\" is nothing that the packages have", pattern->text),
                              err);
    }
    return 0;
}

int image_make(const struct spec *spec, bool update, struct image *out, chaos_error *err)
{
    bool c_library = false;
    int rc;

    *out = (struct image){.spec = spec};
    rc = image_c_library(spec, &c_library, err);
    if (!rc)
        rc = universe_open(&out->universe, spec, update, c_library, err);
    if (!rc)
        rc = image_users(out, err);
    if (!rc)
        rc = image_files(out, err);
    if (!rc)
        rc = image_application(out, err);
    if (!rc)
        rc = image_dlopen(out, err);
    if (!rc)
        rc = check_patterns(out, &spec->whitelist, "whitelist", true, err);
    if (rc < 0)
        return rc;
    add_whole_packages(out);
    rc = image_close(out, err);
    if (!rc)
        rc = check_patterns(out, &spec->blacklist, "blacklist", false, err);
    return rc < 0 ? rc : image_base(out, err);
}
