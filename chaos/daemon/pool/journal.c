/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The journal, by which the next chaosd knows all shells, however this one ends:
 *
 *   pool/shells/UUID    flavour and shell, as bytes; written under another name and renamed
 *   pool/leases         which process took which shell: records of fixed size, all zero if free
 *
 * A shell without a record is idle. To take it is to write one record, in place: that is within one
 * page, so that a kill finds it written or not written, and costs a seventh of a rename.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/pool/shells.h"

#define NAME_ROOM (CHAOS_UUID_TEXT + 8)

/* Process `pid` took this shell, `taken_ms` after boot. A process with this pid that began later is
 * another one. */
struct lease_record {
    char uuid[40];
    uint32_t pid, reserved;
    uint64_t taken_ms, reserved_too;
};
#define NO_RECORD UINT32_MAX /* a lease that could not be written down */
_Static_assert(sizeof(struct lease_record) == 64, "records must not cross a page's end");

static int open_dir(int at, const char *name)
{
    int fd;

    if (mkdirat(at, name, 0700) < 0 && errno != EEXIST)
        return -errno;
    fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? -errno : fd;
}

static int grow(struct daemon *d)
{
    unsigned int room = d->pool.nr_leases ? d->pool.nr_leases * 2 : 64;
    struct lease_record *grown = realloc(d->pool.leases, room * sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    memset(grown + d->pool.nr_leases, 0, (room - d->pool.nr_leases) * sizeof(*grown));
    d->pool.leases = grown;
    d->pool.nr_leases = room;
    return 0;
}

/* Reads the records of the chaosd before this one. */
static int read_leases(struct daemon *d)
{
    struct lease_record record;
    unsigned int i = 0;
    ssize_t len;

    while ((len = pread(d->pool.leases_fd, &record, sizeof(record), i * sizeof(record))) ==
           sizeof(record)) {
        if (i == d->pool.nr_leases && grow(d) < 0)
            return -ENOMEM;
        record.uuid[CHAOS_UUID_TEXT - 1] = '\0';
        d->pool.leases[i++] = record;
    }
    return len < 0 ? -errno : 0;
}

int journal_open(struct daemon *d)
{
    int top = open(d->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), pool, rc;

    if (top < 0)
        return -errno;
    pool = open_dir(top, "pool");
    close(top);
    if (pool < 0)
        return pool;
    d->pool.shells_dir = open_dir(pool, "shells");
    d->pool.leases_fd = openat(pool, "leases", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    rc = d->pool.leases_fd < 0 ? -errno : 0;
    close(pool);
    return d->pool.shells_dir < 0 ? d->pool.shells_dir : rc < 0 ? rc : read_leases(d);
}

void journal_close(struct daemon *d)
{
    if (d->pool.shells_dir >= 0)
        close(d->pool.shells_dir);
    if (d->pool.leases_fd >= 0)
        close(d->pool.leases_fd);
    d->pool.shells_dir = d->pool.leases_fd = -1;
    free(d->pool.leases);
    d->pool.leases = NULL;
    d->pool.nr_leases = d->pool.next_lease = 0;
}

/* Writes flavour, shape and shell like a message without header. Returns the length. */
static int encode(uint8_t *buf, const struct flavour *flavour, const chaos_shell *shell)
{
    struct chaos_pool_writer w = {.buf = buf, .room = CHAOS_POOL_MAX};
    int len;

    chaos_pool_put(&w, flavour->name, sizeof(flavour->name));
    chaos_pool_put_u32(&w, flavour->shape->len);
    chaos_pool_put(&w, flavour->shape->bytes, flavour->shape->len);
    len = chaos_shell_pack(shell, buf + w.used, w.room - w.used);
    /* The shell must also fit into the answer to a take. */
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
    fd = openat(d->pool.shells_dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                0600);
    if (fd < 0)
        return -errno;
    errno = ENOSPC;
    if (write(fd, d->out, len) != len ||
        renameat(d->pool.shells_dir, temp, d->pool.shells_dir, uuid) < 0)
        rc = -errno;
    close(fd);
    if (rc < 0)
        unlinkat(d->pool.shells_dir, temp, 0);
    return rc;
}

static int put(struct daemon *d, unsigned int slot, const struct lease_record *record)
{
    errno = ENOSPC;
    if (pwrite(d->pool.leases_fd, record, sizeof(*record), slot * sizeof(*record)) !=
        sizeof(*record))
        return -errno;
    d->pool.leases[slot] = *record;
    return 0;
}

int journal_taken(struct daemon *d, struct lease *lease)
{
    struct lease_record record = {.pid = lease->pid, .taken_ms = lease->taken_ms};
    int rc = 0;

    lease->slot = NO_RECORD;
    while (d->pool.next_lease < d->pool.nr_leases && d->pool.leases[d->pool.next_lease].uuid[0])
        d->pool.next_lease++;
    if (d->pool.next_lease == d->pool.nr_leases)
        rc = grow(d);
    memcpy(record.uuid, lease->uuid, CHAOS_UUID_TEXT);
    if (rc == 0)
        rc = put(d, d->pool.next_lease, &record);
    if (rc == 0)
        lease->slot = d->pool.next_lease;
    return rc;
}

int journal_idle(struct daemon *d, const struct lease *lease)
{
    struct lease_record none = {.pid = 0};

    if (lease->slot == NO_RECORD)
        return 0;
    if (lease->slot < d->pool.next_lease)
        d->pool.next_lease = lease->slot;
    return put(d, lease->slot, &none);
}

void journal_drop_idle(struct daemon *d, const char *uuid)
{
    unlinkat(d->pool.shells_dir, uuid, 0);
}

/* The file goes first: a record without its file is ignored. */
void journal_drop_taken(struct daemon *d, const struct lease *lease)
{
    unlinkat(d->pool.shells_dir, lease->uuid, 0);
    journal_idle(d, lease);
}

static bool find_record(const struct daemon *d, const char *uuid, unsigned int *slot)
{
    for (*slot = 0; *slot < d->pool.nr_leases; ++*slot) {
        if (strcmp(d->pool.leases[*slot].uuid, uuid) == 0)
            return true;
    }
    return false;
}

/* Reads one file. Returns 1, 0 if it is damaged or not chaosd's, or -errno. */
static int read_entry(struct daemon *d, const char *name, bool taken, journal_fn *fn)
{
    struct chaos_pool_reader r = {d->in, d->in, false};
    struct lease *lease = calloc(1, sizeof(*lease));
    int fd = openat(d->pool.shells_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), rc;
    ssize_t len = fd < 0 ? -1 : read(fd, d->in, CHAOS_POOL_MAX);
    char flavour[CHAOS_POOL_FLAVOUR_MAX + 1] = "";
    const void *text, *shape;
    uint32_t shape_len;

    rc = !lease ? -ENOMEM : len < 0 && errno != ELOOP && errno != EISDIR ? -errno : 1;
    if (fd >= 0)
        close(fd);
    r.end += len > 0 ? len : 0;
    text = chaos_pool_get(&r, sizeof(flavour));
    shape_len = chaos_pool_get_u32(&r);
    shape = chaos_pool_get(&r, shape_len);
    if (rc > 0 && !r.bad && chaos_shell_unpack(r.p, r.end - r.p, &lease->shell) == -ENOMEM)
        rc = -ENOMEM;
    if (rc > 0)
        rc = lease->shell && strcmp(name, chaos_shell_uuid(lease->shell)) == 0;
    if (rc <= 0) {
        if (lease && lease->shell)
            chaos_shell_free(lease->shell);
        free(lease);
        return rc;
    }
    memcpy(flavour, text, CHAOS_POOL_FLAVOUR_MAX);
    memcpy(lease->uuid, chaos_shell_uuid(lease->shell), CHAOS_UUID_TEXT);
    if (taken && find_record(d, name, &lease->slot)) {
        lease->pid = d->pool.leases[lease->slot].pid;
        lease->taken_ms = d->pool.leases[lease->slot].taken_ms;
    }
    fn(d, flavour, shape, shape_len, lease);
    return 1;
}

int journal_each(struct daemon *d, bool taken, journal_fn *fn)
{
    int fd = openat(d->pool.shells_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *ent;
    unsigned int slot;
    int rc = 0;

    if (!dir) {
        rc = -errno;
        if (fd >= 0)
            close(fd);
        return rc;
    }
    while (rc >= 0 && (ent = readdir(dir)) != NULL) {
        if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0 ||
            find_record(d, ent->d_name, &slot) != taken)
            continue;
        /* A damaged file was being written when chaosd was killed. adopt.c destroys the domain,
         * which has no entry then. */
        rc = read_entry(d, ent->d_name, taken, fn);
        if (rc == 0)
            unlinkat(d->pool.shells_dir, ent->d_name, 0);
    }
    closedir(dir);
    return rc < 0 ? rc : 0;
}

void journal_clean(struct daemon *d)
{
    for (unsigned int i = 0; i < d->pool.nr_leases; i++) {
        struct lease lease = {.slot = i};

        if (d->pool.leases[i].uuid[0] &&
            faccessat(d->pool.shells_dir, d->pool.leases[i].uuid, F_OK, 0) < 0 && errno == ENOENT)
            journal_idle(d, &lease);
    }
}
