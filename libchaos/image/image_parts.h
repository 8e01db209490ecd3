/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the image_*.c files and their tests; not for others. */
#ifndef CHAOS_IMAGE_PARTS_H
#define CHAOS_IMAGE_PARTS_H

#include "base/error.h"
#include "image/image.h"

#include <errno.h>
#include <xen/elfnote.h>

/* The caller puts the file's name in front. ENOEXEC is what a kernel says of a bad program. */
#define not_a_kernel(err, ...) error_set(err, CHAOS_E_IMAGE, ENOEXEC, "not a kernel: " __VA_ARGS__)

/* ---- image_elf.c --------------------------------------------------------------------------- */

/* An ELF file whose header was checked; the program header table lies inside the file. */
struct elf {
    const uint8_t *data;
    size_t size;
    bool is32;
    uint64_t entry, phoff, shoff;
    unsigned int phnum, shnum;         /* shnum 0: no section headers, or not inside the file */
    unsigned int phentsize, shentsize; /* how far they are apart */
    unsigned int shstrndx;
};

/* A program or section header of either class. Nothing in it has been checked. */
struct elf_range {
    uint32_t type, flags;
    uint64_t align, offset, paddr, filesz, memsz;
    uint32_t link, name; /* of a section */
};

int elf_open(struct elf *elf, const uint8_t *data, size_t size, chaos_error *err);
void elf_program_header(const struct elf *elf, unsigned int i, struct elf_range *out);
void elf_section_header(const struct elf *elf, unsigned int i, struct elf_range *out);
/* True if the file has those bytes. */
static inline bool elf_inside(const struct elf *elf, uint64_t offset, uint64_t len)
{
    return offset <= elf->size && len <= elf->size - offset;
}
/* Fills segments, start and end. */
int elf_load_segments(const struct elf *elf, struct image *img, chaos_error *err);

/* ---- image_notes.c ------------------------------------------------------------------------- */

/* The Xen notes by type, as pointers into the file. `desc` is NULL if there is none of that type.
 */
struct xen_notes {
    bool any;
    uint64_t broken; /* file offset of the first note that makes no sense; 0: none */
    uint64_t left;   /* how many bytes of tables may yet be read */
    uint64_t number[XEN_ELFNOTE_MAX + 1]; /* what a desc may point to that is not in the file */
    struct xen_note {
        const uint8_t *desc;
        uint32_t size;
    } note[XEN_ELFNOTE_MAX + 1];
    struct xen_note noxs; /* of another owner, see noxs/abi.h */
};

void notes_read(const struct elf *elf, struct xen_notes *notes);
/* The text of a note up to its NUL, at most `cap` - 1 bytes of it; "" if there is none. */
void notes_string(const struct xen_notes *notes, unsigned int type, char *buf, size_t cap);
/* Reads a number of 1, 2, 4 or 8 bytes: 1, 0 if there is none, -EINVAL if it has another size. */
int notes_number(const struct xen_notes *notes, unsigned int type, uint64_t *value);
/* Whether the kernel says that it speaks noxs as we do. */
bool notes_speak_noxs(const struct xen_notes *notes);

/* ---- image_guest_section.c ----------------------------------------------------------------- */

/* Fills `notes` from the section __xen_guest, which kernels for PV had before there were notes. */
void guest_section_read(const struct elf *elf, struct xen_notes *notes);

/* ---- image_symbols.c ----------------------------------------------------------------------- */

/* Where the notes ask for it, and the file has one, adds the symbol table as a segment behind the
 * others: 1, and the image's data is elsewhere. Else 0. */
int symbols_add(const struct elf *elf, const struct xen_notes *notes, struct image *img,
                chaos_error *err);

/* ---- image_boot.c -------------------------------------------------------------------------- */

/* Decides from the notes how the kernel can start. Fails if it cannot start at all. */
int boot_decide(const struct elf *elf, const struct xen_notes *notes, struct image *img,
                chaos_error *err);

/* ---- image_compressed.c, image_codec.c, image_codec_more.c --------------------------------- */

/* Finds the compressed kernel in a bzImage or a compressed file and decompresses it into *out
 * (freed by the caller). Returns 1, or 0 if `data` is neither. */
int image_unpack(const uint8_t *data, size_t size, size_t limit, uint8_t **out, size_t *out_size,
                 chaos_error *err);

struct codec_stream {
    const uint8_t *in;
    size_t in_left;
    uint8_t *out;
    size_t out_left;
    void *state;
    const char *why; /* after a failure: the library's reason */
};

enum codec_result { CODEC_MORE, CODEC_END, CODEC_BAD, CODEC_NO_MEMORY, CODEC_TOO_LARGE };

struct codec {
    const char *name;
    uint8_t magic[6];
    uint8_t magic_len;
    bool members; /* a file may consist of several, one behind the other */
    /* All NULL if chaos knows the format only by its name. */
    enum codec_result (*start)(struct codec_stream *s);
    enum codec_result (*step)(struct codec_stream *s);
    void (*finish)(struct codec_stream *s);
};

/* Finds a format by the first bytes of a file; NULL if it is not known. */
const struct codec *codec_detect(const uint8_t *data, size_t size);

enum codec_result bzip2_start(struct codec_stream *s);
enum codec_result bzip2_step(struct codec_stream *s);
void bzip2_finish(struct codec_stream *s);
enum codec_result lz4_legacy_start(struct codec_stream *s);
enum codec_result lz4_legacy_step(struct codec_stream *s);
void lz4_legacy_finish(struct codec_stream *s);
enum codec_result lz4_start(struct codec_stream *s);
enum codec_result lz4_step(struct codec_stream *s);
void lz4_finish(struct codec_stream *s);

#endif
