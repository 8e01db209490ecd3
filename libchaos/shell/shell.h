/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CHAOS_SHELL_H
#define CHAOS_SHELL_H

#include <chaos/daemon.h>
#include "devices/devices.h"
#include "shell/host.h"
#include "build/guest.h"

/* A domain that is all there but for its image: what prepare leaves and execute takes. */
struct chaos_shell {
    uint8_t uuid[16];
    char uuid_text[CHAOS_UUID_TEXT];
    struct guest guest;
    struct devices devices;
    const char *bus_why; /* why it has its bus; NULL: it is not said */
    bool pooled;         /* chaosd's: one that is untouched goes back to it */
    bool touched;
    bool announced; /* devices_announce_ahead has been here */

    bool warm;           /* its image is there before execute */
    char *built_cmdline; /* warm: what is in the guest's memory now */
    struct chaos_pool_image image;
};

/* Makes the domain of a shell, with memory and channels, but without devices. */
int shell_make(chaos_host *host, const chaos_config *cfg, const uint8_t uuid[16],
               struct chaos_shell **out, chaos_error *err);
/* Makes the back ends of its devices. */
int shell_devices(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                  chaos_error *err);
/* Which bus the VM gets (devices_choose). `image`: of its kernel, where that was just looked at. */
int shell_choose(chaos_host *host, const chaos_config *cfg, const struct image *image,
                 struct device_choice *out, chaos_error *err);
/* Makes a shell, with its devices, for the bus that is chosen. `marked`: as chaosd's; `image` as
 * above. */
int shell_prepare(chaos_host *host, const chaos_config *cfg, const struct image *image, bool marked,
                  struct chaos_shell **out, chaos_error *err);
/* Puts the configuration's kernel and ramdisk into it. */
int shell_build(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                chaos_error *err);
/* The same ahead of execute, which then finds it warm. */
int shell_build_ahead(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                      chaos_error *err);

/* Announces its devices as far as that goes without knowing which VM it will be, after it was built
 * ahead, or for a bus that needs no image for that. */
int shell_announce_ahead(chaos_host *host, struct chaos_shell *shell, const chaos_config *cfg,
                         chaos_error *err);

/* Destroys a domain, and then removes its back ends (`devices`: there may be some). In this order a
 * disk that does not answer, for which its back end waits, cannot keep the guest running; memory
 * that back ends have mapped keeps the domain as a dying one until they are gone. Where the domain
 * is not destroyed its back ends stay. */
int domain_end(chaos_host *host, uint32_t domid, const uint8_t uuid[16], bool devices,
               chaos_error *err);
/* What its bus is to know of a shell; `name` may be NULL. */
struct device_guest shell_guest(const struct chaos_shell *shell, const char *name);

/* Destroys it with its devices, and frees it. */
void shell_discard(chaos_host *host, struct chaos_shell *shell);
/* Frees what this process knows of it; the domain lives on. */
void shell_free(struct chaos_shell *shell);

#endif
