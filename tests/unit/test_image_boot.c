/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the Xen notes ask for, and what is refused. Method: a tiny kernel with the notes of a row,
 * and the reason why it cannot start; a PHYS32_ENTRY beside them keeps the other way open, so that
 * each reason is one type's own.
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

#define KERNEL_BASE 0xffffffff80000000ULL

struct note {
    uint32_t type; /* INFO, which is 0 and says nothing, ends the list */
    uint64_t number;
    const char *text; /* instead of the number */
    uint32_t size;    /* instead of 8, or of the text's */
};

static const struct refusal {
    const char *name;
    struct note notes[4];
    const char *text;
} pv_refusals[] = {
    {"no PV note", {{XEN_ELFNOTE_GUEST_OS, 0, "x", 0}}, "it has no ENTRY, VIRT_BASE or HYPERCALL"},
    {"Linux for PVH alone", {{XEN_ELFNOTE_XEN_VERSION, 0, "xen-3.0", 0}}, "it has no ENTRY, VIRT"},
    {"entry below", {{XEN_ELFNOTE_ENTRY, 0x3fff, 0, 0}}, "its entry point 0x3fff is outside of it"},
    {"entry above", {{XEN_ELFNOTE_ENTRY, 0x6000, 0, 0}}, "0x6000 is outside of it (0x4000 to 0x5"},
    {"e_entry elsewhere",
     {{XEN_ELFNOTE_VIRT_BASE, KERNEL_BASE, 0, 0}},
     "its entry point 0x4000 is outside of it (0xffffffff80004000 to 0xffffffff80005fff)"},
    {"entry of 3 bytes",
     {{XEN_ELFNOTE_ENTRY, 0x4000, 0, 3}},
     "ENTRY note has 3 bytes (right would"},
    {"base of 12 bytes",
     {{XEN_ELFNOTE_VIRT_BASE, 0, "0123456789ab", 12}},
     "BASE note has 12 bytes"},
    {"offset of 5 bytes",
     {{XEN_ELFNOTE_ENTRY, 0x4000, 0, 0}, {XEN_ELFNOTE_PADDR_OFFSET, 0, "four", 0}},
     "its PADDR_OFFSET note has 5 bytes (right would be 1, 2, 4 or 8)"},
    {"base wraps", {{XEN_ELFNOTE_VIRT_BASE, UINT64_MAX - 4095, 0, 0}}, "makes its addresses wrap"},
    {"end wraps", {{XEN_ELFNOTE_VIRT_BASE, UINT64_MAX - 0x4fff, 0, 0}}, "makes its addresses wrap"},
    {"base within a page", {{XEN_ELFNOTE_VIRT_BASE, 0x123, 0, 0}}, "is not the address of a page"},
    {"base and offset within a page",
     {{XEN_ELFNOTE_VIRT_BASE, 0x123, 0, 0}, {XEN_ELFNOTE_PADDR_OFFSET, 0x123, 0, 0}},
     "its VIRT_BASE 0x123 or PADDR_OFFSET 0x123 is not the address of a page"},
    {"image above, base in Xen's range",
     {{XEN_ELFNOTE_VIRT_BASE, 0xffff87ffffffc000, 0, 0}},
     "it needs 0xffff87ffffffc000 to 0xffff880000001fff, not in the address space"},
    {"non-canonical", {{XEN_ELFNOTE_VIRT_BASE, 1ULL << 50, 0, 0}}, "not in the address space Xen"},
    {"end non-canonical", {{XEN_ELFNOTE_VIRT_BASE, 0x00007fffffffb000, 0, 0}}, "(below 0x80000000"},
    {"Xen's range", {{XEN_ELFNOTE_VIRT_BASE, 0xffff800000000000, 0, 0}}, "or from 0xffff880000000"},
    {"start in Xen's range",
     {{XEN_ELFNOTE_VIRT_BASE, 0xffff87ffffffb000, 0, 0}},
     "not in the addr"},
    {"offset above the image",
     {{XEN_ELFNOTE_VIRT_BASE, 0, 0, 0}, {XEN_ELFNOTE_PADDR_OFFSET, 0x5000, 0, 0}},
     "its PADDR_OFFSET 0x5000 is above its lowest physical address 0x4000"},
    {"hypercall page unaligned",
     {{XEN_ELFNOTE_HYPERCALL_PAGE, 0x4100, 0, 0}},
     "page 0x4100 is no p"},
    {"hypercall page below",
     {{XEN_ELFNOTE_HYPERCALL_PAGE, 0x3000, 0, 0}},
     "page 0x3000 is no page"},
    {"hypercall page above",
     {{XEN_ELFNOTE_HYPERCALL_PAGE, 0x6000, 0, 0}},
     "page 0x6000 is no page"},
    {"P2M in the image",
     {{XEN_ELFNOTE_ENTRY, 0x4000, 0, 0}, {XEN_ELFNOTE_INIT_P2M, 0x5000, 0, 0}},
     "its INIT_P2M 0x5000 is no page outside of it"},
    {"P2M unaligned",
     {{XEN_ELFNOTE_ENTRY, 0x4000, 0, 0}, {XEN_ELFNOTE_INIT_P2M, 0x800001, 0, 0}},
     "its INIT_P2M 0x800001"},
    {"P2M non-canonical",
     {{XEN_ELFNOTE_ENTRY, 0x4000, 0, 0}, {XEN_ELFNOTE_INIT_P2M, 1ULL << 47, 0, 0}},
     "its INIT_P2M 0x800000000000"},
    {"MOD_START_PFN of 3 bytes",
     {{XEN_ELFNOTE_ENTRY, 0x4000, 0, 0}, {XEN_ELFNOTE_MOD_START_PFN, 1, 0, 3}},
     "its MOD_START_PFN note has 3 bytes"},
    {"later interface",
     {{XEN_ELFNOTE_ENTRY, 0x4000, 0, 0}, {XEN_ELFNOTE_XEN_VERSION, 0, "xen-4.0", 0}},
     "its XEN_VERSION note is \"xen-4.0\" (right would be \"xen-3.0\""},
    {"other loader",
     {{XEN_ELFNOTE_ENTRY, 0x4000, 0, 0}, {XEN_ELFNOTE_LOADER, 0, "special", 0}},
     "its LOADER note is \"special\" (right would be \"generic\")"},
    {"needs translation",
     {{XEN_ELFNOTE_ENTRY, 0x4000, 0, 0},
      {XEN_ELFNOTE_FEATURES, 0, "dom0|!auto_translated_physmap", 0}},
     "it needs the feature \"auto_translated_physmap\", which a PV domain does not have"},
};

