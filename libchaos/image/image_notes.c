/* SPDX-License-Identifier: BSD-3-Clause */
/* Collects a kernel's Xen notes: a walk over name-size, desc-size, type, name, desc. */
#include "image/image_parts.h"

#include <elf.h>
#include <inttypes.h>
#include <noxs/abi.h>
#include <noxs/note.h>
#include <string.h>

/* Real tables have a few hundred bytes. The bound on all of them keeps a hostile file, whose
 * headers may all name the same bytes, from costing more than milliseconds. */
#define MAX_BYTES (1U << 20)

/* Notes are padded to 4 bytes, in 64-bit files too; the last one's padding may be missing. Linkers
 * also put notes that are padded to 8 bytes into such a table, which then is aligned to 8. */
static uint64_t padded(uint32_t size)
{
    return ((uint64_t)size + 3) & ~3ULL;
}

static void keep(struct xen_notes *notes, const Elf64_Nhdr *h, const uint8_t *name,
                 const uint8_t *desc)
{
    static const char owner[] = "Xen";

    if (h->n_namesz == sizeof(NOXS_NOTE_OWNER) &&
        !memcmp(name, NOXS_NOTE_OWNER, sizeof(NOXS_NOTE_OWNER)) && h->n_type == NOXS_NOTE_SPEAKS) {
        notes->noxs = (struct xen_note){desc, h->n_descsz};
        return;
    }
    /* Xen's own loader goes by the text alone; some write more zeros behind it, or do not count its
     * NUL. */
    if (h->n_namesz < sizeof(owner) - 1 || memcmp(name, owner, sizeof(owner)))
        return;
    notes->any = true;
    /* An unknown type belongs to a later Xen or to crash dumps. If a type is there twice, the last
     * one counts. */
    if (h->n_type <= XEN_ELFNOTE_MAX)
        notes->note[h->n_type] = (struct xen_note){desc, h->n_descsz};
}

/* True for what an 8-byte padding leaves before the next note: four zero bytes, in a table that is
 * aligned to 8, at a place that is not. A note of no name would begin the same way, but no tool
 * writes one. */
static bool is_gap(const struct elf_range *r, uint64_t at, const Elf64_Nhdr *h)
{
    return r->align == 8 && (r->offset + at) % 8 && h->n_namesz == 0;
}

static void broken_at(struct xen_notes *notes, uint64_t offset)
{
    if (!notes->broken)
        notes->broken = offset;
}

/* How many bytes of the table are in the file and are to be read. */
static uint64_t readable(const struct elf *elf, const struct elf_range *r, struct xen_notes *notes)
{
    uint64_t size = r->filesz;

    if (!elf_inside(elf, r->offset, size)) {
        broken_at(notes, r->offset);
        size = r->offset < elf->size ? elf->size - r->offset : 0;
    }
    if (size > notes->left)
        size = notes->left;
    notes->left -= size;
    return size;
}

/* Notes that make no sense, or are not in the file, end the walk: what was found before them
 * counts. */
static void walk(const struct elf *elf, const struct elf_range *table, struct xen_notes *notes)
{
    const struct elf_range *r = &(struct elf_range){
        .align = table->align, .offset = table->offset, .filesz = readable(elf, table, notes)};
    uint64_t at = 0, name_room, left;
    const uint8_t *base;
    Elf64_Nhdr h; /* has the same shape in both classes */

    if (r->filesz < sizeof(h))
        return;
    base = elf->data + r->offset;
    /* The rest is too short for a note: it is padding. */
    while (r->filesz - at >= sizeof(h)) {
        memcpy(&h, base + at, sizeof(h));
        if (is_gap(r, at, &h)) {
            at += sizeof(h.n_namesz);
            continue;
        }
        left = r->filesz - at - sizeof(h);
        name_room = padded(h.n_namesz);
        if (name_room > left || h.n_descsz > left - name_room) {
            broken_at(notes, r->offset + at);
            break;
        }
        keep(notes, &h, base + at + sizeof(h), base + at + sizeof(h) + name_room);
        left -= name_room;
        if (padded(h.n_descsz) >= left)
            break;
        at += sizeof(h) + name_room + padded(h.n_descsz);
    }
}

typedef void header_fn(const struct elf *elf, unsigned int i, struct elf_range *out);

static void walk_all(const struct elf *elf, header_fn *header, unsigned int count, uint32_t type,
                     struct xen_notes *notes)
{
    struct elf_range r;

    for (unsigned int i = 0; i < count; i++) {
        header(elf, i, &r);
        /* There are linkers that leave the offset of an empty PT_NOTE at 0. */
        if (r.type == type && r.offset)
            walk(elf, &r, notes);
    }
}

void notes_read(const struct elf *elf, struct xen_notes *notes)
{
    memset(notes, 0, sizeof(*notes));
    notes->left = MAX_BYTES;
    walk_all(elf, elf_program_header, elf->phnum, PT_NOTE, notes);
    /* A linker script without PT_NOTE leaves the notes in sections only. */
    if (!notes->any)
        walk_all(elf, elf_section_header, elf->shnum, SHT_NOTE, notes);
    if (!notes->any)
        guest_section_read(elf, notes);
}

void notes_string(const struct xen_notes *notes, unsigned int type, char *buf, size_t cap)
{
    const struct xen_note *n = &notes->note[type];
    size_t i;

    /* The text goes into messages, and so to a terminal: only plain ASCII is let through. */
    for (i = 0; i < n->size && i < cap - 1 && n->desc[i]; i++)
        buf[i] = n->desc[i] >= ' ' && n->desc[i] <= '~' ? (char)n->desc[i] : '?';
    buf[i] = '\0';
}

bool notes_speak_noxs(const struct xen_notes *notes)
{
    uint32_t version = NOXS_ABI_VERSION;

    return notes->noxs.size == sizeof(version) &&
           !memcmp(notes->noxs.desc, &version, sizeof(version));
}

int notes_number(const struct xen_notes *notes, unsigned int type, uint64_t *value)
{
    const struct xen_note *n = &notes->note[type];

    if (!n->desc)
        return 0;
    if (n->size != 1 && n->size != 2 && n->size != 4 && n->size != sizeof(*value))
        return -EINVAL;
    *value = 0;
    memcpy(value, n->desc, n->size); /* little-endian, as the file is */
    return 1;
}
