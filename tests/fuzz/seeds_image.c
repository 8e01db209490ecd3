/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the fuzzer's first kernels into a directory: seeds_image tests/fuzz/corpus/image */
#include "../unit/tiny_packed.h"

#include <stdio.h>

static const char *dir;

static void save(const char *name, const uint8_t *bytes, size_t size)
{
    char path[4096];
    FILE *out;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    out = fopen(path, "w");
    if (!out || fwrite(bytes, 1, size, out) != size || fclose(out)) {
        perror(path);
        exit(1);
    }
}

static void pvh_32bit(void)
{
    struct tiny t;

    tiny_begin(&t, true);
    tiny_note(&t, XEN_ELFNOTE_PHYS32_ENTRY, "\0\x40\0", 4);
    tiny_end(&t);
    save("elf32-pvh", t.bytes, t.size);
}

static void all_notes(void)
{
    struct tiny t;

    tiny_begin(&t, false);
    tiny_text(&t, XEN_ELFNOTE_GUEST_OS, "linux");
    tiny_text(&t, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    tiny_text(&t, XEN_ELFNOTE_LOADER, "generic");
    tiny_text(&t, XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb");
    tiny_text(&t, XEN_ELFNOTE_BSD_SYMTAB, "no");
    tiny_number(&t, XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000);
    tiny_number(&t, XEN_ELFNOTE_PADDR_OFFSET, 0);
    tiny_number(&t, XEN_ELFNOTE_ENTRY, 0xffffffff80000000 + TINY_PADDR);
    tiny_number(&t, XEN_ELFNOTE_HYPERCALL_PAGE, 0xffffffff80000000 + TINY_PADDR + 4096);
    tiny_number(&t, XEN_ELFNOTE_INIT_P2M, 0x8000000000);
    tiny_number(&t, XEN_ELFNOTE_MOD_START_PFN, 1);
    tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, TINY_PADDR);
    tiny_end(&t);
    tiny_phdr(&t, 2, PT_LOAD, 0, TINY_PADDR + TINY_MEMSZ, 32, 4096);
    tiny_phdr(&t, 3, PT_LOAD, 0, TINY_PADDR - 4096, 0, 4096);
    save("elf64-all-notes", t.bytes, t.size);
}

static void notes_in_sections(void)
{
    Elf64_Shdr s = {.sh_type = SHT_NOTE};
    struct tiny t;

    tiny_kernel(&t);
    tiny_phdr(&t, TINY_NOTE, PT_NULL, 0, 0, 0, 0);
    s.sh_offset = t.notes_at;
    s.sh_size = t.notes_size;
    tiny_put(&t, offsetof(Elf64_Ehdr, e_shoff), t.size, 8);
    tiny_put(&t, offsetof(Elf64_Ehdr, e_shentsize), sizeof(s), 2);
    tiny_put(&t, offsetof(Elf64_Ehdr, e_shnum), 1, 2);
    memcpy(t.bytes + t.size, &s, sizeof(s));
    t.size += sizeof(s);
    save("elf64-sections", t.bytes, t.size);
}

/* A section whose content is `text`, with a table that also has names, symbols and their strings.
 */
static void sections(struct tiny *t, const char *text)
{
    static const char names[] = "\0__xen_guest";
    Elf64_Shdr s[4] = {{0},
                       {.sh_type = SHT_PROGBITS, .sh_name = 1},
                       {.sh_type = SHT_SYMTAB, .sh_size = 24, .sh_link = 3},
                       {.sh_type = SHT_STRTAB, .sh_size = sizeof(names)}};

    s[1].sh_offset = t->size;
    s[1].sh_size = strlen(text) + 1;
    memcpy(t->bytes + t->size, text, strlen(text) + 1);
    t->size += strlen(text) + 1;
    s[3].sh_offset = t->size;
    memcpy(t->bytes + t->size, names, sizeof(names));
    t->size += sizeof(names);
    tiny_put(t, offsetof(Elf64_Ehdr, e_shoff), t->size, 8);
    tiny_put(t, offsetof(Elf64_Ehdr, e_shentsize), sizeof(s[0]), 2);
    tiny_put(t, offsetof(Elf64_Ehdr, e_shnum), 4, 2);
    tiny_put(t, offsetof(Elf64_Ehdr, e_shstrndx), 3, 2);
    memcpy(t->bytes + t->size, s, sizeof(s));
    t->size += sizeof(s);
}

static void bsd(void)
{
    struct tiny t;

    tiny_begin(&t, false);
    tiny_number(&t, XEN_ELFNOTE_ENTRY, TINY_PADDR);
    tiny_text(&t, XEN_ELFNOTE_BSD_SYMTAB, "yes");
    tiny_end(&t);
    sections(&t, "");
    save("elf64-symbols", t.bytes, t.size);
    tiny_begin(&t, false);
    tiny_end(&t);
    tiny_phdr(&t, TINY_NOTE, PT_NULL, 0, 0, 0, 0);
    sections(&t, "GUEST_OS=x,XEN_VER=xen-3.0,LOADER=generic,VIRT_BASE=0x4000,VIRT_ENTRY=0x4008,"
                 "ELF_PADDR_OFFSET=0x4000,HYPERCALL_PAGE=1,FEATURES=a|b,BSD_SYMTAB=yes");
    save("elf64-guest-section", t.bytes, t.size);
}

int main(int argc, char **argv)
{
    const struct packer *p;
    struct tiny t;
    struct file f;
    char name[64];

    if (argc != 2) {
        fprintf(stderr, "usage: seeds_image DIRECTORY\n");
        return 2;
    }
    dir = argv[1];
    tiny_kernel(&t);
    save("elf64-pv-pvh", t.bytes, t.size);
    pvh_32bit();
    all_notes();
    notes_in_sections();
    bsd();
    for (EACH_PACKER(p)) {
        const char *which = p->pack == pack_lz4_legacy ? "-legacy" : "";

        pack_kernel(&f, p);
        snprintf(name, sizeof(name), "packed-%s%s", p->name, which);
        save(name, f.bytes, f.size);
        bzimage(&f, p);
        snprintf(name, sizeof(name), "bzimage-%s%s", p->name, which);
        save(name, f.bytes, f.size);
    }
    return 0;
}