static const struct refusal pvh_refusals[] = {
    {"no entry", {{XEN_ELFNOTE_ENTRY, 0x4000, 0, 0}}, "it has no PHYS32_ENTRY note (Linux has it"},
    {"entry below",
     {{XEN_ELFNOTE_PHYS32_ENTRY, 0x3fff, 0, 0}},
     "point 0x3fff is outside of it (0x4"},
    {"entry above",
     {{XEN_ELFNOTE_PHYS32_ENTRY, 0x6000, 0, 0}},
     "0x6000 is outside of it (0x4000 to"},
    {"entry above 4 GiB",
     {{XEN_ELFNOTE_PHYS32_ENTRY, 0x100004000, 0, 0}},
     "0x100004000 is outside"},
    {"entry of 3 bytes",
     {{XEN_ELFNOTE_PHYS32_ENTRY, 0x4000, 0, 3}},
     "PHYS32_ENTRY note has 3 byte"},
};

static void build(struct tiny *t, const struct note *notes)
{
    tiny_begin(t, false);
    for (; notes->type != XEN_ELFNOTE_INFO; notes++) {
        if (notes->text && notes->size)
            tiny_note(t, notes->type, notes->text, notes->size);
        else if (notes->text)
            tiny_text(t, notes->type, notes->text);
        else
            tiny_note(t, notes->type, &notes->number, notes->size ? notes->size : 8);
    }
}

static void check(struct tiny *t, const char *text, bool pv)
{
    struct chaos_error err = {0};
    struct image *img;

    tiny_end(t);
    if (image_parse("k.elf", t->bytes, t->size, &img, &err))
        fail_msg("%s", err.text);
    if (image_broken(img))
        fail_msg("accepted with %s", image_broken(img));
    assert_int_equal(img->pv, !pv);
    assert_int_equal(img->pvh, pv);
    if (!strstr(pv ? img->no_pv : img->no_pvh, text))
        fail_msg("\"%s\" does not say \"%s\"", pv ? img->no_pv : img->no_pvh, text);
    assert_int_equal(image_require(img, "k.elf", pv ? CHAOS_PV : CHAOS_PVH, &err), -ENOEXEC);
    assert_non_null(strstr(err.text, text));
    image_free(img);
}

static void pv_refused(void **state)
{
    const struct refusal *r = *state;
    struct tiny t;

    build(&t, r->notes);
    tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, 0x4000);
    check(&t, r->text, true);
}

