/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * console.log: a file, in whose name %n is the VM's name and %% a percent sign, or off. The
 * configuration keeps the path as it was written; each VM that is made from it has its own file.
 */
#include "config/config.h"

#include "base/error.h"
#include "base/text.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define bad(err, ...) error_set(err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__)

/* Words that are more likely meant as off, or on, than as files. Files of these names are ./no, ...
 */
static const char *const words[] = {"off", "no", "false", "none", "on", "yes", "true"};

static int check_text(const char *text, chaos_error *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (!strcasecmp(text, words[i]))
            return bad(err, "\"%s\" is neither a file nor off (a file of that name is ./%s)", text,
                       text);
    }
    for (const char *p = strchr(text, '%'); p; p = strchr(p + 2, '%')) {
        if (p[1] != 'n' && p[1] != '%')
            return bad(err,
                       "\"%s\" has a %% before neither n nor %% (%%n is the VM's name, %%%% a "
                       "percent sign)",
                       SHOW(text));
        if (p[1] == 'n' && strchr(p, '/'))
            return bad(err, "\"%s\" has %%n in a directory's name (give it to the file's)",
                       SHOW(text));
    }
    return 0;
}

/* Doubles each % in the first `len` bytes of the path: they are a directory's real name. */
static int escape(char **path, size_t len, chaos_error *err)
{
    char *out = malloc(strlen(*path) + len + 1), *to = out;

    if (!out)
        return error_oom(err);
    for (size_t i = 0; (*path)[i]; i++) {
        *to++ = (*path)[i];
        if (i < len && (*path)[i] == '%')
            *to++ = '%';
    }
    *to = '\0';
    free(*path);
    *path = out;
    return 0;
}

int config_log_set(chaos_config *cfg, const char *base, const char *text, chaos_error *err)
{
    bool off = !strcmp(text, "off");
    cleanup_free char *path = NULL;
    int rc = 0;

    if (!off)
        rc = check_text(text, err);
    if (!off && !rc)
        rc = config_set_path(&path, base, text, err);
    if (!off && !rc && text[0] != '/') {
        while (text[0] == '.' && text[1] == '/')
            text += 1 + strspn(text + 1, "/");
        rc = escape(&path, strlen(path) - strlen(text), err);
    }
    if (rc < 0)
        return rc;
    free(cfg->console_log);
    cfg->console_log = steal(path);
    cfg->console.log_off = off;
    return 0;
}

void config_log_reset(chaos_config *cfg)
{
    free(cfg->console_log);
    cfg->console_log = NULL;
    cfg->console.log_off = false;
}

bool config_log_named(const chaos_config *cfg)
{
    const char *p = cfg->console_log ? strchr(cfg->console_log, '%') : NULL;

    while (p && p[1] == '%')
        p = strchr(p + 2, '%');
    return p;
}

int config_log_path(const chaos_config *cfg, const char *name, char **out, chaos_error *err)
{
    const char *from = cfg->console_log;
    size_t room = 1;
    char *to;

    *out = NULL;
    if (!from)
        return 0;
    for (const char *p = from; *p; p++)
        room += *p == '%' ? strlen(name) : 1; /* at least as much as it takes */
    *out = to = malloc(room + strlen(from));
    if (!to)
        return error_oom(err);
    for (; *from; from++) {
        if (*from != '%')
            *to++ = *from;
        else if (*++from == 'n')
            to = stpcpy(to, name);
        else
            *to++ = '%';
    }
    *to = '\0';
    return 0;
}
