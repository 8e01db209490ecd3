/* SPDX-License-Identifier: BSD-3-Clause */
/* Finding domains. */
#ifndef CHAOS_LIFE_DOMAIN_H
#define CHAOS_LIFE_DOMAIN_H

#include "shell/host.h"

/* The domain with this uuid; -ENOENT. Constant time where the registry knows its domid. */
int domain_by_uuid(chaos_host *host, const char *uuid, struct hv_domain *out, chaos_error *err);
/* All domains but Dom0, by domid, without their names. The caller frees *out with free(). */
int domain_list_all(chaos_host *host, struct chaos_domain **out, size_t *count, chaos_error *err);
/* As the public interface shows it; the name is left empty. */
void domain_describe(const struct hv_domain *from, struct chaos_domain *to);
/* Checks that `dom` still is the domain it was, and ours. */
int domain_check(chaos_host *host, const struct chaos_domain *dom, struct hv_domain *now,
                 chaos_error *err);
/* The same for one that is ours, or that chaos_find_foreign found. */
int domain_check_meant(chaos_host *host, const struct chaos_domain *dom, struct hv_domain *now,
                       chaos_error *err);
/* What its bus is to know of a domain, which is what the hypervisor knows where it has no record.
 * The name is that of *rec, which the caller clears. */
void domain_guest(chaos_host *host, const struct hv_domain *now, struct record *rec,
                  struct device_guest *out);
/* Removes what a domain that is gone left behind: its record, its name, and its back ends unless
 * another domain has its number by now. */
void domain_forget(chaos_host *host, uint32_t domid, const char *name, const char *uuid);

#endif
