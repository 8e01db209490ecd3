/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Xen's own loader takes, chaos takes. Method: kernels as others' tools link them go through
 * both, this library and libelf in Xen's libxenguest, which no hypervisor is needed for; both must
 * take them, and put the same bytes at the same places. Then blindly, each byte replaced: where
 * libelf takes what becomes of it, chaos must, or have a reason from a short list.
 */
#include "base/error.h"
#include "image/image.h"
#include "image_invariants.h"
#include "tiny_elf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* ---- Xen's libelf ---------------------------------------------------------------------------- */

/* As Xen 4.17 has it (struct elf_binary); its end, which is not used here, is padding. */
struct elf_binary {
    const void *image_base;
    size_t size;
    char class, data;
    uintptr_t ehdr, sec_strtab, sym_tab;
    uint64_t sym_strtab;
    char *dest_base;
    size_t dest_size;
    uint64_t pstart, pend, reloc_offset, bsd_symtab_pstart, bsd_symtab_pend;
    uint8_t more[256];
};

struct elf_dom_parms {
    uint8_t bytes[4096];
};

int elf_init(struct elf_binary *elf, const char *image, size_t size);
void elf_parse_binary(struct elf_binary *elf);
int elf_xen_parse(struct elf_binary *elf, struct elf_dom_parms *parms, bool hvm);
int elf_load_binary(struct elf_binary *elf);

/* True if it takes the kernel as this type. */
static bool libelf_takes(struct elf_binary *elf, const uint8_t *bytes, size_t size, bool pvh)
{
    struct elf_dom_parms parms;

    memset(elf, 0, sizeof(*elf));
    if (elf_init(elf, (const char *)bytes, size))
        return false;
    elf_parse_binary(elf);
    return !elf_xen_parse(elf, &parms, pvh);
}

/* ---- kernels --------------------------------------------------------------------------------- */

