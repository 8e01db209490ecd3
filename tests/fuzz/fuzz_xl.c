/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a file in xl's format: refused with a message of one line, or accepted, and then the
 * YAML of it reads back as the same. A strict reader and one that notes what it leaves out differ
 * in nothing but that.
 */
#include "config/xl.h"
#include "must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must_explain(const chaos_error *err, int rc)
{
    const char *text = chaos_error_message(err);

    MUST(rc < 0);
    MUST(*text && !strpbrk(text, "\n\r\t\x1b"));
    MUST(chaos_error_status(err) == CHAOS_E_CONFIG);
}

static void must_note(const char *notes)
{
    if (!notes)
        return;
    MUST(*notes && notes[strlen(notes) - 1] == '\n');
    MUST(!strncmp(notes, "fuzz:", 5) && !strpbrk(notes, "\r\t\x1b"));
    for (const char *end = strchr(notes, '\n'); end[1]; end = strchr(end + 1, '\n'))
        MUST(!strncmp(end + 1, "fuzz:", 5));
}

static char *must_read_back(const chaos_config *cfg, chaos_error *err)
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
    free(second);
    chaos_config_free(again);
    return first;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    chaos_error *err = chaos_error_new();
    chaos_config *strict, *cfg;
    bool whole = true, same = true;
    char *yaml = NULL, *other;
    int rc;

    MUST(err);
    config_is_xl(text, size);
    rc = config_read_xl("fuzz", NULL, text, size, false, &whole, &cfg, err);
    if (rc) {
        MUST(!cfg);
        must_explain(err, rc);
        MUST(config_read_xl("fuzz", NULL, text, size, true, &same, &strict, NULL) < 0 && !strict);
    } else {
        must_note(chaos_config_notes(cfg));
        yaml = must_read_back(cfg, err);
        rc = config_read_xl("fuzz", NULL, text, size, true, &same, &strict, err);
        MUST(!rc == whole);
        if (rc) {
            must_explain(err, rc);
        } else {
            other = must_read_back(strict, err);
            MUST(same && !strcmp(yaml, other));
            free(other);
        }
        chaos_config_free(strict);
        free(yaml);
    }
    chaos_config_free(cfg);
    chaos_error_free(err);
    return 0;
}
