/* SPDX-License-Identifier: BSD-3-Clause */
/* What tinyx reads of programs: by their segments, with sections or without, and what is damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <elf.h>

#include "arena.h"
#include "program.h"

#define BASE 0x400000

/* The smallest dynamic program: what ld.so reads of one, and no section. */
struct file {
    Elf64_Ehdr header;
    Elf64_Phdr load, interpreter, dynamic;
    char name[32];
    Elf64_Dyn dyn[6];
    char strings[32];
};

static const struct file good = {
    .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
               .e_type = ET_DYN,
               .e_machine = EM_X86_64,
               .e_version = EV_CURRENT,
               .e_entry = BASE,
               .e_phoff = offsetof(struct file, load),
               .e_ehsize = sizeof(Elf64_Ehdr),
               .e_phentsize = sizeof(Elf64_Phdr),
               .e_phnum = 3},
    .load = {.p_type = PT_LOAD,
             .p_vaddr = BASE,
             .p_filesz = sizeof(struct file),
             .p_memsz = sizeof(struct file)},
    .interpreter = {.p_type = PT_INTERP,
                    .p_offset = offsetof(struct file, name),
                    .p_filesz = sizeof(good.name)},
    .dynamic = {.p_type = PT_DYNAMIC,
                .p_offset = offsetof(struct file, dyn),
                .p_filesz = sizeof(good.dyn)},
    .name = "/lib/ld.so",
    .dyn = {{DT_NEEDED, {1}},
            {DT_RUNPATH, {10}},
            {DT_NEEDED, {15}},
            {DT_STRTAB, {BASE + offsetof(struct file, strings)}},
            {DT_STRSZ, {sizeof(good.strings)}},
            {DT_NULL, {0}}},
    .strings = "\0liba.so\0\0/opt\0libb.so",
};

static char path[] = "/tmp/test-program.XXXXXX";

static int begin(void **state)
{
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    return 0;
}

static int finish(void **state)
{
    unlink(path);
    arena_release();
    return 0;
}

static int read_bytes(const void *bytes, size_t size, struct program *out, chaos_error *err)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return program_read(path, out, err);
}

static void test_without_sections(void **state)
{
    struct program program;
    chaos_error err = {0};

    assert_int_equal(read_bytes(&good, sizeof(good), &program, &err), 0);
    assert_int_equal(program.kind, PROGRAM_ELF);
    assert_true(program.executable);
    assert_string_equal(program.interpreter, "/lib/ld.so");
    assert_non_null(program.needed[0]);
    assert_string_equal(program.needed[0], "liba.so");
    assert_string_equal(program.needed[1], "libb.so");
    assert_null(program.needed[2]);
    assert_string_equal(program.runpath, "/opt");
    assert_null(program.rpath);
}

/* A program of this machine, and then without its sections, or with none that are any. */
static void test_stripped(void **state)
{
    static char bytes[4 << 20];
    FILE *file = fopen("/bin/sh", "re");
    Elf64_Ehdr *header = (Elf64_Ehdr *)bytes;
    struct program program, stripped;
    chaos_error err = {0};
    size_t size, n;

    assert_non_null(file);
    size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    assert_int_equal(read_bytes(bytes, size, &program, &err), 0);
    assert_non_null(program.needed[0]);
    header->e_shnum = header->e_shstrndx = 0;
    for (int i = 0; i < 2; i++) {
        header->e_shoff = i ? ~0UL : 0;
        assert_int_equal(read_bytes(bytes, size, &stripped, &err), 0);
        assert_int_equal(stripped.kind, PROGRAM_ELF);
        assert_string_equal(stripped.interpreter, program.interpreter);
        for (n = 0; program.needed[n]; n++)
            assert_string_equal(stripped.needed[n], program.needed[n]);
        assert_null(stripped.needed[n]);
    }
}

static void test_static(void **state)
{
    struct file file = good;
    struct program program;
    chaos_error err = {0};

    /* As PIE it has a dynamic section, which names no library; as a debugger's, none. */
    for (int i = 0; i < 2; i++) {
        file.interpreter.p_filesz = 0;
        file.dyn[0].d_tag = DT_NULL;
        file.dynamic.p_filesz = i ? 0 : sizeof(file.dyn);
        assert_int_equal(read_bytes(&file, sizeof(file), &program, &err), 0);
        assert_null(program.interpreter);
        assert_null(program.needed[0]);
    }
}

static void test_damaged(void **state)
{
    struct file broken[9];
    struct program program;

    for (size_t i = 0; i < 9; i++)
        broken[i] = good;
    broken[0].interpreter.p_offset = sizeof(good);
    broken[1].interpreter.p_filesz = ~0UL;
    broken[2].dynamic.p_offset = ~0UL - 64;
    broken[3].dynamic.p_filesz = sizeof(good);
    broken[4].dyn[3].d_un.d_ptr = BASE + sizeof(good);
    broken[5].dyn[3].d_un.d_ptr = BASE - 1;
    broken[6].dyn[0].d_un.d_val = sizeof(good.strings);
    broken[7].dyn[4].d_un.d_val = 20; /* the last name goes on behind it */
    broken[8].dyn[4].d_tag = DT_DEBUG;
    for (size_t i = 0; i < 9; i++) {
        chaos_error err = {0};

        assert_true(read_bytes(&broken[i], sizeof(good), &program, &err) < 0);
        assert_int_equal(chaos_error_status(&err), CHAOS_E_IMAGE);
        assert_non_null(strstr(chaos_error_message(&err), "is damaged: "));
    }
    for (size_t size = sizeof(Elf64_Ehdr); size < offsetof(struct file, dyn); size += 8) {
        chaos_error err = {0};

        assert_true(read_bytes(&good, size, &program, &err) < 0);
    }
}

/* No end but that of the segment, and a table that claims to be larger than the file. */
static void test_lax(void **state)
{
    struct file file = good;
    struct program program;
    chaos_error err = {0};

    file.dyn[5].d_tag = DT_DEBUG;
    file.dyn[4].d_un.d_val = ~0UL;
    assert_int_equal(read_bytes(&file, sizeof(file), &program, &err), 0);
    assert_string_equal(program.needed[1], "libb.so");
    assert_null(program.needed[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_sections),
        cmocka_unit_test(test_stripped),
        cmocka_unit_test(test_static),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_lax),
    };

    return cmocka_run_group_tests(tests, begin, finish);
}
