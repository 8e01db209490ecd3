/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads a kernel's ELF header and program headers, and finds out which part of it goes where in
 * memory. */
#include "image/image_parts.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

static int check_ident(const uint8_t *data, size_t size, chaos_error *err)
{
    if (size < EI_NIDENT || memcmp(data, ELFMAG, SELFMAG))
        return not_a_kernel(err, "it is no ELF file (right would be an ELF file with Xen notes, "
                                 "such a file compressed, or a Linux bzImage)");
    if (data[EI_CLASS] != ELFCLASS64 && data[EI_CLASS] != ELFCLASS32)
        return not_a_kernel(err, "its ELF class at offset %d is %u (right would be 2, 64-bit)",
                            EI_CLASS, data[EI_CLASS]);
    if (data[EI_DATA] != ELFDATA2LSB)
        return not_a_kernel(err, "it is big-endian: the byte at offset %d is %u (x86 has 1)",
                            EI_DATA, data[EI_DATA]);
    return 0;
}

/* Reads the header of a 32-bit or 64-bit file; false if the file ends inside it. */
static bool read_header(struct elf *elf, Elf64_Ehdr *h)
{
    Elf32_Ehdr small;

    if (!elf->is32) {
        if (elf->size < sizeof(*h))
            return false;
        memcpy(h, elf->data, sizeof(*h));
        return true;
    }
    if (elf->size < sizeof(small))
        return false;
    memcpy(&small, elf->data, sizeof(small));
    h->e_type = small.e_type;
    h->e_machine = small.e_machine;
    h->e_entry = small.e_entry;
    h->e_phoff = small.e_phoff;
    h->e_shoff = small.e_shoff;
    h->e_phentsize = small.e_phentsize;
    h->e_phnum = small.e_phnum;
    h->e_shentsize = small.e_shentsize;
    h->e_shnum = small.e_shnum;
    h->e_shstrndx = small.e_shstrndx;
    return true;
}

int elf_open(struct elf *elf, const uint8_t *data, size_t size, chaos_error *err)
{
    unsigned int phentsize, shentsize;
    Elf64_Ehdr h;
    int rc = check_ident(data, size, err);

    if (rc)
        return rc;
    *elf = (struct elf){.data = data, .size = size, .is32 = data[EI_CLASS] == ELFCLASS32};
    if (!read_header(elf, &h))
        return not_a_kernel(err,
                            "the file ends inside its ELF header, after %zu bytes "
                            "(is it cut off?)",
                            size);
    /* The class alone says how wide addresses are: 32-bit files for x86-64 are linked, too. */
    if (h.e_machine != EM_386 && h.e_machine != EM_X86_64)
        return not_a_kernel(err,
                            "it is for ELF machine %u (right would be %u, i386, or %u, x86-64)",
                            h.e_machine, EM_386, EM_X86_64);
    if (h.e_type == ET_REL || h.e_type == ET_CORE)
        return not_a_kernel(err, "its ELF type is %u (right would be 2, an executable)", h.e_type);

    phentsize = elf->is32 ? sizeof(Elf32_Phdr) : sizeof(Elf64_Phdr);
    shentsize = elf->is32 ? sizeof(Elf32_Shdr) : sizeof(Elf64_Shdr);
    if (!h.e_phnum || h.e_phnum == PN_XNUM)
        return not_a_kernel(err,
                            "it has %s program headers (without a PT_LOAD there is nothing "
                            "to load)",
                            h.e_phnum ? "too many" : "no");
    if (h.e_phentsize < phentsize)
        return not_a_kernel(err, "its program headers have %u bytes each (right would be %u)",
                            h.e_phentsize, phentsize);
    if (!elf_inside(elf, h.e_phoff, (uint64_t)h.e_phnum * h.e_phentsize))
        return not_a_kernel(err,
                            "its %u program headers at offset %#" PRIx64 " reach past the "
                            "end of the file at %#zx (is it cut off?)",
                            h.e_phnum, (uint64_t)h.e_phoff, size);
    elf->entry = h.e_entry;
    elf->phoff = h.e_phoff;
    elf->phnum = h.e_phnum;
    elf->phentsize = h.e_phentsize;
    /* Few files need their sections, so a stripped table is no reason to refuse. */
    if (h.e_shentsize >= shentsize &&
        elf_inside(elf, h.e_shoff, (uint64_t)h.e_shnum * h.e_shentsize)) {
        elf->shoff = h.e_shoff;
        elf->shnum = h.e_shnum;
        elf->shentsize = h.e_shentsize;
        elf->shstrndx = h.e_shstrndx;
    }
    return 0;
}

