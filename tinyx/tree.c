/* SPDX-License-Identifier: BSD-3-Clause */
#include "tree.h"

#include "arena.h"
#include "base/util.h"

#include <string.h>
#include <sys/stat.h>

#define MAX_LINKS 40 /* as Linux has it */

size_t tree_at(const struct tree *tree, const char *path)
{
    size_t low = 0, high = tree->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (strcmp(tree->items[middle]->path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct entry *tree_find(const struct tree *tree, const char *path)
{
    size_t at = tree_at(tree, path);

    return at < tree->count && !strcmp(tree->items[at]->path, path) ? tree->items[at] : NULL;
}

void tree_put(struct tree *tree, struct entry *entry)
{
    size_t at = tree_at(tree, entry->path);

    if (at < tree->count && !strcmp(tree->items[at]->path, entry->path)) {
        tree->items[at] = entry;
        return;
    }
    list_add(tree, entry);
    memmove(tree->items + at + 1, tree->items + at, (tree->count - 1 - at) * sizeof(*tree->items));
    tree->items[at] = entry;
}

void tree_drop(struct tree *tree, const char *path)
{
    size_t at = tree_at(tree, path);

    if (at == tree->count || strcmp(tree->items[at]->path, path))
        return;
    tree->count--;
    memmove(tree->items + at, tree->items + at + 1, (tree->count - at) * sizeof(*tree->items));
}

const char *tree_merged(const char *path)
{
    static const char *const links[] = {"/bin", "/sbin", "/lib", "/lib64"};

    for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
        size_t len = strlen(links[i]);

        if (!strncmp(path, links[i], len) && (path[len] == '/' || !path[len]))
            return format("/usr%s", path);
    }
    return path;
}

/* The target of `link`, whose own path is `at`, with `rest` appended. */
static char *target_of(const char *link, const char *at, const char *rest)
{
    const char *slash = strrchr(at, '/');

    if (*link == '/')
        return format("%s%s", link, rest);
    return format("%.*s/%s%s", (int)(slash - at), at, link, rest);
}

struct entry *tree_resolve(const struct tree *tree, const char *path, tree_link_fn *passed,
                           void *opaque)
{
    unsigned int links = 0;
    char *done;
    const char *p;

again:
    path = tree_merged(path);
    done = take(strlen(path) + 1);
    for (p = path; *p;) {
        size_t used = strlen(done), len = strcspn(p + 1, "/");
        struct entry *entry;

        if (len == 2 && p[1] == '.' && p[2] == '.') {
            char *slash = strrchr(done, '/');

            if (slash)
                *slash = '\0';
            p += 3;
            continue;
        }
        if (len && !(len == 1 && p[1] == '.'))
            memcpy(done + used, p, len + 1);
        p += len + 1;
        entry = tree_find(tree, done);
        if (!entry || !S_ISLNK(entry->mode))
            continue;
        if (++links > MAX_LINKS)
            return NULL;
        if (passed)
            passed(entry, opaque);
        path = target_of(entry->data, done, p);
        goto again;
    }
    /* A link on the way, or .., may have led back to one of the links into /usr. */
    if (strcmp(tree_merged(done), done)) {
        path = done;
        goto again;
    }
    return tree_find(tree, done);
}
