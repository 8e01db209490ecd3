/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/uuid.h"

static void there_and_back(void **state)
{
    static const uint8_t bytes[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                      0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    char text[CHAOS_UUID_TEXT];
    uint8_t read[16];

    (void)state;
    uuid_format(bytes, text);
    assert_string_equal(text, "00112233-4455-6677-8899-aabbccddeeff");
    assert_true(uuid_parse(text, read));
    assert_memory_equal(read, bytes, sizeof(read));
}

static void malformed(void **state)
{
    static const char *const texts[] = {
        "",
        "-",
        "0",
        "00112233-4455-6677-8899-aabbccddeef",
        "00112233-4455-6677-8899-aabbccddeeff0",
        "00112233-4455-6677-8899-aabbccddeefg",
        "00112233-4455-6677-8899-aabbccddeeff ",
        " 00112233-4455-6677-8899-aabbccddeeff",
        "00112233-4455-6677-8899-AABBCCDDEEFF", /* one spelling only: it is a file's name, too */
        "0011223344556677-8899-aabbccddeeff",
        "00112233445566778899aabbccddeeff",
        "00112233-44556-677-8899-aabbccddeeff",
        "0x112233-4455-6677-8899-aabbccddeeff",
        "00112233-4455-6677-8899_aabbccddeeff",
        "../00112233-4455-6677-8899-aabbccddee",
    };
    uint8_t read[16];

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (uuid_parse(texts[i], read))
            fail_msg("\"%s\" passes for a uuid", texts[i]);
    }
}

/* RFC 9562: version 8, the variant of the RFC; ours, and never the same. */
static void made(void **state)
{
    enum { MANY = 1000 };
    static uint8_t uuids[MANY][16];

    (void)state;
    for (unsigned int i = 0; i < MANY; i++) {
        bool by_chaosd = i % 2;

        assert_int_equal(uuid_make(uuids[i], by_chaosd), 0);
        assert_memory_equal(uuids[i], "chao", 4);
        assert_int_equal(uuids[i][6] >> 4, 8);
        assert_int_equal(uuids[i][8] >> 6, 2);
        assert_true(uuid_ours(uuids[i]));
        assert_int_equal(uuid_by_chaosd(uuids[i]), by_chaosd);
        for (unsigned int j = 0; j < i; j++)
            assert_memory_not_equal(uuids[i], uuids[j], 16);
    }
}

/* One that differs in any byte that marks ours is not ours. */
static void of_others(void **state)
{
    static const struct {
        unsigned int byte;
        uint8_t flip;
    } changes[] = {{0, 1}, {1, 0x80}, {2, 4}, {3, 1}, {6, 0x40}, {6, 0x80}, {8, 0x40}, {8, 0x80}};
    static const uint8_t zero[16];
    uint8_t uuid[16];

    (void)state;
    assert_false(uuid_ours(zero));
    assert_false(uuid_by_chaosd(zero));
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        assert_int_equal(uuid_make(uuid, true), 0);
        uuid[changes[i].byte] ^= changes[i].flip;
        assert_false(uuid_ours(uuid));
        assert_false(uuid_by_chaosd(uuid));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(malformed),
        cmocka_unit_test(made),
        cmocka_unit_test(of_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
