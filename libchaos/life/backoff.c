/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A VM that ends as soon as it is started, and whose policy is to start it again, would be started
 * some hundred times a second, and could not be destroyed in between. So the second restart within
 * a while waits, and each further one twice as long, as does one that failed. Until then the VM
 * stays as it ended.
 */
#include "life/backoff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALM_MS  10000 /* a VM that lives that long starts anew */
#define WAIT_MIN 100
#define WAIT_MAX 10000
#define TOLD     UINT64_MAX

/* By name, as the uuid changes with each restart. */
struct backoff {
    struct backoff *next;
    char name[CHAOS_NAME_MAX + 1];
    char uuid[CHAOS_UUID_TEXT]; /* of the VM that waits */
    uint64_t at;                /* when the last one was, in ms */
    unsigned int wait_ms;       /* how long the next one waits from then on */
    uint64_t due;               /* when this VM's turn comes, if it waits; TOLD: it has come */
    bool waits;
};

static uint64_t now_ms(void)
{
    return host_now_ns() / 1000000;
}

static struct backoff *find(chaos_host *host, const char *name)
{
    struct backoff *b = host->backoffs;

    while (b && strcmp(b->name, name) != 0)
        b = b->next;
    return b;
}

/* Forgets VMs that have lived long enough. */
static void sweep(chaos_host *host, uint64_t now)
{
    struct backoff **at = &host->backoffs;

    while (*at) {
        struct backoff *b = *at;

        if (b->waits || now - b->at <= CALM_MS + b->wait_ms) {
            at = &b->next;
            continue;
        }
        *at = b->next;
        free(b);
    }
}

/* NULL without memory: then it does not wait. */
static struct backoff *find_or_make(chaos_host *host, const struct chaos_domain *dom, uint64_t now)
{
    struct backoff *b;

    sweep(host, now);
    b = find(host, dom->name);
    if (!b) {
        b = calloc(1, sizeof(*b));
        if (!b)
            return NULL;
        snprintf(b->name, sizeof(b->name), "%s", dom->name);
        b->next = host->backoffs;
        host->backoffs = b;
    }
    memcpy(b->uuid, dom->uuid, sizeof(b->uuid));
    return b;
}

uint64_t backoff_wait(chaos_host *host, const struct chaos_domain *dom)
{
    struct backoff *b = find(host, dom->name);
    uint64_t now = now_ms(), due;

    if (!b)
        return 0;
    due = b->at + b->wait_ms;
    if (b->waits && strcmp(b->uuid, dom->uuid) == 0 && b->due != TOLD && b->due > due)
        due = b->due;
    if (now >= due)
        return 0;
    memcpy(b->uuid, dom->uuid, sizeof(b->uuid));
    b->waits = true;
    b->due = due;
    return due - now;
}

static struct backoff *count(chaos_host *host, const struct chaos_domain *dom)
{
    uint64_t now = now_ms();
    struct backoff *b = find_or_make(host, dom, now);

    if (!b)
        return NULL;
    if (b->at)
        b->wait_ms = b->wait_ms ? b->wait_ms * 2 : WAIT_MIN;
    if (b->wait_ms > WAIT_MAX)
        b->wait_ms = WAIT_MAX;
    b->at = now;
    b->waits = false;
    return b;
}

void backoff_restarted(chaos_host *host, const struct chaos_domain *dom)
{
    count(host, dom);
}

void backoff_failed(chaos_host *host, const struct chaos_domain *dom)
{
    struct backoff *b = count(host, dom);

    if (!b)
        return;
    if (!b->wait_ms)
        b->wait_ms = WAIT_MIN;
    b->due = b->at + b->wait_ms;
    b->waits = true;
}

void backoff_defer(chaos_host *host, const struct chaos_domain *dom, uint64_t ms)
{
    uint64_t now = now_ms();
    struct backoff *b = find_or_make(host, dom, now);

    if (!b)
        return;
    b->due = now + ms;
    b->waits = true;
}

void backoff_forget(chaos_host *host, const struct chaos_domain *dom)
{
    struct backoff *b = find(host, dom->name);

    if (b && strcmp(b->uuid, dom->uuid) == 0)
        b->waits = false;
}

void backoff_waiting(chaos_host *host, backoff_fn *fn, void *opaque)
{
    for (const struct backoff *b = host->backoffs; b; b = b->next) {
        if (b->waits && !fn(opaque, b->uuid))
            return;
    }
}

int chaos_watch_timeout(chaos_host *host)
{
    uint64_t now = now_ms(), least = TOLD;

    for (struct backoff *b = host->backoffs; b; b = b->next) {
        if (!b->waits)
            continue;
        if (b->due < least)
            least = b->due;
        if (b->due <= now) /* once: the VM may not be there any more */
            b->due = TOLD;
    }
    return least == TOLD ? -1 : least > now ? (int)(least - now) : 0;
}

void backoff_close(chaos_host *host)
{
    while (host->backoffs) {
        struct backoff *b = host->backoffs;

        host->backoffs = b->next;
        free(b);
    }
}
