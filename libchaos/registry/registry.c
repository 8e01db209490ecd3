/* SPDX-License-Identifier: BSD-3-Clause */
#include "registry/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/util.h"
#include "registry/registry_internal.h"

static int open_dir(int at, const char *path, mode_t mode, chaos_error *err)
{
    int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0 && errno == ENOENT) {
        if (mkdirat(at, path, mode) < 0 && errno != EEXIST)
            return error_errno(err, CHAOS_E_IO, errno, "registry: cannot make %s", path);
        fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    }
    if (fd < 0)
        return error_errno(err, errno == EACCES ? CHAOS_E_PERMISSION : CHAOS_E_IO, errno,
                           "registry: cannot open %s", path);
    return fd;
}

int registry_open(const char *dir, struct registry *out, chaos_error *err)
{
    cleanup_close int top = -1;

    out->names = out->domains = -1;
    top = open_dir(AT_FDCWD, dir, 0755, err);
    if (top < 0)
        return top;
    out->names = open_dir(top, "names", 0700, err);
    if (out->names < 0)
        return out->names;
    out->domains = open_dir(top, "domains", 0700, err);
    if (out->domains < 0) {
        int rc = out->domains;

        registry_close(out);
        return rc;
    }
    return 0;
}

void registry_close(struct registry *reg)
{
    if (reg->names >= 0)
        close(reg->names);
    if (reg->domains >= 0)
        close(reg->domains);
    reg->names = reg->domains = -1;
}

int registry_claim(struct registry *reg, const char *name, const char *uuid, chaos_error *err)
{
    if (symlinkat(uuid, reg->names, name) == 0)
        return 0;
    if (errno == EEXIST)
        return error_set(err, CHAOS_E_EXISTS, EEXIST,
                         "name \"%s\" is in use; choose another or destroy that domain", name);
    return error_errno(err, CHAOS_E_IO, errno, "registry: cannot claim the name \"%s\"", name);
}

void registry_temp_name(const char *uuid, char out[REGISTRY_TEMP])
{
    snprintf(out, REGISTRY_TEMP, "%s.new", uuid);
}

static int lock(int fd, int how)
{
    int rc;

    do
        rc = flock(fd, how);
    while (rc < 0 && errno == EINTR);
    return rc < 0 ? -errno : 0;
}

int registry_names_lock(struct registry *reg)
{
    return lock(reg->names, LOCK_EX);
}

void registry_names_unlock(struct registry *reg)
{
    flock(reg->names, LOCK_UN);
}

int registry_restart_lock(struct registry *reg)
{
    /* Of its own, as the lock is the open directory's. */
    cleanup_close int fd = openat(reg->domains, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -errno : lock(fd, LOCK_EX | LOCK_NB);

    return rc < 0 ? rc : steal_fd(fd);
}

int registry_owns(struct registry *reg, const char *name, const char *uuid)
{
    char owner[CHAOS_UUID_TEXT];
    int rc = registry_lookup(reg, name, owner);

    if (rc < 0)
        return rc == -ENOENT || rc == -EINVAL ? 0 : rc;
    return strcmp(owner, uuid) == 0;
}

static int point_at(struct registry *reg, const char *name, const char *uuid)
{
    char temp[REGISTRY_TEMP];
    int rc = 0;

    registry_temp_name(uuid, temp);
    if (symlinkat(uuid, reg->domains, temp) < 0 ||
        renameat(reg->domains, temp, reg->names, name) < 0) {
        rc = -errno;
        unlinkat(reg->domains, temp, 0);
    }
    return rc;
}

int registry_pass_on(struct registry *reg, const char *name, const char *from, const char *to,
                     chaos_error *err)
{
    int rc = registry_names_lock(reg);

    if (rc == 0) {
        rc = registry_owns(reg, name, from);
        rc = rc > 0 ? point_at(reg, name, to) : rc < 0 ? rc : -ENOENT;
        registry_names_unlock(reg);
    }
    if (rc == -ENOENT)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "\"%s\" was destroyed meanwhile", name);
    if (rc < 0)
        return error_errno(err, CHAOS_E_IO, -rc, "registry: cannot pass on the name \"%s\"", name);
    return 0;
}

int registry_lookup(struct registry *reg, const char *name, char uuid[CHAOS_UUID_TEXT])
{
    char target[CHAOS_UUID_TEXT];
    ssize_t n = readlinkat(reg->names, name, target, sizeof(target));

    if (n < 0)
        return -errno;
    if (n != CHAOS_UUID_TEXT - 1)
        return -EINVAL;
    memcpy(uuid, target, n);
    uuid[n] = '\0';
    return 0;
}

bool registry_release(struct registry *reg, const char *name, const char *uuid)
{
    bool released;

    if (registry_names_lock(reg) < 0)
        return false;
    released = registry_owns(reg, name, uuid) > 0 && unlinkat(reg->names, name, 0) == 0;
    registry_names_unlock(reg);
    return released;
}

void registry_drop(struct registry *reg, const char *name, const char *uuid)
{
    struct record rec = {.owned = NULL};

    if (!name[0] && registry_get(reg, uuid, &rec, NULL) == 0)
        name = rec.name;
    if (name[0])
        registry_release(reg, name, uuid);
    unlinkat(reg->domains, uuid, 0);
    record_clear(&rec);
}
