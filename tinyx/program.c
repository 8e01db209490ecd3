/* SPDX-License-Identifier: BSD-3-Clause */
#include "program.h"

#include "arena.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/stat.h>

/* "#!/usr/bin/env python3": the interpreter is env, as the kernel sees it. */
static void read_script(struct program *out, const char *line)
{
    const char *start = line + 2 + strspn(line + 2, " \t");

    out->kind = PROGRAM_SCRIPT;
    out->interpreter = copy_bytes(start, strcspn(start, " \t\n"));
}

static const char *foreign(const GElf_Ehdr *header)
{
    if (header->e_ident[EI_CLASS] == ELFCLASS32)
        return "a 32-bit program";
    switch (header->e_machine) {
    case EM_AARCH64:
        return "a program for ARM";
    case EM_RISCV:
        return "a program for RISC-V";
    case EM_X86_64:
        return NULL;
    default:
        return "a program for another machine";
    }
}

static int bad(const char *path, chaos_error *err)
{
    return error_set(err, CHAOS_E_IMAGE, ENOEXEC, "%s: is damaged: %s", path, elf_errmsg(-1));
}

/* A string of the dynamic section's string table. */
static const char *string(Elf *elf, const GElf_Shdr *section, size_t offset)
{
    const char *text = elf_strptr(elf, section->sh_link, offset);

    return text ? copy(text) : NULL;
}

static int read_dynamic(Elf *elf, Elf_Scn *scn, const char *path, struct program *out,
                        chaos_error *err)
{
    struct {
        const char **items;
        size_t count, room;
    } needed = {0};
    Elf_Data *data = elf_getdata(scn, NULL);
    GElf_Shdr section;
    GElf_Dyn dyn;

    if (!data || !gelf_getshdr(scn, &section))
        return bad(path, err);
    for (int i = 0; gelf_getdyn(data, i, &dyn) && dyn.d_tag != DT_NULL; i++) {
        const char *text = NULL;

        if (dyn.d_tag == DT_NEEDED || dyn.d_tag == DT_RPATH || dyn.d_tag == DT_RUNPATH) {
            text = string(elf, &section, dyn.d_un.d_val);
            if (!text)
                return bad(path, err);
        }
        if (dyn.d_tag == DT_NEEDED)
            list_add(&needed, text);
        else if (dyn.d_tag == DT_RPATH)
            out->rpath = text;
        else if (dyn.d_tag == DT_RUNPATH)
            out->runpath = text;
    }
    list_add(&needed, NULL);
    out->needed = needed.items;
    return 0;
}

static int read_interpreter(Elf *elf, int fd, const char *path, struct program *out,
                            chaos_error *err)
{
    size_t count;
    GElf_Phdr header;
    char text[4096];

    if (elf_getphdrnum(elf, &count) < 0)
        return bad(path, err);
    for (size_t i = 0; i < count; i++) {
        if (!gelf_getphdr(elf, (int)i, &header))
            return bad(path, err);
        if (header.p_type != PT_INTERP)
            continue;
        if (header.p_filesz >= sizeof(text) ||
            pread(fd, text, header.p_filesz, (off_t)header.p_offset) != (ssize_t)header.p_filesz)
            return error_set(err, CHAOS_E_IMAGE, ENOEXEC, "%s: is damaged: its interpreter's name",
                             path);
        out->interpreter = copy_bytes(text, strnlen(text, header.p_filesz));
    }
    return 0;
}

static int read_elf(Elf *elf, int fd, const char *path, struct program *out, chaos_error *err)
{
    GElf_Ehdr header;
    Elf_Scn *scn = NULL;
    GElf_Shdr section;
    int rc;

    if (!gelf_getehdr(elf, &header))
        return bad(path, err);
    out->foreign = foreign(&header);
    out->kind = out->foreign ? PROGRAM_FOREIGN : PROGRAM_ELF;
    /* Objects to be linked and core dumps are nothing that runs. */
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        out->kind = PROGRAM_NONE;
    if (out->kind != PROGRAM_ELF)
        return 0;
    out->executable = header.e_entry != 0;
    rc = read_interpreter(elf, fd, path, out, err);
    while (!rc && (scn = elf_nextscn(elf, scn))) {
        if (!gelf_getshdr(scn, &section))
            return bad(path, err);
        if (section.sh_type == SHT_DYNAMIC)
            rc = read_dynamic(elf, scn, path, out, err);
    }
    return rc;
}

int program_read(const char *path, struct program *out, chaos_error *err)
{
    static const char *nothing[] = {NULL};
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    char head[256] = "";
    ssize_t len;
    Elf *elf;
    int rc;

    *out = (struct program){.needed = nothing};
    if (fd < 0)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    len = pread(fd, head, sizeof(head) - 1, 0);
    if (len < 0)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    if (!strncmp(head, "#!", 2))
        read_script(out, head);
    if (len < 4 || memcmp(head, ELFMAG, 4) != 0)
        return 0;
    elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_READ, NULL);
    if (!elf)
        return bad(path, err);
    rc = read_elf(elf, fd, path, out, err);
    elf_end(elf);
    return rc;
}
