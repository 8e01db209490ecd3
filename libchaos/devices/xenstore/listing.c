/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/xenstore/listing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "devices/xenstore/host.h"

/* Directories change while they are read in parts; then it begins anew, so often at most. */
#define TRIES 10

struct numbers {
    uint32_t *ids;
    int nr;
};

static int add(struct numbers *all, const char *name)
{
    char *end;
    unsigned long id = strtoul(name, &end, 10);
    uint32_t *grown;

    if (end == name || *end || id > UINT32_MAX)
        return 0;
    grown = realloc(all->ids, (all->nr + 1) * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    all->ids = grown;
    all->ids[all->nr++] = (uint32_t)id;
    return 0;
}

/*
 * C xenstored gives directories that do not fit into a message in parts: a number that changes with
 * the directory, names, and behind the last one an empty name. -EAGAIN where it has changed.
 */
static int read_parts(struct device_host *host, const char *path, struct numbers *all,
                      chaos_error *err)
{
    char generation[32] = "";
    size_t offset = 0;
    int rc = 0;

    while (rc == 0) {
        cleanup_batch struct store_batch batch = {0};
        unsigned int part = batch_list_part(&batch, path, offset);
        const char *name;

        rc = xenstore_run(host, &batch, err);
        name = rc == 0 ? batch_next(&batch, part, NULL) : NULL;
        if (!name)
            return rc;
        if (offset && strcmp(name, generation) != 0)
            return -EAGAIN;
        snprintf(generation, sizeof(generation), "%s", name);
        name = batch_next(&batch, part, name);
        if (!name)
            return 0;
        for (; rc == 0 && name; name = batch_next(&batch, part, name)) {
            if (!*name)
                return 0;
            offset += strlen(name) + 1;
            rc = add(all, name);
        }
    }
    return rc;
}

int store_numbers(struct device_host *host, const char *path, uint32_t **out, chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};
    unsigned int whole = batch_list(&batch, "%s", path);
    struct numbers all = {0};
    int rc = xenstore_ask(host, &batch, err);

    *out = NULL;
    if (rc < 0)
        return rc;
    for (const char *name = NULL; rc == 0 && (name = batch_next(&batch, whole, name));)
        rc = add(&all, name);
    if (batch.reqs[whole].rc == -E2BIG) {
        rc = -EAGAIN;
        for (int i = 0; rc == -EAGAIN && i < TRIES; i++) {
            all.nr = 0;
            rc = read_parts(host, path, &all, err);
        }
    }
    if (rc < 0) {
        free(all.ids);
        return rc == -ENOMEM ? error_oom(err) : rc;
    }
    *out = all.ids;
    return all.nr;
}
