/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads what a kernel's notes ask for, and decides whether a PV or a PVH domain can give it. */
#include "image/image_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where the lower half of the address space ends, and where a 64-bit PV kernel's part of the upper
 * half begins: the ABI's HYPERVISOR_VIRT_END (xen/arch-x86/xen-x86_64.h). Between the two are the
 * non-canonical hole and Xen's own part. */
#define LOWER_HALF_END 0x0000800000000000ULL
#define UPPER_HALF     0xffff880000000000ULL

/* Far above what fits into one host, far below where sums of addresses overflow. */
#define PV_MAX_PHYSICAL (1ULL << 46)

#define FOR_PV  1
#define FOR_PVH 2

/* The features of a domain without privileges, by their names in XEN_ELFNOTE_FEATURES. */
static const struct {
    const char *name;
    unsigned int given_to;
} features[] = {
    {"writable_page_tables", FOR_PV | FOR_PVH}, /* PV: Xen traps the writes */
    {"writable_descriptor_tables", FOR_PVH},
    {"auto_translated_physmap", FOR_PVH},
    {"supervisor_mode_kernel", FOR_PVH},
    {"pae_pgdir_above_4gb", FOR_PV | FOR_PVH},
    {"mmu_pt_update_preserve_ad", FOR_PV | FOR_PVH},
    {"highmem_assist", FOR_PV | FOR_PVH},
    {"gnttab_map_avail_bits", FOR_PV | FOR_PVH},
    {"hvm_callback_vector", FOR_PVH},
    {"hvm_safe_pvclock", FOR_PVH},
    {"memory_op_vnode_supported", FOR_PV | FOR_PVH},
    {"linux_rsdp_unrestricted", FOR_PV | FOR_PVH},
    {"not_direct_mapped", FOR_PV | FOR_PVH},
};

/* Writes the reason (IMAGE_REASON bytes) and returns false, so that a check can end with it. */
__attribute__((format(printf, 2, 3))) static bool refuse(char *reason, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(reason, IMAGE_REASON, fmt, ap);
    va_end(ap);
    return false;
}

static bool feature_given(const char *name, size_t len, unsigned int to)
{
    size_t i;

    for (i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        if (strlen(features[i].name) == len && !memcmp(features[i].name, name, len))
            return features[i].given_to & to;
    }
    return false;
}

/* The note reads "a|!b|c". The kernel does not run without the features that have a mark. */
static bool features_given(const struct xen_notes *notes, unsigned int to, const char *type,
                           char *reason)
{
    char list[512];
    const char *at = list;
    size_t len;

    if (notes->note[XEN_ELFNOTE_FEATURES].size > sizeof(list))
        return refuse(reason, "its FEATURES note has %u bytes (at most %zu are read)",
                      notes->note[XEN_ELFNOTE_FEATURES].size, sizeof(list));
    notes_string(notes, XEN_ELFNOTE_FEATURES, list, sizeof(list));
    for (; *at; at += len + (at[len] == '|')) {
        len = strcspn(at, "|");
        if (*at == '!' && !feature_given(at + 1, len - 1, to))
            return refuse(reason, "it needs the feature \"%.*s\", which a %s domain does not have",
                          len > 64 ? 64 : (int)len - 1, at + 1, type);
    }
    return true;
}

/* Reads a number, if the note is there. False, with the reason, if its size is wrong. */
static bool number(const struct xen_notes *notes, unsigned int type, const char *name,
                   uint64_t *value, char *reason)
{
    if (notes_number(notes, type, value) < 0)
        return refuse(reason, "its %s note has %u bytes (right would be 1, 2, 4 or 8)", name,
                      notes->note[type].size);
    return true;
}

