/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest kernel: an ELF file with Xen notes, plain, compressed, or inside a Linux bzImage. The
 * file is untrusted input: every offset and size is checked against the bytes that are really
 * there.
 */
#ifndef CHAOS_IMAGE_H
#define CHAOS_IMAGE_H

#include <chaos/config.h>

#define IMAGE_MAX_SEGMENTS 16
#define IMAGE_MAX_BYTES    (1ULL << 30) /* decompressed; more is a bomb, not a kernel */
#define IMAGE_REASON       192

/* A bit of p_flags, from the range for operating systems: the segment needs no zeros. Clearing a
 * page of the guest, which has to be mapped for it, costs 5 us. */
#define IMAGE_PF_NOINIT 0x00100000

struct image_segment {
    uint64_t paddr;  /* as in the file: PV adds virt_base - paddr_offset to get the address */
    uint64_t offset; /* into image.data */
    uint64_t filesz; /* bytes to copy */
    uint64_t memsz;  /* bytes it takes; the rest is zero */
    bool noinit;     /* ... or undefined, with IMAGE_PF_NOINIT */
};

struct image {
    const uint8_t *data; /* the plain ELF file, decompressed where it was not */
    size_t size;
    uint8_t *owned; /* the memory that image_free frees; NULL if data belongs to a caller */
    int fd;         /* the file, if data has only its headers and notes; else -1 */

    bool elf32; /* only PVH can start these */
    unsigned int nr_segments;
    struct image_segment segments[IMAGE_MAX_SEGMENTS]; /* PT_LOADs with memsz > 0, by paddr */
    uint64_t start, end;                               /* lowest and highest paddr + memsz */
    uint64_t filled;                                   /* no segment has content behind it */

    /* PV, valid where `pv`: a 64-bit kernel with ENTRY, VIRT_BASE or HYPERCALL_PAGE. virt_base
     * and paddr_offset are page-aligned; from virt_base to the image's end addresses are canonical,
     * outside Xen's own range, and do not wrap; the entry, and the whole hypercall page, lie inside
     * the image; end - paddr_offset is at most 64 TiB. */
    bool pv;
    uint64_t virt_base;      /* XEN_ELFNOTE_VIRT_BASE */
    uint64_t paddr_offset;   /* XEN_ELFNOTE_PADDR_OFFSET, default 0 */
    uint64_t virt_entry;     /* XEN_ELFNOTE_ENTRY, default e_entry */
    uint64_t hypercall_page; /* XEN_ELFNOTE_HYPERCALL_PAGE: virtual address; UINT64_MAX: none */
    uint64_t p2m_base;       /* XEN_ELFNOTE_INIT_P2M: virtual address; UINT64_MAX: after image */
    bool mod_start_pfn;      /* XEN_ELFNOTE_MOD_START_PFN: the ramdisk needs no mapping */

    /* PVH, valid where `pvh`: XEN_ELFNOTE_PHYS32_ENTRY, inside the image, all below 4 GiB. */
    bool pvh;
    uint32_t phys_entry;

    bool speaks_noxs; /* it has a note that says so (noxs/abi.h) */
    /* XEN_ELFNOTE_BSD_SYMTAB: it wants its symbol table, which is the last segment where the file
     * has one. */
    bool wants_symbols;

    char guest_os[32]; /* XEN_ELFNOTE_GUEST_OS, for messages; "" if there is none */

    /* Why it cannot start as that type; "" if it can. */
    char no_pv[IMAGE_REASON], no_pvh[IMAGE_REASON];
};

/* Opens `path`, decompresses it if need be, and checks all of it. On failure the status is
 * CHAOS_E_IMAGE, and the message begins with the path and says what would be right. */
int image_load(const char *path, struct image **out, chaos_error *err);
/* The same from memory (fuzzing, tests); `data` must outlive the image. */
int image_parse(const char *label, const uint8_t *data, size_t size, struct image **out,
                chaos_error *err);
/* 0 if it can start as `type`; else an error that says what the kernel lacks. */
int image_require(const struct image *img, const char *label, enum chaos_type type,
                  chaos_error *err);
void image_free(struct image *img);

#endif