void elf_program_header(const struct elf *elf, unsigned int i, struct elf_range *out)
{
    if (elf->is32) {
        Elf32_Phdr p;

        memcpy(&p, elf->data + elf->phoff + (size_t)i * elf->phentsize, sizeof(p));
        *out = (struct elf_range){p.p_type,   p.p_flags, p.p_align, p.p_offset, p.p_paddr,
                                  p.p_filesz, p.p_memsz, 0,         0};
    } else {
        Elf64_Phdr p;

        memcpy(&p, elf->data + elf->phoff + (size_t)i * elf->phentsize, sizeof(p));
        *out = (struct elf_range){p.p_type,   p.p_flags, p.p_align, p.p_offset, p.p_paddr,
                                  p.p_filesz, p.p_memsz, 0,         0};
    }
}

void elf_section_header(const struct elf *elf, unsigned int i, struct elf_range *out)
{
    if (elf->is32) {
        Elf32_Shdr s;

        memcpy(&s, elf->data + elf->shoff + (size_t)i * elf->shentsize, sizeof(s));
        *out = (struct elf_range){.type = s.sh_type,
                                  .align = s.sh_addralign,
                                  .offset = s.sh_offset,
                                  .filesz = s.sh_size,
                                  .link = s.sh_link,
                                  .name = s.sh_name};
    } else {
        Elf64_Shdr s;

        memcpy(&s, elf->data + elf->shoff + (size_t)i * elf->shentsize, sizeof(s));
        *out = (struct elf_range){.type = s.sh_type,
                                  .align = s.sh_addralign,
                                  .offset = s.sh_offset,
                                  .filesz = s.sh_size,
                                  .link = s.sh_link,
                                  .name = s.sh_name};
    }
}

static int check_segment(const struct elf *elf, unsigned int i, const struct elf_range *r,
                         chaos_error *err)
{
    if (!elf_inside(elf, r->offset, r->filesz))
        return not_a_kernel(err,
                            "program header %u takes %#" PRIx64 " bytes at offset %#" PRIx64
                            ", but the file ends at %#zx (is it cut off?)",
                            i, r->filesz, r->offset, elf->size);
    if (r->filesz > r->memsz)
        return not_a_kernel(err,
                            "program header %u has %#" PRIx64 " bytes in the file, but only "
                            "%#" PRIx64 " in memory (right would be at least as many)",
                            i, r->filesz, r->memsz);
    if (r->paddr + r->memsz < r->paddr)
        return not_a_kernel(err,
                            "program header %u wraps around the end of the address space: "
                            "%#" PRIx64 " bytes at %#" PRIx64,
                            i, r->memsz, r->paddr);
    return 0;
}

/* Inserts a segment by its address. The array is short, and most files have it sorted already. */
static void insert(struct image *img, const struct elf_range *r)
{
    unsigned int at = img->nr_segments++;

    for (; at > 0 && img->segments[at - 1].paddr > r->paddr; at--)
        img->segments[at] = img->segments[at - 1];
    img->segments[at] = (struct image_segment){r->paddr, r->offset, r->filesz, r->memsz,
                                               r->flags & IMAGE_PF_NOINIT && !r->filesz};
}

static int check_layout(struct image *img, chaos_error *err)
{
    const struct image_segment *seg = img->segments, *last;
    unsigned int i;

    if (!img->nr_segments)
        return not_a_kernel(err, "it has nothing to load (right would be a PT_LOAD program "
                                 "header)");
    for (i = 1; i < img->nr_segments; i++) {
        if (seg[i - 1].paddr + seg[i - 1].memsz > seg[i].paddr)
            return not_a_kernel(err,
                                "its segments at physical %#" PRIx64 " (%#" PRIx64
                                " bytes) and %#" PRIx64 " overlap",
                                seg[i - 1].paddr, seg[i - 1].memsz, seg[i].paddr);
    }
    /* The segments are sorted and do not overlap, so the last one ends last. */
    last = &seg[img->nr_segments - 1];
    img->start = seg[0].paddr;
    img->end = last->paddr + last->memsz;
    img->filled = img->start;
    for (i = 0; i < img->nr_segments; i++) {
        if (!seg[i].noinit)
            img->filled = seg[i].paddr + seg[i].memsz;
    }
    if (img->end - img->start > IMAGE_MAX_BYTES)
        return not_a_kernel(
            err, "it spans physical %#" PRIx64 " to %#" PRIx64 " (at most %llu MiB can be loaded)",
            img->start, img->end, IMAGE_MAX_BYTES >> 20);
    return 0;
}

int elf_load_segments(const struct elf *elf, struct image *img, chaos_error *err)
{
    struct elf_range r;
    unsigned int i;
    int rc;

    img->elf32 = elf->is32;
    for (i = 0; i < elf->phnum; i++) {
        elf_program_header(elf, i, &r);
        /* Xen's own loader leaves out what the guest could neither read nor write nor run. */
        if (r.type != PT_LOAD || (!r.memsz && !r.filesz) || !(r.flags & (PF_R | PF_W | PF_X)))
            continue;
        rc = check_segment(elf, i, &r, err);
        if (rc)
            return rc;
        if (img->nr_segments == IMAGE_MAX_SEGMENTS)
            return not_a_kernel(err, "it has more than %d segments to load", IMAGE_MAX_SEGMENTS);
        insert(img, &r);
    }
    return check_layout(img, err);
}
