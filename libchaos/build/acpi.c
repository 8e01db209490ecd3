/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ACPI tables of a PVH guest: processors (MADT), and that there is no legacy hardware (a FADT
 * with HW_REDUCED_ACPI and an empty DSDT). Layouts: ACPI 6.2, chapter 5.2.
 */
#include "build/acpi.h"

#include <stddef.h>
#include <string.h>

#include "config/config.h"
#include "base/util.h"

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t extended_checksum;
    uint8_t reserved[3];
} __attribute__((packed));

struct header {
    char signature[4];
    uint32_t length;
    uint8_t revision;
    uint8_t checksum;
    char oem[6];
    char oem_table[8];
    uint32_t oem_revision;
    char creator[4];
    uint32_t creator_revision;
} __attribute__((packed));

struct xsdt {
    struct header header;
    uint64_t tables[2];
} __attribute__((packed));

struct fadt {
    struct header header;
    uint32_t facs, dsdt;
    uint8_t legacy[65]; /* 44..108: PM blocks and latencies, none here */
    uint16_t boot_flags;
    uint8_t reserved;
    uint32_t flags;
    uint8_t reset[12];
    uint8_t reset_value;
    uint16_t arm_flags;
    uint8_t minor;
    uint64_t x_facs, x_dsdt;
    uint8_t blocks[128]; /* 148..275 */
} __attribute__((packed));
_Static_assert(offsetof(struct fadt, boot_flags) == 109, "FADT layout");
_Static_assert(offsetof(struct fadt, x_dsdt) == 140, "FADT layout");
_Static_assert(sizeof(struct fadt) == 276, "FADT layout");

#define FADT_NO_VGA      (1U << 2)
#define FADT_NO_CMOS_RTC (1U << 5)
#define FADT_WBINVD      (1U << 0)
#define FADT_HW_REDUCED  (1U << 20)

struct madt {
    struct header header;
    uint32_t lapic;
    uint32_t flags;
} __attribute__((packed));

struct madt_lapic {
    uint8_t type, length, processor, apic_id;
    uint32_t flags;
} __attribute__((packed));

#define LAPIC_BASE 0xfee00000U

/* All of it must fit the page, for the largest guest. */
_Static_assert(sizeof(struct rsdp) + sizeof(struct xsdt) + sizeof(struct fadt) +
                       sizeof(struct madt) + CONFIG_MAX_VCPUS * sizeof(struct madt_lapic) +
                       sizeof(struct header) + 64 <=
                   ACPI_PAGES * PAGE_SIZE,
               "ACPI tables outgrow their page");

static uint8_t checksum(const void *table, size_t len)
{
    const uint8_t *p = table;
    uint8_t sum = 0;

    while (len--)
        sum += *p++;
    return -sum;
}

static void finish(struct header *head, const char *signature, uint32_t length, uint8_t revision)
{
    memcpy(head->signature, signature, 4);
    head->length = length;
    head->revision = revision;
    memcpy(head->oem, "chaos ", 6);
    memcpy(head->oem_table, "chaospvh", 8);
    memcpy(head->creator, "chao", 4);
    head->checksum = checksum(head, length);
}

static size_t write_madt(struct madt *madt, unsigned int vcpus)
{
    struct madt_lapic *cpu = (struct madt_lapic *)(madt + 1);
    size_t length = sizeof(*madt) + vcpus * sizeof(*cpu);

    madt->lapic = LAPIC_BASE;
    for (unsigned int i = 0; i < vcpus; i++) {
        cpu[i].length = sizeof(*cpu);
        cpu[i].processor = i;
        cpu[i].apic_id = i * 2; /* as Xen numbers them */
        cpu[i].flags = 1;
    }
    finish(&madt->header, "APIC", length, 3);
    return length;
}

void acpi_write(uint8_t *page, uint64_t paddr, unsigned int vcpus)
{
    struct rsdp *rsdp = (struct rsdp *)page;
    struct xsdt *xsdt = (struct xsdt *)(page + 64);
    struct header *dsdt = (struct header *)(page + 128);
    struct fadt *fadt = (struct fadt *)(page + 192);
    struct madt *madt = (struct madt *)(page + 512);

    memset(page, 0, ACPI_PAGES * PAGE_SIZE);
    finish(dsdt, "DSDT", sizeof(*dsdt), 2);

    fadt->dsdt = paddr + 128;
    fadt->x_dsdt = paddr + 128;
    fadt->boot_flags = FADT_NO_VGA | FADT_NO_CMOS_RTC;
    fadt->flags = FADT_WBINVD | FADT_HW_REDUCED;
    fadt->minor = 1;
    finish(&fadt->header, "FACP", sizeof(*fadt), 5);

    write_madt(madt, vcpus);

    xsdt->tables[0] = paddr + 192;
    xsdt->tables[1] = paddr + 512;
    finish(&xsdt->header, "XSDT", sizeof(*xsdt), 1);

    memcpy(rsdp->signature, "RSD PTR ", 8);
    memcpy(rsdp->oem, "chaos ", 6);
    rsdp->revision = 2;
    rsdp->length = sizeof(*rsdp);
    rsdp->xsdt = paddr + 64;
    rsdp->checksum = checksum(rsdp, 20);
    rsdp->extended_checksum = checksum(rsdp, sizeof(*rsdp));
}
