/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The toolstack's side of noxs: device pages through the hypervisor. Layouts: noxs/abi.h.
 *
 * Functions return 0 (or a count) or a negative errno. -ENOSYS: the hypervisor has no noxs;
 * -EPERM: the caller is not the control domain; -ESRCH: no such domain, or it is dying.
 *
 * Copyright (c) 2026, the chaos authors
 */
#ifndef NOXS_NOXS_H
#define NOXS_NOXS_H

#include <noxs/abi.h>

/* One thread at a time: calls share the handle's buffer. */
struct noxs;

/* -EPROTO: the hypervisor speaks another ABI version. The caller closes it with noxs_close(). */
int noxs_open(struct noxs **noxs);
/* The same for a caller who knows the hypervisor's version (NOXS_OP_version). */
int noxs_attach(struct noxs **noxs);
void noxs_close(struct noxs *noxs); /* NULL is fine */

/*
 * Adds all `nr` devices to the page of `domid` in one hypercall, or none: -EEXIST (type and index
 * in use), -ENOSPC (more than NOXS_MAX_DEVICES), -ENOMEM, -EINVAL (a malformed entry, a double),
 * -E2BIG. The guest is notified.
 */
int noxs_add(struct noxs *noxs, uint16_t domid, const struct noxs_entry *entries, unsigned int nr);

/* Removes all or none; -ENOENT when a type and index are not there. The guest is notified. */
int noxs_remove(struct noxs *noxs, uint16_t domid, const struct noxs_id *ids, unsigned int nr);

/*
 * Copies up to `room` devices and returns how many there are, which may be more. `generation`,
 * unless NULL, is the page's; 0 as long as the domain has no page.
 */
int noxs_list(struct noxs *noxs, uint16_t domid, struct noxs_entry *entries, unsigned int room,
              uint32_t *generation);

#endif
