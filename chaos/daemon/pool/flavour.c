/* SPDX-License-Identifier: BSD-3-Clause */
#include "daemon/pool/flavour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "daemon/log.h"

#define BACKOFF_MIN 100
#define BACKOFF_MAX 30000
#define MS          1000000ULL

struct flavour *flavour_find(struct flavour *list, const char *name)
{
    while (list && strcmp(list->name, name) != 0)
        list = list->next;
    return list;
}

void flavour_free(struct flavour *fl)
{
    for (unsigned int i = 0; i < fl->nr_idle; i++)
        chaos_shell_free(fl->idle[i]);
    free(fl->idle);
    chaos_config_free(fl->cfg);
    free(fl->shape);
    free(fl);
}

bool flavour_add(struct flavour *fl, chaos_shell *shell)
{
    if (fl->nr_idle == fl->room) {
        unsigned int room = fl->room ? fl->room * 2 : 64;
        chaos_shell **grown = realloc(fl->idle, room * sizeof(*grown));

        if (!grown)
            return false;
        fl->idle = grown;
        fl->room = room;
    }
    fl->idle[fl->nr_idle++] = shell;
    return true;
}

void flavour_failed(struct flavour *fl, const char *why)
{
    fl->failures++;
    fl->backoff_ms = fl->backoff_ms ? fl->backoff_ms * 2 : BACKOFF_MIN;
    if (fl->backoff_ms > BACKOFF_MAX)
        fl->backoff_ms = BACKOFF_MAX;
    fl->not_before = uv_hrtime() + fl->backoff_ms * MS;
    if (strncmp(fl->error, why, sizeof(fl->error) - 1) != 0)
        log_line(LOG_WARN, "%s: %s", fl->name, why);
    snprintf(fl->error, sizeof(fl->error), "%s", why);
}
