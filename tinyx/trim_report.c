/* SPDX-License-Identifier: BSD-3-Clause */
#include "trim_report.h"

#include "arena.h"
#include "process.h"
#include "base/util.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static int file_size(const char *path, unsigned long *out, chaos_error *err)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    *out = (unsigned long)st.st_size;
    return 0;
}

/* From the first byte loaded to the last one, with what begins as zeroes. */
static int memory_size(const char *path, unsigned long *out, chaos_error *err)
{
    FILE *file = fopen(path, "re");
    unsigned long begin = -1UL, end = 0;
    Elf64_Ehdr elf;
    Elf64_Phdr part;
    bool good;

    if (!file)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    good = fread(&elf, sizeof(elf), 1, file) == 1 && elf.e_phentsize == sizeof(part) &&
           fseek(file, (long)elf.e_phoff, SEEK_SET) == 0;
    for (unsigned int i = 0; good && i < elf.e_phnum; i++) {
        good = fread(&part, sizeof(part), 1, file) == 1;
        if (!good || part.p_type != PT_LOAD)
            continue;
        begin = part.p_paddr < begin ? part.p_paddr : begin;
        end = part.p_paddr + part.p_memsz > end ? part.p_paddr + part.p_memsz : end;
    }
    fclose(file);
    if (!good || end <= begin)
        return error_set(err, CHAOS_E_IO, EINVAL, "%s: not a kernel", path);
    *out = end - begin;
    return 0;
}

int trim_measure(const char *vmlinux, const char *scratch, struct trim_size *out, chaos_error *err)
{
    const char *packed = format("%s/packed", scratch);
    const char *argv[] = {"xz", "-9", "--check=crc32", "--stdout", vmlinux, NULL};
    int rc = file_size(vmlinux, &out->file, err);

    unlink(packed);
    if (!rc)
        rc = memory_size(vmlinux, &out->memory, err);
    if (!rc)
        rc = process_run(&(struct process){.argv = argv, .out = packed}, NULL, err);
    if (!rc)
        rc = file_size(packed, &out->packed, err);
    unlink(packed);
    return rc;
}

static void line(FILE *to, const char *what, unsigned long before, unsigned long after)
{
    double part = before ? 100.0 * ((double)after - (double)before) / (double)before : 0;

    fprintf(to, "%-44s %9lu %9lu  %+6.1f %%\n", what, before, after, part);
}

void trim_print(FILE *to, const struct trim *trim, const char *const *types,
                const struct trim_result *before, const struct trim_result *after)
{
    fprintf(to, "%-44s %9s %9s\n", "", "before", "after");
    line(to, "options on", before->size.options, after->size.options);
    line(to, "vmlinux, bytes", before->size.file, after->size.file);
    line(to, "... packed by xz -9", before->size.packed, after->size.packed);
    line(to, "... in memory", before->size.memory, after->size.memory);
    for (size_t i = 0; types[i]; i++)
        line(to, format("%s: from creation to \"up\", 1000 instructions", types[i]),
             before->boot.us[i], after->boot.us[i]);
    fprintf(to, "\n%zu of %zu options off (%u trials, %u remembered from before):\n",
            trim->off.count, trim->candidates.count, trim->trials, trim->remembered);
    for (size_t i = 0; i < trim->off.count; i++)
        fprintf(to, "  %s\n", trim->off.items[i]);
    fprintf(to, "\nneeded, and what happens without:\n");
    for (size_t i = 0; i < trim->needed.count; i++)
        fprintf(to, "  %-24s %s\n", trim->needed.items[i].name, trim->needed.items[i].why);
}
