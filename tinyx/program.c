/* SPDX-License-Identifier: BSD-3-Clause */
#include "program.h"

#include "arena.h"
#include "base/util.h"

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

static int damaged(const char *path, const char *how, chaos_error *err)
{
    return error_set(err, CHAOS_E_IMAGE, ENOEXEC, "%s: is damaged: %s", path, how);
}

static int bad(const char *path, chaos_error *err)
{
    return damaged(path, elf_errmsg(-1), err);
}

/* The segment's bytes, valid until elf_end(). */
static Elf_Data *read_segment(Elf *elf, const GElf_Phdr *segment, Elf_Type type)
{
    return elf_getdata_rawchunk(elf, (int64_t)segment->p_offset, segment->p_filesz, type);
}

/* The file's bytes for this place in memory, at most `size`; NULL if it has none. */
static const Elf_Data *read_memory(Elf *elf, GElf_Addr address, GElf_Xword size)
{
    size_t count;
    GElf_Phdr header;

    if (elf_getphdrnum(elf, &count) < 0)
        return NULL;
    for (size_t i = 0; i < count && gelf_getphdr(elf, (int)i, &header); i++) {
        GElf_Addr skip = address - header.p_vaddr;

        if (header.p_type != PT_LOAD || address < header.p_vaddr || skip >= header.p_filesz)
            continue;
        header.p_offset += skip;
        header.p_filesz -= skip;
        if (header.p_filesz > size)
            header.p_filesz = size;
        return read_segment(elf, &header, ELF_T_BYTE);
    }
    return NULL;
}

/* The dynamic section's string table. */
static const Elf_Data *read_strings(Elf *elf, Elf_Data *dynamic)
{
    GElf_Addr address = 0;
    GElf_Xword size = 0;
    GElf_Dyn dyn;

    for (int i = 0; gelf_getdyn(dynamic, i, &dyn) && dyn.d_tag != DT_NULL; i++) {
        if (dyn.d_tag == DT_STRTAB)
            address = dyn.d_un.d_ptr;
        else if (dyn.d_tag == DT_STRSZ)
            size = dyn.d_un.d_val;
    }
    return read_memory(elf, address, size);
}

static const char *string(const Elf_Data *strings, GElf_Xword at)
{
    const char *text;

    if (!strings || at >= strings->d_size)
        return NULL;
    text = (const char *)strings->d_buf + at;
    return memchr(text, 0, strings->d_size - at) ? copy(text) : NULL;
}

static int read_dynamic(Elf *elf, const GElf_Phdr *segment, const char *path, struct program *out,
                        chaos_error *err)
{
    struct {
        const char **items;
        size_t count, room;
    } needed = {0};
    Elf_Data *dynamic = read_segment(elf, segment, ELF_T_DYN);
    const Elf_Data *strings;
    GElf_Dyn dyn;

    if (!dynamic)
        return bad(path, err);
    strings = read_strings(elf, dynamic);
    for (int i = 0; gelf_getdyn(dynamic, i, &dyn) && dyn.d_tag != DT_NULL; i++) {
        const char *text = NULL;

        if (dyn.d_tag == DT_NEEDED || dyn.d_tag == DT_RPATH || dyn.d_tag == DT_RUNPATH) {
            text = string(strings, dyn.d_un.d_val);
            if (!text)
                return damaged(path, "the name of a library is not in it", err);
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

static int read_interpreter(Elf *elf, const GElf_Phdr *segment, const char *path,
                            struct program *out, chaos_error *err)
{
    const Elf_Data *data = read_segment(elf, segment, ELF_T_BYTE);

    if (!data)
        return damaged(path, "its interpreter's name is not in it", err);
    out->interpreter = copy_bytes(data->d_buf, strnlen(data->d_buf, data->d_size));
    return 0;
}

/* Reads the segments, as the kernel and ld.so do: a program need not have sections to run. */
static int read_segments(Elf *elf, size_t claimed, const char *path, struct program *out,
                         chaos_error *err)
{
    size_t count;
    GElf_Phdr header, interpreter = {0}, dynamic = {0};
    int rc = 0;

    if (elf_getphdrnum(elf, &count) < 0)
        return bad(path, err);
    if (count < claimed && claimed != PN_XNUM) /* libelf counts the headers that are there */
        return damaged(path, "it ends within its program headers", err);
    for (size_t i = 0; i < count; i++) {
        if (!gelf_getphdr(elf, (int)i, &header))
            return bad(path, err);
        if (header.p_type == PT_INTERP)
            interpreter = header;
        else if (header.p_type == PT_DYNAMIC)
            dynamic = header;
    }
    /* In a file with only debugging information they are empty. */
    if (interpreter.p_filesz)
        rc = read_interpreter(elf, &interpreter, path, out, err);
    if (!rc && dynamic.p_filesz)
        rc = read_dynamic(elf, &dynamic, path, out, err);
    return rc;
}

static int read_elf(Elf *elf, const char *path, struct program *out, chaos_error *err)
{
    GElf_Ehdr header;

    if (!gelf_getehdr(elf, &header))
        return bad(path, err);
    out->foreign = foreign(&header);
    out->kind = out->foreign ? PROGRAM_FOREIGN : PROGRAM_ELF;
    /* Object files and core dumps are not programs. */
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        out->kind = PROGRAM_NONE;
    if (out->kind != PROGRAM_ELF)
        return 0;
    out->executable = header.e_entry != 0;
    return read_segments(elf, header.e_phnum, path, out, err);
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
    rc = read_elf(elf, path, out, err);
    elf_end(elf);
    return rc;
}