static bool pv_numbers(const struct elf *elf, const struct xen_notes *notes, struct image *img)
{
    uint64_t mod_start_pfn = 0;

    img->virt_base = 0;
    img->paddr_offset = 0;
    img->virt_entry = elf->entry;
    img->hypercall_page = UINT64_MAX;
    img->p2m_base = UINT64_MAX;
    if (!number(notes, XEN_ELFNOTE_VIRT_BASE, "VIRT_BASE", &img->virt_base, img->no_pv) ||
        !number(notes, XEN_ELFNOTE_PADDR_OFFSET, "PADDR_OFFSET", &img->paddr_offset, img->no_pv) ||
        !number(notes, XEN_ELFNOTE_ENTRY, "ENTRY", &img->virt_entry, img->no_pv) ||
        !number(notes, XEN_ELFNOTE_HYPERCALL_PAGE, "HYPERCALL_PAGE", &img->hypercall_page,
                img->no_pv) ||
        !number(notes, XEN_ELFNOTE_INIT_P2M, "INIT_P2M", &img->p2m_base, img->no_pv) ||
        !number(notes, XEN_ELFNOTE_MOD_START_PFN, "MOD_START_PFN", &mod_start_pfn, img->no_pv))
        return false;
    img->mod_start_pfn = mod_start_pfn != 0;
    return true;
}

/* A kernel that is made for another Xen, or for another loader, has these notes, as text. */
static bool pv_strings(const struct xen_notes *notes, struct image *img)
{
    char text[32];

    notes_string(notes, XEN_ELFNOTE_XEN_VERSION, text, sizeof(text));
    if (*text && strncmp(text, "xen-3.0", 7))
        return refuse(img->no_pv,
                      "its XEN_VERSION note is \"%s\" (right would be \"xen-3.0\", "
                      "today's interface)",
                      text);
    notes_string(notes, XEN_ELFNOTE_LOADER, text, sizeof(text));
    if (*text && strncmp(text, "generic", 7) && strncmp(img->guest_os, "linux", 5))
        return refuse(img->no_pv, "its LOADER note is \"%s\" (right would be \"generic\")", text);
    return true;
}

/* The initial mapping begins at VIRT_BASE, not at the image's first byte, and so does the range
 * that is checked here. Its end depends on the VM's memory: the builder checks that. */
static bool pv_range(struct image *img, uint64_t last)
{
    if ((img->virt_base | img->paddr_offset) % 4096)
        return refuse(img->no_pv,
                      "its VIRT_BASE %#" PRIx64 " or PADDR_OFFSET %#" PRIx64
                      " is not the address of a page",
                      img->virt_base, img->paddr_offset);
    if (last >= LOWER_HALF_END && img->virt_base < UPPER_HALF)
        return refuse(img->no_pv,
                      "it needs %#" PRIx64 " to %#" PRIx64
                      ", not in the address space Xen leaves it (below %#llx or from %#llx)",
                      img->virt_base, last, LOWER_HALF_END, UPPER_HALF);
    return true;
}

static bool pv_addresses(struct image *img)
{
    uint64_t low = img->start - img->paddr_offset, high = img->end - img->paddr_offset;
    uint64_t first = img->virt_base + low, last = img->virt_base + high - 1;

    if (img->start < img->paddr_offset)
        return refuse(img->no_pv,
                      "its PADDR_OFFSET %#" PRIx64 " is above its lowest physical "
                      "address %#" PRIx64,
                      img->paddr_offset, img->start);
    if (high > PV_MAX_PHYSICAL)
        return refuse(img->no_pv,
                      "it ends at pseudo-physical %#" PRIx64 ", more than any guest has", high);
    if (last < img->virt_base)
        return refuse(img->no_pv, "its VIRT_BASE %#" PRIx64 " makes its addresses wrap around",
                      img->virt_base);
    if (!pv_range(img, last))
        return false;
    if (img->virt_entry < first || img->virt_entry > last)
        return refuse(img->no_pv,
                      "its entry point %#" PRIx64 " is outside of it (%#" PRIx64 " to %#" PRIx64
                      ")",
                      img->virt_entry, first, last);
    if (img->hypercall_page != UINT64_MAX &&
        (img->hypercall_page % 4096 || img->hypercall_page < first || img->hypercall_page > last ||
         last - img->hypercall_page < 4095))
        return refuse(img->no_pv,
                      "its hypercall page %#" PRIx64 " is no page inside of it "
                      "(%#" PRIx64 " to %#" PRIx64 ")",
                      img->hypercall_page, first, last);
    if (img->p2m_base != UINT64_MAX &&
        (img->p2m_base % 4096 || (img->p2m_base >= img->virt_base && img->p2m_base <= last) ||
         (img->p2m_base >= LOWER_HALF_END && img->p2m_base < UPPER_HALF)))
        return refuse(img->no_pv,
                      "its INIT_P2M %#" PRIx64 " is no page outside of it where a "
                      "PV kernel may have one",
                      img->p2m_base);
    return true;
}

