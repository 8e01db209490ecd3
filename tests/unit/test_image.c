/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kernel images, plain ELF. Method: a valid tiny kernel, one field broken a test, and the message
 * that a user gets for it; then blindly, the file cut off at each byte, and each byte replaced.
 */
#include "base/error.h"
#include "image/image.h"
#include "image_invariants.h"
#include "tiny_elf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct image *accept(const struct tiny *t)
{
    struct chaos_error err = {0};
    struct image *img = NULL;

    if (image_parse("k.elf", t->bytes, t->size, &img, &err))
        fail_msg("%s", err.text);
    if (image_broken(img))
        fail_msg("accepted with %s", image_broken(img));
    return img;
}

static void refuse(const struct tiny *t, const char *text)
{
    struct chaos_error err = {0};
    struct image *img = (void *)1;

    assert_int_equal(image_parse("k.elf", t->bytes, t->size, &img, &err), -ENOEXEC);
    assert_null(img);
    assert_int_equal(err.status, CHAOS_E_IMAGE);
    assert_memory_equal(err.text, "k.elf: not a kernel: ", 21);
    if (!strstr(err.text, text))
        fail_msg("\"%s\" does not say \"%s\"", err.text, text);
}

/* ---- what is right --------------------------------------------------------------------------- */

static void both_types(void **state)
{
    struct image *img;
    struct tiny t;

    (void)state;
    tiny_kernel(&t);
    img = accept(&t);
    assert_true(img->pv && img->pvh && !img->elf32);
    assert_int_equal(img->nr_segments, 1);
    assert_int_equal(img->segments[0].offset, t.size - TINY_CODE);
    assert_int_equal(img->segments[0].filesz, TINY_CODE);
    assert_int_equal(img->start, TINY_PADDR);
    assert_int_equal(img->end, TINY_PADDR + TINY_MEMSZ);
    assert_int_equal(img->virt_entry, TINY_PADDR + 8);
    assert_int_equal(img->phys_entry, TINY_PADDR + 16);
    assert_true(img->hypercall_page == UINT64_MAX && img->p2m_base == UINT64_MAX);
    assert_string_equal(img->guest_os, "tiny");
    assert_int_equal(image_require(img, "k.elf", CHAOS_PV, NULL), 0);
    assert_int_equal(image_require(img, "k.elf", CHAOS_PVH, NULL), 0);
    image_free(img);
}

