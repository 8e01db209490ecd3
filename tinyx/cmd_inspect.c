/* SPDX-License-Identifier: BSD-3-Clause */
/* tinyx inspect: an image's files by size, and what pulled each in. */
#include "arena.h"
#include "cmd.h"
#include "loaded.h"
#include "base/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CHAIN 64 /* a file that needs itself, by way of others, would go on for ever */

/* A file or directory with all that is below it. */
struct node {
    const char *path;
    size_t bytes, files;
    bool is_dir;
};

struct nodes {
    struct node *items;
    size_t count, room;
};

static void count_at(struct nodes *nodes, const char *path, size_t bytes, bool is_dir)
{
    for (size_t i = 0; i < nodes->count; i++) {
        if (!strcmp(nodes->items[i].path, path)) {
            nodes->items[i].bytes += bytes;
            nodes->items[i].files++;
            return;
        }
    }
    list_add(nodes, ((struct node){path, bytes, 1, is_dir}));
}

static const char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return !slash || !path[1] ? NULL
           : slash == path    ? "/"
                              : copy_bytes(path, (size_t)(slash - path));
}

static int by_size(const void *a, const void *b)
{
    const struct node *left = a, *right = b;

    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? 1 : -1;
    return strcmp(left->path, right->path);
}

static bool is_child(const struct node *node, const char *of)
{
    const char *parent = parent_of(node->path);

    return parent && !strcmp(parent, of);
}

static void print_below(const struct nodes *nodes, const char *path, int depth, size_t least)
{
    for (size_t i = 0; i < nodes->count; i++) {
        const struct node *node = &nodes->items[i];

        if (!is_child(node, path) || node->bytes < least)
            continue;
        printf("%10zu  %*s%s%s\n", node->bytes, 2 * depth, "", strrchr(node->path, '/') + 1,
               node->is_dir ? "/" : "");
        if (node->is_dir)
            print_below(nodes, node->path, depth + 1, least);
    }
}

static void print_tree(const struct loaded *image, size_t least)
{
    const json_t *files = loaded_list(image, "files"), *file;
    struct nodes nodes = {0};
    size_t i;

    json_array_foreach(files, i, file)
    {
        const char *path = loaded_text(file, "path"), *sha = loaded_text(file, "sha256");
        size_t bytes = loaded_size(file, "size");

        if (!*sha)
            continue; /* no regular file */
        count_at(&nodes, path, bytes, false);
        while ((path = parent_of(path)))
            count_at(&nodes, path, bytes, true);
    }
    qsort(nodes.items, nodes.count, sizeof(*nodes.items), by_size);
    for (i = 0; i < nodes.count; i++) {
        if (!strcmp(nodes.items[i].path, "/"))
            printf("%10zu  /  (%zu files)\n", nodes.items[i].bytes, nodes.items[i].files);
    }
    print_below(&nodes, "/", 1, least);
}

static const json_t *find(const json_t *list, const char *key, const char *wanted)
{
    const json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        if (!strcmp(loaded_text(item, key), wanted))
            return item;
    }
    return NULL;
}

/* Follows a file's reasons back to the specification. */
static int print_why(const struct loaded *image, const char *what, chaos_error *err)
{
    const json_t *files = loaded_list(image, "files"), *item = find(files, "path", what);
    const char *name = strncmp(what, "CONFIG_", 7) ? what : what + 7;

    if (!item && *what != '/') {
        item = find(loaded_list(image, "options"), "name", name);
        if (item) {
            printf("CONFIG_%s=%s: %s\n", name, loaded_text(item, "value"),
                   loaded_text(item, "reason"));
            return 0;
        }
    }
    if (!item)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT,
                         "%s is neither a file of the image nor an option of its kernel", what);
    for (int i = 0; item && i < MAX_CHAIN; i++) {
        const char *for_whom = loaded_text(item, "for"), *package = loaded_text(item, "package");

        printf("%s%s%s%s: ", loaded_text(item, "path"), *package ? " (" : "", package,
               *package ? ")" : "");
        if (!*for_whom) {
            printf("%s\n", loaded_text(item, "why"));
            return 0;
        }
        printf("%s %s\n", for_whom, loaded_text(item, "why"));
        item = find(files, "path", for_whom);
    }
    return 0;
}

static void print_packages(const struct loaded *image)
{
    const json_t *item;
    size_t i;

    json_array_foreach(loaded_list(image, "packages"), i, item)
        printf("%10zu  %s %s (%zu files)\n", loaded_size(item, "size"), loaded_text(item, "name"),
               loaded_text(item, "version"), loaded_size(item, "files"));
}

static void print_options(const struct loaded *image)
{
    const json_t *item;
    size_t i;

    json_array_foreach(loaded_list(image, "options"), i, item)
        printf("CONFIG_%s=%s  # %s\n", loaded_text(item, "name"), loaded_text(item, "value"),
               loaded_text(item, "reason"));
}

int cmd_inspect(int argc, char **argv)
{
    static const struct option options[] = {{"why", required_argument, NULL, 'w'},
                                            {"packages", no_argument, NULL, 'p'},
                                            {"options", no_argument, NULL, 'k'},
                                            {"least", required_argument, NULL, 'l'},
                                            COMMON_LONG};
    const char *why = NULL;
    size_t least = 0;
    int opt, how = 't', rc, status;
    chaos_error err = {0};
    struct loaded image;

    while ((opt = verb_option(argc, argv, "w:pkl:" COMMON_SHORT, options, &status)) != -1) {
        if (opt == 'w')
            why = optarg;
        else if (opt == 'p' || opt == 'k')
            how = opt;
        else
            least = strtoul(optarg, NULL, 10);
    }
    if (status != GO_ON)
        return status;
    if (optind + 1 != argc)
        return usage_error("which image?");
    rc = loaded_open(argv[optind], &image, &err);
    if (rc < 0)
        return fail(&err);
    if (why)
        rc = print_why(&image, why, &err);
    else if (how == 'p')
        print_packages(&image);
    else if (how == 'k')
        print_options(&image);
    else
        print_tree(&image, least);
    loaded_close(&image);
    return rc < 0 ? fail(&err) : CHAOS_OK;
}
