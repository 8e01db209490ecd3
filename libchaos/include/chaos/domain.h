/* SPDX-License-Identifier: BSD-3-Clause */
/* Domains: what there is, how it ends, and what is then done. */
#ifndef CHAOS_DOMAIN_PUBLIC_H
#define CHAOS_DOMAIN_PUBLIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <chaos/config.h>
#include <chaos/host.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* A uuid as text with its NUL: 8-4-4-4-12 lower-case hexadecimal digits. */
#define CHAOS_UUID_TEXT 37

enum chaos_state {
    CHAOS_RUNNING,  /* has a vCPU that wants to run */
    CHAOS_BLOCKED,  /* waits for an event */
    CHAOS_PAUSED,   /* by the toolstack */
    CHAOS_SHUTDOWN, /* ended by itself, or suspended; reason says which */
    CHAOS_DYING,    /* destroyed, but somebody still holds some of its memory */
    /* Has ended, and its restart has begun and not succeeded: it is tried again. The domain may be
     * there, as it ended, or not (domid 0). chaos_domain_restart says more. */
    CHAOS_RESTARTING,
};
enum chaos_reason {
    CHAOS_POWEROFF = 0,
    CHAOS_REBOOT = 1,
    CHAOS_SUSPEND = 2,
    CHAOS_CRASH = 3,
    CHAOS_WATCHDOG = 4,
    CHAOS_SOFT_RESET = 5,
    CHAOS_DESTROYED = 255, /* chaos_reap: somebody destroyed it */
};

struct chaos_domain {
    uint32_t domid; /* 0: CHAOS_RESTARTING, and there is no domain now */
    char uuid[CHAOS_UUID_TEXT];
    char name[CHAOS_NAME_MAX + 1]; /* "" where it has none (a shell, or made by others) */
    bool ours;                     /* made by libchaos; others are shown, never touched ... */
    bool foreign;                  /* ... unless chaos_find_foreign found it */
    enum chaos_type type;
    enum chaos_state state;
    enum chaos_reason reason; /* valid in CHAOS_SHUTDOWN and CHAOS_RESTARTING */
    uint64_t memory_kib;      /* now allocated to it */
    unsigned int vcpus;
    uint64_t cpu_ns;
    bool pooled; /* chaos_list: a shell that a running chaosd looks after */
};

/* All domains but Dom0, by domid, and behind them VMs that wait for their restart without a domain.
 * The caller frees *out with free(). Returns 0. */
int chaos_list(chaos_host *host, struct chaos_domain **out, size_t *count, chaos_error *err);
/* By domid ("17"), name or uuid. */
int chaos_find(chaos_host *host, const char *ref, struct chaos_domain *out, chaos_error *err);
/* A domain that another toolstack made, by domid: chaos_destroy, chaos_power and
 * chaos_console_attach take it, and nothing else does. Ours are found, too, as by chaos_find. */
int chaos_find_foreign(chaos_host *host, const char *domid, struct chaos_domain *out,
                       chaos_error *err);
/* Whether it ended by itself. A suspended one has not: it waits for its resumption. */
bool chaos_domain_ended(const struct chaos_domain *dom);
/* The restart that a VM in CHAOS_RESTARTING waits for. */
struct chaos_restart {
    unsigned int attempts; /* so far */
    uint64_t tried;        /* when the last one began, in seconds since the epoch */
    char why[256];         /* why it failed; "": it was not finished, or goes on right now */
};
/* CHAOS_E_NOT_FOUND if it waits for none. */
int chaos_domain_restart(chaos_host *host, const struct chaos_domain *dom,
                         struct chaos_restart *out, chaos_error *err);
/* The configuration a domain of ours was created with. */
int chaos_domain_config(chaos_host *host, const struct chaos_domain *dom, chaos_config **out,
                        chaos_error *err);

/* These refuse domains that are not ours (CHAOS_E_PERMISSION), and identify by uuid: a domid that
 * was reused since `dom` was read gives CHAOS_E_NOT_FOUND. */
int chaos_pause(chaos_host *host, const struct chaos_domain *dom, chaos_error *err);
int chaos_unpause(chaos_host *host, const struct chaos_domain *dom, chaos_error *err);
int chaos_destroy(chaos_host *host, const struct chaos_domain *dom, chaos_error *err);
/* Destroys all of ours, half-made ones included, and sweeps the registry. Shells of a chaosd that
 * runs are its own and stay.
 * *count: how many were destroyed, also on failure. */
int chaos_destroy_all(chaos_host *host, size_t *count, chaos_error *err);
/* Removes what domains that are gone left behind, after a toolstack was killed or somebody else
 * destroyed them: names, records, back ends. Domains are never touched, nor what another process
 * is creating at the same time.
 * *count: how many names, records and domains with back ends, also on failure. */
int chaos_sweep(chaos_host *host, size_t *count, chaos_error *err);

const char *chaos_type_name(enum chaos_type type);       /* "pv", "pvh" */
const char *chaos_state_name(enum chaos_state state);    /* "running", ... */
const char *chaos_reason_name(enum chaos_reason reason); /* "poweroff", ... */

/* ---- the end of domains ---- */

/* A file descriptor that becomes readable when some domain has ended, for a caller's event loop
 * (VIRQ_DOM_EXC; a timer where a running xenstored holds that). Belongs to the host. */
int chaos_watch_fd(chaos_host *host, chaos_error *err);
/* Takes the pending notification; call it when the descriptor is readable, then look again. */
int chaos_watch_ack(chaos_host *host, chaos_error *err);

/* What was done about the end of a domain. */
enum chaos_outcome {
    CHAOS_STILL_RUNS, /* or its next life is not due yet, or another process is at it */
    CHAOS_ENDED,
    CHAOS_RESTARTED,
    CHAOS_PRESERVED,
    CHAOS_RESTART_FAILED, /* beside an error: it is tried again */
};

/* Looks at the domain and, where it ended, follows its on_poweroff, on_reboot, on_crash.
 * Restarted: `dom` is now the new one, which starts paused where `paused` is set.
 *
 * A VM whose restart fails is not lost: it keeps its name, shows as CHAOS_RESTARTING, and the next
 * call after a while tries again. Restarts that follow each other closely wait, too: call again
 * when chaos_watch_timeout says so. */
int chaos_reap(chaos_host *host, struct chaos_domain *dom, bool paused, enum chaos_outcome *outcome,
               enum chaos_reason *reason, chaos_error *err);
/* In how many milliseconds chaos_reap has something to do without any event; -1: that is not so. It
 * says 0 once for each VM. */
int chaos_watch_timeout(chaos_host *host);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
