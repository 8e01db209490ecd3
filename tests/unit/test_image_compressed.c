/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compressed kernels and files on disk. Method: the tiny kernel packed by each library, bare and
 * as the payload of a bzImage; then cut off, damaged, too large when unpacked, and with each
 * allocation failing in turn.
 */
#include "base/error.h"
#include "failing_malloc.h"
#include "image/image.h"
#include "image_invariants.h"
#include "image/image_parts.h"
#include "tiny_packed.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static void accept(const uint8_t *bytes, size_t size)
{
    struct chaos_error err = {0};
    struct image *img;
    struct tiny t;

    tiny_kernel(&t);
    if (image_parse("vmlinuz", bytes, size, &img, &err))
        fail_msg("%s", err.text);
    assert_null(image_broken(img));
    assert_int_equal(img->size, t.size);
    assert_memory_equal(img->data, t.bytes, t.size);
    image_free(img);
}

static void refuse(const uint8_t *bytes, size_t size, const char *text)
{
    struct chaos_error err = {0};
    struct image *img = (void *)1;

    assert_int_equal(image_parse("vmlinuz", bytes, size, &img, &err), -ENOEXEC);
    assert_null(img);
    assert_int_equal(err.status, CHAOS_E_IMAGE);
    assert_memory_equal(err.text, "vmlinuz: not a kernel: ", 23);
    if (!strstr(err.text, text))
        fail_msg("\"%s\" does not say \"%s\"", err.text, text);
}

static void all_formats(void **state)
{
    const struct packer *p;
    struct file f;

    (void)state;
    for (EACH_PACKER(p)) {
        pack_kernel(&f, p);
        accept(f.bytes, f.size);
        bzimage(&f, p);
        accept(f.bytes, f.size);
    }
}

static void cut_off_anywhere(void **state)
{
    const struct packer *p;
    struct file f;

    (void)state;
    for (EACH_PACKER(p)) {
        pack_kernel(&f, p);
        /* lzma alone has no end mark that is missed: all of the kernel may be there before. */
        for (size_t size = f.size - (p->pack == pack_lzma ? 8 : 1); size > 0; size--) {
            uint8_t *copy = malloc(size);

            assert_non_null(copy);
            memcpy(copy, f.bytes, size);
            refuse(copy, size, size > 6 ? "it ends too early (is it cut off?)" : "");
            free(copy);
        }
        bzimage(&f, p);
        for (size_t size = f.size - 101; size > 0; size--)
            refuse(f.bytes, size, size >= 0x250 ? "(is it cut off?)" : "it is no ELF file");
    }
}

static void any_byte_replaced(void **state)
{
    const struct packer *p;
    struct image *img;
    struct file f;

    (void)state;
    for (EACH_PACKER(p)) {
        bzimage(&f, p);
        for (size_t at = 0x1f0; at < f.size; at++) {
            if (at == 0x270)
                at = 1024;
            f.bytes[at] ^= 0xff;
            image_parse("vmlinuz", f.bytes, f.size, &img, NULL);
            if (img && image_broken(img))
                fail_msg("accepted with %s", image_broken(img));
            image_free(img);
            f.bytes[at] ^= 0xff;
        }
    }
}

/* More than allowed is refused while it comes, not after; just as much as allowed is not. */
static void bombs(void **state)
{
    static uint8_t zeros[2 << 20], packed[1 << 20];
    const struct packer *p;

    (void)state;
    for (EACH_PACKER(p)) {
        size_t size = p->pack(zeros, sizeof(zeros), packed, sizeof(packed)), got;
        struct chaos_error err = {0};
        uint8_t *out = NULL;
        char text[128];

        assert_int_equal(image_unpack(packed, size, 1 << 20, &out, &got, &err), -ENOEXEC);
        snprintf(text, sizeof(text), "not a kernel: its %s data unpacks to more than 1 MiB",
                 p->name);
        assert_string_equal(err.text, text);
        assert_null(out);
        assert_int_equal(image_unpack(packed, size, sizeof(zeros) - 1, &out, &got, &err), -ENOEXEC);
        assert_int_equal(image_unpack(packed, size, sizeof(zeros), &out, &got, &err), 1);
        assert_int_equal(got, sizeof(zeros));
        free(out);
    }
}