static bool decide_pv(const struct elf *elf, const struct xen_notes *notes, struct image *img)
{
    const struct xen_note *note = notes->note;

    if (elf->is32)
        return refuse(img->no_pv, "it is a 32-bit kernel (right would be a 64-bit one)");
    /* XEN_VERSION alone makes a PV kernel only without PHYS32_ENTRY: a unikernel for PV may have no
     * other note, but a Linux that is for PVH only has it, too. */
    if (!note[XEN_ELFNOTE_ENTRY].desc && !note[XEN_ELFNOTE_VIRT_BASE].desc &&
        !note[XEN_ELFNOTE_HYPERCALL_PAGE].desc &&
        (!note[XEN_ELFNOTE_XEN_VERSION].desc || note[XEN_ELFNOTE_PHYS32_ENTRY].desc))
        return refuse(img->no_pv, "it has no ENTRY, VIRT_BASE or HYPERCALL_PAGE note (Linux has "
                                  "them with CONFIG_XEN_PV)");
    return pv_strings(notes, img) && pv_numbers(elf, notes, img) && pv_addresses(img) &&
           features_given(notes, FOR_PV, "PV", img->no_pv);
}

static bool decide_pvh(const struct xen_notes *notes, struct image *img)
{
    uint64_t entry = 0;

    if (!notes->note[XEN_ELFNOTE_PHYS32_ENTRY].desc)
        return refuse(img->no_pvh, "it has no PHYS32_ENTRY note (Linux has it with CONFIG_PVH)");
    if (!number(notes, XEN_ELFNOTE_PHYS32_ENTRY, "PHYS32_ENTRY", &entry, img->no_pvh))
        return false;
    if (img->end > 1ULL << 32 && notes->note[XEN_ELFNOTE_PADDR_OFFSET].desc)
        return refuse(img->no_pvh,
                      "its physical addresses (p_paddr, from %#" PRIx64 ") are virtual ones, and "
                      "PADDR_OFFSET holds for PV only",
                      img->start);
    if (img->end > 1ULL << 32)
        return refuse(img->no_pvh,
                      "it ends at physical %#" PRIx64 " (it starts in 32-bit mode, "
                      "below 4 GiB)",
                      img->end);
    if (entry < img->start || entry >= img->end)
        return refuse(img->no_pvh,
                      "its entry point %#" PRIx64 " is outside of it (%#" PRIx64 " to %#" PRIx64
                      ")",
                      entry, img->start, img->end - 1);
    img->phys_entry = (uint32_t)entry;
    return features_given(notes, FOR_PVH, "PVH", img->no_pvh);
}

int boot_decide(const struct elf *elf, const struct xen_notes *notes, struct image *img,
                chaos_error *err)
{
    if (!notes->any && notes->broken)
        return not_a_kernel(err,
                            "it has no Xen notes before offset %#" PRIx64
                            ", where notes are longer than their table or the file",
                            notes->broken);
    if (!notes->any)
        return not_a_kernel(err, "it has no Xen notes (Linux has them with CONFIG_XEN_PV or "
                                 "CONFIG_PVH; docs/images.md lists what else needs)");
    img->speaks_noxs = notes_speak_noxs(notes);
    notes_string(notes, XEN_ELFNOTE_GUEST_OS, img->guest_os, sizeof(img->guest_os));
    img->pv = decide_pv(elf, notes, img);
    img->pvh = decide_pvh(notes, img);
    if (!img->pv && !img->pvh)
        return not_a_kernel(err, "not for PV: %s; not for PVH: %s", img->no_pv, img->no_pvh);
    return 0;
}
