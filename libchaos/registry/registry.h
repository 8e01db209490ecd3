/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the hypervisor cannot know: names and configurations, under /run/chaos.
 *
 *   names/NAME    a symbolic link whose target is the uuid: symlink(2) claims a name and says whose
 *                 it is in one atomic step, in constant time
 *   domains/UUID  the domain's record. A new one is written in place, as no name points at it yet:
 *                 half a record is that of a domain without a name. One that is changed is replaced
 *                 by a temporary file and rename(2).
 *
 * The hypervisor is the truth. A domain exists before its name is claimed, so a name whose uuid no
 * domain has is a left-over, never a creation under way. The exception is a VM that waits for its
 * restart: its record says so, and keeps the name while there is no domain.
 */
#ifndef CHAOS_REGISTRY_H
#define CHAOS_REGISTRY_H

#include <chaos/domain.h>

#define REGISTRY_DIR "/run/chaos" /* the usual place */

struct registry {
    int names, domains; /* directories */
};

/* A restart that was begun. */
struct record_restart {
    bool pending;
    unsigned int reason;   /* how the VM ended: enum chaos_reason */
    unsigned int attempts; /* begun so far */
    uint64_t tried;        /* when the last one began, in seconds since the epoch */
    /* The successor that was being made when this was written; "": none. */
    char next[CHAOS_UUID_TEXT];
    char why[256]; /* why the last attempt that ended failed; "": none has ended */
};

struct record {
    char uuid[CHAOS_UUID_TEXT];
    char name[CHAOS_NAME_MAX + 1];
    uint32_t domid; /* a hint: compare the uuid */
    uint32_t console_port;
    uint64_t console_frame; /* as hv_map takes it */
    uint32_t bus_port;      /* of the bus of its devices, 0: none */
    uint64_t bus_frame;     /* the same */
    char bus_why[80];       /* why it has that bus, for people; "": it is not said */
    struct record_restart restart;
    const char *config; /* canonical YAML */
    char *owned;        /* what record_clear frees */
};

void record_clear(struct record *rec);

int registry_open(const char *dir, struct registry *out, chaos_error *err);
void registry_close(struct registry *reg);

/* Writes the record of a domain that has no name yet. */
int registry_put(struct registry *reg, const struct record *rec, chaos_error *err);
/* Replaces the record of a domain, if it still has its name: else -ENOENT (CHAOS_E_NOT_FOUND). */
int registry_replace(struct registry *reg, const struct record *rec, chaos_error *err);
/* -ENOENT (CHAOS_E_NOT_FOUND) where there is none. */
int registry_get(struct registry *reg, const char *uuid, struct record *out, chaos_error *err);
/* How many seconds ago the record was written; -1 where nobody knows. */
long registry_age(struct registry *reg, const char *uuid);
/* -EEXIST (CHAOS_E_EXISTS) where somebody has the name. */
int registry_claim(struct registry *reg, const char *name, const char *uuid, chaos_error *err);
/* Points a name that `from` has at `to`, without a moment in which it is free. -ENOENT
 * (CHAOS_E_NOT_FOUND) if `from` does not have it: the VM was destroyed. */
int registry_pass_on(struct registry *reg, const char *name, const char *from, const char *to,
                     chaos_error *err);
/* Whose the name is; -ENOENT where nobody's, -EINVAL where it is not one of ours. */
int registry_lookup(struct registry *reg, const char *name, char uuid[CHAOS_UUID_TEXT]);
/* Frees a name if `uuid` has it; true if it had. */
bool registry_release(struct registry *reg, const char *name, const char *uuid);
/* Frees a name that `uuid` has ("": the one in its record), and its record; either may be gone
 * already. */
void registry_drop(struct registry *reg, const char *name, const char *uuid);
/* Whether `uuid` has the name: 1, 0, or -errno where nobody knows. */
int registry_owns(struct registry *reg, const char *name, const char *uuid);
/* True if this VM waits for its restart. It has its name then, or the successor that was being made
 * has it, and is to be started; else what the record says is a left-over. `out` may be NULL; else
 * it is filled in, and to be cleared, where this is true. */
bool registry_restarting(struct registry *reg, const char *uuid, struct record *out);
/* Keeps others from restarting VMs until the descriptor is closed. -EWOULDBLOCK: another does. */
int registry_restart_lock(struct registry *reg);

/* Calls fn for each name; stops at and returns the first non-zero. */
typedef int registry_name_fn(void *opaque, const char *name, const char *uuid);
int registry_names(struct registry *reg, registry_name_fn *fn, void *opaque, chaos_error *err);

/* Calls fn for each record; stops at and returns the first non-zero. */
typedef int registry_record_fn(void *opaque, const char *uuid);
int registry_records(struct registry *reg, registry_record_fn *fn, void *opaque, chaos_error *err);

/* Removes what belongs to no live domain, temporary files of killed writers included. *count: how
 * many names and files, also on failure. */
typedef bool registry_alive_fn(void *opaque, const char *uuid);
int registry_sweep(struct registry *reg, registry_alive_fn *alive, void *opaque, size_t *count,
                   chaos_error *err);

#endif