static void formats_that_cannot_be_read(void **state)
{
    static const struct {
        const char *magic;
        size_t size;
        const char *text;
    } cases[] = {
        {"\x89LZO\0\r\n\x1a\n", 9, "it is compressed with LZO, which chaos cannot unpack"},
        {"BZh91AY&SY", 10, "its bzip2 data cannot be unpacked"},
        {"\x02\x21\x4c\x18....", 8, "a block has a size that no block has"},
        {"\x04\x22\x4d\x18....", 8, "its LZ4 data cannot be unpacked"},
    };
    struct file f;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        refuse((const uint8_t *)cases[i].magic, cases[i].size, cases[i].text);
        bzimage(&f, &packers[0]);
        memcpy(f.bytes + 1024 + 7, cases[i].magic, cases[i].size);
        refuse(f.bytes, f.size, cases[i].text);
    }
    bzimage(&f, &packers[0]);
    memcpy(f.bytes + 1024 + 7, "??", 2);
    refuse(f.bytes, f.size, "this bzImage's payload begins with 3f 3f, no compression");
}

static void broken_bzimages(void **state)
{
    static const struct {
        size_t at;
        uint32_t value;
        const char *text;
    } cases[] = {
        {0x206, 0x0207, "this bzImage has boot protocol 2.07 (right would be 2.08"},
        {0x24c, 0, "this bzImage has no compressed payload"},
        {0x24c, UINT32_MAX, "payload takes 0xffffffff bytes at offset 0x407, but the file ends"},
        {0x248, UINT32_MAX, "bytes at offset 0x1000003ff, but the file ends"},
        {0x24c, 1, "payload begins with 1f 00, no compression"},
        {0x24c, 9, "its gzip data cannot be unpacked, at byte 9 of 9: it ends too early"},
        {0x1fe, 0, "it is no ELF file"},
    };
    struct file f;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bzimage(&f, &packers[0]);
        memcpy(f.bytes + cases[i].at, &cases[i].value, cases[i].at < 0x248 ? 2 : 4);
        refuse(f.bytes, f.size, cases[i].text);
    }
    /* setup_sects 0 stands for 4. */
    bzimage(&f, &packers[0]);
    f.bytes[0x1f1] = 0;
    memmove(f.bytes + 5 * 512 + 7, f.bytes + 1024 + 7, 4096);
    f.size += 3 * 512;
    accept(f.bytes, f.size);
}

/* Parallel compressors write a file of several members; Linux' build may use them. */
static void members(void **state)
{
    const struct packer *p;
    struct file f;
    struct tiny t;

    (void)state;
    tiny_kernel(&t);
    for (EACH_PACKER(p)) {
        size_t half = t.size / 2;

        f.size = p->pack(t.bytes, half, f.bytes, sizeof(f.bytes));
        f.size +=
            p->pack(t.bytes + half, t.size - half, f.bytes + f.size, sizeof(f.bytes) - f.size);
        if (p->pack == pack_lzma) /* it has no members */
            refuse(f.bytes, f.size, "");
        else
            accept(f.bytes, f.size);
        refuse(f.bytes, f.size - 100, "(is it cut off?)");
    }
}

/* LZ4 kernels of Linux are blocks of 8 MiB. One for which there is no room yet is unpacked
 * elsewhere. */
static void lz4_blocks(void **state)
{
    static uint8_t plain[3000], packed[8192];
    size_t size = 4;

    (void)state;
    memcpy(packed, "\x02\x21\x4c\x18", 4);
    for (size_t i = 0; i < sizeof(plain); i++)
        plain[i] = (uint8_t)(i * i >> 3);
    for (size_t at = 0; at < sizeof(plain); at += 1000) {
        int len = LZ4_compress_default((char *)plain + at, (char *)packed + size + 4, 1000, 2000);

        assert_true(len > 0);
        memcpy(packed + size, &len, 4);
        size += 4 + (size_t)len;
    }
    /* Just one limit lets all of it come out; a lower one never writes behind its memory. */
    for (size_t limit = 1; limit <= sizeof(plain); limit++) {
        uint8_t *out = NULL;
        size_t got = 0;
        int rc = image_unpack(packed, size, limit, &out, &got, NULL);

        assert_int_equal(rc, limit < sizeof(plain) ? -ENOEXEC : 1);
        if (rc > 0)
            assert_memory_equal(out, plain, sizeof(plain));
        free(out);
    }
}

