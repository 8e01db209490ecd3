/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/bridge.h"

#include <stdio.h>
#include <string.h>

void bridge_place_text(const struct bridge_place *place, uint32_t mtu, char *out, size_t room)
{
    const char *wanted = place->wanted, *actual = place->actual;

    if (room)
        out[0] = '\0';
    if (!wanted[0] && !actual[0])
        return;
    if (!actual[0])
        snprintf(out, room, " bridge %s: not in it", wanted);
    else if (wanted[0] && strcmp(wanted, actual) != 0)
        snprintf(out, room, " bridge %s: in %s instead", wanted, actual);
    else if (place->mtu < mtu)
        snprintf(out, room, " bridge %s (mtu %u)", actual, place->mtu);
    else
        snprintf(out, room, " bridge %s", actual);
}
