/* SPDX-License-Identifier: BSD-3-Clause */
#include "hostile.h"

#define NS_A_MS 1000000UL

static const char *name;
static unsigned int checks, failures;
static uint64_t seed;

void hostile_begin(const char *guest)
{
    const char *text = guest_option("seed");

    name = guest;
    seed = text ? guest_number(text, NULL) : guest_clock_ns();
    guest_stop_periodic_timer();
    console_printf("%s: begun, seed=%lu\n", name, seed);
}

uint32_t hostile_random(void)
{
    seed = seed * 6364136223846793005UL + 1442695040888963407UL;
    return (uint32_t)(seed >> 32);
}

void hostile_expect(const char *what, long got, long want)
{
    checks++;
    if (got == want)
        return;
    failures++;
    console_printf("%s: %s: got %ld, want %ld\n", name, what, got, want);
}

void hostile_end(void)
{
    if (failures)
        console_printf("%s: failed, %u of %u checks\n", name, failures, checks);
    else
        console_printf("%s: ok, %u checks\n", name, checks);
    guest_idle();
}

void hostile_attach(struct guest_device *device, unsigned int type, void *hole)
{
    struct noxs_entry entry;
    int rc = devices_open();

    while (!rc && !devices_find(type, 0, &entry)) {
        guest_event_clear(devices_port);
        if (!devices_find(type, 0, &entry))
            guest_wait(&devices_port, 1, GUEST_FOREVER);
    }
    if (!rc)
        rc = device_attach(device, &entry, hole);
    hostile_expect("attach", rc, 0);
    if (rc)
        hostile_end();
}

unsigned int hostile_type(void)
{
    const char *text = guest_option("device");

    return text && !strncmp(text, "vbd", 3) ? NOXS_TYPE_VBD : NOXS_TYPE_VIF;
}

void hostile_sleep_ms(unsigned int ms)
{
    uint64_t until = guest_clock_ns() + ms * NS_A_MS;

    while (guest_clock_ns() < until)
        guest_wait(NULL, 0, until);
}