static void pvh_refused(void **state)
{
    const struct refusal *r = *state;
    struct tiny t;

    build(&t, r->notes);
    tiny_number(&t, XEN_ELFNOTE_ENTRY, 0x4000);
    check(&t, r->text, false);
}

/* Sums of addresses must not overflow in the builder, whatever the virtual base makes of them. */
static void far_up(void **state)
{
    struct chaos_error err = {0};
    struct image *img;
    struct tiny t;

    (void)state;
    tiny_begin(&t, false);
    tiny_number(&t, XEN_ELFNOTE_VIRT_BASE, 0);
    tiny_number(&t, XEN_ELFNOTE_ENTRY, UINT64_MAX - 4095);
    tiny_end(&t);
    tiny_phdr(&t, TINY_LOAD, PT_LOAD, 0, UINT64_MAX - 4095, 64, 4095);
    assert_int_equal(image_parse("k.elf", t.bytes, t.size, &img, &err), -ENOEXEC);
    assert_non_null(strstr(err.text, "not for PV: it ends at pseudo-physical 0xffffffffffffffff"));
}

/* Both reasons in one line, where it can start in no way. */
static void no_way(void **state)
{
    struct chaos_error err = {0};
    struct image *img;
    struct tiny t;

    (void)state;
    tiny_begin(&t, false);
    tiny_text(&t, XEN_ELFNOTE_GUEST_OS, "linux");
    tiny_end(&t);
    assert_int_equal(image_parse("k.elf", t.bytes, t.size, &img, &err), -ENOEXEC);
    assert_string_equal(err.text,
                        "k.elf: not a kernel: not for PV: it has no ENTRY, VIRT_BASE or "
                        "HYPERCALL_PAGE note (Linux has them with CONFIG_XEN_PV); not for PVH: it "
                        "has no PHYS32_ENTRY note (Linux has it with CONFIG_PVH)");
}

/* What no domain without privileges has, or nobody knows, rules both types out. */
static void needs_too_much(void **state)
{
    static const struct {
        const char *list, *text;
    } cases[] = {
        {"pae_pgdir_above_4gb|!dom0", "for PVH: it needs the feature \"dom0\", which a PVH domain"},
        {"|a||!", "for PVH: it needs the feature \"\", which a PVH domain does not have"},
        {"!writable_page", "for PV: it needs the feature \"writable_page\", which a PV domain"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct chaos_error err = {0};
        struct image *img;
        struct tiny t;

        tiny_begin(&t, false);
        tiny_number(&t, XEN_ELFNOTE_ENTRY, 0x4000);
        tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, 0x4000);
        tiny_text(&t, XEN_ELFNOTE_FEATURES, cases[i].list);
        tiny_end(&t);
        assert_int_equal(image_parse("k.elf", t.bytes, t.size, &img, &err), -ENOEXEC);
        if (!strstr(err.text, cases[i].text))
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].text);
    }
}

static int with_features(uint32_t size, chaos_error *err)
{
    struct image *img;
    char list[600];
    struct tiny t;
    int rc;

    memset(list, 'a', sizeof(list)); /* no NUL */
    tiny_begin(&t, false);
    tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, 0x4000);
    tiny_note(&t, XEN_ELFNOTE_FEATURES, list, size);
    tiny_end(&t);
    rc = image_parse("k.elf", t.bytes, t.size, &img, err);
    image_free(img);
    return rc;
}

static void features_too_long(void **state)
{
    struct chaos_error err = {0};

    (void)state;
    assert_int_equal(with_features(512, &err), 0);
    assert_int_equal(with_features(516, &err), -ENOEXEC);
    assert_non_null(strstr(err.text, "its FEATURES note has 516 bytes (at most 512 are read)"));
}

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

int main(void)
{
    struct CMUnitTest tests[ROWS(pv_refusals) + ROWS(pvh_refusals) + 4];
    size_t n = 0;

    for (size_t i = 0; i < ROWS(pv_refusals); i++)
        tests[n++] = (struct CMUnitTest){pv_refusals[i].name, pv_refused, NULL, NULL,
                                         (void *)&pv_refusals[i]};
    for (size_t i = 0; i < ROWS(pvh_refusals); i++)
        tests[n++] = (struct CMUnitTest){pvh_refusals[i].name, pvh_refused, NULL, NULL,
                                         (void *)&pvh_refusals[i]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(no_way);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(far_up);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(needs_too_much);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(features_too_long);
    return cmocka_run_group_tests_name("image, Xen notes", tests, NULL, NULL);
}
