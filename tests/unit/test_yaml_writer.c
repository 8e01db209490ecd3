/* SPDX-License-Identifier: BSD-3-Clause */
/* Our YAML has the bytes of libyaml's emitter, whatever the text is. */
#include "base/yaml_writer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include <cmocka.h>

#include "failing_malloc.h"

static void emit(yaml_emitter_t *emitter, yaml_event_t *event, int made)
{
    assert_true(made && yaml_emitter_emit(emitter, event));
}

static void scalar(yaml_emitter_t *emitter, const char *text, yaml_scalar_style_t style)
{
    yaml_event_t event;

    emit(emitter, &event,
         yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, -1, 1, 1,
                                      style));
}

/* {key: "text", word: all} by libyaml, into `out`. */
static size_t by_libyaml(const char *text, unsigned char *out, size_t room)
{
    yaml_emitter_t emitter;
    yaml_event_t event;
    size_t len;

    assert_true(yaml_emitter_initialize(&emitter));
    yaml_emitter_set_output_string(&emitter, out, room, &len);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    emit(&emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
    emit(&emitter, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
    emit(&emitter, &event,
         yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
    scalar(&emitter, "key", YAML_PLAIN_SCALAR_STYLE);
    scalar(&emitter, text, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
    scalar(&emitter, "word", YAML_PLAIN_SCALAR_STYLE);
    scalar(&emitter, "all", YAML_PLAIN_SCALAR_STYLE);
    emit(&emitter, &event, yaml_mapping_end_event_initialize(&event));
    emit(&emitter, &event, yaml_document_end_event_initialize(&event, 1));
    emit(&emitter, &event, yaml_stream_end_event_initialize(&event));
    yaml_emitter_delete(&emitter);
    return len;
}

static void same(const char *text)
{
    static unsigned char expected[1 << 16];
    struct yaml_writer w = {0};
    size_t len = by_libyaml(text, expected, sizeof(expected));

    yaml_quoted(&w, "key", text);
    yaml_word(&w, "word", "all");
    assert_false(w.failed);
    assert_int_equal(w.used, len);
    assert_memory_equal(w.text, expected, len);
    assert_int_equal(w.text[len], '\0');
    free(w.text);
}

static size_t encode(uint32_t c, char *to)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

static void all_characters(void **state)
{
    (void)state;
    for (uint32_t first = 1; first < 0x110000; first += 255) {
        char text[255 * 4 + 1];
        size_t used = 0;

        for (uint32_t c = first; c < first + 255 && c < 0x110000; c++) {
            if (c < 0xd800 || c > 0xdfff)
                used += encode(c, text + used);
        }
        text[used] = '\0';
        same(text);
    }
}

static void words_and_blanks(void **state)
{
    (void)state;
    same("");
    same(" ");
    same("  two words  and # no comment: \"here\" ");
    same("a\tb\\c");
}

static void nested(void **state)
{
    struct yaml_writer w = {0};

    (void)state;
    yaml_word(&w, "type", "pv");
    yaml_mapping(&w, "console");
    yaml_quoted(&w, "log", "x");
    yaml_word(&w, "rate", "64KiB/s");
    yaml_end(&w);
    yaml_list(&w, "vifs");
    yaml_item_begin(&w);
    yaml_quoted(&w, "bridge", "br0");
    yaml_quoted(&w, "ip", "10.0.0.2/16");
    yaml_item_end(&w);
    yaml_item_begin(&w);
    yaml_item_end(&w);
    yaml_end(&w);
    yaml_list(&w, "cpus");
    yaml_item_word(&w, "all");
    yaml_end(&w);
    yaml_word(&w, "vcpus", "1");
    assert_string_equal(w.text, "type: pv\nconsole:\n  log: \"x\"\n  rate: 64KiB/s\nvifs:\n"
                                "- bridge: \"br0\"\n  ip: \"10.0.0.2/16\"\n- {}\ncpus:\n- all\n"
                                "vcpus: 1\n");
    free(w.text);
}

static int write_much(void *opaque)
{
    struct yaml_writer w = {0};
    int rc;

    for (int i = 0; i < 300; i++)
        yaml_quoted(&w, "key", "some text");
    rc = w.failed ? -ENOMEM : 0;
    free(w.text);
    return rc;
}

static void without_memory(void **state)
{
    (void)state;
    assert_true(failing_malloc_sweep(write_much, NULL) >= 4);
}

static void not_utf8(void **state)
{
    struct yaml_writer w = {0};

    (void)state;
    yaml_quoted(&w, "key", "\xff");
    assert_true(w.failed);
    free(w.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_characters), cmocka_unit_test(words_and_blanks),
        cmocka_unit_test(nested),         cmocka_unit_test(without_memory),
        cmocka_unit_test(not_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
