/* SPDX-License-Identifier: BSD-3-Clause */
/* Which bus a VM gets. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "devices/bus.h"

/* One word: what VMs get whose configuration does not say. */
#define PREFERRED "/etc/chaos/devices"

static enum config_devices read_preferred(void)
{
    cleanup_close int fd = open(PREFERRED, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    enum config_devices devices = DEVICES_AUTO;
    char word[16];
    ssize_t len = fd < 0 ? -1 : read(fd, word, sizeof(word) - 1);

    if (len > 0) {
        word[len] = '\0';
        word[strcspn(word, " \t\r\n")] = '\0';
        config_devices_find(word, &devices);
    }
    return devices;
}

static int automatic(struct device_host *host, const chaos_config *cfg, devices_speaks_fn *speaks,
                     void *opaque, struct device_choice *out, chaos_error *err)
{
    int noxs, store;

    *out = (struct device_choice){DEVICES_NOXS, "it has no devices"};
    if (!cfg->nr_vifs && !cfg->nr_vbds)
        return 0;
    noxs = noxs_bus.available(host, err);
    if (noxs < 0)
        return noxs;
    if (noxs && speaks(opaque)) {
        out->why = "its kernel speaks noxs";
        return 0;
    }
    store = xenstore_bus.available(host, err);
    if (store < 0)
        return store;
    if (store)
        *out = (struct device_choice){DEVICES_XENSTORE,
                                      noxs ? "its kernel does not say that it speaks noxs"
                                           : "this host has no noxs"};
    else
        out->why = noxs ? "this host has no XenStore" : "this host has neither noxs nor XenStore";
    return 0;
}

int devices_choose(struct device_host *host, const chaos_config *cfg, devices_speaks_fn *speaks,
                   void *opaque, struct device_choice *out, chaos_error *err)
{
    *out = (struct device_choice){cfg->devices, "its configuration says so"};
    if (out->devices == DEVICES_DEFAULT) {
        if (host->preferred == DEVICES_DEFAULT)
            host->preferred = read_preferred();
        *out = (struct device_choice){host->preferred, PREFERRED " says so"};
    }
    return out->devices == DEVICES_AUTO ? automatic(host, cfg, speaks, opaque, out, err) : 0;
}
