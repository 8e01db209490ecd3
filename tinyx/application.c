/* SPDX-License-Identifier: BSD-3-Clause */
/* The program, and the files that the specification brings along. */
#define _XOPEN_SOURCE 700
#include "image.h"

#include "arena.h"
#include "program.h"
#include "spec_value.h"
#include "base/text.h"
#include "base/util.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define APP_DIR "/app" /* where a binary or a directory of this machine goes */

static const char *const search[] = {"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"};

static char *host_path(const struct spec *spec, const char *path)
{
    return *path == '/' || !spec->base ? copy(path) : format("%s/%s", spec->base, path);
}

#define bad(spec, text, key, err, errnum, ...)                                                     \
    spec_blame(spec, text, key, error_set(err, CHAOS_E_IMAGE, errnum, __VA_ARGS__), err)

static int host_error(const struct spec *spec, const struct spec_text *text, const char *key,
                      chaos_error *err)
{
    int errnum = errno;

    return spec_blame(spec, text, key, error_errno(err, CHAOS_E_IO, errnum, "%s", SHOW(text->text)),
                      err);
}

/* Adds one file of this machine as `path`. */
static struct entry *add_host(struct image *image, const char *path, const char *host,
                              const struct stat *st, const char *why)
{
    struct entry entry = {.path = copy(tree_merged(path)), .mode = st->st_mode};

    if (S_ISREG(st->st_mode)) {
        entry.host = copy(host);
        entry.size = (size_t)st->st_size;
    }
    return image_add(image, &entry, NULL, why);
}

/* ---- what is run ------------------------------------------------------------------------------
 */

static const struct spec_text *program_text(const struct spec *spec)
{
    return spec->command.count ? &spec->command.items[0] : &spec->binary;
}

static const char *program_key(const struct spec *spec)
{
    return spec->command.count ? "command" : "binary";
}

/* Checks that the program can run at all; closure.c finds what it needs. */
static int check_program(const struct image *image, const struct entry *entry, chaos_error *err)
{
    const struct spec *spec = image->spec;
    const struct spec_text *text = program_text(spec);
    const char *key = program_key(spec);
    struct program program;
    int rc;

    if (!entry->host)
        return 0; /* its text is in the specification: a script, or the guest will say what is wrong
                   */
    rc = program_read(entry->host, &program, err);
    if (rc < 0)
        return spec_blame(spec, text, key, rc, err);
    if (program.kind == PROGRAM_FOREIGN)
        return bad(spec, text, key, err, ENOEXEC,
                   "%s is %s (an image runs those for 64-bit x86, Debian's amd64)", entry->path,
                   program.foreign);
    if (program.kind == PROGRAM_NONE)
        return bad(spec, text, key, err, ENOEXEC,
                   "%s is no program (neither an ELF file that can be run nor a script with #!)",
                   entry->path);
    if (program.kind == PROGRAM_SCRIPT && !*program.interpreter)
        return bad(spec, text, key, err, ENOEXEC, "%s begins with #!, but names no interpreter",
                   entry->path);
    if (!(entry->mode & 0111))
        return bad(spec, text, key, err, EACCES, "%s is not executable (chmod +x)", entry->path);
    return 0;
}

/* Collects the names of the packages' programs, to guess what was meant. */
static const char *guess_program(const struct image *image, const char *wanted)
{
    const struct tree *files = &image->universe.files;
    const char *slash = strrchr(wanted, '/'), *guess;
    struct {
        const char **items;
        size_t count, room;
    } names = {0};

    wanted = slash ? slash + 1 : wanted;
    for (size_t i = 0; i < files->count; i++) {
        const char *path = files->items[i]->path, *name = strrchr(path, '/') + 1;

        if (strstr(path, "bin/")) {
            if (!strcmp(name, wanted))
                return path;
            list_add(&names, name);
        }
    }
    guess = text_guess(wanted, names.items, names.count);
    return guess ? guess : "";
}

static int find_program(struct image *image, const char *name, struct entry **out, chaos_error *err)
{
    struct {
        const char *items[ARRAY_SIZE(search) + 1];
        size_t count;
    } candidates = {{0}, 0};
    int more = 1;

    if (*name == '/') {
        candidates.items[candidates.count++] = name;
    } else if (strchr(name, '/')) {
        candidates.items[candidates.count++] =
            format("%s/%s", image->spec->workdir.text, name + (strncmp(name, "./", 2) ? 0 : 2));
    } else {
        for (size_t i = 0; i < ARRAY_SIZE(search); i++)
            candidates.items[candidates.count++] = format("%s/%s", search[i], name);
    }
    while (more > 0) {
        for (size_t i = 0; i < candidates.count; i++) {
            *out = tree_resolve(&image->files, candidates.items[i], NULL, NULL);
            if (!*out || !S_ISREG((*out)->mode))
                *out = image_find(image, candidates.items[i], NULL, "command");
            if (*out) {
                image->start = candidates.items[i];
                return 0;
            }
        }
        more = universe_more(&image->universe, NULL, err);
    }
    return more;
}

static int add_command(struct image *image, chaos_error *err)
{
    const struct spec *spec = image->spec;
    const struct spec_text *text = &spec->command.items[0];
    struct entry *entry = NULL;
    const char *guess;
    int rc = find_program(image, text->text, &entry, err);

    if (rc < 0)
        return rc;
    if (!entry) {
        guess = guess_program(image, text->text);
        return bad(spec, text, "command", err, ENOENT, "\"%s\" is in none of the packages%s%s%s",
                   SHOW(text->text), *guess ? " (did you mean " : "", guess, *guess ? "?)" : "");
    }
    rc = check_program(image, entry, err);
    /* The path of the program itself; closure.c looks at its needs. */
    image->program = entry->path;
    return rc;
}

