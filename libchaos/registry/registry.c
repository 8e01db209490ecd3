/* SPDX-License-Identifier: BSD-3-Clause */
#include "registry/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "base/error.h"
#include "base/util.h"

#define RECORD_MAX (2U << 20)
/* The first line of a record: a comment to YAML, fixed fields to us. The name comes last. */
#define HEADER_PRINT "# chaos-record 1 domid=%u port=%u frame=%llu name=%s\n"
#define HEADER_SCAN  "# chaos-record 1 domid=%u port=%u frame=%llu name=%63s"

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

void record_clear(struct record *rec)
{
    free(rec->owned);
    rec->owned = NULL;
    rec->config = NULL;
}

static void temp_name(const char *uuid, char out[CHAOS_UUID_TEXT + 4])
{
    snprintf(out, CHAOS_UUID_TEXT + 4, "%s.new", uuid);
}

static int write_record(int fd, const struct record *rec)
{
    char header[256];
    struct iovec iov[2] = {{header, 0}, {(char *)rec->config, strlen(rec->config)}};
    ssize_t done;

    iov[0].iov_len = snprintf(header, sizeof(header), HEADER_PRINT, rec->domid, rec->console_port,
                              (unsigned long long)rec->console_frame, rec->name);
    done = writev(fd, iov, 2);
    if (done < 0)
        return -errno;
    /* A file system writes short only where it is full. */
    return (size_t)done == iov[0].iov_len + iov[1].iov_len ? 0 : -ENOSPC;
}

int registry_put(struct registry *reg, const struct record *rec, chaos_error *err)
{
    /* Nobody reads it before a name points there, so that it needs no other name while it is
     * written: half a record is that of a domain without a name. */
    cleanup_close int fd = openat(reg->domains, rec->uuid,
                                  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int rc = fd < 0 ? -errno : write_record(fd, rec);

    if (rc < 0) {
        if (fd >= 0)
            unlinkat(reg->domains, rec->uuid, 0);
        return error_errno(err, CHAOS_E_IO, -rc, "registry: cannot write the record of %s",
                           rec->name);
    }
    return 0;
}

static int read_all(int fd, char **out)
{
    struct stat st;
    cleanup_free char *text = NULL;
    size_t len = 0;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size > RECORD_MAX)
        return -EFBIG;
    text = malloc(st.st_size + 1);
    if (!text)
        return -ENOMEM;
    while (len < (size_t)st.st_size) {
        ssize_t n = read(fd, text + len, st.st_size - len);

        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        len += n;
    }
    text[len] = '\0';
    *out = steal(text);
    return 0;
}

int registry_get(struct registry *reg, const char *uuid, struct record *out, chaos_error *err)
{
    cleanup_close int fd = openat(reg->domains, uuid, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    unsigned long long frame;
    int rc;

    memset(out, 0, sizeof(*out));
    if (fd < 0 && errno == ENOENT)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "registry: no record of %s", uuid);
    rc = fd < 0 ? -errno : read_all(fd, &out->owned);
    if (rc < 0)
        return error_errno(err, CHAOS_E_IO, -rc, "registry: cannot read the record of %s", uuid);
    if (sscanf(out->owned, HEADER_SCAN, &out->domid, &out->console_port, &frame, out->name) != 4) {
        record_clear(out);
        return error_set(err, CHAOS_E_IO, EBADMSG, "registry: the record of %s is damaged", uuid);
    }
    out->config = out->owned;
    out->console_frame = frame;
    snprintf(out->uuid, sizeof(out->uuid), "%s", uuid);
    return 0;
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

/* Whose a name is may change between looking and acting, but for whoever holds this: all who take
 * a name from its owner do. Claiming needs none of it, being one step. */
static int names_lock(struct registry *reg)
{
    int rc;

    do
        rc = flock(reg->names, LOCK_EX);
    while (rc < 0 && errno == EINTR);
    return rc < 0 ? -errno : 0;
}

static void names_unlock(struct registry *reg)
{
    flock(reg->names, LOCK_UN);
}

static bool owned(struct registry *reg, const char *name, const char *uuid)
{
    char owner[CHAOS_UUID_TEXT];

    return registry_lookup(reg, name, owner) == 0 && strcmp(owner, uuid) == 0;
}

static int point_at(struct registry *reg, const char *name, const char *uuid)
{
    char temp[CHAOS_UUID_TEXT + 4];
    int rc = 0;

    temp_name(uuid, temp);
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
    int rc = names_lock(reg);
    bool was_its;

    if (rc == 0) {
        was_its = owned(reg, name, from);
        if (was_its)
            rc = point_at(reg, name, to);
        names_unlock(reg);
        if (!was_its) /* somebody swept it away, and may have taken it */
            return registry_claim(reg, name, to, err);
    }
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

    if (names_lock(reg) < 0)
        return false;
    released = owned(reg, name, uuid) && unlinkat(reg->names, name, 0) == 0;
    names_unlock(reg);
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
