/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Builds the smallest kernels in memory: header, four program headers, notes, 64 bytes of code, at
 * fixed offsets, so that a test can break one field. Unused program headers are PT_NULL.
 */
#ifndef TINY_ELF_H
#define TINY_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <xen/elfnote.h>

#define TINY_PHDRS 4
#define TINY_LOAD  0 /* its program headers */
#define TINY_NOTE  1
#define TINY_CODE  64
#define TINY_PADDR 0x4000ULL
#define TINY_MEMSZ 0x2000ULL

struct tiny {
    uint8_t bytes[4096];
    size_t size;
    bool is32;
    size_t notes_at, notes_size;
};

static inline void tiny_put(struct tiny *t, size_t at, uint64_t value, size_t size)
{
    memcpy(t->bytes + at, &value, size); /* little-endian, as the file is */
}

static inline size_t tiny_phdr_at(const struct tiny *t, unsigned int i)
{
    return t->is32 ? sizeof(Elf32_Ehdr) + i * sizeof(Elf32_Phdr)
                   : sizeof(Elf64_Ehdr) + i * sizeof(Elf64_Phdr);
}

static inline void tiny_phdr(struct tiny *t, unsigned int i, uint32_t type, uint64_t offset,
                             uint64_t paddr, uint64_t filesz, uint64_t memsz)
{
    if (t->is32) {
        Elf32_Phdr p = {.p_type = type,
                        .p_flags = PF_R | PF_W | PF_X,
                        .p_offset = (uint32_t)offset,
                        .p_paddr = (uint32_t)paddr,
                        .p_filesz = (uint32_t)filesz,
                        .p_memsz = (uint32_t)memsz};

        memcpy(t->bytes + tiny_phdr_at(t, i), &p, sizeof(p));
    } else {
        Elf64_Phdr p = {.p_type = type,
                        .p_flags = PF_R | PF_W | PF_X,
                        .p_offset = offset,
                        .p_paddr = paddr,
                        .p_filesz = filesz,
                        .p_memsz = memsz};

        memcpy(t->bytes + tiny_phdr_at(t, i), &p, sizeof(p));
    }
}

static inline void tiny_begin(struct tiny *t, bool is32)
{
    memset(t, 0, sizeof(*t));
    t->is32 = is32;
    if (is32) {
        Elf32_Ehdr h = {.e_type = ET_EXEC,
                        .e_machine = EM_386,
                        .e_version = EV_CURRENT,
                        .e_entry = TINY_PADDR,
                        .e_phoff = sizeof(Elf32_Ehdr),
                        .e_ehsize = sizeof(Elf32_Ehdr),
                        .e_phentsize = sizeof(Elf32_Phdr),
                        .e_phnum = TINY_PHDRS};

        memcpy(t->bytes, &h, sizeof(h));
    } else {
        Elf64_Ehdr h = {.e_type = ET_EXEC,
                        .e_machine = EM_X86_64,
                        .e_version = EV_CURRENT,
                        .e_entry = TINY_PADDR,
                        .e_phoff = sizeof(Elf64_Ehdr),
                        .e_ehsize = sizeof(Elf64_Ehdr),
                        .e_phentsize = sizeof(Elf64_Phdr),
                        .e_phnum = TINY_PHDRS};

        memcpy(t->bytes, &h, sizeof(h));
    }
    memcpy(t->bytes, ELFMAG, SELFMAG);
    t->bytes[EI_CLASS] = is32 ? ELFCLASS32 : ELFCLASS64;
    t->bytes[EI_DATA] = ELFDATA2LSB;
    t->bytes[EI_VERSION] = EV_CURRENT;
    t->size = t->notes_at = tiny_phdr_at(t, TINY_PHDRS);
}

/* Adds a note; returns where it begins. */
static inline size_t tiny_note(struct tiny *t, uint32_t type, const void *desc, uint32_t size)
{
    Elf64_Nhdr h = {.n_namesz = 4, .n_descsz = size, .n_type = type};
    size_t at = t->size;

    memcpy(t->bytes + at, &h, sizeof(h));
    memcpy(t->bytes + at + 12, "Xen", 4);
    memcpy(t->bytes + at + 16, desc, size);
    t->size = at + 16 + ((size + 3U) & ~3U);
    t->notes_size = t->size - t->notes_at;
    return at;
}

static inline size_t tiny_text(struct tiny *t, uint32_t type, const char *text)
{
    return tiny_note(t, type, text, (uint32_t)strlen(text) + 1);
}

static inline size_t tiny_number(struct tiny *t, uint32_t type, uint64_t value)
{
    return tiny_note(t, type, &value, sizeof(value));
}

/* After the notes: the code, and the two program headers. */
static inline void tiny_end(struct tiny *t)
{
    tiny_phdr(t, TINY_LOAD, PT_LOAD, t->size, TINY_PADDR, TINY_CODE, TINY_MEMSZ);
    tiny_phdr(t, TINY_NOTE, PT_NOTE, t->notes_at, 0, t->notes_size, 0);
    memset(t->bytes + t->size, 0xf4, TINY_CODE);
    t->size += TINY_CODE;
}

/* A kernel for PV and PVH. */
static inline void tiny_kernel(struct tiny *t)
{
    tiny_begin(t, false);
    tiny_text(t, XEN_ELFNOTE_GUEST_OS, "tiny");
    tiny_text(t, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    tiny_number(t, XEN_ELFNOTE_VIRT_BASE, 0);
    tiny_number(t, XEN_ELFNOTE_ENTRY, TINY_PADDR + 8);
    tiny_number(t, XEN_ELFNOTE_PHYS32_ENTRY, TINY_PADDR + 16);
    tiny_end(t);
}

#endif
