/* SPDX-License-Identifier: BSD-3-Clause */
/* Linux' source: Debian's package, unpacked without the parts that no guest of Xen's uses, and
 * patched. */
#include "arena.h"
#include "cache.h"
#include "cmd.h"
#include "data.h"
#include "kernel_parts.h"
#include "process.h"
#include "base/util.h"

#include <errno.h>
#include <string.h>

#define LOCK_FILE "tests/lab/sources.lock"

/* The inputs of the patched tree. */
static const char *const patches[] = {
    "kernel-patches/linux/apply",
    "kernel-patches/linux/hooks",
    "kernel-patches/linux/drivers/xen/noxs-front",
    "kernel-patches/linux/init",
    "kernel-patches/linux/scripts",
    "noxs/include/noxs/abi.h",
};

/* Two thirds of the tree: other processors, and hardware that no guest sees. Kconfig files and
 * Makefiles stay, since the others refer to them. */
static const char *const left_out[] = {
    "Documentation",      "arch/[!x]*",    "arch/xtensa",          "drivers/gpu",
    "drivers/infiniband", "drivers/media", "drivers/net/ethernet", "drivers/net/wireless",
    "drivers/staging",    "sound",         "tools/perf",           "tools/testing",
};

/* The lock's line of the package: version and SHA-256. */
static int lock_line(char *line, size_t size, chaos_error *err)
{
    const char *path = data_path(LOCK_FILE), *wanted = "deb " KERNEL_SOURCE " ";
    FILE *file = fopen(path, "re");
    bool found = false;

    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    while (!found && fgets(line, (int)size, file))
        found = strncmp(line, wanted, strlen(wanted)) == 0;
    fclose(file);
    return found ? 0 : error_set(err, CHAOS_E_IO, ENOENT, "%s: no " KERNEL_SOURCE, path);
}

int kernel_source_hash(struct hash *hash, chaos_error *err)
{
    char line[512];
    int rc = lock_line(line, sizeof(line), err);

    if (rc < 0)
        return rc;
    hash_text(hash, line);
    for (size_t i = 0; !rc && i < ARRAY_SIZE(patches); i++) {
        hash_text(hash, patches[i]);
        rc = hash_tree(hash, data_path(patches[i]), err);
    }
    for (size_t i = 0; i < ARRAY_SIZE(left_out); i++)
        hash_text(hash, left_out[i]);
    return rc;
}

/* The path of the package's archive. */
static int fetch(const char *dir, const char **archive, chaos_error *err)
{
    const char *out = format("%s/fetched", dir);
    const char *argv[] = {data_path("tests/lab/fetch"), KERNEL_SOURCE, NULL};
    struct process process = {.argv = argv, .out = out};
    char line[4096] = "";
    FILE *file;
    int rc = process_run(&process, NULL, err);

    if (rc < 0)
        return error_prefix(err, rc, "fetching " KERNEL_SOURCE);
    file = fopen(out, "re");
    if (file) {
        if (!fgets(line, sizeof(line), file))
            *line = '\0';
        fclose(file);
        unlink(out);
    }
    line[strcspn(line, "\n")] = '\0';
    if (!*line)
        return error_set(err, CHAOS_E_FAILED, EIO, "fetching " KERNEL_SOURCE " gave nothing");
    *archive = format("%s/usr/src/" KERNEL_SOURCE ".tar.xz", line);
    return 0;
}

static int unpack(const char *archive, const char *dir, chaos_error *err)
{
    const char *argv[8 + 4 * ARRAY_SIZE(left_out)] = {"tar", "-xJf", archive,
                                                      "-C",  dir,    "--strip-components=1"};
    struct process process = {.argv = argv};
    size_t n = 6;

    for (size_t i = 0; i < ARRAY_SIZE(left_out); i++) {
        argv[n++] = format("--exclude=" KERNEL_SOURCE "/%s/*.[chS]", left_out[i]);
        argv[n++] = format("--exclude=" KERNEL_SOURCE "/%s/*.dts*", left_out[i]);
        argv[n++] = format("--exclude=" KERNEL_SOURCE "/%s/*.rst", left_out[i]);
    }
    return process_run(&process, NULL, err);
}

static int make_source(const char *dir, void *opaque, chaos_error *err)
{
    const char *archive, *argv[] = {data_path("kernel-patches/linux/apply"), dir, NULL};
    struct process process = {.argv = argv};
    int rc = fetch(dir, &archive, err);

    if (rc < 0)
        return rc;
    report("kernel: unpacking Linux' source");
    rc = unpack(archive, dir, err);
    if (!rc)
        rc = process_run(&process, NULL, err);
    return rc < 0 ? error_prefix(err, rc, "Linux' source") : 0;
}

int kernel_source(const char **path, chaos_error *err)
{
    char text[HASH_TEXT];
    struct hash hash;
    int rc;

    hash_begin(&hash);
    rc = kernel_source_hash(&hash, err);
    hash_end(&hash, text);
    if (rc < 0)
        return rc;
    return cache_entry(format("tinyx-linux/%.24s", text), make_source, NULL, path, err);
}
