/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of a domain's life share with each other. */
#ifndef CHAOS_LIFECYCLE_H
#define CHAOS_LIFECYCLE_H

#include "shell/shell.h"

/* chaos_execute. If `replaces` is a uuid, the name is taken over from that domain rather than
 * claimed; on failure that domain has it again. */
int lifecycle_execute(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                      const char *name, const char *replaces, bool paused, uint32_t *domid,
                      chaos_error *err);

/* 0 if nobody has the name; a left-over of a domain that is gone is cleared away. -EEXIST. */
int lifecycle_name_free(chaos_host *host, const char *name, chaos_error *err);
/* Claims a name for a uuid. -EEXIST. */
int lifecycle_claim(chaos_host *host, const char *name, const char *uuid, chaos_error *err);

/* Whether a chaosd follows the policies, so that others only watch. */
bool ended_by_chaosd(chaos_host *host);
/* chaosd: leaves word of why a VM ends, before it acts. */
void ended_tell(chaos_host *host, const char *uuid, enum chaos_reason reason);
/* The others: the word that chaosd left. */
bool ended_ask(chaos_host *host, const char *uuid, enum chaos_reason *reason);

/* Closes what chaos_watch_fd opened. */
void watch_close(chaos_host *host);

/* The domain with this uuid; -ENOENT. Constant time where the registry knows its domid. */
int domain_by_uuid(chaos_host *host, const char *uuid, struct hv_domain *out, chaos_error *err);
/* All domains but Dom0, by domid, without their names. The caller frees *out with free(). */
int domain_list_all(chaos_host *host, struct chaos_domain **out, size_t *count, chaos_error *err);
/* Removes what a domain that is gone left behind: its record, its name, and its back ends unless
 * another domain has its number by now. */
void domain_forget(chaos_host *host, uint32_t domid, const char *name, const char *uuid);
/* As the public interface shows it; the name is left empty. */
void domain_describe(const struct hv_domain *from, struct chaos_domain *to);
/* Checks that `dom` still is who it was, and ours. */
int domain_check(chaos_host *host, const struct chaos_domain *dom, struct hv_domain *now,
                 chaos_error *err);

#endif
