/* SPDX-License-Identifier: BSD-3-Clause */
/* Records: a line or two for us, which are comments to YAML, and the VM's configuration. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>

#include "base/error.h"
#include "base/util.h"
#include "registry/registry_internal.h"

#define RECORD_MAX (2U << 20)
/* The first line. The bus is left out where there is none. The name comes last. */
#define HEADER    "# chaos-record 1 domid=%u port=%u frame=%llu"
#define BUS       " bus_port=%u bus_frame=%llu"
#define NAME_SCAN " name=%63s"
/* The second one, if it is said why the VM has its bus. */
#define WHY "# devices: "
/* The next one, if the VM waits for its restart. The rest of the line says why. */
#define RESTART       "# restarting "
#define RESTART_PRINT RESTART "reason=%u attempts=%u tried=%llu next=%s why=%s\n"
#define RESTART_SCAN  RESTART "reason=%u attempts=%u tried=%llu next=%36s why=%255[^\n]"

void record_clear(struct record *rec)
{
    free(rec->owned);
    rec->owned = NULL;
    rec->config = NULL;
}

static int print_header(const struct record *rec, char *out, size_t room)
{
    const struct record_restart *restart = &rec->restart;
    int len = snprintf(out, room, HEADER, rec->domid, rec->console_port,
                       (unsigned long long)rec->console_frame);

    if (rec->bus_port)
        len +=
            snprintf(out + len, room - len, BUS, rec->bus_port, (unsigned long long)rec->bus_frame);
    len += snprintf(out + len, room - len, " name=%s\n", rec->name);
    if (rec->bus_why[0])
        len += snprintf(out + len, room - len, WHY "%s\n", rec->bus_why);
    if (restart->pending)
        len += snprintf(out + len, room - len, RESTART_PRINT, restart->reason, restart->attempts,
                        (unsigned long long)restart->tried, restart->next[0] ? restart->next : "-",
                        restart->why);
    return len;
}

static int write_record(int fd, const struct record *rec)
{
    char header[1024];
    struct iovec iov[2] = {{header, 0}, {(char *)rec->config, strlen(rec->config)}};
    ssize_t done;

    iov[0].iov_len = print_header(rec, header, sizeof(header));
    done = writev(fd, iov, 2);
    if (done < 0)
        return -errno;
    /* A file system writes short only where it is full. */
    return (size_t)done == iov[0].iov_len + iov[1].iov_len ? 0 : -ENOSPC;
}

static int write_file(struct registry *reg, const char *file, const struct record *rec)
{
    cleanup_close int fd =
        openat(reg->domains, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int rc = fd < 0 ? -errno : write_record(fd, rec);

    if (rc < 0 && fd >= 0)
        unlinkat(reg->domains, file, 0);
    return rc;
}

int registry_put(struct registry *reg, const struct record *rec, chaos_error *err)
{
    int rc = write_file(reg, rec->uuid, rec);

    return rc < 0 ? error_errno(err, CHAOS_E_IO, -rc, "registry: cannot write the record of %s",
                                rec->name)
                  : 0;
}

static int replace(struct registry *reg, const struct record *rec)
{
    char temp[REGISTRY_TEMP];
    int rc;

    registry_temp_name(rec->uuid, temp);
    unlinkat(reg->domains, temp, 0); /* may be what a killed writer left, a link for one */
    rc = write_file(reg, temp, rec);
    if (rc == 0 && renameat(reg->domains, temp, reg->domains, rec->uuid) < 0) {
        rc = -errno;
        unlinkat(reg->domains, temp, 0);
    }
    return rc;
}

int registry_replace(struct registry *reg, const struct record *rec, chaos_error *err)
{
    int rc = registry_names_lock(reg);

    if (rc == 0) {
        rc = registry_owns(reg, rec->name, rec->uuid);
        rc = rc > 0 ? replace(reg, rec) : rc < 0 ? rc : -ENOENT;
        registry_names_unlock(reg);
    }
    if (rc == -ENOENT)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "\"%s\" was destroyed meanwhile",
                         rec->name);
    return rc < 0 ? error_errno(err, CHAOS_E_IO, -rc, "registry: cannot write the record of %s",
                                rec->name)
                  : 0;
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

static const char *line_after(const char *line)
{
    const char *end = strchr(line, '\n');

    return end ? end + 1 : line + strlen(line);
}

/* Reads our lines; rec->config is what follows them. -EBADMSG. */
static int scan(struct record *rec)
{
    struct record_restart *restart = &rec->restart;
    unsigned long long frame, bus_frame = 0, tried;

    if (sscanf(rec->owned, HEADER NAME_SCAN, &rec->domid, &rec->console_port, &frame, rec->name) !=
            4 &&
        sscanf(rec->owned, HEADER BUS NAME_SCAN, &rec->domid, &rec->console_port, &frame,
               &rec->bus_port, &bus_frame, rec->name) != 6)
        return -EBADMSG;
    rec->console_frame = frame;
    rec->bus_frame = bus_frame;
    rec->config = line_after(rec->owned);
    if (strncmp(rec->config, WHY, strlen(WHY)) == 0) {
        snprintf(rec->bus_why, sizeof(rec->bus_why), "%.*s",
                 (int)strcspn(rec->config + strlen(WHY), "\n"), rec->config + strlen(WHY));
        rec->config = line_after(rec->config);
    }
    if (strncmp(rec->config, RESTART, strlen(RESTART)) != 0)
        return 0;
    /* Nothing may follow "why=". */
    if (sscanf(rec->config, RESTART_SCAN, &restart->reason, &restart->attempts, &tried,
               restart->next, restart->why) < 4)
        return -EBADMSG;
    if (strcmp(restart->next, "-") == 0)
        restart->next[0] = '\0';
    restart->tried = tried;
    restart->pending = true;
    rec->config = line_after(rec->config);
    return 0;
}

int registry_get(struct registry *reg, const char *uuid, struct record *out, chaos_error *err)
{
    cleanup_close int fd = openat(reg->domains, uuid, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int rc;

    memset(out, 0, sizeof(*out));
    if (fd < 0 && errno == ENOENT)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "registry: no record of %s", uuid);
    rc = fd < 0 ? -errno : read_all(fd, &out->owned);
    if (rc < 0)
        return error_errno(err, CHAOS_E_IO, -rc, "registry: cannot read the record of %s", uuid);
    if (scan(out) < 0) {
        record_clear(out);
        return error_set(err, CHAOS_E_IO, EBADMSG, "registry: the record of %s is damaged", uuid);
    }
    snprintf(out->uuid, sizeof(out->uuid), "%s", uuid);
    return 0;
}

long registry_age(struct registry *reg, const char *uuid)
{
    struct stat st;
    time_t now = time(NULL);

    if (fstatat(reg->domains, uuid, &st, AT_SYMLINK_NOFOLLOW) < 0 || now < st.st_mtime)
        return -1;
    return now - st.st_mtime;
}

bool registry_restarting(struct registry *reg, const char *uuid, struct record *out)
{
    struct record rec;
    bool waits;

    if (registry_get(reg, uuid, &rec, NULL) < 0)
        return false;
    waits = rec.restart.pending &&
            (registry_owns(reg, rec.name, uuid) > 0 ||
             (rec.restart.next[0] && registry_owns(reg, rec.name, rec.restart.next) > 0));
    if (waits && out)
        *out = rec;
    else
        record_clear(&rec);
    return waits;
}
