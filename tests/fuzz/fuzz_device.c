/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any text as one device, "KEY=VALUE,KEY=VALUE": first as a vif, then as a vbd. What is accepted
 * says the same when it is written down and read again.
 */
#include "config/config_device.h"
#include "base/error.h"
#include "must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must_explain(const chaos_error *err, int rc)
{
    MUST(rc < 0);
    MUST(*err->text && !strpbrk(err->text, "\n\r\t\x1b"));
    MUST(err->status == CHAOS_E_CONFIG || err->status == CHAOS_E_USAGE);
}

/* One device of a configuration as pairs. */
static void write_down(const chaos_config *cfg, enum config_list list, char *out)
{
    *out = '\0';
    for (unsigned int key = 0; key < config_lists[list].nr_keys; key++) {
        char buf[ITEM_BUF];
        const char *text = config_item_text(cfg, list, 0, key, buf);

        if (text)
            out += sprintf(out, "%s%s=%s", key ? "," : "", config_lists[list].keys[key], text);
    }
}

static int parse(chaos_config *cfg, enum config_list list, const char *text, chaos_error *err)
{
    int rc;

    *err = (chaos_error){0};
    if (list == LIST_VIFS) {
        rc = config_vif_parse_pairs(text, &cfg->vifs[0], err);
        cfg->nr_vifs = !rc;
    } else {
        rc = config_vbd_parse_pairs(text, &cfg->vbds[0], err);
        cfg->nr_vbds = !rc;
        MUST(!rc == !!cfg->vbds[0].target);
    }
    if (rc)
        must_explain(err, rc);
    return rc;
}

static void must_read_back(enum config_list list, const char *text)
{
    static char first[8192], second[8192];
    chaos_config *cfg;
    chaos_error err;

    MUST(!config_new("fuzz", &cfg, NULL));
    if (!parse(cfg, list, text, &err)) {
        config_vbds_name(cfg);
        /* A first key that has no value leaves a comma at the beginning. */
        write_down(cfg, list, first);
        config_list_clear(cfg, list);
        MUST(!parse(cfg, list, first + (*first == ','), &err));
        write_down(cfg, list, second);
        MUST(!strcmp(first, second));
    }
    chaos_config_free(cfg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);

    MUST(text);
    must_read_back(LIST_VIFS, text);
    must_read_back(LIST_VBDS, text);
    free(text);
    return 0;
}
