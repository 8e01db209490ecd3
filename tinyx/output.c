/* SPDX-License-Identifier: BSD-3-Clause */
#include "output.h"

#include "arena.h"
#include "cache.h"
#include "cpio.h"
#include "process.h"
#include "replace.h"
#include "base/interrupt.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void output_names(const struct spec *spec, struct names *out)
{
    const struct spec_list *platforms = &spec->platform;

    list_add(out, OUT_KERNEL);
    list_add(out, OUT_FILES);
    list_add(out, OUT_VM);
    for (size_t i = 1; i < platforms->count; i++)
        list_add(out, format(OUT_VM_OTHER, platforms->items[i].text + strlen("xen-")));
    if (spec->test.text)
        list_add(out, OUT_TEST);
    list_add(out, OUT_MANIFEST);
}

static int copy_file(const char *from, const char *to, mode_t mode, chaos_error *err)
{
    cleanup_close int in = open(from, O_RDONLY | O_CLOEXEC);
    cleanup_close int out = -1;
    ssize_t n = 1;

    if (in < 0)
        return error_errno(err, CHAOS_E_IO, errno, "%s", from);
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    while (out >= 0 && (n = copy_file_range(in, NULL, out, NULL, 1 << 30, 0)) > 0)
        ;
    if (out >= 0 && n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS)) {
        char buf[65536];

        while ((n = read(in, buf, sizeof(buf))) > 0) {
            if (write(out, buf, (size_t)n) != n)
                return error_errno(err, CHAOS_E_IO, errno, "%s", to);
        }
    }
    return out < 0 || n < 0 ? error_errno(err, CHAOS_E_IO, errno, "%s", to) : 0;
}

static int fill(struct image *image, const struct kernel *kernel, const char *dir, chaos_error *err)
{
    int rc = copy_file(kernel->vmlinux, format("%s/" OUT_KERNEL, dir), 0644, err);

    if (!rc)
        rc = cpio_write(&image->files, format("%s/" OUT_FILES, dir), err);
    if (!rc)
        rc = output_vm(image->spec, dir, err);
    if (!rc)
        rc = output_manifest(image, kernel, dir, err);
    if (!rc && interrupted())
        rc = error_set(err, CHAOS_E_INTERRUPTED, EINTR, "interrupted");
    return rc;
}

int output_write(const struct image *image, const struct kernel *kernel, const char *dir,
                 chaos_error *err)
{
    struct image own = *image;
    char *path = copy(dir), *made;
    int rc;

    while (strlen(path) > 1 && path[strlen(path) - 1] == '/')
        path[strlen(path) - 1] = '\0';
    made = format("%s.XXXXXX", path);
    if (!mkdtemp(made) || chmod(made, 0755) < 0)
        return error_errno(err, CHAOS_E_IO, errno, "%s", made);
    rc = fill(&own, kernel, made, err);
    if (!rc)
        return replace_publish(made, path, err);
    remove_tree(made);
    return rc;
}
