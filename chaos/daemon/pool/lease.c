/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shells that were taken. A shell is a VM as soon as the registry has a name for it. Clients do not
 * report what they did with a shell, so they cannot report something wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "daemon/daemon.h"
#include "daemon/pool/shells.h"

void lease_add(struct lease **list, struct lease *lease)
{
    lease->next = *list;
    *list = lease;
}

static void lease_free(struct lease *lease)
{
    chaos_shell_free(lease->shell);
    free(lease);
}

/* Ends a lease whose taker is gone; false if that cannot be done now. If the registry cannot be
 * read, the domain is left alone, because it may be a VM. */
static bool end_now(struct daemon *d, struct lease *lease)
{
    int named = lease->shell ? chaos_shell_named(d->host, lease->shell) : 0;

    if (named < 0)
        return false;
    if (named == 0 && lease->shell && lease->pid && chaos_shell_intact(d->host, lease->shell))
        log_line(LOG_NOTE, "domain %u was taken by process %d, which did not make a VM of it",
                 chaos_shell_domid(lease->shell), (int)lease->pid);
    if (named == 0 && lease->shell && chaos_shell_destroy(d->host, lease->shell) < 0)
        return false;
    if (named == 0)
        lease->shell = NULL;
    if (chaos_fault("lease.ended") < 0)
        return false;
    journal_drop_taken(d, lease);
    lease_free(lease);
    return true;
}

void lease_end(struct daemon *d, struct lease *lease)
{
    if (end_now(d, lease))
        return;
    lease->flavour = NULL;
    lease->abandoned = true;
    lease_add(&d->pool.orphans, lease);
}

void orphan_add(struct daemon *d, chaos_shell *shell)
{
    struct lease *lease = calloc(1, sizeof(*lease));

    if (!lease) { /* the next chaosd finds it in the journal */
        chaos_shell_free(shell);
        return;
    }
    lease->shell = shell;
    memcpy(lease->uuid, chaos_shell_uuid(shell), CHAOS_UUID_TEXT);
    journal_taken(d, lease);
    lease_add(&d->pool.orphans, lease);
}

void leases_end(struct daemon *d, struct lease **list)
{
    while (*list) {
        struct lease *lease = *list;

        *list = lease->next;
        lease_end(d, lease);
    }
}

void leases_leave(struct daemon *d, struct lease **list)
{
    while (*list) {
        struct lease *lease = *list;

        *list = lease->next;
        lease_add(&d->pool.orphans, lease);
    }
}

void leases_settle(struct daemon *d, struct lease **list)
{
    while (*list) {
        struct lease *lease = *list;

        if (!lease->shell || chaos_shell_named(d->host, lease->shell) <= 0) {
            list = &lease->next;
            continue;
        }
        *list = lease->next;
        journal_drop_taken(d, lease);
        lease_free(lease);
    }
}

void leases_forget(struct lease **list)
{
    while (*list) {
        struct lease *lease = *list;

        *list = lease->next;
        lease_free(lease);
    }
}

/* When the process began, in milliseconds since boot; 0 if there is none. */
static uint64_t process_start(pid_t pid)
{
    char path[64], line[1024], *after;
    unsigned long long ticks = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return 0;
    after = fgets(line, sizeof(line), file) ? strrchr(line, ')')
                                            : NULL; /* the process' name may hold a ) */
    fclose(file);
    if (!after || sscanf(after + 1,
                         " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                         "%*s %*s %*s %*s %llu",
                         &ticks) != 1)
        return 0;
    return ticks * 1000 / sysconf(_SC_CLK_TCK) + 1;
}

bool taker_lives(const struct lease *lease)
{
    uint64_t began = lease->abandoned ? 0 : process_start(lease->pid);

    return began != 0 && began <= lease->taken_ms + 1;
}

void orphans_look(struct daemon *d)
{
    struct lease **list = &d->pool.orphans;

    leases_settle(d, list);
    while (*list) {
        struct lease *lease = *list, *next = lease->next;

        if (taker_lives(lease) || !end_now(d, lease))
            list = &lease->next;
        else
            *list = next;
    }
}
