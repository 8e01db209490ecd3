/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libchaos: creates, lists, watches and destroys Xen domains.
 *
 * Conventions (docs/errors.md has the whole contract):
 *  - A function that can fail returns 0 (or a count >= 0), or a negative errno; where it takes a
 *    chaos_error it also leaves there a status (the program's exit code) and one line of text.
 *    `err` may be NULL.
 *  - Whatever a function returned through a `**out` argument is the caller's, to be freed with the
 *    object's own _free or _close; on failure *out is NULL. Strings that getters return belong to
 *    the object.
 *  - Objects are not thread-safe; different hosts may be used from different threads.
 */
#ifndef CHAOS_H
#define CHAOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default) /* the library is built with all else hidden */

#define CHAOS_VERSION "0.1.0"

/* Longest name of a domain, in bytes, without the terminating NUL. */
#define CHAOS_NAME_MAX 63
/* A uuid as text with its NUL: 8-4-4-4-12 lower-case hexadecimal digits. */
#define CHAOS_UUID_TEXT 37

/* ---- errors -------------------------------------------------------------------------------- */

/* What went wrong, by kind. The values are the exit codes of the chaos program. */
enum chaos_status {
    CHAOS_OK = 0,
    CHAOS_E_FAILED = 1,      /* anything without a kind of its own */
    CHAOS_E_USAGE = 2,       /* the command line, or an argument of a function */
    CHAOS_E_CONFIG = 3,      /* the VM's configuration */
    CHAOS_E_NOT_FOUND = 4,   /* no such domain */
    CHAOS_E_EXISTS = 5,      /* the name is in use */
    CHAOS_E_NO_MEMORY = 6,   /* the hypervisor (or this process) is out of memory */
    CHAOS_E_HYPERVISOR = 7,  /* a hypercall was refused */
    CHAOS_E_NO_XEN = 8,      /* not a Xen control domain */
    CHAOS_E_IMAGE = 9,       /* kernel or ramdisk missing, unreadable or malformed */
    CHAOS_E_IO = 10,         /* a file of the host: /run/chaos, a log */
    CHAOS_E_BUSY = 11,       /* somebody else holds it: console attached elsewhere */
    CHAOS_E_PERMISSION = 12, /* not root */
    CHAOS_E_TIMEOUT = 124,
};

typedef struct chaos_error chaos_error;

/* NULL only when memory is exhausted. */
chaos_error *chaos_error_new(void);
void chaos_error_free(chaos_error *err);
enum chaos_status chaos_error_status(const chaos_error *err);
/* The errno behind it, positive; 0 where there is none. */
int chaos_error_errno(const chaos_error *err);
/* One line without a newline; "" where nothing failed. */
const char *chaos_error_message(const chaos_error *err);

/* ---- configuration of a VM ------------------------------------------------------------------ */

typedef struct chaos_config chaos_config;

enum chaos_type { CHAOS_PV, CHAOS_PVH };
enum chaos_action { CHAOS_DESTROY, CHAOS_RESTART, CHAOS_PRESERVE };

/* Reads one YAML file (chaos.yaml(5)). Errors read FILE:LINE:COLUMN: KEY: text. Relative paths in
 * it begin at its directory. */
int chaos_config_load(const char *path, chaos_config **out, chaos_error *err);
/* The same from memory; `label` stands for the file in messages. Not NUL-terminated. Relative
 * paths begin at the working directory. */
int chaos_config_parse(const char *label, const char *text, size_t len, chaos_config **out,
                       chaos_error *err);
/* Overrides one key: "memory=8MiB", "console.log=/tmp/x", "vifs[0].bridge=br1" (of an interface
 * there is, or of a new one behind the last); "ramdisk=" puts its default back, "vifs=" drops them
 * all. What fails changes nothing. */
int chaos_config_set(chaos_config *cfg, const char *assignment, chaos_error *err);
/* Checks what one key alone cannot show: required keys, files that must exist and be readable. */
int chaos_config_check(const chaos_config *cfg, chaos_error *err);
/* The whole configuration as canonical YAML, defaults included; the caller frees it. */
int chaos_config_dump(const chaos_config *cfg, char **out, chaos_error *err);
/* Whether `count` VMs can be made of this: they share no MAC address and no disk that they write
 * to, and each network has room. */
int chaos_config_check_count(const chaos_config *cfg, unsigned long count, chaos_error *err);
/* Counts the address of each vif up by one, passing by its gateway: for the next VM of many. What
 * fails, for want of addresses, changes nothing. */
int chaos_config_next_ip(chaos_config *cfg, chaos_error *err);
void chaos_config_free(chaos_config *cfg);

const char *chaos_config_name(const chaos_config *cfg); /* NULL where the file gives none */
enum chaos_type chaos_config_type(const chaos_config *cfg);
const char *chaos_config_kernel(const chaos_config *cfg);
const char *chaos_config_ramdisk(const chaos_config *cfg); /* NULL where there is none */
const char *chaos_config_cmdline(const chaos_config *cfg); /* "" where there is none */
uint64_t chaos_config_memory_kib(const chaos_config *cfg);
unsigned int chaos_config_vcpus(const chaos_config *cfg);
const char *chaos_config_console_log(const chaos_config *cfg); /* NULL where there is none */

/* True where `name` may name a domain: [A-Za-z0-9][A-Za-z0-9._-]*, at most CHAOS_NAME_MAX bytes,
 * neither a number (that is a domid) nor shaped like a uuid. */
bool chaos_name_valid(const char *name);

/* ---- the host ------------------------------------------------------------------------------- */

/* A connection to the hypervisor and to the registry of names under /run/chaos. */
typedef struct chaos_host chaos_host;

/* Opens both. `run_dir` NULL means /run/chaos; it is made where it is missing. */
int chaos_host_open(const char *run_dir, chaos_host **out, chaos_error *err);
void chaos_host_close(chaos_host *host);

/* Called after each step of creation and destruction with its duration; names are static text. */
typedef void chaos_step_fn(void *opaque, const char *step, uint64_t ns);
void chaos_host_on_step(chaos_host *host, chaos_step_fn *fn, void *opaque);

struct chaos_host_info {
    char xen_version[64];
    uint64_t total_kib, free_kib; /* free: includes pages that still await scrubbing */
    unsigned int cpus;
};
int chaos_host_info(chaos_host *host, struct chaos_host_info *out, chaos_error *err);

/* ---- creation: prepare + execute ------------------------------------------------------------ */

/* A domain without a name, an image or a configuration of its own: memory, vCPUs, channels. */
typedef struct chaos_shell chaos_shell;

/* Makes a shell that fits `cfg` (type, memory, vCPUs). */
int chaos_prepare(chaos_host *host, const chaos_config *cfg, chaos_shell **out, chaos_error *err);
/* Turns a shell into the VM `name`, paused where `paused` is set. The shell is used up either way:
 * freed on success, destroyed and freed on failure. */
int chaos_execute(chaos_host *host, chaos_shell *shell, const chaos_config *cfg, const char *name,
                  bool paused, uint32_t *domid, chaos_error *err);
/* Destroys a shell that nobody wants. */
void chaos_discard(chaos_host *host, chaos_shell *shell);

/* chaos_prepare and chaos_execute in one; where chaosd runs and has a shell that fits, with that
 * one instead of chaos_prepare. */
int chaos_create(chaos_host *host, const chaos_config *cfg, const char *name, bool paused,
                 uint32_t *domid, chaos_error *err);

/* Announces that so many VMs of one kind will be created: shells are then taken from chaosd's pool
 * some at a time. What is not used goes back with chaos_host_close. */
void chaos_host_expect(chaos_host *host, unsigned long count);

/* ---- domains -------------------------------------------------------------------------------- */

enum chaos_state {
    CHAOS_RUNNING,  /* has a vCPU that wants to run */
    CHAOS_BLOCKED,  /* waits for an event */
    CHAOS_PAUSED,   /* by the toolstack */
    CHAOS_SHUTDOWN, /* ended by itself, or suspended; reason says which */
    CHAOS_DYING,    /* destroyed, but somebody still holds some of its memory */
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
    uint32_t domid;
    char uuid[CHAOS_UUID_TEXT];
    char name[CHAOS_NAME_MAX + 1]; /* "" where it has none (a shell, or made by others) */
    bool ours;                     /* made by libchaos; others are shown, never touched */
    enum chaos_type type;
    enum chaos_state state;
    enum chaos_reason reason; /* valid in CHAOS_SHUTDOWN */
    uint64_t memory_kib;      /* now allocated to it */
    unsigned int vcpus;
    uint64_t cpu_ns;
    bool pooled; /* chaos_list: a shell that a running chaosd looks after */
};

/* All domains but Dom0, by domid. The caller frees *out with free(). Returns 0. */
int chaos_list(chaos_host *host, struct chaos_domain **out, size_t *count, chaos_error *err);
/* By domid ("17"), name or uuid. */
int chaos_find(chaos_host *host, const char *ref, struct chaos_domain *out, chaos_error *err);
/* Whether it ended by itself. A suspended one has not: it waits for its resumption. */
bool chaos_domain_ended(const struct chaos_domain *dom);
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

const char *chaos_type_name(enum chaos_type type);       /* "pv", "pvh" */
const char *chaos_state_name(enum chaos_state state);    /* "running", ... */
const char *chaos_reason_name(enum chaos_reason reason); /* "poweroff", ... */

/* ---- the end of domains ---------------------------------------------------------------------- */

/* A file descriptor that becomes readable when some domain has ended, for a caller's event loop
 * (VIRQ_DOM_EXC; a timer where a running xenstored holds that). Belongs to the host. */
int chaos_watch_fd(chaos_host *host, chaos_error *err);
/* Takes the pending notification; call it when the descriptor is readable, then look again. */
int chaos_watch_ack(chaos_host *host, chaos_error *err);

/* What was done about the end of a domain. */
enum chaos_outcome { CHAOS_STILL_RUNS, CHAOS_ENDED, CHAOS_RESTARTED, CHAOS_PRESERVED };

/* Looks at the domain and, where it ended, follows its on_poweroff, on_reboot, on_crash.
 * Restarted: `dom` is now the new one, which starts paused where `paused` is set. */
int chaos_reap(chaos_host *host, struct chaos_domain *dom, bool paused, enum chaos_outcome *outcome,
               enum chaos_reason *reason, chaos_error *err);

/* ---- power and devices (noxs) ---------------------------------------------------------------- */

enum chaos_power { CHAOS_POWER_OFF = 1, CHAOS_POWER_REBOOT = 2, CHAOS_POWER_SUSPEND = 3 };

/* Asks the guest, and waits until it agreed: CHAOS_E_TIMEOUT, or CHAOS_E_FAILED where it refuses
 * or does not listen to power requests. What it then does is seen by chaos_reap or chaos_find. */
int chaos_power(chaos_host *host, const struct chaos_domain *dom, enum chaos_power what,
                unsigned int timeout_ms, chaos_error *err);
/* Lets a guest that suspended itself go on in place. */
int chaos_resume(chaos_host *host, const struct chaos_domain *dom, chaos_error *err);

struct chaos_device {
    char type[8];       /* "control", "vif", "vbd" */
    unsigned int index; /* with type: its name within the VM */
    char state[16];     /* "waiting", "connected", "closed" ... as the back end sees it */
    char detail[160];   /* vif: interface, MAC, address; vbd: device, size, mode */
};

/* The devices of one domain. The caller frees *out with free(). */
int chaos_device_list(chaos_host *host, const struct chaos_domain *dom, struct chaos_device **out,
                      size_t *count, chaos_error *err);
/* Adds a device to a running VM: type "vif" or "vbd", `spec` "bridge=br0,ip=10.0.0.2/24" or
 * "target=disk.img,mode=ro" with the keys of chaos.yaml(5). *index: which one it became. */
int chaos_device_add(chaos_host *host, const struct chaos_domain *dom, const char *type,
                     const char *spec, unsigned int *index, chaos_error *err);
/* Asks the guest to let go of it and takes it away; with `force` also where the guest does not
 * within timeout_ms, else CHAOS_E_TIMEOUT. */
int chaos_device_remove(chaos_host *host, const struct chaos_domain *dom, const char *type,
                        unsigned int index, unsigned int timeout_ms, bool force, chaos_error *err);

/* ---- the console ------------------------------------------------------------------------------
 */

/* A VM's console. Where chaosd runs it serves the console, to several at once, from what it keeps
 * of it on; else this process attaches to the Xen console ring, which one at a time can
 * (CHAOS_E_BUSY). An open console changes from one to the other as chaosd comes and goes. The host
 * must stay open. */
typedef struct chaos_console chaos_console;

enum chaos_console_flags {
    CHAOS_CONSOLE_CLAIM = 1, /* type from now on, if nobody else does; else from the first write */
    CHAOS_CONSOLE_FORCE = 2, /* take typing over from whoever has it */
    CHAOS_CONSOLE_READ_ONLY = 4, /* never type */
    CHAOS_CONSOLE_DUMP = 8,      /* what there is now, and then -ENOTCONN (by chaosd only) */
    CHAOS_CONSOLE_DIRECT = 16,   /* the ring itself, whatever chaosd does */
};

int chaos_console_attach(chaos_host *host, const struct chaos_domain *dom, unsigned int flags,
                         chaos_console **out, chaos_error *err);
/* The same without flags. */
int chaos_console_open(chaos_host *host, const struct chaos_domain *dom, chaos_console **out,
                       chaos_error *err);
void chaos_console_close(chaos_console *con);
/* Readable when there is something to do: call chaos_console_ack, _read and _write again. */
int chaos_console_fd(const chaos_console *con);
/* Takes the pending event; to be called when the descriptor was readable. */
int chaos_console_ack(chaos_console *con);
/* Bytes the guest wrote, at most `len`; 0 where there are none now. -EPROTO where the guest broke
 * the ring's indices (the rest of the ring is skipped); -ENOTCONN where chaosd says that no more
 * will come: the VM has ended; -EBUSY where somebody else took the ring. */
int chaos_console_read(chaos_console *con, char *buf, size_t len);
/* Bytes to the guest; returns how many there was room for. */
int chaos_console_write(chaos_console *con, const char *buf, size_t len);
/* True where chaosd serves it: that keeps the log, and tells of the end. */
bool chaos_console_by_chaosd(const chaos_console *con);
/* How the VM ended, after chaos_console_read gave -ENOTCONN. */
enum chaos_reason chaos_console_reason(const chaos_console *con);
/* What the user should know, once, as one line: somebody else types, so that input leads nowhere;
 * or output was lost. */
enum chaos_console_notice {
    CHAOS_CONSOLE_NOTHING,
    CHAOS_CONSOLE_INPUT_LOST,
    CHAOS_CONSOLE_OUTPUT_LOST
};
enum chaos_console_notice chaos_console_notice(chaos_console *con, char *out, size_t room);

/* A log file that is rotated: at `cap` bytes (0: never) FILE becomes FILE.1 (keeping `keep` old
 * ones). */
typedef struct chaos_log chaos_log;
int chaos_log_open(const char *path, uint64_t cap, unsigned int keep, chaos_log **out,
                   chaos_error *err);
int chaos_log_write(chaos_log *log, const char *buf, size_t len);
void chaos_log_close(chaos_log *log);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
