/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shells that were taken. The registry says what became of one: whoever claimed a name for it made
 * it a VM. A client reports nothing, so none can report something wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chaosd.h"

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

/* Ends one whose taker is gone. */
static void lease_end(struct daemon *d, struct lease *lease)
{
    if (!chaos_shell_claimed(d->host, lease->shell) && chaos_shell_intact(d->host, lease->shell)) {
        log_line(LOG_NOTE, "domain %u was taken by process %d, which did not make a VM of it",
                 chaos_shell_domid(lease->shell), (int)lease->pid);
        chaos_discard(d->host, lease->shell);
        lease->shell = NULL;
    }
    chaos_fault("lease.ended");
    journal_drop_taken(d, lease);
    lease_free(lease);
}

void leases_end(struct daemon *d, struct lease **list)
{
    while (*list) {
        struct lease *lease = *list;

        *list = lease->next;
        lease_end(d, lease);
    }
}

void leases_settle(struct daemon *d, struct lease **list)
{
    while (*list) {
        struct lease *lease = *list;

        if (!chaos_shell_claimed(d->host, lease->shell)) {
            list = &lease->next;
            continue;
        }
        *list = lease->next;
        journal_drop_taken(d, lease);
        lease_free(lease);
    }
}

bool lease_give_back(struct daemon *d, struct lease **list, const char *uuid)
{
    for (; *list; list = &(*list)->next) {
        struct lease *lease = *list;

        if (strcmp(lease->uuid, uuid) != 0)
            continue;
        *list = lease->next;
        if (lease->flavour && chaos_shell_intact(d->host, lease->shell) &&
            !chaos_shell_claimed(d->host, lease->shell) && journal_idle(d, lease) == 0) {
            stock_give_back(d, lease->flavour, lease->shell);
            free(lease);
        } else {
            lease_end(d, lease);
        }
        return true;
    }
    return false;
}

/* When a process began, in milliseconds since boot; 0 where there is none. */
static uint64_t process_start(pid_t pid)
{
    char path[64], line[1024], *after;
    unsigned long long ticks = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return 0;
    after = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL; /* its name may hold any */
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
    uint64_t began = process_start(lease->pid);

    return began != 0 && began <= lease->taken_ms + 1;
}

void orphans_look(struct daemon *d)
{
    struct lease **list = &d->orphans;

    leases_settle(d, list);
    while (*list) {
        struct lease *lease = *list;

        if (taker_lives(lease)) {
            list = &lease->next;
            continue;
        }
        *list = lease->next;
        lease_end(d, lease);
    }
}
