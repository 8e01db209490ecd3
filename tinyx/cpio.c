/* SPDX-License-Identifier: BSD-3-Clause */
#include "cpio.h"

#include "arena.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define HEADER   110  /* bytes: "newc" */
#define MAX_NAME 4096 /* Linux' PATH_MAX, with the NUL */
#define PAGE     4096
#define MAX_SIZE UINT32_MAX /* of a file: the header has eight hexadecimal digits for it */

struct writer {
    FILE *file;
    const char *path;
    size_t at;
    unsigned int inode;
    int error; /* errno of the first write that failed; cpio_write reports it */
};

static void put(struct writer *w, const void *bytes, size_t len)
{
    if (fwrite(bytes, 1, len, w->file) != len && !w->error)
        w->error = errno;
    w->at += len;
}

static void pad(struct writer *w, size_t to)
{
    static const char zeroes[PAGE];

    while (w->at % to) {
        size_t len = to - w->at % to;

        put(w, zeroes, len < sizeof(zeroes) ? len : sizeof(zeroes));
    }
}

/* The name takes `room` bytes, with NULs behind it. */
static void header(struct writer *w, const struct entry *entry, const char *name, size_t room,
                   uint32_t size)
{
    char text[HEADER + 1];

    snprintf(text, sizeof(text), "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
             ++w->inode, entry->mode, entry->uid, entry->gid, 1U, 0U, size, 0U, 0U,
             major(entry->device), minor(entry->device), (unsigned int)room, 0U);
    put(w, text, HEADER);
    put(w, name, strlen(name));
    for (size_t i = strlen(name); i < room; i++)
        put(w, "", 1);
    pad(w, 4);
}

static int put_file(struct writer *w, const struct entry *entry, chaos_error *err)
{
    FILE *from;
    char buf[65536];
    size_t n, left = entry->size;

    if (!entry->host) {
        put(w, entry->data, entry->size);
        return 0;
    }
    from = fopen(entry->host, "re");
    if (!from)
        return error_errno(err, CHAOS_E_IO, errno, "%s", entry->host);
    while (left && (n = fread(buf, 1, left < sizeof(buf) ? left : sizeof(buf), from)) > 0) {
        put(w, buf, n);
        left -= n;
    }
    fclose(from);
    return left ? error_set(err, CHAOS_E_IO, EIO, "%s: has become shorter", entry->host) : 0;
}

/* How much room a file's name must take for the contents to begin on a page boundary: the kernel
 * does not copy such contents. At least `least` bytes. */
static size_t page_room(const struct writer *w, size_t least)
{
    size_t room = PAGE - (w->at + HEADER) % PAGE;

    return room < least ? room + PAGE : room;
}

static int put_regular(struct writer *w, const struct entry *entry, chaos_error *err)
{
    static const struct entry dir = {.path = "/dev", .mode = S_IFDIR | 0755};
    const char *name = entry->path + 1;
    size_t room = strlen(name) + 1;
    int rc;

    if (entry->size > MAX_SIZE)
        return error_set(err, CHAOS_E_IO, EFBIG,
                         "%s: is too large for an initramfs (a file has less than 4 GiB there; put "
                         "it on a disk)",
                         entry->host ? entry->host : entry->path);
    if (entry->size >= PAGE) {
        /* The name cannot be as long as that: an entry for /dev, which is there anyway, moves the
         * file's place. */
        if (page_room(w, room) > MAX_NAME)
            header(w, &dir, dir.path + 1, strlen(dir.path), 0);
        room = page_room(w, room);
    }
    header(w, entry, name, room, (uint32_t)entry->size);
    rc = put_file(w, entry, err);
    pad(w, 4);
    return rc;
}

static int put_entry(struct writer *w, const struct entry *entry, chaos_error *err)
{
    const char *name = entry->path + 1;
    size_t room = strlen(name) + 1;

    switch (entry->mode & S_IFMT) {
    case S_IFREG:
        return put_regular(w, entry, err);
    case S_IFLNK:
        header(w, entry, name, room, (uint32_t)strlen(entry->data));
        put(w, entry->data, strlen(entry->data));
        pad(w, 4);
        return 0;
    default:
        header(w, entry, name, room, 0);
        return 0;
    }
}

int cpio_write(const struct tree *files, const char *path, chaos_error *err)
{
    static const struct entry nothing = {0};
    struct writer w = {.file = fopen(path, "we"), .path = path};
    int rc = 0;

    if (!w.file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    for (size_t i = 0; i < files->count && !rc && !w.error; i++)
        rc = put_entry(&w, files->items[i], err);
    header(&w, &nothing, "TRAILER!!!", strlen("TRAILER!!!") + 1, 0);
    pad(&w, PAGE);
    if (fclose(w.file) != 0 && !w.error)
        w.error = errno;
    return w.error && !rc ? error_errno(err, CHAOS_E_IO, w.error, "%s", path) : rc;
}
