/* SPDX-License-Identifier: BSD-3-Clause */
/* What a user would run instead: xl, with the same image, in the same Dom0. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static void write_config(const char *path, const struct guest *guest, const char *images,
                         const char *bridge, size_t i)
{
    FILE *f = fopen(path, "w");

    if (!f)
        die(path, NULL);
    /* libxenguest refuses PV guests under 4 MiB. */
    fprintf(f, "name=\"xl-%zu\"\ntype=\"%s\"\nkernel=\"%s/%s\"\nmemory=4\nvcpus=1\n", i,
            guest->type, images, guest->image);
    if (guest->vif)
        fprintf(f, "vif=['bridge=%s']\n", bridge);
    fclose(f);
}

static const char *find_xl(void)
{
    static char path[512];
    char *dirs = strdup(getenv("PATH") ? getenv("PATH") : "/usr/sbin");

    for (char *dir = strtok(dirs, ":"); dir; dir = strtok(NULL, ":")) {
        snprintf(path, sizeof(path), "%s/xl", dir);
        if (access(path, X_OK) == 0) {
            free(dirs);
            return path;
        }
    }
    die("no xl on PATH", NULL);
}

uint64_t xl_create(const char *config, size_t nr)
{
    static const char *xl;
    char name[64];
    char *argv[] = {"xl", "create", "-q", (char *)config, name, NULL};

    snprintf(name, sizeof(name), "name=\"mass-%zu\"", nr);
    xl = xl ? xl : find_xl();
    return run_process(xl, argv);
}

uint64_t xl_destroy(size_t nr)
{
    char name[32];
    char *argv[] = {"xl", "destroy", name, NULL};

    snprintf(name, sizeof(name), "mass-%zu", nr);
    return run_process(find_xl(), argv);
}

void bench_xl(json_t *results, const struct guest *guest, const char *images, const char *bridge,
              size_t count, uint64_t unit)
{
    const char *xl = find_xl();
    struct sample *created = calloc(count, sizeof(*created));
    struct sample *destroyed = calloc(count, sizeof(*destroyed));
    char config[] = "/tmp/bench-xl.cfg", name[32];

    for (size_t i = 0; i < count; i++) {
        char *argv[] = {"xl", "create", "-q", config, NULL};

        write_config(config, guest, images, bridge, i);
        created[i].ns = run_process(xl, argv);
        settle();
    }
    for (size_t i = count; i-- > 0;) {
        char *argv[] = {"xl", "destroy", name, NULL};

        snprintf(name, sizeof(name), "xl-%zu", i);
        destroyed[i].ns = run_process(xl, argv);
    }
    /* The first pays for a cold page cache. */
    json_array_append_new(results, result_row("xl", guest->what, "direct", "create", 1, created + 1,
                                              count - 1, unit));
    json_array_append_new(
        results, result_row("xl", guest->what, "direct", "destroy", 1, destroyed, count - 1, unit));
    free(created);
    free(destroyed);
}
