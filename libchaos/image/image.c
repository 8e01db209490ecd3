/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernel files: read, unpack, parse. */
#include "image/image_parts.h"
#include "base/util.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LARGE      (1UL << 20) /* a kernel of as many bytes, or more, stays in its file */
#define PART_FIRST 4096        /* how much of a file is read first, to find out what it is */
#define PART_MAX   (64UL << 10)
#define PART_NOTES 4

/*
 * The file is read, never mapped: a mapped file that somebody truncates (a package upgrade that
 * writes in place) kills the reader with SIGBUS, and for a unikernel of a few pages one read() is
 * cheaper than the faults. The content at the time of reading counts.
 */
static int read_all(int fd, uint8_t *buf, size_t size, size_t *got)
{
    *got = 0;
    while (*got < size) {
        ssize_t r = read(fd, buf + *got, size - *got);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -errno;
        if (!r)
            break;
        *got += (size_t)r;
    }
    return 0;
}

static int open_file(const char *path, int *out, size_t *size, chaos_error *err)
{
    /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    if (fd < 0 || fstat(fd, &st))
        return error_errno(err, CHAOS_E_IMAGE, errno, "cannot open the kernel");
    if (!S_ISREG(st.st_mode))
        return not_a_kernel(err, "it is a %s (right would be a file)",
                            S_ISDIR(st.st_mode) ? "directory" : "device or pipe");
    if (!st.st_size)
        return not_a_kernel(err, "the file is empty");
    if ((uint64_t)st.st_size > IMAGE_MAX_BYTES)
        return not_a_kernel(err, "the file has %" PRIu64 " MiB (at most %llu are read)",
                            (uint64_t)st.st_size >> 20, IMAGE_MAX_BYTES >> 20);
    *size = (size_t)st.st_size;
    *out = steal_fd(fd);
    return 0;
}

static int parse_elf(struct image *img, chaos_error *err)
{
    struct xen_notes notes;
    struct elf elf;
    int rc = elf_open(&elf, img->data, img->size, err);

    if (!rc)
        rc = elf_load_segments(&elf, img, err);
    if (rc)
        return rc;
    notes_read(&elf, &notes);
    if (notes.note[XEN_ELFNOTE_BSD_SYMTAB].desc) {
        rc = symbols_add(&elf, &notes, img, err);
        if (rc > 0) { /* the data has moved */
            rc = elf_open(&elf, img->data, img->size, err);
            notes_read(&elf, &notes);
        }
    }
    if (!rc)
        rc = boot_decide(&elf, &notes, img, err);
    return rc;
}

/* `owned` is the memory of `data`, which the image takes over, also on failure; NULL: the caller's.
 */
static int parse(const uint8_t *data, size_t size, uint8_t *owned, struct image **out,
                 chaos_error *err)
{
    struct image *img = calloc(1, sizeof(*img));
    uint8_t *plain = NULL;
    int rc;

    if (!img) {
        free(owned);
        return error_oom(err);
    }
    *img = (struct image){.data = data, .size = size, .owned = owned, .fd = -1};
    rc = image_unpack(data, size, IMAGE_MAX_BYTES, &plain, &img->size, err);
    if (rc > 0) {
        free(owned);
        img->data = img->owned = plain;
    }
    if (rc >= 0)
        rc = parse_elf(img, err);
    if (rc) {
        image_free(img);
        return rc;
    }
    *out = img;
    return 0;
}

/* Reads [offset, offset + bytes) of the file to its place in `buf`: 1, or 0 if the file does not
 * have those bytes, or if they are too many. */
