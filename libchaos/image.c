/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernel files: read, unpack, parse. */
#include "image_parts.h"
#include "util.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/*
 * The file is read, never mapped: a mapped file that somebody truncates (a package upgrade that
 * writes in place) kills the reader with SIGBUS, and for a unikernel of a few pages one read() is
 * cheaper than the faults. What the file has when it is read is what counts.
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

static int read_file(const char *path, uint8_t **out, size_t *size, chaos_error *err)
{
    /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    cleanup_free uint8_t *buf = NULL;
    struct stat st;
    int rc;

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
    buf = malloc((size_t)st.st_size);
    if (!buf)
        return error_oom(err);
    rc = read_all(fd, buf, (size_t)st.st_size, size);
    if (rc)
        return error_errno(err, CHAOS_E_IMAGE, -rc, "cannot read the kernel");
    *out = steal(buf);
    return 0;
}

static int parse_elf(struct image *img, chaos_error *err)
{
    struct xen_notes notes;
    struct elf elf;
    int rc = elf_open(&elf, img->data, img->size, err);

    if (!rc)
        rc = elf_load_segments(&elf, img, err);
    if (!rc)
        rc = notes_read(&elf, &notes, err);
    if (!rc)
        rc = boot_decide(&elf, &notes, img, err);
    return rc;
}

/* `owned` is data's memory where the image takes it over, which it does in any case. */
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
    *img = (struct image){.data = data, .size = size, .owned = owned};
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

int image_load(const char *path, struct image **out, chaos_error *err)
{
    uint8_t *data = NULL;
    size_t size = 0;
    int rc;

    *out = NULL;
    rc = read_file(path, &data, &size, err);
    if (!rc)
        rc = parse(data, size, data, out, err);
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
    free(img->owned);
    free(img);
}
