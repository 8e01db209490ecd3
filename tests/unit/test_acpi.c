/* SPDX-License-Identifier: BSD-3-Clause */
/* The ACPI tables of PVH guests, read by offsets of the specification (ACPI 6.2, chapter 5.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "build/acpi.h"
#include "config/config.h"

#define PADDR 0x7fe000ULL
#define PAGE  4096

static uint8_t memory[ACPI_PAGES * PAGE + 64];

static uint8_t sum(const uint8_t *p, size_t len)
{
    uint8_t all = 0;

    while (len--)
        all += *p++;
    return all;
}

static uint64_t number(const uint8_t *p, size_t bytes)
{
    uint64_t value = 0;

    memcpy(&value, p, bytes);
    return value;
}

static void write_tables(unsigned int vcpus)
{
    memset(memory, 0xee, sizeof(memory));
    acpi_write(memory, PADDR, vcpus);
    for (size_t i = ACPI_PAGES * PAGE; i < sizeof(memory); i++)
        assert_int_equal(memory[i], 0xee);
}

/* A table by its physical address: inside the page, with its signature, summing up to zero. */
static const uint8_t *table(uint64_t paddr, const char *signature, uint64_t least)
{
    const uint8_t *at = memory + (paddr - PADDR);
    uint64_t length;

    assert_true(paddr >= PADDR && paddr <= PADDR + ACPI_PAGES * PAGE - 36);
    assert_memory_equal(at, signature, 4);
    length = number(at + 4, 4);
    assert_true(length >= least && paddr + length <= PADDR + ACPI_PAGES * PAGE);
    assert_int_equal(sum(at, length), 0);
    return at;
}

/* The table that the XSDT names at `i`. */
static const uint8_t *listed(unsigned int i, const char *signature, uint64_t least)
{
    const uint8_t *xsdt = table(number(memory + 24, 8), "XSDT", 36);

    assert_true(36 + (i + 1) * 8 <= number(xsdt + 4, 4));
    return table(number(xsdt + 36 + (size_t)i * 8, 8), signature, least);
}

static void rsdp(void **state)
{
    (void)state;
    write_tables(1);
    assert_memory_equal(memory, "RSD PTR ", 8);
    assert_int_equal(memory[15], 2); /* revision */
    assert_int_equal(sum(memory, 20), 0);
    assert_int_equal(number(memory + 20, 4), 36);
    assert_int_equal(sum(memory, 36), 0);
    assert_int_equal(number(table(number(memory + 24, 8), "XSDT", 36) + 4, 4), 36 + 2 * 8);
}

static void no_legacy_hardware(void **state)
{
    const uint8_t *fadt;
    uint64_t flags;

    (void)state;
    write_tables(1);
    fadt = listed(0, "FACP", 268);
    flags = number(fadt + 112, 4);
    assert_true(flags & 1U << 20);                    /* HW_REDUCED_ACPI */
    assert_int_equal(number(fadt + 109, 2) & 0x3, 0); /* no LEGACY_DEVICES, no 8042 */
    assert_true(number(fadt + 109, 2) & 1U << 2);     /* VGA not present */
    assert_true(number(fadt + 109, 2) & 1U << 5);     /* CMOS RTC not present */
    assert_int_equal(number(fadt + 40, 4), number(fadt + 140, 8));
    table(number(fadt + 140, 8), "DSDT", 36);
    for (unsigned int i = 46; i < 109; i++)
        assert_int_equal(fadt[i], 0); /* no PM blocks, no SCI, no SMI command */
}

static void processors(void **state)
{
    static const unsigned int counts[] = {1, 2, 3, 64, CONFIG_MAX_VCPUS};

    (void)state;
    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        const uint8_t *madt, *cpu;

        write_tables(counts[c]);
        madt = listed(1, "APIC", 44);
        assert_int_equal(number(madt + 36, 4), 0xfee00000);
        assert_int_equal(number(madt + 4, 4), 44 + counts[c] * 8);
        cpu = madt + 44;
        for (unsigned int i = 0; i < counts[c]; i++, cpu += 8) {
            assert_int_equal(cpu[0], 0); /* local APIC */
            assert_int_equal(cpu[1], 8);
            assert_int_equal(cpu[2], i);
            assert_int_equal(cpu[3], i * 2); /* as Xen numbers them */
            assert_int_equal(number(cpu + 4, 4), 1);
        }
    }
}

/* Tables do not overlap: each byte of one belongs to it alone. */
static void apart(void **state)
{
    static uint8_t owner[ACPI_PAGES * PAGE];
    uint64_t at[5], len[5];

    (void)state;
    write_tables(CONFIG_MAX_VCPUS);
    at[0] = 0, len[0] = 36;
    at[1] = number(memory + 24, 8) - PADDR;
    at[2] = (uint64_t)(listed(0, "FACP", 268) - memory);
    at[3] = (uint64_t)(listed(1, "APIC", 44) - memory);
    at[4] = number(memory + at[2] + 140, 8) - PADDR;
    for (unsigned int i = 1; i < 5; i++)
        len[i] = number(memory + at[i] + 4, 4);
    for (unsigned int i = 0; i < 5; i++) {
        for (uint64_t b = at[i]; b < at[i] + len[i]; b++) {
            assert_int_equal(owner[b], 0);
            owner[b] = (uint8_t)(i + 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsdp),
        cmocka_unit_test(no_legacy_hardware),
        cmocka_unit_test(processors),
        cmocka_unit_test(apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
