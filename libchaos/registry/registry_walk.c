/* SPDX-License-Identifier: BSD-3-Clause */
/* The registry as a whole: all names, and what no domain has any more. */
#include "registry/registry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* Calls fn(entry) for each entry of a directory but . and .. */
static int each_entry(int dirfd, int (*fn)(void *opaque, const char *entry), void *opaque,
                      chaos_error *err)
{
    int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *ent;

    if (!dir) {
        rc = error_errno(err, CHAOS_E_IO, errno, "registry: cannot list it");
        if (fd >= 0)
            close(fd);
        return rc;
    }
    while (rc == 0 && (ent = readdir(dir)) != NULL) {
        if (strcmp(ent->d_name, ".") != 0 && strcmp(ent->d_name, "..") != 0)
            rc = fn(opaque, ent->d_name);
    }
    closedir(dir);
    return rc;
}

struct names_walk {
    struct registry *reg;
    registry_name_fn *fn;
    void *opaque;
    chaos_error *err;
};

static int names_entry(void *opaque, const char *entry)
{
    struct names_walk *walk = opaque;
    char uuid[CHAOS_UUID_TEXT];

    int rc = registry_lookup(walk->reg, entry, uuid);

    if (rc == -ENOENT || rc == -EINVAL)
        return 0; /* just released, or no link at all */
    if (rc < 0)
        return error_errno(walk->err, CHAOS_E_IO, -rc, "registry: cannot read the name \"%s\"",
                           entry);
    return walk->fn(walk->opaque, entry, uuid);
}

int registry_names(struct registry *reg, registry_name_fn *fn, void *opaque, chaos_error *err)
{
    struct names_walk walk = {reg, fn, opaque, err};

    return each_entry(reg->names, names_entry, &walk, err);
}

struct records_walk {
    registry_record_fn *fn;
    void *opaque;
};

static int records_entry(void *opaque, const char *entry)
{
    struct records_walk *walk = opaque;

    /* Else it is a temporary file. */
    return strlen(entry) == CHAOS_UUID_TEXT - 1 ? walk->fn(walk->opaque, entry) : 0;
}

int registry_records(struct registry *reg, registry_record_fn *fn, void *opaque, chaos_error *err)
{
    struct records_walk walk = {fn, opaque};

    return each_entry(reg->domains, records_entry, &walk, err);
}

struct sweep {
    struct registry *reg;
    registry_alive_fn *alive;
    void *opaque;
    size_t removed;
};

/* Neither a living domain's, nor that of a VM that waits for its restart. */
static bool left_over(const struct sweep *sweep, const char *uuid)
{
    return !sweep->alive(sweep->opaque, uuid) && !registry_restarting(sweep->reg, uuid, NULL);
}

static int sweep_name(void *opaque, const char *name)
{
    struct sweep *sweep = opaque;
    char uuid[CHAOS_UUID_TEXT];
    int rc = registry_lookup(sweep->reg, name, uuid);

    if (rc == -EINVAL) /* nothing of ours */
        sweep->removed += unlinkat(sweep->reg->names, name, 0) == 0;
    if (rc == 0 && left_over(sweep, uuid))
        sweep->removed += registry_release(sweep->reg, name, uuid);
    return 0;
}

static int sweep_record(void *opaque, const char *entry)
{
    struct sweep *sweep = opaque;
    char uuid[CHAOS_UUID_TEXT];

    /* Records and temporary files alike begin with the uuid. */
    snprintf(uuid, sizeof(uuid), "%s", entry);
    if (strcmp(entry, uuid) == 0 ? left_over(sweep, uuid) : !sweep->alive(sweep->opaque, uuid))
        sweep->removed += unlinkat(sweep->reg->domains, entry, 0) == 0;
    return 0;
}

int registry_sweep(struct registry *reg, registry_alive_fn *alive, void *opaque, size_t *count,
                   chaos_error *err)
{
    struct sweep sweep = {reg, alive, opaque, 0};
    int rc = each_entry(reg->names, sweep_name, &sweep, err);

    if (rc == 0)
        rc = each_entry(reg->domains, sweep_record, &sweep, err);
    *count = sweep.removed;
    return rc;
}
