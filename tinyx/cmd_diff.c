/* SPDX-License-Identifier: BSD-3-Clause */
/* tinyx diff: shows how two images differ. */
#include "cmd.h"
#include "loaded.h"
#include "base/util.h"

#include <string.h>

/* How two lists are compared. */
struct kind {
    const char *list, *key, *prefix;
    const char *const *values; /* NULL-ended */
};

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

static void print_values(const struct kind *kind, const json_t *item)
{
    for (const char *const *key = kind->values; *key; key++) {
        const json_t *value = json_object_get(item, *key);

        if (json_is_integer(value))
            printf(" %s %zu", *key, loaded_size(item, *key));
        else if (value)
            printf(" %s %.64s", *key, loaded_text(item, *key));
    }
}

static bool same(const struct kind *kind, const json_t *a, const json_t *b)
{
    for (const char *const *key = kind->values; *key; key++) {
        const json_t *left = json_object_get(a, *key), *right = json_object_get(b, *key);

        if (!left != !right || (left && !json_equal((json_t *)left, (json_t *)right)))
            return false;
    }
    return true;
}

static void line(const struct kind *kind, char sign, const json_t *item)
{
    printf("%c %s%s", sign, kind->prefix, loaded_text(item, kind->key));
    print_values(kind, item);
    putchar('\n');
}

static size_t compare(const struct kind *kind, const struct loaded *a, const struct loaded *b)
{
    const json_t *left = loaded_list(a, kind->list), *right = loaded_list(b, kind->list);
    const json_t *item, *other;
    size_t i, found = 0;

    json_array_foreach(left, i, item)
    {
        other = find(right, kind->key, loaded_text(item, kind->key));
        if (other && same(kind, item, other))
            continue;
        found++;
        line(kind, '-', item);
        if (other)
            line(kind, '+', other);
    }
    json_array_foreach(right, i, item)
    {
        if (find(left, kind->key, loaded_text(item, kind->key)))
            continue;
        found++;
        line(kind, '+', item);
    }
    return found;
}

int cmd_diff(int argc, char **argv)
{
    static const char *const of_files[] = {"size",   "mode", "uid",    "gid",
                                           "sha256", "link", "device", NULL};
    static const char *const of_packages[] = {"version", NULL};
    static const char *const of_options[] = {"value", NULL};
    static const struct kind kinds[] = {{"packages", "name", "", of_packages},
                                        {"files", "path", "", of_files},
                                        {"options", "name", "CONFIG_", of_options}};
    struct loaded a, b;
    chaos_error err = {0};
    size_t found = 0;
    int status = verb_no_options(argc, argv);

    if (status != GO_ON)
        return status;
    if (optind + 2 != argc)
        return usage_error("which two images?");
    if (loaded_open(argv[optind], &a, &err) < 0)
        return fail(&err);
    if (loaded_open(argv[optind + 1], &b, &err) < 0) {
        loaded_close(&a);
        return fail(&err);
    }
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        found += compare(&kinds[i], &a, &b);
    loaded_close(&a);
    loaded_close(&b);
    return found ? CHAOS_E_FAILED : CHAOS_OK;
}
