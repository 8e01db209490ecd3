/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration of a VM: a YAML file, checked. */
#ifndef CHAOS_CONFIG_PUBLIC_H
#define CHAOS_CONFIG_PUBLIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <chaos/error.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Longest name of a domain, in bytes, without the terminating NUL. */
#define CHAOS_NAME_MAX 63

typedef struct chaos_config chaos_config;

enum chaos_type { CHAOS_PV, CHAOS_PVH };
enum chaos_action { CHAOS_DESTROY, CHAOS_RESTART, CHAOS_PRESERVE };

/* Reads one file, in YAML (chaos.yaml(5)) or in xl's format (xl.cfg(5)), which is seen by what is
 * in it. Errors read FILE:LINE:COLUMN: KEY: text. Relative paths in it begin at its directory. */
int chaos_config_load(const char *path, chaos_config **out, chaos_error *err);
/* Reads a file in xl's format. Keys that make another VM of it and have no counterpart, which
 * chaos_config_load refuses, are left out and noted; then *whole is false. */
int chaos_config_convert(const char *path, chaos_config **out, bool *whole, chaos_error *err);
/* What a file in xl's format says that has no counterpart: lines that read FILE:LINE:COLUMN: KEY:
 * text, each with a line end. NULL where there is nothing. Belongs to the configuration. */
const char *chaos_config_notes(const chaos_config *cfg);
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
/* Looks at what the disks' files hold, before a person's VM is made of them: a file that is no disk
 * as it is (qcow2, a compressed image) is refused, unless its `format: raw` says that it is meant.
 * `note` (may be NULL) hears what can be lived with, a line at a time. Never for VMs that are
 * restarted: by then a guest may have written there what it likes. */
typedef void chaos_note_fn(void *opaque, const char *text);
int chaos_config_check_disks(const chaos_config *cfg, chaos_note_fn *note, void *opaque,
                             chaos_error *err);
/* Tells `note` of interfaces that can do more than the bridge that they belong into. */
void chaos_config_check_bridges(const chaos_config *cfg, chaos_note_fn *note, void *opaque);
/* The whole configuration as canonical YAML, defaults included; the caller frees it. */
int chaos_config_dump(const chaos_config *cfg, char **out, chaos_error *err);
/* Whether `count` VMs can be made of this: they share no MAC address, no disk that they write to
 * and no log, and each network has room. */
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
/* As it was written, with %n for the VM's name; NULL where there is none. */
const char *chaos_config_console_log(const chaos_config *cfg);

/* True where `name` may name a domain: [A-Za-z0-9][A-Za-z0-9._-]*, at most CHAOS_NAME_MAX bytes,
 * neither a number (that is a domid) nor shaped like a uuid. */
bool chaos_name_valid(const char *name);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
