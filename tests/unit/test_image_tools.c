/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kernels packed by the programs that Linux' build and distributions call. Method: an ELF file of 9
 * MiB, more than one block of LZ4, through each program with the options of Linux'
 * scripts/Makefile.lib and with plain ones; each bare and as the payload of a bzImage.
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
#include <unistd.h>
#include <cmocka.h>

#define BYTES (9 << 20)

static char dir[] = "/tmp/test-image-tools-XXXXXX";
static uint8_t *kernel; /* BYTES */

static const struct {
    const char *command;
    bool has_size; /* the plain size is the last that it writes */
} tools[] = {
    {"gzip -n -f -9", true},
    {"gzip -n -1", true},
    {"(head -c 5000000 | gzip && gzip)", false},
    {"xz --check=crc32 --x86 --lzma2=dict=32MiB", false},
    {"xz -T2 -1", false},
    {"lzma -9", false},
    {"bzip2 -9", false},
    {"(head -c 5000000 | bzip2 && bzip2 -1)", false},
    {"lz4 -l -9 - -", false},
    {"(head -c 5000000 | lz4 -l - - && lz4 -l - -)", false},
    {"lz4 -c", false},
    {"lz4 -c -9 -BD --content-size", false},
    {"zstd -22 --ultra", false},
    {"zstd -T2 -3", false},
    {"(head -c 5000000 | zstd && zstd -1)", false},
};

static void put(const char *name, const void *bytes, size_t size)
{
    char path[64];
    FILE *out;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

static uint8_t *get(const char *name, size_t *size)
{
    uint8_t *bytes = malloc(2 * BYTES);
    char path[64];
    FILE *in;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    in = fopen(path, "r");
    assert_non_null(in);
    assert_non_null(bytes);
    *size = fread(bytes, 1, 2 * BYTES, in);
    fclose(in);
    return bytes;
}

static void accept(const char *command, const char *name)
{
    struct chaos_error err = {0};
    struct image *img;
    char path[64];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (image_load(path, &img, &err))
        fail_msg("%s: %s", command, err.text);
    if (image_broken(img))
        fail_msg("%s: %s", command, image_broken(img));
    assert_int_equal(img->size, BYTES);
    assert_memory_equal(img->data, kernel, BYTES);
    image_free(img);
}

/* Boot sector and setup as in Documentation/arch/x86/boot.rst, then the payload. */
static void wrap(bool has_size)
{
    uint8_t head[1024] = {[0x1f1] = 1};
    uint32_t size = BYTES, length;
    uint8_t *packed, *whole;
    size_t len;

    packed = get("packed", &len);
    length = (uint32_t)len + (has_size ? 0 : 4);
    memcpy(head + 0x1fe, "\x55\xaaxxHdrS\x0f\x02", 10);
    memcpy(head + 0x24c, &length, 4);
    whole = malloc(sizeof(head) + length + 512);
    assert_non_null(whole);
    memcpy(whole, head, sizeof(head));
    memcpy(whole + sizeof(head), packed, len);
    if (!has_size)
        memcpy(whole + sizeof(head) + len, &size, 4);
    memset(whole + sizeof(head) + length, 0x5a, 512); /* as if signed */
    put("vmlinuz", whole, sizeof(head) + length + 512);
    free(whole);
    free(packed);
}

static void each_tool(void **state)
{
    char command[200];

    (void)state;
    put("plain", kernel, BYTES);
    for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
        /* Each program of a group reads its part of the pipe. */
        snprintf(command, sizeof(command), "cd %s && cat plain | %s >packed 2>log", dir,
                 tools[i].command);
        if (system(command))
            fail_msg("%s failed (are its packages there: tests/lab/deps check?)", tools[i].command);
        accept(tools[i].command, "packed");
        wrap(tools[i].has_size);
        accept(tools[i].command, "vmlinuz");
    }
}

/* A kernel with a second segment that takes up the rest of the file. Most of it packs well, which
 * is quick. */
static int make(void **state)
{
    uint32_t random = 1;
    struct tiny t;

    (void)state;
    tiny_kernel(&t);
    tiny_phdr(&t, 2, PT_LOAD, t.size, 0x100000, BYTES - t.size, BYTES - t.size);
    kernel = malloc(BYTES);
    if (!kernel || !mkdtemp(dir))
        return -1;
    for (size_t i = 0; i < BYTES; i++) {
        random = random * 1103515245 + 12345;
        kernel[i] = i % 65536 < 1024 ? (uint8_t)(random >> 16) : (uint8_t)(i >> 12);
    }
    memcpy(kernel, t.bytes, t.size);
    return 0;
}

static int clear(void **state)
{
    static const char *const names[] = {"plain", "packed", "vmlinuz", "log"};
    char path[64];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        unlink(path);
    }
    free(kernel);
    return rmdir(dir);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(each_tool)};

    return cmocka_run_group_tests_name("image, packed by programs", tests, make, clear);
}