static void begin(struct tiny *t)
{
    tiny_begin(t, false);
    tiny_text(t, XEN_ELFNOTE_LOADER, "generic");
    tiny_text(t, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    tiny_number(t, XEN_ELFNOTE_VIRT_BASE, 0);
    tiny_number(t, XEN_ELFNOTE_ENTRY, TINY_PADDR + 8);
}

static void end(struct tiny *t)
{
    tiny_number(t, XEN_ELFNOTE_PHYS32_ENTRY, TINY_PADDR + 16);
    tiny_end(t);
}

/* Puts more bytes at the file's end; returns where. */
static size_t add(struct tiny *t, const void *bytes, size_t size)
{
    size_t at = t->size = (t->size + 7) & ~7UL;

    assert_true(at + size <= sizeof(t->bytes));
    memcpy(t->bytes + at, bytes, size);
    t->size += size;
    return at;
}

/* A table of sections, `stride` bytes apart. */
static void sections(struct tiny *t, const Elf64_Shdr *s, unsigned int count, unsigned int stride)
{
    uint8_t table[1024] = {0};
    unsigned int size = t->is32 ? sizeof(Elf32_Shdr) : sizeof(Elf64_Shdr);

    for (unsigned int i = 0; i < count; i++) {
        Elf32_Shdr small = {.sh_name = s[i].sh_name,
                            .sh_type = s[i].sh_type,
                            .sh_offset = (uint32_t)s[i].sh_offset,
                            .sh_size = (uint32_t)s[i].sh_size,
                            .sh_link = s[i].sh_link};

        memcpy(table + i * stride, t->is32 ? (const void *)&small : (const void *)&s[i], size);
    }
    if (t->is32) {
        tiny_put(t, offsetof(Elf32_Ehdr, e_shoff), add(t, table, count * stride), 4);
        tiny_put(t, offsetof(Elf32_Ehdr, e_shentsize), stride, 2);
        tiny_put(t, offsetof(Elf32_Ehdr, e_shnum), count, 2);
    } else {
        tiny_put(t, offsetof(Elf64_Ehdr, e_shoff), add(t, table, count * stride), 8);
        tiny_put(t, offsetof(Elf64_Ehdr, e_shentsize), stride, 2);
        tiny_put(t, offsetof(Elf64_Ehdr, e_shnum), count, 2);
    }
}

static void plain(struct tiny *t)
{
    begin(t);
    end(t);
}

static void machine_386(struct tiny *t)
{
    begin(t);
    end(t);
    tiny_put(t, offsetof(Elf64_Ehdr, e_machine), EM_386, 2);
}

static void small_for_x86_64(struct tiny *t)
{
    tiny_begin(t, true);
    tiny_number(t, XEN_ELFNOTE_PHYS32_ENTRY, TINY_PADDR);
    tiny_end(t);
    tiny_put(t, offsetof(Elf32_Ehdr, e_machine), EM_X86_64, 2);
}

static void type_of_a_system(struct tiny *t)
{
    plain(t);
    tiny_put(t, offsetof(Elf64_Ehdr, e_type), ET_LOOS, 2);
}

static void type_none(struct tiny *t)
{
    plain(t);
    tiny_put(t, offsetof(Elf64_Ehdr, e_type), ET_NONE, 2);
}

/* Program headers that have more fields than are known. */
static void wide_program_headers(struct tiny *t)
{
    uint8_t table[2 * 64] = {0};

    plain(t);
    memcpy(table, t->bytes + tiny_phdr_at(t, 0), sizeof(Elf64_Phdr));
    memcpy(table + 64, t->bytes + tiny_phdr_at(t, 1), sizeof(Elf64_Phdr));
    tiny_put(t, offsetof(Elf64_Ehdr, e_phoff), add(t, table, sizeof(table)), 8);
    tiny_put(t, offsetof(Elf64_Ehdr, e_phentsize), 64, 2);
    tiny_put(t, offsetof(Elf64_Ehdr, e_phnum), 2, 2);
}

static void segment_without_access(struct tiny *t)
{
    plain(t);
    tiny_phdr(t, 2, PT_LOAD, 0, TINY_PADDR + 64, 64, 128); /* it would overlap */
    tiny_put(t, tiny_phdr_at(t, 2) + offsetof(Elf64_Phdr, p_flags), 0, 4);
}

static void empty_notes_at_0(struct tiny *t)
{
    plain(t);
    tiny_phdr(t, 2, PT_NOTE, 0, 0, 500, 0);
}

static void notes_not_in_the_file(struct tiny *t)
{
    plain(t);
    tiny_phdr(t, 2, PT_NOTE, 1 << 20, 0, 500, 0);
}

static void notes_longer_than_the_file(struct tiny *t)
{
    begin(t);
    end(t);
    tiny_put(t, tiny_phdr_at(t, TINY_NOTE) + offsetof(Elf64_Phdr, p_filesz), 1 << 20, 8);
}

static void short_numbers(struct tiny *t)
{
    begin(t);
    tiny_note(t, XEN_ELFNOTE_MOD_START_PFN, "\1", 1);
    tiny_note(t, XEN_ELFNOTE_ENTRY, "\x08\x40", 2);
    end(t);
}

static void names_of_other_lengths(struct tiny *t)
{
    size_t at;

    begin(t);
    at = tiny_note(t, XEN_ELFNOTE_ENTRY, "\x10\x40\0", 4);
    tiny_put(t, at, 3, 4); /* its NUL is padding */
    at = tiny_note(t, XEN_ELFNOTE_PHYS32_ENTRY, "\0\0\0\0\x20\x40\0", 8);
    tiny_put(t, at, 8, 4); /* the first four bytes belong to the name */
    tiny_put(t, at + 4, 4, 4);
    tiny_end(t);
}

static void unknown_types(struct tiny *t)
{
    begin(t);
    tiny_number(t, XEN_ELFNOTE_MAX + 1, 1);
    tiny_number(t, 0x1000001, 1);
    tiny_text(t, 0xffffffff, "later");
    tiny_number(t, XEN_ELFNOTE_SUPPORTED_FEATURES, ~0ULL);
    end(t);
}

static void notes_in_wide_sections(struct tiny *t)
{
    Elf64_Shdr s[2] = {{0}, {.sh_type = SHT_NOTE}};

    plain(t);
    tiny_phdr(t, TINY_NOTE, PT_NULL, 0, 0, 0, 0);
    s[1].sh_offset = t->notes_at;
    s[1].sh_size = t->notes_size;
    sections(t, s, 2, 72);
}

/* Without PT_NOTE and SHT_NOTE: the section of the time before. */
static void guest_section(struct tiny *t)
{
    static const char names[] = "\0__xen_guest";
    static const char text[] =
        "GUEST_OS=NetBSD,GUEST_VER=3.0,XEN_VER=xen-3.0,LOADER=generic,PAE=yes,"
        "VIRT_BASE=0xffffffff80000000,ELF_PADDR_OFFSET=0xffffffff80000000,"
        "VIRT_ENTRY=0xffffffff80004008,HYPERCALL_PAGE=0x00000004,BSD_SYMTAB=yes";
    Elf64_Shdr s[3] = {{0}, {.sh_type = SHT_PROGBITS, .sh_name = 1}, {.sh_type = SHT_STRTAB}};

    tiny_begin(t, false);
    tiny_end(t);
    tiny_phdr(t, TINY_LOAD, PT_LOAD, t->size - TINY_CODE, 0xffffffff80004000, TINY_CODE,
              TINY_MEMSZ);
    tiny_phdr(t, TINY_NOTE, PT_NULL, 0, 0, 0, 0);
    s[1].sh_offset = add(t, text, sizeof(text));
    s[1].sh_size = sizeof(text);
    s[2].sh_offset = add(t, names, sizeof(names));
    s[2].sh_size = sizeof(names);
    sections(t, s, 3, sizeof(s[0]));
    tiny_put(t, offsetof(Elf64_Ehdr, e_shstrndx), 2, 2);
}

/* Adds symbols, of a size that is no multiple of 8, and their strings. */
static void with_symbols(struct tiny *t)
{
    static const char symbols[] = "these would be symbols", strings[] = "\0main\0and strings";
    Elf64_Shdr s[4] = {{0},
                       {.sh_type = SHT_STRTAB},
                       {.sh_type = SHT_SYMTAB, .sh_link = 3},
                       {.sh_type = SHT_STRTAB}};

    s[2].sh_offset = add(t, symbols, sizeof(symbols));
    s[2].sh_size = sizeof(symbols);
    s[3].sh_offset = add(t, strings, sizeof(strings));
    s[3].sh_size = sizeof(strings);
    sections(t, s, 4, t->is32 ? sizeof(Elf32_Shdr) : sizeof(Elf64_Shdr));
}

static void symbols(struct tiny *t)
{
    begin(t);
    tiny_text(t, XEN_ELFNOTE_BSD_SYMTAB, "yes");
    end(t);
    tiny_put(t, tiny_phdr_at(t, TINY_LOAD) + offsetof(Elf64_Phdr, p_memsz), 0x1ffd, 8);
    with_symbols(t);
}

static void symbols_32(struct tiny *t)
{
    tiny_begin(t, true);
    tiny_number(t, XEN_ELFNOTE_PHYS32_ENTRY, TINY_PADDR);
    tiny_text(t, XEN_ELFNOTE_BSD_SYMTAB, "yes");
    tiny_end(t);
    tiny_put(t, tiny_phdr_at(t, TINY_LOAD) + offsetof(Elf32_Phdr, p_memsz), 0x1ffd, 4);
    with_symbols(t);
}

static void symbols_not_wanted(struct tiny *t)
{
    begin(t);
    tiny_text(t, XEN_ELFNOTE_BSD_SYMTAB, "no");
    end(t);
    with_symbols(t);
}

static void symbols_stripped(struct tiny *t)
{
    begin(t);
    tiny_text(t, XEN_ELFNOTE_BSD_SYMTAB, "yes");
    end(t);
}

static const struct row {
    const char *name;
    void (*build)(struct tiny *t);
    bool pv, pvh, has_symbols;
} rows[] = {
    {"plain", plain, true, true, false},
    {"64-bit for i386", machine_386, true, true, false},
    {"32-bit for x86-64", small_for_x86_64, false, true, false},
    {"a system's own type", type_of_a_system, true, true, false},
    {"no type", type_none, true, true, false},
    {"wide program headers", wide_program_headers, true, true, false},
    {"a segment without access", segment_without_access, true, true, false},
    {"empty notes at 0", empty_notes_at_0, true, true, false},
    {"notes not in the file", notes_not_in_the_file, true, true, false},
    {"notes longer than the file", notes_longer_than_the_file, true, true, false},
    {"numbers of 1 and 2 bytes", short_numbers, true, true, false},
    {"names of other lengths", names_of_other_lengths, true, true, false},
    {"unknown types", unknown_types, true, true, false},
    {"notes in wide sections", notes_in_wide_sections, true, true, false},
    {"__xen_guest", guest_section, true, false, false},
    {"symbols", symbols, true, true, true},
    {"symbols of a 32-bit kernel", symbols_32, false, true, true},
    {"symbols that are not wanted", symbols_not_wanted, true, true, false},
    {"symbols that are not there", symbols_stripped, true, true, false},
};

/* ---- both, side by side ---------------------------------------------------------------------- */

static uint8_t *fill(const struct image *img)
{
    uint8_t *memory = calloc(1, img->end - img->start);

    assert_non_null(memory);
    for (unsigned int i = 0; i < img->nr_segments; i++)
        memcpy(memory + img->segments[i].paddr - img->start, img->data + img->segments[i].offset,
               img->segments[i].filesz);
    return memory;
}

static void same_memory(const struct tiny *t, const struct image *img, bool pvh)
{
    uint8_t *ours = fill(img), *theirs = calloc(1, img->end - img->start);
    struct elf_binary elf;
    uint64_t last;

    assert_non_null(theirs);
    assert_true(libelf_takes(&elf, t->bytes, t->size, pvh));
    last = elf.bsd_symtab_pend ? elf.bsd_symtab_pend : elf.pend;
    assert_int_equal(elf.pstart, img->start);
    /* The room for a 32-bit kernel's headers is counted with less than is used. */
    assert_true(last == img->end || (t->is32 && elf.bsd_symtab_pend && last < img->end));
    elf.dest_base = (char *)theirs;
    elf.dest_size = img->end - img->start;
    assert_int_equal(elf_load_binary(&elf), 0);
    assert_memory_equal(ours, theirs, img->end - img->start);
    free(ours);
    free(theirs);
}

static void taken(void **state)
{
    const struct row *row = *state;
    struct chaos_error err = {0};
    struct elf_binary elf;
    struct image *img;
    struct tiny t;

    row->build(&t);
    assert_int_equal(libelf_takes(&elf, t.bytes, t.size, false) && !t.is32, row->pv);
    assert_int_equal(libelf_takes(&elf, t.bytes, t.size, true), row->pvh);
    if (image_parse("k.elf", t.bytes, t.size, &img, &err))
        fail_msg("%s", err.text);
    if (image_broken(img))
        fail_msg("accepted with %s", image_broken(img));
    if (img->pv != row->pv || img->pvh != row->pvh)
        fail_msg("PV: %s; PVH: %s", img->no_pv, img->no_pvh);
    assert_int_equal(img->nr_segments, row->has_symbols ? 2 : 1);
    if (row->pv)
        same_memory(&t, img, false);
    if (row->pvh)
        same_memory(&t, img, true);
    image_free(img);
}

/* Where chaos takes less on purpose. Of most of it libelf makes a guest that cannot run. */
static bool is_on_purpose(const char *why)
{
    static const char *const reasons[] = {
        /* An object file, a core dump, another machine's. */
        "its ELF type is 1",
        "its ELF type is 4",
        "it is for ELF machine",
        "its ELF class",
        "it is a 32-bit kernel",
        /* libelf finds it out when it copies, and leaves the rest of the guest's memory as it is.
         */
        "but the file ends at",
        "in the file, but only",
        "overlap",
        "it spans physical",
        /* Fields that would lie over each other. */
        "its program headers have",
        /* For libelf a number of another size is 0, and PHYS32_ENTRY loses its upper half. */
        "right would be 1, 2, 4 or 8",
        "its entry point 0x",
        /* libxenguest refuses it afterwards. */
        "it has no PHYS32_ENTRY note",
        "is not the address of a page",
        /* A Linux that is for PVH alone has XEN_VERSION and LOADER, too. */
        "it has no ENTRY, VIRT_BASE or HYPERCALL_PAGE note",
        /* Xen does not have such pages. */
        "is no page inside of it",
        "more than any guest has",
        "wrap around",
        "is above its lowest",
        /* libelf reads text up to its NUL, even behind the end of its note. */
        "its XEN_VERSION note is",
        "its LOADER note is",
        "it needs the feature",
        /* The one note begins in its table and ends elsewhere. */
        "it has no Xen notes before offset",
        "it has no Xen notes (Linux",
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (strstr(why, reasons[i]))
            return true;
    }
    return false;
}

/* The part of the message that is about this type, where it is about both. */
static const char *reason_of(char *text, bool pvh)
{
    char *other = strstr(text, "; not for PVH: ");

    if (!other)
        return text;
    *other = '\0';
    return pvh ? other + 1 : text;
}

static void compare(const struct row *row, const struct tiny *t, size_t at)
{
    struct chaos_error err = {0};
    struct elf_binary elf;
    struct image *img;
    const char *why;

    for (int pvh = 0; pvh < 2; pvh++) {
        if (!libelf_takes(&elf, t->bytes, t->size, pvh) || (t->is32 && !pvh))
            continue;
        if (image_parse("k.elf", t->bytes, t->size, &img, &err))
            why = reason_of(err.text, pvh);
        else
            why = pvh ? img->no_pvh : img->no_pv;
        if (*why && !is_on_purpose(why))
            fail_msg("%s, byte %zu is %#x: %s", row->name, at, t->bytes[at], why);
        image_free(img);
    }
}

static void any_byte_replaced(void **state)
{
    static const uint8_t values[] = {0x00, 0x01, 0x02, 0x03, 0x08, 0x3f, 0x40,
                                     0x41, 0x7f, 0x80, 0x81, 0xf8, 0xff};
    const struct row *row = *state;
    struct tiny t;

    row->build(&t);
    for (size_t at = 0; at < t.size; at++) {
        uint8_t good = t.bytes[at];

        for (size_t i = 0; i < sizeof(values); i++) {
            t.bytes[at] = values[i];
            compare(row, &t, at);
        }
        t.bytes[at] = good;
    }
}

#define ROWS (sizeof(rows) / sizeof(rows[0]))

int main(void)
{
    struct CMUnitTest tests[2 * ROWS];

    for (size_t i = 0; i < ROWS; i++) {
        tests[i] = (struct CMUnitTest){rows[i].name, taken, NULL, NULL, (void *)&rows[i]};
        tests[ROWS + i] =
            (struct CMUnitTest){rows[i].name, any_byte_replaced, NULL, NULL, (void *)&rows[i]};
    }
    return cmocka_run_group_tests_name("image, beside Xen's libelf", tests, NULL, NULL);
}
