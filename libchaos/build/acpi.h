/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CHAOS_ACPI_H
#define CHAOS_ACPI_H

#include <stdint.h>

#define ACPI_PAGES 1

/* Writes the tables of a PVH guest with `vcpus` processors to `page` (ACPI_PAGES, zeroed here),
 * which the guest sees at physical address `paddr`; the RSDP comes first. */
void acpi_write(uint8_t *page, uint64_t paddr, unsigned int vcpus);

#endif