static void packed_twice(void **state)
{
    struct file inner, outer;

    (void)state;
    pack_kernel(&inner, &packers[0]);
    outer.size = pack_gzip(inner.bytes, inner.size, outer.bytes, sizeof(outer.bytes));
    refuse(outer.bytes, outer.size, "it is no ELF file");
}

/* ---- files ----------------------------------------------------------------------------------- */

static char dir[] = "/tmp/test-image-XXXXXX";
static char path[sizeof(dir) + 16];

static void write_file(const uint8_t *bytes, size_t size)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

static void load_fails(const char *file, int rc, const char *text)
{
    struct chaos_error err = {0};
    struct image *img = (void *)1;
    char want[256];

    assert_int_equal(image_load(file, &img, &err), rc);
    assert_null(img);
    assert_int_equal(err.status, CHAOS_E_IMAGE);
    snprintf(want, sizeof(want), "%s: %s", file, text);
    assert_string_equal(err.text, want);
}

static void files(void **state)
{
    struct image *img;
    struct tiny t;

    (void)state;
    load_fails(path, -ENOENT, "cannot open the kernel: No such file or directory");
    load_fails(dir, -ENOEXEC, "not a kernel: it is a directory (right would be a file)");
    assert_int_equal(mkfifo(path, 0600), 0);
    load_fails(path, -ENOEXEC, "not a kernel: it is a device or pipe (right would be a file)");
    unlink(path);
    write_file((const uint8_t *)"", 0);
    load_fails(path, -ENOEXEC, "not a kernel: the file is empty");
    assert_int_equal(truncate(path, (off_t)IMAGE_MAX_BYTES + 1), 0);
    load_fails(path, -ENOEXEC, "not a kernel: the file has 1024 MiB (at most 1024 are read)");
    tiny_kernel(&t);
    write_file(t.bytes, t.size);
    assert_int_equal(image_load(path, &img, NULL), 0);
    /* What happens to the file afterwards is nothing to the image. */
    assert_int_equal(truncate(path, 0), 0);
    assert_memory_equal(img->data, t.bytes, t.size);
    image_free(img);
}

/* ---- out of memory --------------------------------------------------------------------------- */

static int load_it(void *opaque)
{
    struct chaos_error err = {0};
    struct image *img;
    int rc = image_load(opaque, &img, &err);

    if (rc == -ENOMEM) {
        assert_null(img);
        assert_int_equal(err.status, CHAOS_E_NO_MEMORY);
    }
    image_free(img);
    return rc;
}

static void out_of_memory(void **state)
{
    const struct packer *p;
    struct file f;
    struct tiny t;

    (void)state;
    tiny_kernel(&t);
    write_file(t.bytes, t.size);
    assert_int_equal(failing_malloc_sweep(load_it, path), 2);
    for (EACH_PACKER(p)) {
        bzimage(&f, p);
        write_file(f.bytes, f.size);
        /* The file, the image, what is unpacked, and the decompressor's own. */
        assert_true(failing_malloc_sweep(load_it, path) > 3);
    }
}

static int unpack_it(void *opaque)
{
    const struct file *f = opaque;
    uint8_t *out = NULL;
    size_t size;
    int rc = image_unpack(f->bytes, f->size, IMAGE_MAX_BYTES, &out, &size, NULL);

    free(out);
    return rc;
}

/* A wrong size behind it makes the output grow step by step; each step can fail. */
static void out_of_memory_growing(void **state)
{
    static uint8_t zeros[1 << 20];
    const struct packer *p;
    struct file f;

    (void)state;
    for (EACH_PACKER(p)) {
        f.size = p->pack(zeros, sizeof(zeros), f.bytes, sizeof(f.bytes) - 4);
        memset(f.bytes + f.size, 0, 4);
        f.size += 4;
        assert_true(failing_malloc_sweep(unpack_it, &f) >= 5);
    }
}

static int make_dir(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof(path), "%s/kernel", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_formats),
        cmocka_unit_test(cut_off_anywhere),
        cmocka_unit_test(any_byte_replaced),
        cmocka_unit_test(bombs),
        cmocka_unit_test(formats_that_cannot_be_read),
        cmocka_unit_test(broken_bzimages),
        cmocka_unit_test(members),
        cmocka_unit_test(lz4_blocks),
        cmocka_unit_test(packed_twice),
        cmocka_unit_test(files),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(out_of_memory_growing),
    };

    return cmocka_run_group_tests_name("image, compressed and on disk", tests, make_dir,
                                       remove_dir);
}
