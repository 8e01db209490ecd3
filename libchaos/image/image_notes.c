/* SPDX-License-Identifier: BSD-3-Clause */
/* Collects a kernel's Xen notes: a walk over name-size, desc-size, type, name, desc. */
#include "image/image_parts.h"

#include <elf.h>
#include <inttypes.h>
#include <noxs/abi.h>
#include <string.h>

/* Real tables have a few hundred bytes. Both bounds keep a hostile file, whose headers may all
 * name the same bytes, from costing more than milliseconds. */
#define MAX_TABLES      64
#define MAX_TABLE_BYTES 65536

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
    if (h->n_namesz != sizeof(owner) || memcmp(name, owner, sizeof(owner)))
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

/* Notes that make no sense end the walk: what was found before them counts. */
static int walk(const struct elf *elf, const struct elf_range *r, struct xen_notes *notes,
                chaos_error *err)
{
    uint64_t at = 0, name_room, left;
    const uint8_t *base;
    Elf64_Nhdr h; /* has the same shape in both classes */

    if (r->offset > elf->size || r->filesz > elf->size - r->offset)
        return not_a_kernel(err,
                            "its notes take %#" PRIx64 " bytes at offset %#" PRIx64
                            ", but the file ends at %#zx (is it cut off?)",
                            r->filesz, r->offset, elf->size);
    if (r->filesz > MAX_TABLE_BYTES)
        return not_a_kernel(
            err, "its notes at offset %#" PRIx64 " take %#" PRIx64 " bytes (at most %#x are read)",
            r->offset, r->filesz, MAX_TABLE_BYTES);
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
            if (!notes->broken)
                notes->broken = r->offset + at;
            break;
        }
        keep(notes, &h, base + at + sizeof(h), base + at + sizeof(h) + name_room);
        left -= name_room;
        if (padded(h.n_descsz) >= left)
            break;
        at += sizeof(h) + name_room + padded(h.n_descsz);
    }
    return 0;
}

typedef void header_fn(const struct elf *elf, unsigned int i, struct elf_range *out);

static int walk_all(const struct elf *elf, header_fn *header, unsigned int count, uint32_t type,
                    struct xen_notes *notes, chaos_error *err)
{
    unsigned int i, tables = 0;
    struct elf_range r;
    int rc;

    for (i = 0; i < count; i++) {
        header(elf, i, &r);
        if (r.type != type)
            continue;
        if (++tables > MAX_TABLES)
            return not_a_kernel(err, "it has more than %d tables of notes", MAX_TABLES);
        rc = walk(elf, &r, notes, err);
        if (rc)
            return rc;
    }
    return 0;
}

int notes_read(const struct elf *elf, struct xen_notes *notes, chaos_error *err)
{
    int rc;

    memset(notes, 0, sizeof(*notes));
    rc = walk_all(elf, elf_program_header, elf->phnum, PT_NOTE, notes, err);
    /* A linker script without PT_NOTE leaves the notes in sections only. */
    if (!rc && !notes->any)
        rc = walk_all(elf, elf_section_header, elf->shnum, SHT_NOTE, notes, err);
    return rc;
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
    uint32_t small;

    if (!n->desc)
        return 0;
    switch (n->size) {
    case sizeof(small):
        memcpy(&small, n->desc, sizeof(small));
        *value = small;
        return 1;
    case sizeof(*value):
        memcpy(value, n->desc, sizeof(*value));
        return 1;
    default:
        return -EINVAL;
    }
}