static int read_part(int fd, uint8_t *buf, size_t size, uint64_t offset, uint64_t bytes)
{
    ssize_t n;

    if (bytes > PART_MAX || offset > size || bytes > size - offset)
        return 0;
    do
        n = pread(fd, buf + offset, bytes, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : (uint64_t)n == bytes;
}

/* Reads the parts of a plain kernel that say how it is to be loaded: 1, or 0 if it is no plain
 * kernel, or an unusual one. */
static int read_headers(int fd, uint8_t *buf, size_t size)
{
    struct elf elf;
    struct elf_range r;
    unsigned int notes = 0;
    int rc = read_part(fd, buf, size, 0, PART_FIRST);

    if (rc <= 0 || elf_open(&elf, buf, size, NULL) < 0)
        return rc < 0 ? rc : 0;
    rc = read_part(fd, buf, size, elf.phoff, (uint64_t)elf.phnum * elf.phentsize);
    for (unsigned int i = 0; i < elf.phnum && rc > 0; i++) {
        elf_program_header(&elf, i, &r);
        if (r.type == PT_NOTE && r.offset)
            rc = ++notes > PART_NOTES ? 0 : read_part(fd, buf, size, r.offset, r.filesz);
    }
    return rc > 0 && !notes ? 0 : rc;
}

/*
 * A large kernel that is not compressed stays in its file, from where its segments go straight into
 * a guest: memory for all of it costs a PV Dom0 7 us a page. Returns 1, or 0 if the kernel has to
 * be read as a whole, which also finds out what is wrong with it.
 */
static int load_headers(int fd, size_t size, struct image **out)
{
    uint8_t *buf; /* zeros except where something is read; most of it is never touched */
    int rc;

    if (size < LARGE)
        return 0;
    buf = calloc(1, size);
    if (!buf)
        return -ENOMEM;
    rc = read_headers(fd, buf, size);
    if (rc <= 0) {
        free(buf);
        return rc;
    }
    rc = parse(buf, size, buf, out, NULL);
    if (!rc && (*out)->wants_symbols) { /* they were not read */
        image_free(*out);
        *out = NULL;
        return 0;
    }
    return rc < 0 ? (rc == -ENOMEM ? rc : 0) : 1;
}

static int load_all(int fd, size_t size, struct image **out, chaos_error *err)
{
    uint8_t *buf = malloc(size);
    int rc;

    if (!buf)
        return error_oom(err);
    rc = read_all(fd, buf, size, &size);
    if (rc) {
        free(buf);
        return error_errno(err, CHAOS_E_IMAGE, -rc, "cannot read the kernel");
    }
    return parse(buf, size, buf, out, err);
}

static int load(const char *path, struct image **out, chaos_error *err)
{
    cleanup_close int fd = -1;
    size_t size = 0;
    int rc = open_file(path, &fd, &size, err);

    if (rc < 0)
        return rc;
    rc = load_headers(fd, size, out);
    if (rc == -ENOMEM)
        return error_oom(err);
    if (rc < 0)
        return error_errno(err, CHAOS_E_IMAGE, -rc, "cannot read the kernel");
    if (!rc)
        return load_all(fd, size, out, err);
    (*out)->fd = steal_fd(fd);
    return 0;
}

int image_load(const char *path, struct image **out, chaos_error *err)
{
    int rc;

    *out = NULL;
    rc = load(path, out, err);
    return rc ? error_prefix(err, rc, "%s", path) : 0;
}

int image_parse(const char *label, const uint8_t *data, size_t size, struct image **out,
                chaos_error *err)
{
    int rc;

    *out = NULL;
    rc = parse(data, size, NULL, out, err);
    return rc ? error_prefix(err, rc, "%s", label) : 0;
}

int image_require(const struct image *img, const char *label, enum chaos_type type,
                  chaos_error *err)
{
    if (type == CHAOS_PV ? img->pv : img->pvh)
        return 0;
    return error_set(err, CHAOS_E_IMAGE, ENOEXEC, "%s: cannot start as type %s: %s (it can as %s)",
                     label, type == CHAOS_PV ? "pv" : "pvh",
                     type == CHAOS_PV ? img->no_pv : img->no_pvh, img->pv ? "pv" : "pvh");
}

void image_free(struct image *img)
{
    if (!img)
        return;
    if (img->fd >= 0)
        close(img->fd);
    free(img->owned);
    free(img);
}
