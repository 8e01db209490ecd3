/* SPDX-License-Identifier: BSD-3-Clause */
/* From a file in xl's format to a configuration. */
#include "config/xl.h"

#include "base/error.h"
#include "base/text.h"
#include "base/util.h"
#include "base/yaml_reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int xl_blame(struct xl_reader *x, struct config_where where, const char *key, int rc)
{
    if (rc == -ENOMEM)
        return rc;
    return error_prefix(x->err, rc, "%s:%u:%u: %s", x->label, where.line, where.column, key);
}

/* Adds a line to the notes. */
static int note(struct xl_reader *x, struct config_where where, const char *key, const char *text)
{
    const char *old = x->cfg->notes ? x->cfg->notes : "";
    char *all;

    if (asprintf(&all, "%s%s:%u:%u: %s: %s\n", old, x->label, where.line, where.column, key, text) <
        0)
        return error_oom(x->err);
    free(x->cfg->notes);
    x->cfg->notes = all;
    return 0;
}

int xl_note(struct xl_reader *x, struct config_where where, const char *key, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return note(x, where, key, text);
}

int xl_refuse(struct xl_reader *x, struct config_where where, const char *key, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    int rc;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (x->strict)
        return xl_wrong(x, where, key, "%s", text);
    x->left_out = true;
    rc = note(x, where, key, text);
    return rc < 0 ? rc : 1;
}

int xl_text(struct xl_reader *x, const struct xl_pair *pair, const char **out)
{
    if (pair->value.kind == XL_LIST)
        return xl_wrong(x, pair->value.where, pair->name, "is a list (give one value)");
    *out = pair->value.text;
    return 0;
}

int xl_number(struct xl_reader *x, const struct xl_pair *pair, uint64_t *out)
{
    const char *text = "";
    char *end = NULL;
    int rc = xl_text(x, pair, &text);

    if (rc < 0)
        return rc;
    errno = 0;
    if (*text >= '0' && *text <= '9')
        *out = strtoull(text, &end, 0);
    if (!end || *end || errno)
        return xl_wrong(x, pair->value.where, pair->name, "\"%s\" is not a number", SHOW(text));
    return 0;
}

bool xl_is_off(const struct xl_value *value)
{
    if (value->kind == XL_LIST)
        return !value->nr;
    return !*value->text || !strcmp(value->text, "0");
}

int xl_set(struct xl_reader *x, const struct xl_pair *pair, enum config_key key, const char *text)
{
    int rc = config_key_set(x->cfg, key, x->base, text, x->err);

    if (rc < 0)
        return xl_blame(x, pair->value.where, pair->name, rc);
    x->cfg->where[key] = pair->value.where;
    return 0;
}

static int read_all(struct xl_reader *x)
{
    int rc = config_key_set(x->cfg, KEY_TYPE, NULL, "pv", x->err); /* xl's default */

    x->cfg->root = (struct config_where){1, 1};
    for (size_t i = 0; i < x->file.nr && rc >= 0; i++)
        rc = xl_apply(x, &x->file.pairs[i]);
    return rc < 0 ? rc : 0;
}

int config_read_xl(const char *label, const char *base, const char *text, size_t len, bool strict,
                   bool *whole, chaos_config **out, chaos_error *err)
{
    struct xl_reader x = {.label = label, .base = base, .strict = strict, .err = err};
    cleanup_free char *copy = NULL; /* with a NUL behind it */
    int rc;

    *out = NULL;
    if (len > READER_MAX_BYTES)
        return error_set(err, CHAOS_E_CONFIG, EFBIG,
                         "%s: longer than 1 MiB, which no configuration is", label);
    copy = malloc(len + 1);
    if (!copy)
        return error_oom(err);
    memcpy(copy, text, len);
    copy[len] = '\0';
    rc = xl_parse(label, copy, len, &x.file, err);
    if (!rc)
        rc = config_new(label, &x.cfg, err);
    if (!rc)
        rc = read_all(&x);
    xl_file_free(&x.file);
    if (rc < 0) {
        chaos_config_free(x.cfg);
        return rc;
    }
    *whole = !x.left_out;
    *out = x.cfg;
    return 0;
}
