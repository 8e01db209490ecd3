/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of an image need: their libraries, their interpreters. */
#include "image.h"

#include "arena.h"
#include "cache.h"
#include "program.h"
#include "process.h"
#include "base/util.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The directories that Debian's dynamic linker searches by default. */
static const char *const places[] = {"/usr/lib/x86_64-linux-gnu", "/usr/lib"};

static int refuse_blacklisted(struct image *image, const struct entry *entry,
                              const struct entry *for_whom, chaos_error *err)
{
    const struct spec_list *list = &image->spec->blacklist;

    for (size_t i = 0; i < list->count; i++) {
        if (fnmatch(tree_merged(list->items[i].text), entry->path, FNM_LEADING_DIR) == 0)
            return spec_blame(image->spec, &list->items[i], "blacklist",
                              error_set(err, CHAOS_E_CONFIG, EBUSY,
                                        "\"%s\" takes away %s, which %s needs", list->items[i].text,
                                        entry->path, for_whom->path),
                              err);
    }
    return 0;
}

/* Looks for a file in the image, then among the packages. 1: found, and in the image now. */
static int look_at(struct image *image, const char *path, const struct entry *for_whom,
                   const char *why, chaos_error *err)
{
    struct entry *entry = tree_resolve(&image->files, path, NULL, NULL);
    int rc;

    if (entry && S_ISREG(entry->mode))
        return 1;
    entry = tree_resolve(&image->universe.files, path, NULL, NULL);
    if (!entry || !S_ISREG(entry->mode))
        return 0;
    rc = refuse_blacklisted(image, entry, for_whom, err);
    return rc < 0 ? rc : image_find(image, path, for_whom, why) != NULL;
}

/* Looks in each directory of a list with colons; $ORIGIN is the directory of the file itself. */
static int look_along(struct image *image, const char *list, const char *soname,
                      const struct entry *for_whom, const char *why, chaos_error *err)
{
    const char *slash = strrchr(for_whom->path, '/');
    char *origin = copy_bytes(for_whom->path, (size_t)(slash - for_whom->path));
    char *rest = copy(list), *dir;
    int rc = 0;

    while (!rc && (dir = strsep(&rest, ":"))) {
        if (!strncmp(dir, "$ORIGIN", 7))
            dir = format("%s%s", origin, dir + 7);
        else if (!strncmp(dir, "${ORIGIN}", 9))
            dir = format("%s%s", origin, dir + 9);
        if (*dir == '/')
            rc = look_at(image, format("%s/%s", dir, soname), for_whom, why, err);
    }
    return rc;
}

/* Finds a library as the dynamic linker will. 1: found. */
static int look_for(struct image *image, const struct program *program, const char *soname,
                    const struct entry *for_whom, const char *why, chaos_error *err)
{
    int rc = 0;

    if (strchr(soname, '/'))
        return look_at(image, soname, for_whom, why, err);
    if (program->rpath && !program->runpath)
        rc = look_along(image, program->rpath, soname, for_whom, why, err);
    if (!rc && program->runpath)
        rc = look_along(image, program->runpath, soname, for_whom, why, err);
    for (size_t i = 0; i < ARRAY_SIZE(places) && !rc; i++)
        rc = look_at(image, format("%s/%s", places[i], soname), for_whom, why, err);
    return rc;
}

/* The package of this machine's Debian that has the file: a hint for a message. */
static const char *owner_here(const char *name)
{
    const char *const argv[] = {"dpkg-query", "-S", format("*/%s", name), NULL};
    const char *dir, *hint = "";
    struct process process = {.argv = argv};
    char line[256];
    FILE *file;

    if (cache_scratch(&dir, NULL) < 0)
        return hint;
    process.log = "/dev/null";
    process.out = format("%s/owner", dir);
    file = process_run(&process, NULL, NULL) < 0 ? NULL : fopen(process.out, "re");
    if (file && fgets(line, sizeof(line), file))
        hint = format("; this machine has it from %.*s", (int)strcspn(line, ":,"), line);
    if (file)
        fclose(file);
    return hint;
}

static int missing(struct image *image, const struct entry *file, const char *what,
                   const char *name, chaos_error *err)
{
    const struct spec *spec = image->spec;
    const struct spec_text *where = spec->package.text  ? &spec->package
                                    : spec->binary.text ? &spec->binary
                                                        : &spec->directory;
    const char *slash = strrchr(name, '/');

    return spec_blame(spec, where, NULL,
                      error_set(err, CHAOS_E_IMAGE, ENOENT,
                                "%s needs the %s %s, which no package here has (add one that does "
                                "to packages:%s)",
                                file->path, what, name, owner_here(slash ? slash + 1 : name)),
                      err);
}

static int need(struct image *image, const struct program *program, const struct entry *file,
                const char *what, const char *name, chaos_error *err)
{
    const char *why = format("needs %s", name);
    int rc = look_for(image, program, name, file, why, err), more = 1;

    while (!rc && more > 0) {
        more = universe_more(&image->universe, name, err);
        rc = more < 0 ? more : look_for(image, program, name, file, why, err);
    }
    return rc < 0 ? rc : rc ? 0 : missing(image, file, what, name, err);
}

static int close_one(struct image *image, const struct entry *file, chaos_error *err)
{
    struct program program;
    int rc;

    if (!file->host)
        return 0;
    rc = program_read(file->host, &program, err);
    if (rc < 0 || (program.kind != PROGRAM_ELF && program.kind != PROGRAM_SCRIPT))
        return rc;
    /* A script that is not executable is just text. */
    if (program.kind == PROGRAM_SCRIPT && strcmp(file->path, image->program ? image->program : ""))
        return 0;
    if (program.interpreter)
        rc = need(image, &program, file, "interpreter", program.interpreter, err);
    for (const char **name = program.needed; *name && !rc; name++)
        rc = need(image, &program, file, "library", *name, err);
    return rc;
}

int image_close(struct image *image, chaos_error *err)
{
    int rc = 0;

    for (size_t i = 0; i < image->queue.count && !rc; i++)
        rc = close_one(image, image->queue.items[i], err);
    return rc;
}

/* Libraries that the program loads by itself: names, or patterns of paths. 1: there is one. */
static int add_dlopened(struct image *image, const char *text, const struct entry *program,
                        chaos_error *err)
{
    static const struct program plain = {0};
    const struct tree *files = &image->universe.files;
    const char *why = format("loads %s", text);
    int found = 0;

    if (*text != '/')
        return look_for(image, &plain, text, program, why, err);
    for (size_t i = 0; i < files->count; i++) {
        const struct entry *entry = files->items[i];

        if (fnmatch(tree_merged(text), entry->path, FNM_PATHNAME) != 0)
            continue;
        if (image_find(image, entry->path, program, why))
            found = 1;
    }
    return found;
}

int image_dlopen(struct image *image, chaos_error *err)
{
    const struct spec_list *list = &image->spec->dlopen;
    const struct entry *program = tree_find(&image->files, image->program);
    int rc = 0;

    for (size_t i = 0; i < list->count && rc >= 0; i++) {
        const char *text = list->items[i].text;
        int more = 1;

        rc = add_dlopened(image, text, program, err);
        while (!rc && more > 0) {
            more = universe_more(&image->universe, *text == '/' ? NULL : text, err);
            rc = more < 0 ? more : add_dlopened(image, text, program, err);
        }
        if (!rc)
            return spec_blame(image->spec, &list->items[i], "dlopen",
                              error_set(err, CHAOS_E_CONFIG, ENOENT,
                                        "\"%s\" is nothing that the packages have", text),
                              err);
    }
    return rc < 0 ? rc : 0;
}
