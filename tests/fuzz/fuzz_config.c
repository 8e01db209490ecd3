/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a configuration: either refused with a message of one line, or accepted, and then
 * what is written down of it reads back as the same. Bytes behind each 0xff, which no text holds,
 * are an override (chaos_config_set), and what one that fails leaves behind is what was there.
 */
#include <chaos.h>
#include "must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must_explain(const chaos_error *err, int rc)
{
    const char *text = chaos_error_message(err);

    MUST(rc < 0);
    MUST(*text && !strpbrk(text, "\n\r\t\x1b"));
    MUST(chaos_error_status(err) == CHAOS_E_CONFIG || chaos_error_status(err) == CHAOS_E_USAGE);
}

static void must_read_back(const chaos_config *cfg, chaos_error *err)
{
    chaos_config *again;
    char *first, *second;

    MUST(!chaos_config_dump(cfg, &first, err));
    if (chaos_config_parse("dump", first, strlen(first), &again, err)) {
        fprintf(stderr, "%s\n%s\n", first, chaos_error_message(err));
        abort();
    }
    MUST(!chaos_config_dump(again, &second, err));
    MUST(!strcmp(first, second));
    free(first);
    free(second);
    chaos_config_free(again);
}

static char *dump(const chaos_config *cfg, chaos_error *err)
{
    char *text;

    MUST(!chaos_config_dump(cfg, &text, err));
    return text;
}

static void override(chaos_config *cfg, const uint8_t *data, size_t size, chaos_error *err)
{
    char *assignment = strndup((const char *)data, size), *before = dump(cfg, err), *after;
    int rc;

    MUST(assignment);
    rc = chaos_config_set(cfg, assignment, err);
    if (rc) {
        must_explain(err, rc);
        after = dump(cfg, err);
        MUST(!strcmp(before, after));
        free(after);
    }
    free(before);
    free(assignment);
}

/* What is told of many VMs before the first one holds for the last. */
static void must_count(chaos_config *cfg, chaos_error *err)
{
    unsigned long count = 5;
    int rc = chaos_config_check_count(cfg, count, err);

    if (rc)
        must_explain(err, rc);
    for (unsigned long i = 1; !rc && i < count; i++)
        MUST(!chaos_config_next_ip(cfg, err));
    must_read_back(cfg, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, 0xff, size) : NULL;
    size_t len = end ? (size_t)(end - data) : size;
    chaos_error *err = chaos_error_new();
    chaos_config *cfg = NULL;
    int rc;

    MUST(err);
    rc = chaos_config_parse("fuzz", (const char *)data, len, &cfg, err);
    if (rc) {
        MUST(!cfg);
        must_explain(err, rc);
    } else {
        while (end) {
            const uint8_t *start = end + 1;

            size -= len + 1;
            end = memchr(start, 0xff, size);
            len = end ? (size_t)(end - start) : size;
            override(cfg, start, len, err);
        }
        must_read_back(cfg, err);
        must_count(cfg, err);
    }
    chaos_config_free(cfg);
    chaos_error_free(err);
    return 0;
}
