/* SPDX-License-Identifier: BSD-3-Clause */
#include "replace.h"

#include "arena.h"
#include "base/util.h"
#include "cache.h"
#include "loaded.h"
#include "output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The names in a directory; false where it cannot be read. */
static bool read_names(const char *path, struct names *out)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;

    if (!dir)
        return false;
    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            list_add(out, copy(entry->d_name));
    }
    closedir(dir);
    return true;
}

static bool has(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (!strcmp(names->items[i], name))
            return true;
    }
    return false;
}

/* The files of the image in `dir`. A manifest of an older tinyx does not list all of them under
 * "outputs"; its platforms and its test tell the others. */
static int image_names(const char *dir, struct names *out, chaos_error *err)
{
    struct loaded image;
    json_t *platforms, *item;
    const char *name;
    int rc = loaded_open(dir, &image, err);
    size_t i;

    if (rc < 0)
        return rc;
    list_add(out, OUT_MANIFEST);
    json_object_foreach(json_object_get(image.root, "outputs"), name, item)
    {
        if (!strchr(name, '/'))
            list_add(out, copy(name));
    }
    platforms = json_object_get(image.root, "platforms");
    json_array_foreach(platforms, i, item)
    {
        const char *platform = json_string_value(item),
                   *dash = platform ? strchr(platform, '-') : NULL;

        if (i && dash)
            list_add(out, format(OUT_VM_OTHER, dash + 1));
    }
    if (json_object_get(image.root, "test"))
        list_add(out, OUT_TEST);
    loaded_close(&image);
    return 0;
}

int replace_check(const char *dir, const struct spec *spec, chaos_error *err)
{
    struct names there = {0}, old = {0}, new = {0};
    struct stat st;
    int rc;

    if (lstat(dir, &st) < 0)
        return errno == ENOENT ? 0 : error_errno(err, CHAOS_E_IO, errno, "%s", dir);
    if (!S_ISDIR(st.st_mode))
        return error_set(err, CHAOS_E_IO, ENOTDIR, "%s is there, and no directory", dir);
    if (!read_names(dir, &there))
        return error_errno(err, CHAOS_E_IO, errno, "%s", dir);
    if (!there.count)
        return 0;
    if (!has(&there, OUT_MANIFEST))
        return error_set(err, CHAOS_E_IO, EEXIST, "%s has something in it that is no image", dir);
    rc = image_names(dir, &old, err);
    if (rc < 0)
        return rc;
    output_names(spec, &new);
    for (size_t i = 0; i < there.count; i++) {
        const char *name = there.items[i];

        if (has(&new, name) && !has(&old, name))
            return error_set(err, CHAOS_E_IO, EEXIST,
                             "%s/%s is not of the image that is there, and the new image has a "
                             "file of that name (move it away)",
                             dir, name);
    }
    return 0;
}

static int move(const char *name, const char *from, const char *to, chaos_error *err)
{
    const char *path = format("%s/%s", from, name);

    if (renameat2(AT_FDCWD, path, AT_FDCWD, format("%s/%s", to, name), RENAME_NOREPLACE) == 0)
        return 0;
    return error_errno(err, CHAOS_E_IO, errno, "%s/%s cannot be kept", to, name);
}

/* Moves what is not of the image `old` from the directory `from` to `to`; on failure it is all
 * back in `from`. */
static int move_foreign(const char *from, const char *to, const struct names *old, chaos_error *err)
{
    struct names there = {0};
    chaos_error ignored;
    int rc = 0;
    size_t i;

    if (!read_names(from, &there))
        return error_errno(err, CHAOS_E_IO, errno, "%s", from);
    for (i = 0; i < there.count && !rc; i++) {
        if (!has(old, there.items[i]))
            rc = move(there.items[i], from, to, err);
    }
    if (!rc)
        return 0;
    for (i--; i > 0; i--) {
        if (!has(old, there.items[i - 1]))
            move(there.items[i - 1], to, from, &ignored);
    }
    return rc;
}

static int exchange(const char *made, const char *dir, const struct names *old, chaos_error *err)
{
    int rc;

    if (renameat2(AT_FDCWD, made, AT_FDCWD, dir, RENAME_EXCHANGE) < 0) {
        rc = error_errno(err, CHAOS_E_IO, errno, "%s", dir);
        remove_tree(made);
        return rc;
    }
    rc = move_foreign(made, dir, old, err);
    if (rc < 0) {
        if (renameat2(AT_FDCWD, made, AT_FDCWD, dir, RENAME_EXCHANGE) < 0)
            return error_errno(err, CHAOS_E_IO, errno, "%s is new, the earlier image is in %s", dir,
                               made);
        remove_tree(made);
        return rc;
    }
    for (size_t i = 0; i < old->count; i++)
        unlink(format("%s/%s", made, old->items[i]));
    /* Fails where the user put a directory in the place of one of the image's files. */
    if (rmdir(made) < 0)
        return error_errno(err, CHAOS_E_IO, errno, "the earlier image is not removed: %s", made);
    return 0;
}

int replace_publish(const char *made, const char *dir, chaos_error *err)
{
    struct names old = {0};
    int rc;

    if (rename(made, dir) == 0)
        return 0; /* there was none, or an empty directory */
    rc = image_names(dir, &old, err);
    if (!rc)
        return exchange(made, dir, &old, err);
    remove_tree(made);
    return rc;
}
