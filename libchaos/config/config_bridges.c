/* SPDX-License-Identifier: BSD-3-Clause */
/* What this host's bridges make of a configuration. */
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/util.h"
#include "config/config.h"

#define MTU_USUAL 1500 /* bridges with less are rare, and not looked for */

/* The MTU of an interface of this host; 0: nobody knows. */
static unsigned int mtu_of(const char *name)
{
    cleanup_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq ifr = {0};

    snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
    return fd < 0 || ioctl(fd, SIOCGIFMTU, &ifr) < 0 ? 0 : (unsigned int)ifr.ifr_mtu;
}

void chaos_config_check_bridges(const chaos_config *cfg, chaos_note_fn *note, void *opaque)
{
    for (unsigned int i = 0; i < cfg->nr_vifs; i++) {
        const struct config_vif *vif = &cfg->vifs[i];
        unsigned int mtu = vif->bridge[0] && vif->mtu > MTU_USUAL ? mtu_of(vif->bridge) : 0;
        char text[200];

        if (!mtu || mtu >= vif->mtu)
            continue;
        snprintf(
            text, sizeof(text),
            "vifs[%u]: mtu %u is above the %u of bridge %s: Dom0, and what it routes, sends no "
            "packets as large (ip link set %s mtu %u)",
            i, vif->mtu, mtu, vif->bridge, vif->bridge, vif->mtu);
        note(opaque, text);
    }
}
