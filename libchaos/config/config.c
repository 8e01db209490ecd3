/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/config.h"

#include "config/config_device.h"
#include "config/xl.h"
#include "base/yaml_reader.h"
#include "base/text.h"
#include <chaos/domain.h>

#include "base/path.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

int config_new(const char *label, chaos_config **out, chaos_error *err)
{
    chaos_config *cfg = calloc(1, sizeof(*cfg));
    int rc = 0;

    *out = NULL;
    if (!cfg)
        return error_oom(err);
    cfg->label = strdup(label);
    cfg->cache = calloc(1, sizeof(*cfg->cache));
    if (!cfg->label || !cfg->cache)
        rc = error_oom(err);
    for (unsigned int key = 0; key < CONFIG_KEYS && !rc; key++)
        rc = config_key_reset(cfg, key, err);
    if (rc < 0) {
        chaos_config_free(cfg);
        return rc;
    }
    *out = cfg;
    return 0;
}

void chaos_config_free(chaos_config *cfg)
{
    if (!cfg)
        return;
    free(cfg->name);
    free(cfg->kernel);
    free(cfg->ramdisk);
    free(cfg->cmdline);
    free(cfg->console_log);
    free(cfg->pins);
    for (unsigned int i = 0; i < cfg->nr_vbds; i++)
        free(cfg->vbds[i].target);
    if (cfg->cache)
        free(cfg->cache->text);
    free(cfg->cache);
    free(cfg->label);
    free(cfg->notes);
    free(cfg);
}

/* True for 8-4-4-4-12 hexadecimal digits. As a name, chaos_find would take that for a uuid. */
static bool is_uuid(const char *text)
{
    /* isxdigit() would need a table, and so one more page of the program to map. */
    static const char hex[] = "0123456789abcdefABCDEF";

    for (size_t i = 0; i < CHAOS_UUID_TEXT - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text[i] != '-' : strspn(text + i, hex) == 0)
            return false;
    }
    return !text[CHAOS_UUID_TEXT - 1];
}

bool chaos_name_valid(const char *name)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    static const char more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t len = strlen(name);

    return len > 0 && len <= CHAOS_NAME_MAX && strspn(name, first) > 0 &&
           strspn(name, more) == len && strspn(name, "0123456789") < len && !is_uuid(name);
}

int chaos_config_load(const char *path, chaos_config **out, chaos_error *err)
{
    cleanup_free char *text = NULL, *base = NULL;
    size_t len = 0;
    int rc = reader_load(path, &text, &len, &base, err);

    *out = NULL;
    if (rc < 0)
        return rc;
    if (config_is_xl(text, len))
        return config_read_xl(path, base, text, len, true, &(bool){false}, out, err);
    return config_read_yaml(path, base, text, len, out, err);
}

int chaos_config_convert(const char *path, chaos_config **out, bool *whole, chaos_error *err)
{
    cleanup_free char *text = NULL, *base = NULL;
    size_t len = 0;
    int rc = reader_load(path, &text, &len, &base, err);

    *out = NULL;
    if (rc < 0)
        return rc;
    if (!config_is_xl(text, len))
        return error_set(err, CHAOS_E_CONFIG, EINVAL,
                         "%s: not in the format of xl.cfg(5) (its first line that is no comment is "
                         "not KEY = VALUE)",
                         path);
    return config_read_xl(path, base, text, len, false, whole, out, err);
}

const char *chaos_config_notes(const chaos_config *cfg)
{
    return cfg->notes;
}

int chaos_config_parse(const char *label, const char *text, size_t len, chaos_config **out,
                       chaos_error *err)
{
    return config_read_yaml(label, NULL, text, len, out, err);
}

int chaos_config_set(chaos_config *cfg, const char *assignment, chaos_error *err)
{
    const char *equals = strchr(assignment, '=');
    cleanup_free char *name = NULL;
    enum config_key key;
    int rc;

    if (!equals || equals == assignment)
        return error_set(err, CHAOS_E_USAGE, EINVAL,
                         "\"%s\" sets nothing (try KEY=VALUE, as in memory=8MiB)",
                         SHOW(assignment));
    name = strdup(assignment);
    if (!name)
        return error_oom(err);
    name[equals - assignment] = '\0';
    if (config_list_assign(cfg, name, equals + 1, &rc, err))
        return rc;
    key = config_key_find(name);
    if (key == CONFIG_KEYS)
        rc = config_key_unknown(name, err);
    else if (equals[1])
        rc = config_key_set(cfg, key, NULL, equals + 1, err);
    else
        rc = config_key_reset(cfg, key, err);
    if (rc < 0)
        return rc == -ENOMEM ? rc : error_prefix(err, rc, "%s", SHOW(name));
    cfg->where[key] = (struct config_where){0, 0};
    return 0;
}