static void pv_like_linux(void **state)
{
    struct image *img;
    struct tiny t;

    (void)state;
    tiny_begin(&t, false);
    tiny_text(&t, XEN_ELFNOTE_GUEST_OS, "linux");
    tiny_text(&t, XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb|later");
    tiny_number(&t, XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000);
    tiny_number(&t, XEN_ELFNOTE_ENTRY, 0xffffffff80000000 + TINY_PADDR);
    tiny_number(&t, XEN_ELFNOTE_HYPERCALL_PAGE, 0xffffffff80000000 + TINY_PADDR + 4096);
    tiny_number(&t, XEN_ELFNOTE_INIT_P2M, 0x8000000000);
    tiny_note(&t, XEN_ELFNOTE_MOD_START_PFN, "\1\0\0", 4);
    tiny_note(&t, XEN_ELFNOTE_L1_MFN_VALID, "0123456789abcdef", 16);
    tiny_number(&t, 0x1000001, 1);
    tiny_end(&t);
    img = accept(&t);
    assert_true(img->pv && !img->pvh && img->mod_start_pfn);
    assert_true(img->virt_base == 0xffffffff80000000 && img->p2m_base == 0x8000000000);
    assert_true(img->hypercall_page == img->virt_base + TINY_PADDR + 4096);
    image_free(img);
}

static void requires_other_type(void **state)
{
    struct chaos_error err = {0};
    struct image *img;
    struct tiny t;

    (void)state;
    tiny_begin(&t, true);
    tiny_note(&t, XEN_ELFNOTE_PHYS32_ENTRY, "\0\x40\0", 4);
    tiny_end(&t);
    img = accept(&t);
    assert_true(img->pvh && img->elf32 && img->phys_entry == TINY_PADDR);
    assert_int_equal(image_require(img, "k.elf", CHAOS_PV, &err), -ENOEXEC);
    assert_string_equal(err.text, "k.elf: cannot start as type pv: it is a 32-bit kernel (right "
                                  "would be a 64-bit one) (it can as pvh)");
    assert_int_equal(err.status, CHAOS_E_IMAGE);
    image_free(img);
}

static void sorts_segments(void **state)
{
    struct image *img;
    struct tiny t;

    (void)state;
    tiny_kernel(&t);
    tiny_phdr(&t, 2, PT_LOAD, 0, TINY_PADDR - 4096, 32, 4096); /* touches the first one */
    tiny_phdr(&t, 3, PT_LOAD, 0, 99, 0, 0);                    /* takes nothing: ignored */
    img = accept(&t);
    assert_int_equal(img->nr_segments, 2);
    assert_int_equal(img->start, TINY_PADDR - 4096);
    assert_int_equal(img->segments[1].paddr, TINY_PADDR);
    image_free(img);
}

/* A segment that needs no zeros counts as the image's, but not as what is to be filled. */
static void fills_nothing_of_noinit(void **state)
{
    static const uint32_t flags = PF_R | PF_W | IMAGE_PF_NOINIT;
    struct image *img;
    struct tiny t;

    (void)state;
    for (unsigned int filesz = 0; filesz < 2; filesz++) {
        tiny_kernel(&t);
        tiny_phdr(&t, 2, PT_LOAD, 0, TINY_PADDR + TINY_MEMSZ, filesz, 4096);
        memcpy(t.bytes + tiny_phdr_at(&t, 2) + offsetof(Elf64_Phdr, p_flags), &flags,
               sizeof(flags));
        img = accept(&t);
        assert_int_equal(img->nr_segments, 2);
        assert_true(!img->segments[0].noinit && img->segments[1].noinit == (filesz == 0));
        assert_int_equal(img->end, TINY_PADDR + TINY_MEMSZ + 4096);
        assert_int_equal(img->filled, filesz ? img->end : TINY_PADDR + TINY_MEMSZ);
        image_free(img);
    }
}

static void paddr_offset_is_taken_off(void **state)
{
    struct image *img;
    struct tiny t;

    (void)state;
    tiny_begin(&t, false);
    tiny_number(&t, XEN_ELFNOTE_VIRT_BASE, 0xffff880000000000);
    tiny_number(&t, XEN_ELFNOTE_PADDR_OFFSET, TINY_PADDR);
    tiny_number(&t, XEN_ELFNOTE_ENTRY, 0xffff880000000000);
    tiny_end(&t);
    img = accept(&t);
    assert_true(img->pv && img->paddr_offset == TINY_PADDR);
    image_free(img);
}

/* A linker script without PHDRS leaves notes in sections only. */
static void notes_in_sections(void **state)
{
    Elf64_Shdr s = {.sh_type = SHT_NOTE};
    struct image *img;
    struct tiny t;

    (void)state;
    tiny_kernel(&t);
    tiny_phdr(&t, TINY_NOTE, PT_NULL, 0, 0, 0, 0);
    refuse(&t, "it has no Xen notes (Linux has them with CONFIG_XEN_PV or CONFIG_PVH");
    s.sh_offset = t.notes_at;
    s.sh_size = t.notes_size;
    memcpy(t.bytes + t.size, &s, sizeof(s));
    tiny_put(&t, offsetof(Elf64_Ehdr, e_shoff), t.size, 8);
    tiny_put(&t, offsetof(Elf64_Ehdr, e_shentsize), sizeof(s), 2);
    tiny_put(&t, offsetof(Elf64_Ehdr, e_shnum), 1, 2);
    t.size += sizeof(s);
    img = accept(&t);
    assert_true(img->pv && img->pvh);
    image_free(img);
}

/* Notes of others, and a last note without its padding, are no reason to refuse. */
static void foreign_notes(void **state)
{
    struct image *img;
    struct tiny t;
    size_t at;

    (void)state;
    tiny_begin(&t, false);
    at = tiny_note(&t, 1, "abcd", 4);
    memcpy(t.bytes + at + 12, "GNU", 4);
    tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, TINY_PADDR);
    tiny_text(&t, XEN_ELFNOTE_GUEST_OS, "a\033[b");
    t.notes_size -= 3;
    tiny_end(&t);
    img = accept(&t);
    assert_true(img->pvh && !img->pv);
    assert_string_equal(img->guest_os, "a?[b");
    image_free(img);
}

/* ---- one broken field each ------------------------------------------------------------------- */

#define EH(field) offsetof(Elf64_Ehdr, field), sizeof(((Elf64_Ehdr *)0)->field)
#define PH(i, field)                                                                               \
    sizeof(Elf64_Ehdr) + (i) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, field),                   \
        sizeof(((Elf64_Phdr *)0)->field)

