/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/mac.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fnv.h"
#include "base/util.h"
#include "registry/registry.h"

/* Adds the first line of a file, without blanks around it; false if there is none. */
static bool add_line(const char *etc, const char *file, uint64_t *hash)
{
    char path[PATH_MAX], line[256];
    cleanup_close int fd = -1;
    const char *start;
    size_t end;
    ssize_t len;

    snprintf(path, sizeof(path), "%s/%s", etc, file);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    len = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
    if (len <= 0)
        return false;
    line[len] = '\0';
    start = line + strspn(line, " \t");
    end = strcspn(start, "\r\n");
    while (end && strchr(" \t", start[end - 1]))
        end--;
    /* systemd writes this before the machine has its id. */
    if (!end || (end == strlen("uninitialized") && !memcmp(start, "uninitialized", end)))
        return false;
    *hash = fnv_add(fnv_add(*hash, start, end), "", 1); /* a NUL keeps it apart from the name */
    return true;
}

uint64_t mac_seed(const char *etc, const char *run_dir)
{
    uint64_t hash = FNV_START;
    char real[PATH_MAX];

    if (!add_line(etc, "chaos/mac_seed", &hash))
        add_line(etc, "machine-id", &hash);
    if (!strcmp(run_dir, REGISTRY_DIR) || !realpath(run_dir, real) || !strcmp(real, REGISTRY_DIR))
        return hash;
    return fnv_add(hash, real, strlen(real) + 1);
}

void mac_automatic(uint64_t seed, const char *name, unsigned int index, uint8_t mac[6])
{
    uint64_t hash = fnv_add(seed, name, strlen(name));

    hash = (hash ^ index) * FNV_PRIME;
    hash ^= hash >> 40;
    mac[0] = 0x02; /* locally administered: 40 bits of our own */
    for (unsigned int i = 1; i < 6; i++)
        mac[i] = (uint8_t)(hash >> (8 * (5 - i)));
}
