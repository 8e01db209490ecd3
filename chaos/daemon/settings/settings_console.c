/* SPDX-License-Identifier: BSD-3-Clause */
/* The console server's part of chaosd.yaml. */
#include <stdio.h>
#include <string.h>

#include "daemon/settings/settings_reader.h"

static bool read_rate(struct reader *r, uint64_t *kib)
{
    const char *text = config_next(r) ? config_scalar(r) : NULL;

    if (!text)
        return false;
    return (chaos_rate_kib(text, kib) == 0 && *kib >= 1 && *kib <= 1U << 20) ||
           config_wrong(r, "rate: \"%.40s\" is not from 1KiB/s to 1GiB/s", text);
}

static bool read_server(struct reader *r, bool *on)
{
    const char *text = config_next(r) ? config_scalar(r) : NULL;

    if (!text)
        return false;
    *on = strcmp(text, "on") == 0;
    return *on || strcmp(text, "off") == 0 ||
           config_wrong(r, "server: \"%.40s\" is neither on nor off", text);
}

static bool read_dir(struct reader *r, struct console_settings *out)
{
    const char *text = config_next(r) ? config_scalar(r) : NULL;

    if (!text)
        return false;
    if (text[0] != '/' || strlen(text) >= sizeof(out->log_dir))
        return config_wrong(
            r, "log_dir: \"%.40s\" is not a path that begins with / (at most %zu bytes)", text,
            sizeof(out->log_dir) - 1);
    snprintf(out->log_dir, sizeof(out->log_dir), "%s", text);
    return true;
}

static bool read_key(struct reader *r, const char *key, struct console_settings *out)
{
    if (strcmp(key, "server") == 0)
        return read_server(r, &out->server);
    if (strcmp(key, "log_dir") == 0)
        return read_dir(r, out);
    if (strcmp(key, "log_size") == 0)
        return read_size(r, "log_size", 16, 1ULL << 30, &out->log_kib);
    if (strcmp(key, "log_keep") == 0)
        return read_number(r, "log_keep", 0, 100, &out->log_keep);
    if (strcmp(key, "rate") == 0)
        return read_rate(r, &out->rate_kib);
    if (strcmp(key, "buffer") == 0)
        return read_size(r, "buffer", 4, 1024, &out->buffer_kib);
    return config_wrong(
        r,
        "console.%.40s: unknown key (there are server, log_dir, log_size, log_keep, rate "
        "and buffer)",
        key);
}

bool read_console(struct reader *r, struct console_settings *out)
{
    if (!config_next(r))
        return false;
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return config_wrong(r, "console: is not a mapping (write console: {log_dir: DIR})");
    while (config_next(r) && r->event.type != YAML_MAPPING_END_EVENT) {
        const char *text = config_scalar(r);
        char key[64];

        if (!text)
            return false;
        snprintf(key, sizeof(key), "%s", text);
        if (!read_key(r, key, out))
            return false;
    }
    return !r->failed;
}
