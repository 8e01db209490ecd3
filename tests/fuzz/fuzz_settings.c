/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as chaosd.yaml: either refused with a message of one line that names a place, or
 * accepted, and then whole: all that chaosd takes for given is there and within its bounds.
 */
#include "daemon/pool/flavour.h"
#include "daemon/settings/settings.h"
#include "must.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "daemon/log.h"

/* flavour.c wants these for what is not fuzzed. */
uint64_t uv_hrtime(void)
{
    return 0;
}

void log_line(int level, const char *fmt, ...)
{
}

static void must_be_flavour(const struct flavour *fl)
{
    MUST(chaos_name_valid(fl->name));
    MUST(chaos_config_memory_kib(fl->cfg) > 0);
    MUST(fl->warm == !!chaos_config_kernel(fl->cfg));
    MUST(fl->target <= 100000 && fl->target == fl->configured && fl->low <= fl->target);
    MUST(fl->rate >= 1 && fl->rate <= 100000);
    MUST(fl->cpu_percent >= 1 && fl->cpu_percent <= 100);
    MUST(fl->shape->len > 0 && fl->shape->len <= sizeof(fl->shape->bytes));
    for (const struct flavour *other = fl->next; other; other = other->next)
        MUST(strcmp(fl->name, other->name) != 0);
}

static void must_be_whole(const struct settings *s)
{
    MUST(s->console.log_kib >= 16 && s->console.log_kib <= 1ULL << 30);
    MUST(s->console.log_keep <= 100);
    MUST(s->console.rate_kib >= 1 && s->console.rate_kib <= 1 << 20);
    MUST(s->console.buffer_kib >= 4 && s->console.buffer_kib <= 1024);
    MUST(!s->console.log_dir[0] || s->console.log_dir[0] == '/');
    MUST(s->group[0] && s->keep_free_kib <= 1ULL << 40);
    for (const struct flavour *fl = s->flavours; fl; fl = fl->next)
        must_be_flavour(fl);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    chaos_error *err = chaos_error_new();
    struct settings settings;

    MUST(err);
    if (settings_parse("fuzz", (const char *)data, size, &settings, err) < 0) {
        enum chaos_status status = chaos_error_status(err);
        const char *text = chaos_error_message(err);

        /* IMAGE and IO: a kernel's or disk's file is not there. */
        MUST(status == CHAOS_E_CONFIG || status == CHAOS_E_IMAGE || status == CHAOS_E_IO);
        MUST(!strncmp(text, "fuzz:", 5) && !strpbrk(text, "\n\r\t\x1b"));
    } else {
        must_be_whole(&settings);
    }
    settings_free(&settings);
    chaos_error_free(err);
    return 0;
}
