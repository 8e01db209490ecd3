/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Without a pause, a VM that ends at once and is restarted by its policy would be restarted some
 * hundred times a second, and could not be destroyed in between. So the second restart within a
 * while waits, and each further one waits twice as long. Until then the domain stays as it ended.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"

#define CALM_MS  10000 /* after a life of that length the pause begins anew */
#define WAIT_MIN 100
#define WAIT_MAX 10000

struct restart {
    struct restart *next;
    char name[CHAOS_NAME_MAX + 1];
    uint64_t at; /* uv_now() of the last one */
    unsigned int wait_ms;
};

static struct restart *find(struct daemon *d, const char *name)
{
    struct restart *r = d->policy.restarted;

    while (r && strcmp(r->name, name) != 0)
        r = r->next;
    return r;
}

uint64_t backoff_wait(struct daemon *d, const char *name)
{
    const struct restart *r = find(d, name);
    uint64_t now = uv_now(&d->loop);

    return r && now < r->at + r->wait_ms ? r->at + r->wait_ms - now : 0;
}

void backoff_restarted(struct daemon *d, const char *name)
{
    struct restart *r = find(d, name);
    uint64_t now = uv_now(&d->loop);

    if (!r) {
        r = calloc(1, sizeof(*r));
        if (!r) /* without memory there is no pause */
            return;
        snprintf(r->name, sizeof(r->name), "%s", name);
        r->next = d->policy.restarted;
        d->policy.restarted = r;
    } else if (now - r->at > CALM_MS + r->wait_ms) {
        r->wait_ms = 0;
    } else {
        r->wait_ms = r->wait_ms ? r->wait_ms * 2 : WAIT_MIN;
        if (r->wait_ms > WAIT_MAX)
            r->wait_ms = WAIT_MAX;
    }
    r->at = now;
}

bool backoff_sweep(struct daemon *d, bool all)
{
    struct restart **at = &d->policy.restarted;

    while (*at) {
        struct restart *r = *at;

        if (!all && uv_now(&d->loop) - r->at <= CALM_MS + r->wait_ms) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        free(r);
    }
    return d->policy.restarted != NULL;
}
