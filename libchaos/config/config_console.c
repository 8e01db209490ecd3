/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of the mapping `console`, without the log's name. chaosd has the values of those not
 * given.
 */
#include "config/config.h"

#include "base/error.h"
#include "base/size.h"
#include "base/text.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define bad(err, ...) error_set(err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__)

static int set_server(chaos_config *cfg, const char *text, chaos_error *err)
{
    if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
        return bad(err, "\"%s\" is neither on nor off", SHOW(text));
    cfg->console.server = strcmp(text, "on") == 0 ? CONSOLE_ON : CONSOLE_OFF;
    return 0;
}

static int set_size(chaos_config *cfg, const char *text, chaos_error *err)
{
    char buf[SIZE_BUF];
    uint64_t kib = 0;
    int rc = size_parse_kib(text, &kib);

    if (rc == -EINVAL)
        return bad(err, "\"%s\" is not a size (try %s)", SHOW(text), size_guess(text, buf));
    if (rc < 0 || kib > CONSOLE_LOG_MAX_KIB || kib < CONSOLE_LOG_MIN_KIB)
        return bad(err, "\"%s\" is not a log's size (16KiB to 1TiB)", SHOW(text));
    cfg->console.log_kib = kib;
    return 0;
}

static int set_keep(chaos_config *cfg, const char *text, chaos_error *err)
{
    const char *p = text;
    uint64_t number;

    if (!text_number(&p, &number) || *p || number > CONSOLE_KEEP_MAX)
        return bad(err, "\"%s\" is not a number of old logs (0 to %d)", SHOW(text),
                   CONSOLE_KEEP_MAX);
    cfg->console.log_keep = (int)number;
    return 0;
}

static int set_rate(chaos_config *cfg, const char *text, chaos_error *err)
{
    uint64_t kib = 0;
    int rc = rate_parse_kib(text, &kib);

    if (rc == -EINVAL)
        return bad(err, "\"%s\" is not a size a second (try 256KiB/s)", SHOW(text));
    if (rc < 0 || kib < 1 || kib > CONSOLE_RATE_MAX_KIB)
        return bad(err, "\"%s\" is not a console's rate (1KiB/s to 1GiB/s)", SHOW(text));
    cfg->console.rate_kib = kib;
    return 0;
}

int config_console_set(chaos_config *cfg, enum config_key key, const char *text, chaos_error *err)
{
    switch (key) {
    case KEY_CONSOLE_SERVER:
        return set_server(cfg, text, err);
    case KEY_CONSOLE_LOG_SIZE:
        return set_size(cfg, text, err);
    case KEY_CONSOLE_LOG_KEEP:
        return set_keep(cfg, text, err);
    default:
        return set_rate(cfg, text, err);
    }
}

void config_console_reset(chaos_config *cfg, enum config_key key)
{
    if (key == KEY_CONSOLE_SERVER)
        cfg->console.server = CONSOLE_DEFAULT;
    else if (key == KEY_CONSOLE_LOG_SIZE)
        cfg->console.log_kib = 0;
    else if (key == KEY_CONSOLE_LOG_KEEP)
        cfg->console.log_keep = -1;
    else
        cfg->console.rate_kib = 0;
}

const char *config_console_text(const chaos_config *cfg, enum config_key key, char buf[CONSOLE_BUF])
{
    char size[SIZE_BUF];

    if (key == KEY_CONSOLE_SERVER && cfg->console.server != CONSOLE_DEFAULT)
        snprintf(buf, CONSOLE_BUF, "%s", cfg->console.server == CONSOLE_ON ? "on" : "off");
    else if (key == KEY_CONSOLE_LOG_SIZE && cfg->console.log_kib)
        snprintf(buf, CONSOLE_BUF, "%s", size_format_kib(cfg->console.log_kib, size));
    else if (key == KEY_CONSOLE_LOG_KEEP && cfg->console.log_keep >= 0)
        snprintf(buf, CONSOLE_BUF, "%d", cfg->console.log_keep);
    else if (key == KEY_CONSOLE_RATE && cfg->console.rate_kib)
        snprintf(buf, CONSOLE_BUF, "%s/s", size_format_kib(cfg->console.rate_kib, size));
    else
        return NULL;
    return buf;
}
