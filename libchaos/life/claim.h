/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of VMs. */
#ifndef CHAOS_LIFE_CLAIM_H
#define CHAOS_LIFE_CLAIM_H

#include "shell/host.h"

/* 0 if nobody has the name; a left-over of a domain that is gone is cleared away. -EEXIST. */
int name_check_free(chaos_host *host, const char *name, chaos_error *err);
/* Claims a name for a uuid. -EEXIST. */
int name_claim(chaos_host *host, const char *name, const char *uuid, chaos_error *err);

#endif
