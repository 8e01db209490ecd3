/* SPDX-License-Identifier: BSD-3-Clause */
/* One device as "KEY=VALUE,KEY=VALUE". */
#include "config/config_device.h"

#include "base/error.h"
#include "base/text.h"
#include "base/util.h"

#include <errno.h>
#include <string.h>

/* `device` is a config_vif or a config_vbd. */
static int set_pair(enum config_list list, void *device, char *pair, unsigned int *seen,
                    chaos_error *err)
{
    char *equals = strchr(pair, '=');
    unsigned int key;
    int rc;

    if (!equals || equals == pair)
        return error_set(err, CHAOS_E_USAGE, EINVAL, "\"%s\" sets nothing (try %s=VALUE)",
                         SHOW(pair), config_lists[list].keys[0]);
    *equals++ = '\0';
    key = config_item_key(list, pair);
    if (key == config_lists[list].nr_keys)
        rc = config_item_unknown(list, pair, err);
    else if (*seen & 1U << key)
        rc = error_set(err, CHAOS_E_CONFIG, EINVAL, "given twice");
    else if (!*equals)
        rc =
            error_set(err, CHAOS_E_CONFIG, EINVAL, "has no value (give one, or leave the key out)");
    else
        rc = list == LIST_VIFS ? config_vif_set(device, key, equals, err)
                               : config_vbd_set(device, key, NULL, equals, err);
    if (rc < 0)
        return rc == -ENOMEM ? rc : error_prefix(err, rc, "%s", SHOW(pair));
    *seen |= 1U << key;
    return 0;
}

static int set_pairs(enum config_list list, void *device, const char *text, chaos_error *err)
{
    cleanup_free char *copy = strdup(text);
    char *rest = copy, *pair;
    unsigned int seen = 0;
    int rc = 0;

    if (!copy)
        return error_oom(err);
    while (!rc && (pair = strsep(&rest, ",")))
        rc = set_pair(list, device, pair, &seen, err);
    return rc;
}

int config_vif_parse_pairs(const char *text, struct config_vif *out, chaos_error *err)
{
    int rc;

    config_vif_init(out);
    rc = set_pairs(LIST_VIFS, out, text, err);
    if (rc < 0)
        return rc;
    rc = config_vif_check(out, err);
    return rc < 0 ? error_prefix(err, rc, "gateway") : 0;
}

int config_vbd_parse_pairs(const char *text, struct config_vbd *out, chaos_error *err)
{
    int rc = config_vbd_init(out, err);

    if (!rc)
        rc = set_pairs(LIST_VBDS, out, text, err);
    if (!rc && !*out->target)
        rc = error_set(err, CHAOS_E_CONFIG, EINVAL, "target: is missing (add target=FILE)");
    if (rc < 0) {
        free(out->target);
        out->target = NULL;
    }
    return rc;
}
