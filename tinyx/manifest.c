/* SPDX-License-Identifier: BSD-3-Clause */
/* manifest.json: the origin of each file, and the reason of each option of the kernel. */
#include "output.h"

#include "arena.h"
#include "hash.h"
#include "base/util.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define FORMAT 1

static void set(json_t *object, const char *key, const char *value)
{
    if (value)
        json_object_set_new(object, key, json_string(value));
}

static int hash_entry(struct entry *entry, chaos_error *err)
{
    char text[HASH_TEXT];
    struct hash hash;
    uint8_t digest[SHA256_DIGEST_SIZE];
    int rc = 0;

    if (!S_ISREG(entry->mode))
        return 0;
    if (entry->host) {
        rc = hash_of_file(entry->host, text, err);
    } else {
        hash_begin(&hash);
        sha256_update(&hash.ctx, entry->size, (const uint8_t *)entry->data);
        sha256_digest(&hash.ctx, sizeof(digest), digest);
        for (size_t i = 0; i < sizeof(digest); i++)
            snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    entry->sha256 = copy(text);
    return rc;
}

static json_t *file_json(const struct entry *entry)
{
    json_t *file = json_object();

    set(file, "path", entry->path);
    set(file, "mode", format("%06o", entry->mode));
    if (entry->uid || entry->gid) {
        json_object_set_new(file, "uid", json_integer(entry->uid));
        json_object_set_new(file, "gid", json_integer(entry->gid));
    }
    switch (entry->mode & S_IFMT) {
    case S_IFREG:
        json_object_set_new(file, "size", json_integer((json_int_t)entry->size));
        set(file, "sha256", entry->sha256);
        break;
    case S_IFLNK:
        set(file, "link", entry->data);
        break;
    case S_IFCHR:
        set(file, "device", format("%u:%u", major(entry->device), minor(entry->device)));
        break;
    }
    if (entry->package)
        set(file, "package", entry->package->name);
    if (entry->for_whom)
        set(file, "for", entry->for_whom->path);
    set(file, "why", entry->why);
    return file;
}

static int files_json(const struct image *image, json_t *out, chaos_error *err)
{
    int rc = 0;

    for (size_t i = 0; i < image->files.count && !rc; i++) {
        rc = hash_entry(image->files.items[i], err);
        json_array_append_new(out, file_json(image->files.items[i]));
    }
    return rc;
}

/* Only packages of which a file is in the image. */
static json_t *packages_json(const struct image *image)
{
    const struct packages *packages = &image->universe.packages;
    json_t *out = json_array();

    for (size_t i = 0; i < packages->count; i++) {
        const struct package *package = packages->items[i];
        size_t bytes = 0, count = 0;
        json_t *item;

        for (size_t j = 0; j < image->files.count; j++) {
            const struct entry *entry = image->files.items[j];

            if (entry->package == package && S_ISREG(entry->mode)) {
                bytes += entry->size;
                count++;
            }
        }
        if (!count)
            continue;
        item = json_object();
        set(item, "name", package->name);
        set(item, "version", package->version);
        set(item, "sha256", package->sha256);
        json_object_set_new(item, "files", json_integer((json_int_t)count));
        json_object_set_new(item, "size", json_integer((json_int_t)bytes));
        json_array_append_new(out, item);
    }
    return out;
}

static json_t *kernel_json(const struct kernel *kernel)
{
    json_t *out = json_object(), *options = json_array();

    set(out, "id", kernel->id);
    for (size_t i = 0; i < kernel->nr_options; i++) {
        json_t *option = json_object();

        set(option, "name", kernel->options[i].name);
        set(option, "value", kernel->options[i].value);
        set(option, "reason", kernel->options[i].reason);
        json_array_append_new(options, option);
    }
    json_object_set_new(out, "options", options);
    return out;
}

/* All files of the image but the manifest itself. */
static int outputs_json(const struct spec *spec, const char *dir, json_t *out, chaos_error *err)
{
    struct names names = {0};
    int rc = 0;

    output_names(spec, &names);
    for (size_t i = 0; i + 1 < names.count && !rc; i++) {
        const char *path = format("%s/%s", dir, names.items[i]);
        json_t *item = json_object();
        char hash[HASH_TEXT] = "";
        struct stat st = {0};

        rc = hash_of_file(path, hash, err);
        if (!rc && stat(path, &st) < 0)
            rc = error_errno(err, CHAOS_E_IO, errno, "%s", path);
        json_object_set_new(item, "size", json_integer(st.st_size));
        set(item, "sha256", hash);
        json_object_set_new(out, names.items[i], item);
    }
    return rc;
}

int output_manifest(struct image *image, const struct kernel *kernel, const char *dir,
                    chaos_error *err)
{
    const struct spec *spec = image->spec;
    json_t *root = json_object(), *files = json_array(), *outputs = json_object();
    json_t *platforms = json_array();
    int rc = files_json(image, files, err);

    if (!rc)
        rc = outputs_json(spec, dir, outputs, err);
    for (size_t i = 0; i < spec->platform.count; i++)
        json_array_append_new(platforms, json_string(spec->platform.items[i].text));
    json_object_set_new(root, "manifest", json_integer(FORMAT));
    set(root, "name", spec->name.text);
    json_object_set_new(root, "platforms", platforms);
    set(root, "test", spec->test.text);
    json_object_set_new(root, "outputs", outputs);
    json_object_set_new(root, "packages", packages_json(image));
    json_object_set_new(root, "files", files);
    json_object_set_new(root, "kernel", kernel_json(kernel));
    if (!rc && json_dump_file(root, format("%s/" OUT_MANIFEST, dir), JSON_INDENT(1)) < 0)
        rc = error_set(err, CHAOS_E_IO, EIO, "%s/" OUT_MANIFEST ": cannot be written", dir);
    json_decref(root);
    return rc;
}
