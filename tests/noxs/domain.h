/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Domains without a guest in them, for tests in Dom0. Any failure here ends the test as an error.
 *
 * Copyright (c) 2026, the chaos authors
 */
#ifndef TESTS_NOXS_DOMAIN_H
#define TESTS_NOXS_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

void domain_open(void);
void domain_close(void);

uint16_t domain_make(bool pvh);
void domain_destroy(uint16_t domid);
bool domain_gone(uint16_t domid); /* waits a little */

/* Gives the domain a page and maps it here, which keeps the domain from going away. */
void *domain_hold_page(uint16_t domid);
void domain_release_page(void *page);

/* Of the host, once the number rests: Xen frees a domain's last pages behind its back. */
long free_pages(void);

#endif