/* ---- from this machine ------------------------------------------------------------------------
 */

static int add_binary(struct image *image, chaos_error *err)
{
    const struct spec *spec = image->spec;
    const char *host = host_path(spec, spec->binary.text), *slash = strrchr(host, '/');
    struct entry *entry;
    struct stat st;

    if (stat(host, &st) < 0)
        return host_error(spec, &spec->binary, "binary", err);
    if (!S_ISREG(st.st_mode))
        return bad(spec, &spec->binary, "binary", err, EINVAL, "%s is no file%s",
                   SHOW(spec->binary.text), S_ISDIR(st.st_mode) ? " (is it a directory:?)" : "");
    st.st_mode = S_IFREG | (st.st_mode & 0111 ? 0755 : 0644);
    entry = add_host(image, format(APP_DIR "/%s", slash ? slash + 1 : host), host, &st, "binary");
    image->program = entry->path;
    return spec->command.count ? 0 : check_program(image, entry, err);
}

static struct {
    struct image *image;
    size_t prefix;
} copying;

static int copy_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    const char *to = format(APP_DIR "%s", path + copying.prefix);
    struct stat plain = *st;

    if (S_ISLNK(st->st_mode)) {
        char *target = take((size_t)st->st_size + 1);

        if (readlink(path, target, (size_t)st->st_size) < 0)
            return -1;
        image_put(copying.image, to, S_IFLNK | 0777, target, 0, "directory");
    } else if (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode)) {
        /* The umask with which the files were unpacked is no part of the application. */
        plain.st_mode = (st->st_mode & S_IFMT) | (st->st_mode & 0100 ? 0755 : 0644);
        add_host(copying.image, to, path, &plain, "directory");
    }
    return 0;
}

static int add_directory(struct image *image, chaos_error *err)
{
    const struct spec *spec = image->spec;
    char *host = host_path(spec, spec->directory.text);
    struct stat st;

    if (stat(host, &st) < 0)
        return host_error(spec, &spec->directory, "directory", err);
    if (!S_ISDIR(st.st_mode))
        return bad(spec, &spec->directory, "directory", err, ENOTDIR, "%s is no directory",
                   SHOW(spec->directory.text));
    while (strlen(host) > 1 && host[strlen(host) - 1] == '/')
        host[strlen(host) - 1] = '\0';
    copying.image = image;
    copying.prefix = strlen(host);
    if (nftw(host, copy_one, 64, FTW_PHYS) != 0)
        return host_error(spec, &spec->directory, "directory", err);
    return 0;
}

int image_application(struct image *image, chaos_error *err)
{
    const struct spec *spec = image->spec;
    int rc = 0;

    if (spec->binary.text)
        rc = add_binary(image, err);
    else if (spec->directory.text)
        rc = add_directory(image, err);
    if (!rc && spec->command.count)
        rc = add_command(image, err);
    return rc;
}

/* True if the application of this machine is linked dynamically or needs an interpreter. */
int image_c_library(const struct spec *spec, bool *out, chaos_error *err)
{
    struct program program;
    const char *host;
    int rc;

    *out = spec->package.text || spec->directory.text;
    if (!spec->binary.text)
        return 0;
    host = host_path(spec, spec->binary.text);
    rc = program_read(host, &program, err);
    if (rc < 0)
        return spec_blame(spec, &spec->binary, "binary", rc, err);
    *out = program.kind == PROGRAM_ELF && (program.interpreter || *program.needed);
    return 0;
}

/* ---- files: ------------------------------------------------------------------------------------
 */

static int add_file(struct image *image, size_t i, chaos_error *err)
{
    const struct spec *spec = image->spec;
    const struct spec_file *file = (const struct spec_file *)spec->files.items + i;
    const char *key = format("files[%zu]", i), *why = key, *host;
    unsigned int mode = file->mode.text ? value_octal(file->mode.text) : 0;
    struct entry *entry;
    struct stat st;
    int rc;

    if (tree_find(&image->files, tree_merged(file->path.text)))
        return bad(spec, &file->path, key, err, EEXIST, "%s is there already", file->path.text);
    if (file->source.text) {
        host = host_path(spec, file->source.text);
        if (stat(host, &st) < 0)
            return host_error(spec, &file->source, key, err);
        if (!S_ISREG(st.st_mode))
            return bad(spec, &file->source, key, err, EINVAL, "%s is no file",
                       SHOW(file->source.text));
        st.st_mode = S_IFREG | (mode ? mode : st.st_mode & 0111 ? 0755 : 0644);
        entry = add_host(image, file->path.text, host, &st, why);
    } else if (file->text.text) {
        entry = image_put(image, file->path.text, S_IFREG | (mode ? mode : 0644), file->text.text,
                          strlen(file->text.text), why);
    } else if (file->link.text) {
        entry = image_put(image, file->path.text, S_IFLNK | 0777, file->link.text, 0, why);
    } else {
        entry = image_put(image, file->path.text, S_IFDIR | (mode ? mode : 0755), NULL, 0, why);
    }
    if (!file->owner.text)
        return 0;
    rc = image_owner(image, file->owner.text, &entry->uid, &entry->gid);
    if (rc < 0)
        return spec_blame(spec, &file->owner, format("%s.owner", key),
                          error_set(err, CHAOS_E_CONFIG, ENOENT,
                                    "\"%s\" is nobody here (there are root, the application's user "
                                    "and those of users:)",
                                    file->owner.text),
                          err);
    return 0;
}

/* These come first, so that they replace files of packages with the same paths. */
int image_files(struct image *image, chaos_error *err)
{
    int rc = 0;

    for (size_t i = 0; i < image->spec->files.count && !rc; i++)
        rc = add_file(image, i, err);
    return rc;
}