static const struct defect {
    const char *name;
    size_t at, size;
    uint64_t value;
    const char *text;
} defects[] = {
    {"magic", 0, 1, 0, "it is no ELF file (right would be an ELF file with Xen notes"},
    {"class", EI_CLASS, 1, 3, "its ELF class at offset 4 is 3 (right would be 2"},
    {"big-endian", EI_DATA, 1, 2, "it is big-endian: the byte at offset 5 is 2"},
    {"machine", EH(e_machine), 183, "it is for ELF machine 183 (right would be 3, i386, or 62"},
    {"object file", EH(e_type), ET_REL, "its ELF type is 1 (right would be 2"},
    {"core file", EH(e_type), ET_CORE, "its ELF type is 4"},
    {"no program headers", EH(e_phnum), 0, "it has no program headers"},
    {"PN_XNUM", EH(e_phnum), 0xffff, "it has too many program headers"},
    {"size of program headers", EH(e_phentsize), 55, "have 55 bytes each (right would be 56)"},
    {"program headers past the end", EH(e_phnum), 100, "100 program headers at offset 0x40 reach"},
    {"program headers far off", EH(e_phoff), UINT64_MAX - 8, "at offset 0xfffffffffffffff7 reach"},
    {"no PT_LOAD", PH(TINY_LOAD, p_type), PT_NULL, "it has nothing to load"},
    {"segment past the end", PH(TINY_LOAD, p_offset), 1000, "takes 0x40 bytes at offset 0x3e8"},
    {"segment far off", PH(TINY_LOAD, p_offset), UINT64_MAX - 8, "offset 0xfffffffffffffff7"},
    {"segment too long", PH(TINY_LOAD, p_filesz), UINT64_MAX, "takes 0xffffffffffffffff bytes"},
    {"memsz < filesz", PH(TINY_LOAD, p_memsz), 16, "0x40 bytes in the file, but only 0x10 in mem"},
    {"memsz 0", PH(TINY_LOAD, p_memsz), 0, "0x40 bytes in the file, but only 0 in memory"},
    {"wraps around", PH(TINY_LOAD, p_paddr), UINT64_MAX - 99, "0x2000 bytes at 0xffffffffffffff9c"},
    {"too much memory", PH(TINY_LOAD, p_memsz), 1ULL << 31, "(at most 1024 MiB can be loaded)"},
    {"overlap", PH(2, p_type), PT_LOAD, "0x4000 (0x2000 bytes) and 0x5000 overlap"},
    {"notes past the end", PH(TINY_NOTE, p_offset), 1000,
     "no Xen notes before offset 0x3e8, where"},
    {"notes far off", PH(TINY_NOTE, p_offset), UINT64_MAX, "before offset 0xffffffffffffffff"},
    {"notes cut off", PH(TINY_NOTE, p_filesz), 20,
     "no Xen notes before offset 0x120, where notes are longer than their table or the file"},
    {"no notes", PH(TINY_NOTE, p_type), PT_NULL, "it has no Xen notes"},
};

static void one_defect(void **state)
{
    const struct defect *d = *state;
    struct tiny t;

    tiny_kernel(&t);
    /* Lies in wait for the test that makes it a PT_LOAD. */
    tiny_phdr(&t, 2, PT_NULL, 0, TINY_PADDR + 4096, 8, 8);
    tiny_put(&t, d->at, d->value, d->size);
    refuse(&t, d->text);
}

static void too_many_segments(void **state)
{
    Elf64_Phdr p = {.p_type = PT_LOAD, .p_flags = PF_R, .p_memsz = 1};
    uint8_t file[sizeof(Elf64_Ehdr) + (IMAGE_MAX_SEGMENTS + 1) * sizeof(p)];
    struct chaos_error err;
    struct image *img;
    struct tiny t;

    (void)state;
    tiny_begin(&t, false);
    tiny_put(&t, offsetof(Elf64_Ehdr, e_phnum), IMAGE_MAX_SEGMENTS + 1, 2);
    memcpy(file, t.bytes, sizeof(Elf64_Ehdr));
    for (unsigned int i = 0; i <= IMAGE_MAX_SEGMENTS; i++, p.p_paddr += 4096)
        memcpy(file + sizeof(Elf64_Ehdr) + i * sizeof(p), &p, sizeof(p));
    assert_int_equal(image_parse("k.elf", file, sizeof(file), &img, &err), -ENOEXEC);
    assert_string_equal(err.text, "k.elf: not a kernel: it has more than 16 segments to load");
}

