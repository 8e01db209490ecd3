/* SPDX-License-Identifier: BSD-3-Clause */
/* What a VM's configuration says of its console, for chaosd. */
#include <string.h>

#include "config/config.h"
#include "console/console.h"
#include "base/error.h"
#include "base/util.h"

int chaos_domain_console(chaos_host *host, const struct chaos_domain *dom,
                         struct chaos_console_settings *out, chaos_error *err)
{
    chaos_config *cfg;
    struct record rec;
    int rc;

    memset(out, 0, sizeof(*out));
    out->log_keep = -1;
    rc = registry_get(&host->registry, dom->uuid, &rec, err);
    if (rc < 0)
        return rc;
    /* The canonical form: most VMs say nothing, and parsing would cost more than all the rest. */
    if (!strstr(rec.config, "\nconsole:\n")) {
        record_clear(&rec);
        return 0;
    }
    rc = chaos_config_parse(dom->uuid, rec.config, strlen(rec.config), &cfg, err);
    record_clear(&rec);
    if (rc == 0)
        rc = config_log_path(cfg, dom->name, &out->log, err);
    if (rc < 0) {
        chaos_config_free(cfg);
        return rc;
    }
    out->log_off = cfg->console.log_off;
    out->server_off = cfg->console.server == CONSOLE_OFF;
    out->log_kib = cfg->console.log_kib;
    out->log_keep = cfg->console.log_keep;
    out->rate_kib = cfg->console.rate_kib;
    chaos_config_free(cfg);
    return 0;
}
