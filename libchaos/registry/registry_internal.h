/* SPDX-License-Identifier: BSD-3-Clause */
/* What the registry's files share with each other. */
#ifndef CHAOS_REGISTRY_INTERNAL_H
#define CHAOS_REGISTRY_INTERNAL_H

#include "registry/registry.h"

#define REGISTRY_TEMP (CHAOS_UUID_TEXT + 4)

/* The name in domains/ under which a file or link of this uuid is made before it is renamed. */
void registry_temp_name(const char *uuid, char out[REGISTRY_TEMP]);

/* The owner of a name may change between looking and acting, unless this lock is held: everything
 * that takes a name from its owner holds it. Claiming does not need it, being one step. */
int registry_names_lock(struct registry *reg);
void registry_names_unlock(struct registry *reg);

#endif
