/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a message of chaosd's socket: refused, or decoded; a shell that is accepted packs to
 * the same shell again. The first byte chooses between a whole message and a shell alone.
 */
#include "config/config.h"
#include "shell/shell.h"
#include "must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The plan of a large PVH guest's memory takes many times as long as all else, and is like that of
 * a small one: its size, at the end, is cut. */
static const uint8_t *smaller(const uint8_t *data, size_t size)
{
    enum { TYPE_AT = 16 + 4 };
    static uint8_t copy[1 << 16];
    uint16_t type;
    uint64_t pages;

    if (size < TYPE_AT + sizeof(type) + sizeof(pages) || size > sizeof(copy))
        return data;
    memcpy(&type, data + TYPE_AT, sizeof(type));
    memcpy(&pages, data + size - sizeof(pages), sizeof(pages));
    if (type != CHAOS_PVH || pages > CONFIG_MAX_KIB / 4) /* refused */
        return data;
    pages &= 0xffff;
    memcpy(copy, data, size);
    memcpy(copy + size - sizeof(pages), &pages, sizeof(pages));
    return copy;
}

static void shell(const uint8_t *data, size_t size)
{
    static uint8_t first[CHAOS_POOL_MAX * 2], second[CHAOS_POOL_MAX * 2];
    struct chaos_shell *one, *two;
    int rc = chaos_shell_unpack(smaller(data, size), size, &one), len;
    uint64_t frames[64];

    MUST((rc == 0) == (one != NULL));
    if (rc < 0)
        return;
    MUST(one->guest.domid > 0 && one->guest.domid < 0x7ff0 && one->devices.nr <= DEVICES_MAX);
    memory_frames(&one->guest.memory, 0, 64, frames); /* the least a guest has */
    /* Runs may be written in more pieces than needed; packed once they stay as they are. */
    len = chaos_shell_pack(one, first, sizeof(first));
    MUST(len > 0 && (size_t)len <= size);
    MUST(chaos_shell_unpack(first, len, &two) == 0);
    MUST(chaos_shell_pack(two, second, sizeof(second)) == len);
    MUST(memcmp(first, second, len) == 0);
    chaos_shell_free(one);
    chaos_shell_free(two);
}

static void message(const uint8_t *data, size_t size)
{
    struct chaos_pool_reader r;
    struct chaos_pool_take take;
    int type = chaos_pool_open(data, size, &r);

    if (type == CHAOS_POOL_TAKE && chaos_pool_take_decode(&r, &take) == 0) {
        MUST(take.count >= 1 && take.count <= CHAOS_POOL_TAKE_MAX);
        MUST(take.shape >= data && take.shape + take.shape_len == data + size);
    } else if (type == CHAOS_POOL_DONE) {
        struct chaos_pool_times times;

        MUST((chaos_pool_done_decode(&r, &times) == 0) ==
             (size == sizeof(struct chaos_pool_header) + sizeof(times)));
    } else if (type == CHAOS_POOL_SHELLS) {
        uint32_t count = chaos_pool_get_u32(&r);

        for (uint32_t i = 0; i < count && !r.bad; i++) {
            uint32_t len = chaos_pool_get_u32(&r);
            const void *at = chaos_pool_get(&r, len);

            if (at)
                shell(at, len);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    if (data[0] & 1)
        shell(data + 1, size - 1);
    else
        message(data + 1, size - 1);
    return 0;
}
