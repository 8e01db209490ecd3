/* SPDX-License-Identifier: BSD-3-Clause */
#include "console_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct chaos_domain console_vm;
struct record console_record;
struct xencons_interface *console_ring;

static int begin(void **state, enum chaos_type type)
{
    chaos_config *cfg;

    place_begin(state);
    cfg = place_config(&place, type, "");
    place_create(&place, cfg, "vm");
    chaos_config_free(cfg);
    console_vm = place_find(&place, "vm");
    place_worked(&place,
                 registry_get(&place.host->registry, console_vm.uuid, &console_record, &place.err));
    console_ring = fake_page(place.hv, console_vm.domid, console_record.console_frame);
    record_clear(&console_record);
    return 0;
}

int console_begin_pv(void **state)
{
    return begin(state, CHAOS_PV);
}

int console_begin_pvh(void **state)
{
    return begin(state, CHAOS_PVH);
}

int console_end(void **state)
{
    struct chaos_error err = {0};

    chaos_destroy(place.host, &console_vm, &err);
    place_close(&place);
    return place_end(state);
}

chaos_console *console_attach(void)
{
    chaos_console *con;

    place_worked(&place, chaos_console_open(place.host, &console_vm, &con, &place.err));
    return con;
}

size_t console_guest_writes(const char *text, size_t len)
{
    struct xencons_interface *ring = console_ring;
    size_t done = 0;

    while (done < len && ring->out_prod - ring->out_cons < OUT)
        ring->out[ring->out_prod++ & (OUT - 1)] = text[done++];
    return done;
}