static void above_4gib(void **state)
{
    struct tiny t;

    (void)state;
    tiny_kernel(&t);
    tiny_phdr(&t, TINY_LOAD, PT_LOAD, 0, 0x100000000, 64, 4096);
    refuse(&t, "not for PV: its entry point 0x4008 is outside of it (0x100000000 to 0x100000fff); "
               "not for PVH: it ends at physical 0x100001000");
    tiny_begin(&t, false);
    tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, 0x100004000);
    tiny_end(&t);
    refuse(&t, "not for PVH: its entry point 0x100004000 is outside of it (0x4000 to 0x5fff)");
}

/* ---- what others' tools link ------------------------------------------------------------------
 */

/* The class says how wide addresses are, the machine nothing more. */
static void either_machine(void **state)
{
    struct image *img;
    struct tiny t;

    (void)state;
    tiny_begin(&t, true);
    tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, 0x4000);
    tiny_end(&t);
    tiny_put(&t, offsetof(Elf32_Ehdr, e_machine), EM_X86_64, 2);
    img = accept(&t);
    assert_true(img->pvh && !img->pv);
    image_free(img);
    tiny_kernel(&t);
    tiny_put(&t, offsetof(Elf64_Ehdr, e_machine), EM_386, 2);
    image_free(accept(&t));
}

/* A note as other linkers place it: `gap` zero bytes, then a name that is not Xen's. */
static void gnu_note(struct tiny *t, size_t gap)
{
    Elf64_Nhdr h = {.n_namesz = 4, .n_descsz = 16, .n_type = 5};

    t->size += gap;
    memcpy(t->bytes + t->size, &h, sizeof(h));
    memcpy(t->bytes + t->size + 12, "GNU", 4);
    t->size += 12 + 4 + 16;
    t->notes_size = t->size - t->notes_at;
}

static void noxs_note(struct tiny *t, uint32_t type, const void *desc, uint32_t size)
{
    Elf64_Nhdr h = {.n_namesz = 5, .n_descsz = size, .n_type = type};

    memcpy(t->bytes + t->size, &h, sizeof(h));
    memcpy(t->bytes + t->size + 12, "noxs\0\0\0", 8);
    memcpy(t->bytes + t->size + 20, desc, size);
    t->size += 20 + size;
    t->notes_size = t->size - t->notes_at;
}

/* A kernel says that it speaks noxs; only this note does, and only of the version that we speak. */
static void speaks_noxs(void **state)
{
    static const struct {
        uint32_t type, size;
        const char *desc;
        bool speaks;
    } notes[] = {{1, 4, "\1\0\0", true},
                 {2, 4, "\1\0\0", false},
                 {1, 4, "\2\0\0", false},
                 {1, 8, "\1\0\0\0\0\0\0", false}};
    struct image *img;
    struct tiny t;

    (void)state;
    tiny_begin(&t, false);
    tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, 0x4010);
    tiny_end(&t);
    img = accept(&t);
    assert_false(img->speaks_noxs);
    image_free(img);
    for (unsigned int i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        tiny_begin(&t, false);
        noxs_note(&t, notes[i].type, notes[i].desc, notes[i].size);
        tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, 0x4010);
        tiny_end(&t);
        img = accept(&t);
        assert_int_equal(img->speaks_noxs, notes[i].speaks);
        image_free(img);
    }
}

static void align_notes(struct tiny *t, uint64_t align)
{
    tiny_put(t, tiny_phdr_at(t, TINY_NOTE) + offsetof(Elf64_Phdr, p_align), align, 8);
}

/* One table for notes that are padded to 4 bytes and notes that are padded to 8. */
static void mixed_padding(void **state)
{
    static const size_t gaps[] = {0, 4};
    struct image *img;
    struct tiny t;

    (void)state;
    for (unsigned int i = 0; i < 2; i++) {
        /* With the gap the other note begins at a multiple of 8, without it right behind. */
        tiny_begin(&t, false);
        tiny_number(&t, XEN_ELFNOTE_ENTRY, 0x4000);
        tiny_text(&t, XEN_ELFNOTE_GUEST_OS, "bsd");
        gnu_note(&t, gaps[i]);
        tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, 0x4010);
        tiny_end(&t);
        align_notes(&t, 8);
        img = accept(&t);
        assert_true(img->pvh);
        assert_int_equal(img->phys_entry, 0x4010);
        image_free(img);
    }
}

