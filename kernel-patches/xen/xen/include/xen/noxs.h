/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * noxs: device pages. The guest-visible interface is noxs/abi.h; its description is docs/noxs.md.
 *
 * Copyright (c) 2026, the chaos authors
 */
#ifndef XEN_NOXS_H
#define XEN_NOXS_H

struct domain;

/* Last step of a domain's destruction: nothing can map the page any more. */
void noxs_domain_destroy(struct domain *d);

#endif /* XEN_NOXS_H */
