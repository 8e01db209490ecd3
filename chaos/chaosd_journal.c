/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a chaosd leaves for the one after it, whatever ends it:
 *
 *   pool/idle/UUID              a shell that nobody has
 *   pool/taken/UUID.PID.MS      one that process PID took, MS milliseconds after boot
 *
 * The file holds the flavour and the shell as bytes. It is written under another name and renamed;
 * taking a shell is one more rename, atomic and without a write. A process that began after MS is
 * not the taker, even with its PID.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chaosd.h"

#define NAME_ROOM (CHAOS_UUID_TEXT + 64)

static int open_dir(int at, const char *name)
{
    int fd;

    if (mkdirat(at, name, 0700) < 0 && errno != EEXIST)
        return -errno;
    fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? -errno : fd;
}

int journal_open(struct daemon *d)
{
    int top = open(d->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), pool;

    if (top < 0)
        return -errno;
    pool = open_dir(top, "pool");
    close(top);
    if (pool < 0)
        return pool;
    d->idle_dir = open_dir(pool, "idle");
    d->taken_dir = open_dir(pool, "taken");
    close(pool);
    return d->idle_dir < 0 ? d->idle_dir : d->taken_dir < 0 ? d->taken_dir : 0;
}

static void taken_name(const struct lease *lease, char out[NAME_ROOM])
{
    snprintf(out, NAME_ROOM, "%s.%d.%llu", lease->uuid, (int)lease->pid,
             (unsigned long long)lease->taken_ms);
}

/* A message without a header: flavour, shape, shell. */
static int encode(uint8_t *buf, const struct flavour *flavour, const chaos_shell *shell)
{
    struct chaos_pool_writer w = {.buf = buf, .room = CHAOS_POOL_MAX};
    int len;

    chaos_pool_put(&w, flavour->name, sizeof(flavour->name));
    chaos_pool_put_u32(&w, flavour->shape->len);
    chaos_pool_put(&w, flavour->shape->bytes, flavour->shape->len);
    len = chaos_shell_pack(shell, buf + w.used, w.room - w.used);
    /* A take must fit one into a message, too. */
    return len < 0 ? len : w.used + len > CHAOS_POOL_MAX - 1024 ? -EMSGSIZE : (int)w.used + len;
}

int journal_add(struct daemon *d, const struct flavour *flavour, const chaos_shell *shell)
{
    const char *uuid = chaos_shell_uuid(shell);
    char temp[NAME_ROOM];
    int len = encode(d->out, flavour, shell), fd, rc = 0;

    if (len < 0)
        return len;
    snprintf(temp, sizeof(temp), "%s.new", uuid);
    fd = openat(d->idle_dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    errno = ENOSPC;
    if (write(fd, d->out, len) != len || renameat(d->idle_dir, temp, d->idle_dir, uuid) < 0)
        rc = -errno;
    close(fd);
    if (rc < 0)
        unlinkat(d->idle_dir, temp, 0);
    return rc;
}

int journal_taken(struct daemon *d, const struct lease *lease)
{
    char name[NAME_ROOM];

    taken_name(lease, name);
    return renameat(d->idle_dir, lease->uuid, d->taken_dir, name) < 0 ? -errno : 0;
}

int journal_idle(struct daemon *d, const struct lease *lease)
{
    char name[NAME_ROOM];

    taken_name(lease, name);
    return renameat(d->taken_dir, name, d->idle_dir, lease->uuid) < 0 ? -errno : 0;
}

void journal_drop_idle(struct daemon *d, const char *uuid)
{
    unlinkat(d->idle_dir, uuid, 0);
}

void journal_drop_taken(struct daemon *d, const struct lease *lease)
{
    char name[NAME_ROOM];

    taken_name(lease, name);
    unlinkat(d->taken_dir, name, 0);
}

/* One file; false where it is none of ours or damaged. */
static bool read_entry(struct daemon *d, int dir, const char *name, bool taken, journal_fn *fn)
{
    struct chaos_pool_reader r = {d->in, d->in, false};
    struct lease *lease = calloc(1, sizeof(*lease));
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), pid = 0;
    ssize_t len = fd < 0 ? -1 : read(fd, d->in, CHAOS_POOL_MAX);
    char flavour[CHAOS_POOL_FLAVOUR_MAX + 1] = "";
    const void *text, *shape;
    unsigned long long ms = 0;
    uint32_t shape_len;
    bool good;

    if (fd >= 0)
        close(fd);
    r.end += len > 0 ? len : 0;
    text = chaos_pool_get(&r, sizeof(flavour));
    shape_len = chaos_pool_get_u32(&r);
    shape = chaos_pool_get(&r, shape_len);
    good = lease && !r.bad && chaos_shell_unpack(r.p, r.end - r.p, &lease->shell) == 0 &&
           strncmp(name, chaos_shell_uuid(lease->shell), CHAOS_UUID_TEXT - 1) == 0;
    if (good && taken)
        good = sscanf(name + CHAOS_UUID_TEXT - 1, ".%d.%llu", &pid, &ms) == 2;
    else if (good)
        good = name[CHAOS_UUID_TEXT - 1] == '\0';
    if (!good) {
        if (lease)
            chaos_shell_free(lease->shell);
        free(lease);
        return false;
    }
    memcpy(flavour, text, CHAOS_POOL_FLAVOUR_MAX);
    memcpy(lease->uuid, chaos_shell_uuid(lease->shell), CHAOS_UUID_TEXT);
    lease->pid = pid;
    lease->taken_ms = ms;
    fn(d, flavour, shape, shape_len, lease);
    return true;
}

int journal_each(struct daemon *d, bool taken, journal_fn *fn)
{
    int at = taken ? d->taken_dir : d->idle_dir;
    int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *ent;

    if (!dir)
        return -errno;
    while ((ent = readdir(dir)) != NULL) {
        if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0)
            continue;
        /* What is not whole was being written by a chaosd that was killed: its domain has no entry
         * and is found by that. */
        if (!read_entry(d, at, ent->d_name, taken, fn))
            unlinkat(at, ent->d_name, 0);
    }
    closedir(dir);
    return 0;
}