/* What is found before a note that makes no sense counts. */
static void nonsense_behind_notes(void **state)
{
    struct image *img;
    struct tiny t;

    (void)state;
    tiny_begin(&t, false);
    tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, 0x4010);
    gnu_note(&t, 4);
    tiny_end(&t);
    align_notes(&t, 4); /* so that the gap is read as a note */
    img = accept(&t);
    assert_int_equal(img->phys_entry, 0x4010);
    image_free(img);
}

/* As some BSD kernels are linked for PV: a PVH domain has no paging that would make sense of it. */
static void virtual_paddr(void **state)
{
    struct tiny t;

    (void)state;
    tiny_begin(&t, false);
    tiny_number(&t, XEN_ELFNOTE_PADDR_OFFSET, 0xffffffff80000000);
    tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, 0x4000);
    tiny_end(&t);
    tiny_phdr(&t, TINY_LOAD, PT_LOAD, t.size - TINY_CODE, 0xffffffff80004000, TINY_CODE,
              TINY_MEMSZ);
    refuse(&t,
           "not for PVH: its physical addresses (p_paddr, from 0xffffffff80004000) are virtual");
}

/* ---- blindly --------------------------------------------------------------------------------- */

/* A heap copy of the very size, so that the sanitizer sees a read of one byte more. */
static void try_bytes(const uint8_t *bytes, size_t size)
{
    struct chaos_error err = {0};
    struct image *img;
    uint8_t *copy = malloc(size ? size : 1);

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    if (!image_parse("k.elf", copy, size, &img, &err)) {
        if (image_broken(img))
            fail_msg("accepted with %s", image_broken(img));
        image_free(img);
    } else {
        assert_null(img);
        assert_int_equal(err.status, CHAOS_E_IMAGE);
        assert_memory_equal(err.text, "k.elf: not a kernel: ", 21);
    }
    free(copy);
}

static void cut_off_anywhere(void **state)
{
    struct tiny t;

    (void)state;
    for (int is32 = 0; is32 < 2; is32++) {
        tiny_begin(&t, is32);
        tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, TINY_PADDR);
        tiny_end(&t);
        for (size_t size = t.size; size-- > 0;) {
            t.size = size;
            refuse(&t, "");
            try_bytes(t.bytes, size);
        }
    }
}

static void any_byte_replaced(void **state)
{
    struct tiny t;

    (void)state;
    for (int is32 = 0; is32 < 2; is32++) {
        tiny_kernel(&t);
        if (is32) {
            tiny_begin(&t, true);
            tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, TINY_PADDR);
            tiny_end(&t);
        }
        for (size_t at = 0; at < t.size; at++) {
            uint8_t good = t.bytes[at];

            for (unsigned int value = 0; value < 256; value++) {
                t.bytes[at] = (uint8_t)value;
                try_bytes(t.bytes, t.size);
            }
            t.bytes[at] = good;
        }
    }
}

int main(void)
{
    static const struct CMUnitTest whole[] = {
        cmocka_unit_test(both_types),
        cmocka_unit_test(pv_like_linux),
        cmocka_unit_test(requires_other_type),
        cmocka_unit_test(sorts_segments),
        cmocka_unit_test(fills_nothing_of_noinit),
        cmocka_unit_test(paddr_offset_is_taken_off),
        cmocka_unit_test(notes_in_sections),
        cmocka_unit_test(foreign_notes),
        cmocka_unit_test(too_many_segments),
        cmocka_unit_test(above_4gib),
        cmocka_unit_test(either_machine),
        cmocka_unit_test(mixed_padding),
        cmocka_unit_test(speaks_noxs),
        cmocka_unit_test(nonsense_behind_notes),
        cmocka_unit_test(virtual_paddr),
        cmocka_unit_test(cut_off_anywhere),
        cmocka_unit_test(any_byte_replaced),
    };
    struct CMUnitTest fields[sizeof(defects) / sizeof(defects[0])];
    int failed = cmocka_run_group_tests_name("image", whole, NULL, NULL);

    for (size_t i = 0; i < sizeof(defects) / sizeof(defects[0]); i++)
        fields[i] =
            (struct CMUnitTest){defects[i].name, one_defect, NULL, NULL, (void *)&defects[i]};
    return failed + cmocka_run_group_tests_name("image, one broken field", fields, NULL, NULL);
}
