/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The symbol table that the kernels of BSD find behind themselves, for their debugger and their
 * modules. As Xen's own loader builds it (xen/common/libelf/libelf-loader.c has a picture): a size,
 * an ELF header, three section headers, then symbols and strings. It becomes a segment like the
 * others.
 */
#include "image/image_parts.h"

#include <elf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { NONE, SYMBOLS, STRINGS, SECTIONS };

/* The space that the headers take is that of a 64-bit file for a 32-bit one, too. */
struct head64 {
    uint32_t size; /* of what follows */
    Elf64_Ehdr elf;
    Elf64_Shdr section[SECTIONS];
} __attribute__((packed));

struct head32 {
    uint32_t size;
    Elf32_Ehdr elf;
    uint8_t unused[sizeof(Elf64_Ehdr) - sizeof(Elf32_Ehdr)];
    Elf32_Shdr section[SECTIONS];
} __attribute__((packed));

/* Where things lie, from the beginning. */
struct layout {
    struct elf_range symbols, strings;
    unsigned int symbols_index; /* of its section */
    size_t symbols_at, strings_at, end;
};

static uint64_t round_up(const struct elf *elf, uint64_t n)
{
    uint64_t align = elf->is32 ? 4 : 8;

    return (n + align - 1) & ~(align - 1);
}

/* True if the file has a symbol table with its strings, as large as a kernel may be. */
static bool find(const struct elf *elf, struct layout *out)
{
    unsigned int i;

    for (i = 1; i < elf->shnum; i++) {
        elf_section_header(elf, i, &out->symbols);
        if (out->symbols.type == SHT_SYMTAB)
            break;
    }
    if (i >= elf->shnum || out->symbols.link == SHN_UNDEF || out->symbols.link >= elf->shnum)
        return false;
    elf_section_header(elf, out->symbols.link, &out->strings);
    if (out->strings.type != SHT_STRTAB ||
        !elf_inside(elf, out->symbols.offset, out->symbols.filesz) ||
        !elf_inside(elf, out->strings.offset, out->strings.filesz))
        return false;
    out->symbols_index = i;
    out->symbols_at = round_up(elf, sizeof(struct head64));
    out->strings_at = round_up(elf, out->symbols_at + out->symbols.filesz);
    out->end = round_up(elf, out->strings_at + out->strings.filesz);
    return true;
}

/* Offsets in the file count from the ELF header, which is behind the size. */
#define FROM_HEADER(at) ((at) - sizeof(uint32_t))

/* Fills the header of either class in its own type. */
#define FILL(head, ehdr, elf, l)                                                                   \
    do {                                                                                           \
        (head).size = (uint32_t)FROM_HEADER((l)->strings_at + (l)->strings.filesz);                \
        memcpy(&(head).elf, (elf)->data, sizeof((head).elf));                                      \
        (head).elf.e_version = EV_CURRENT;                                                         \
        (head).elf.e_phoff = 0;                                                                    \
        (head).elf.e_phentsize = 0;                                                                \
        (head).elf.e_phnum = 0;                                                                    \
        (head).elf.e_shstrndx = 0;                                                                 \
        (head).elf.e_ehsize = sizeof((head).elf);                                                  \
        (head).elf.e_shoff = FROM_HEADER(offsetof(struct ehdr, section));                          \
        (head).elf.e_shentsize = sizeof((head).section[0]);                                        \
        (head).elf.e_shnum = SECTIONS;                                                             \
        memcpy(&(head).section[SYMBOLS],                                                           \
               (elf)->data + (elf)->shoff + (size_t)(l)->symbols_index * (elf)->shentsize,         \
               sizeof((head).section[0]));                                                         \
        (head).section[SYMBOLS].sh_offset = FROM_HEADER((l)->symbols_at);                          \
        (head).section[SYMBOLS].sh_link = STRINGS;                                                 \
        memcpy(&(head).section[STRINGS],                                                           \
               (elf)->data + (elf)->shoff + (size_t)(l)->symbols.link * (elf)->shentsize,          \
               sizeof((head).section[0]));                                                         \
        (head).section[STRINGS].sh_offset = FROM_HEADER((l)->strings_at);                          \
    } while (0)

static void write_head(const struct elf *elf, const struct layout *l, uint8_t *to)
{
    struct head64 head = {0};
    struct head32 head32 = {0};

    if (elf->is32) {
        FILL(head32, head32, elf, l);
        memcpy(to, &head32, sizeof(head32));
    } else {
        FILL(head, head64, elf, l);
        memcpy(to, &head, sizeof(head));
    }
}

/* Appends it to the image's data, which becomes the image's own thereby. */
static int append(const struct elf *elf, const struct layout *l, struct image *img,
                  chaos_error *err)
{
    uint8_t *data = calloc(1, img->size + l->end), *to = data + img->size;

    if (!data)
        return error_oom(err);
    memcpy(data, img->data, img->size);
    write_head(elf, l, to);
    memcpy(to + l->symbols_at, elf->data + l->symbols.offset, l->symbols.filesz);
    memcpy(to + l->strings_at, elf->data + l->strings.offset, l->strings.filesz);
    free(img->owned);
    img->owned = data;
    img->data = data;
    img->size += l->end;
    return 0;
}

int symbols_add(const struct elf *elf, const struct xen_notes *notes, struct image *img,
                chaos_error *err)
{
    struct image_segment *segment = &img->segments[img->nr_segments];
    uint64_t start = round_up(elf, img->end);
    size_t offset = img->size;
    struct layout layout;
    char yes[8];
    int rc;

    notes_string(notes, XEN_ELFNOTE_BSD_SYMTAB, yes, sizeof(yes));
    img->wants_symbols = !strcmp(yes, "yes");
    /* The kernel starts without, too. So does one that would be too large with them. */
    if (!img->wants_symbols || img->nr_segments == IMAGE_MAX_SEGMENTS || start < img->end ||
        !find(elf, &layout) || layout.end > IMAGE_MAX_BYTES - (start - img->start) ||
        start + layout.end < start)
        return 0;
    rc = append(elf, &layout, img, err);
    if (rc < 0)
        return rc;
    *segment = (struct image_segment){
        .paddr = start, .offset = offset, .filesz = layout.end, .memsz = layout.end};
    img->nr_segments++;
    img->end = img->filled = start + layout.end;
    return 1;
}
