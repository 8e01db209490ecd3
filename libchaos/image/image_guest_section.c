/* SPDX-License-Identifier: BSD-3-Clause */
/* The section __xen_guest: "KEY=VALUE,KEY=VALUE,...", what kernels had before Xen 3.0.4 brought
 * notes, and NetBSD's up to version 8 have. Its keys become the notes that they were followed by.
 */
#include "image/image_parts.h"

#include <stdlib.h>
#include <string.h>

#define SECTION      "__xen_guest"
#define MAX_SECTIONS 4096

/* True where the name of a section is SECTION. */
static bool is_it(const struct elf *elf, const struct elf_range *names, const struct elf_range *s)
{
    return s->name < names->filesz && names->filesz - s->name >= sizeof(SECTION) &&
           !memcmp(elf->data + names->offset + s->name, SECTION, sizeof(SECTION));
}

static bool find(const struct elf *elf, struct elf_range *out)
{
    struct elf_range names;

    if (elf->shstrndx >= elf->shnum)
        return false;
    elf_section_header(elf, elf->shstrndx, &names);
    if (!elf_inside(elf, names.offset, names.filesz))
        return false;
    for (unsigned int i = 0; i < elf->shnum && i < MAX_SECTIONS; i++) {
        elf_section_header(elf, i, out);
        if (is_it(elf, &names, out) && out->offset < elf->size) {
            out->filesz = elf->size - out->offset; /* a NUL ends it */
            return true;
        }
    }
    return false;
}

/* A number as C writes it. What follows it is not read, as Xen's own loader does not. */
static uint64_t number(const uint8_t *text, size_t len)
{
    char copy[32] = "";

    memcpy(copy, text, len < sizeof(copy) ? len : sizeof(copy) - 1);
    return strtoull(copy, NULL, 0);
}

static void put_number(struct xen_notes *notes, unsigned int type, uint64_t value)
{
    notes->number[type] = value;
    notes->note[type] =
        (struct xen_note){(const uint8_t *)&notes->number[type], sizeof(notes->number[type])};
}

static void put(struct xen_notes *notes, const uint8_t *key, size_t key_len, const uint8_t *value,
                size_t len)
{
    static const struct {
        const char *key;
        unsigned int type;
        bool text;
    } keys[] = {
        {"LOADER", XEN_ELFNOTE_LOADER, true},
        {"GUEST_OS", XEN_ELFNOTE_GUEST_OS, true},
        {"XEN_VER", XEN_ELFNOTE_XEN_VERSION, true},
        {"FEATURES", XEN_ELFNOTE_FEATURES, true},
        {"VIRT_BASE", XEN_ELFNOTE_VIRT_BASE, false},
        {"VIRT_ENTRY", XEN_ELFNOTE_ENTRY, false},
        {"ELF_PADDR_OFFSET", XEN_ELFNOTE_PADDR_OFFSET, false},
        {"HYPERCALL_PAGE", XEN_ELFNOTE_HYPERCALL_PAGE, false},
    };
    static const char symbols[] = "BSD_SYMTAB";

    if (key_len == sizeof(symbols) - 1 && !memcmp(key, symbols, key_len)) /* whatever its value */
        notes->note[XEN_ELFNOTE_BSD_SYMTAB] = (struct xen_note){(const uint8_t *)"yes", 4};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strlen(keys[i].key) != key_len || memcmp(keys[i].key, key, key_len))
            continue;
        if (keys[i].text)
            notes->note[keys[i].type] = (struct xen_note){value, (uint32_t)len};
        else
            put_number(notes, keys[i].type, number(value, len));
    }
}

/* Here the hypercall page is counted in pages from VIRT_BASE, and physical addresses are virtual
 * ones by default. */
static void adjust(struct xen_notes *notes)
{
    const struct xen_note *note = notes->note;
    uint64_t base = note[XEN_ELFNOTE_VIRT_BASE].desc ? notes->number[XEN_ELFNOTE_VIRT_BASE] : 0;

    if (note[XEN_ELFNOTE_HYPERCALL_PAGE].desc)
        put_number(notes, XEN_ELFNOTE_HYPERCALL_PAGE,
                   base + (notes->number[XEN_ELFNOTE_HYPERCALL_PAGE] << 12));
    if (!note[XEN_ELFNOTE_PADDR_OFFSET].desc)
        put_number(notes, XEN_ELFNOTE_PADDR_OFFSET, base);
}

void guest_section_read(const struct elf *elf, struct xen_notes *notes)
{
    struct elf_range section;
    const uint8_t *at, *end;

    if (!find(elf, &section))
        return;
    at = elf->data + section.offset;
    end = memchr(at, '\0', section.filesz);
    end = end ? end : at + section.filesz;
    while (at < end) {
        const uint8_t *comma = memchr(at, ',', (size_t)(end - at));
        const uint8_t *stop = comma ? comma : end, *equals = memchr(at, '=', (size_t)(stop - at));
        const uint8_t *value = equals ? equals + 1 : stop;

        put(notes, at, (size_t)((equals ? equals : stop) - at), value, (size_t)(stop - value));
        notes->any = true;
        at = comma ? comma + 1 : end;
    }
    if (notes->any)
        adjust(notes);
}
