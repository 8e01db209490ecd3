/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A shell as bytes: what chaosd sends to a client, and what it writes down for the chaosd after
 * it. Memory is a run-length list of frames; a PVH guest's frames are its own numbers.
 */
#include "shell/shell.h"

#include <errno.h>
#include <string.h>

#include "config/config.h"
#include "base/util.h"
#include "base/uuid.h"

void shell_free(struct chaos_shell *shell)
{
    memory_clear(&shell->guest.memory);
    free(shell->built_cmdline);
    free(shell);
}

/* The bits of a shell's flags; what has the other bits zero was written by versions without them.
 */
enum { PACKED_EARLY = 1, PACKED_BUS = 2, PACKED_ANNOUNCED = 4, PACKED_PLACED = 8 };

static void put_memory(struct chaos_pool_writer *w, const struct chaos_shell *shell)
{
    const struct memory *mem = &shell->guest.memory;
    uint64_t frame = 0, count = 0;

    chaos_pool_put_u64(w, mem->pages);
    for (size_t i = 0; shell->guest.type == CHAOS_PV && i < mem->nr; i++) {
        if (count && mem->extents[i].frame != frame + count) {
            chaos_pool_put_u64(w, frame);
            chaos_pool_put_u64(w, count);
            count = 0;
        }
        if (!count)
            frame = mem->extents[i].frame;
        count += 1ULL << mem->extents[i].order;
    }
    if (count) {
        chaos_pool_put_u64(w, frame);
        chaos_pool_put_u64(w, count);
    }
}

static void put_built(struct chaos_pool_writer *w, const struct chaos_shell *shell)
{
    uint16_t len = strlen(shell->built_cmdline);

    chaos_pool_put(w, &shell->image, sizeof(shell->image));
    chaos_pool_put_u64(w, shell->guest.built.console_frame);
    chaos_pool_put_u64(w, shell->guest.built.cmdline_frame);
    chaos_pool_put_u32(w, shell->guest.built.cmdline_offset);
    if (shell->guest.bus_port)
        chaos_pool_put_u64(w, shell->guest.built.bus_frame);
    chaos_pool_put_u16(w, len);
    chaos_pool_put(w, shell->built_cmdline, len);
}

int chaos_shell_pack(const chaos_shell *shell, void *buf, size_t room)
{
    struct chaos_pool_writer w = {.buf = buf, .room = room};

    chaos_pool_put(&w, shell->uuid, sizeof(shell->uuid));
    chaos_pool_put_u32(&w, shell->guest.domid);
    chaos_pool_put_u16(&w, shell->guest.type);
    chaos_pool_put_u16(&w, shell->warm);
    chaos_pool_put_u16(&w, (shell->guest.early ? PACKED_EARLY : 0) |
                               (shell->guest.bus_port ? PACKED_BUS : 0) |
                               (shell->announced ? PACKED_ANNOUNCED : 0) |
                               (shell->guest.placed ? PACKED_PLACED : 0));
    chaos_pool_put_u32(&w, shell->guest.vcpus);
    chaos_pool_put_u32(&w, shell->guest.console_port);
    if (shell->guest.bus_port)
        chaos_pool_put_u32(&w, shell->guest.bus_port);
    chaos_pool_put_u64(&w, shell->guest.shared_info);
    chaos_pool_put_u32(&w, shell->devices.nr);
    chaos_pool_put(&w, shell->devices.records, shell->devices.nr * DEVICE_RECORD);
    if (shell->guest.placed) {
        chaos_pool_put_u64(&w, shell->guest.built.console_frame);
        chaos_pool_put_u64(&w, shell->guest.built.bus_frame);
    }
    if (shell->warm)
        put_built(&w, shell);
    put_memory(&w, shell); /* the rest of the bytes */
    return w.overflow ? -EMSGSIZE : (int)w.used;
}

/* Appends a run of frames as extents; their orders need not be those of the populate. */
static int add_run(struct memory *mem, uint64_t *pfn, uint64_t frame, uint64_t count)
{
    while (count) {
        uint32_t order = 63 - __builtin_clzll(count);

        if (mem->nr == mem->room) {
            size_t room = mem->room ? mem->room * 2 : 4;
            struct extent *grown = realloc(mem->extents, room * sizeof(*grown));

            if (!grown)
                return -ENOMEM;
            mem->extents = grown;
            mem->room = room;
        }
        mem->extents[mem->nr++] = (struct extent){*pfn, frame, order};
        *pfn += 1ULL << order;
        frame += 1ULL << order;
        count -= 1ULL << order;
    }
    return 0;
}

static int get_memory(struct chaos_pool_reader *r, struct chaos_shell *shell)
{
    struct memory *mem = &shell->guest.memory;
    uint64_t pages = chaos_pool_get_u64(r), pfn = 0;

    if (r->bad || pages < CONFIG_MIN_KIB / 4 || pages > CONFIG_MAX_KIB / 4)
        return -EPROTO;
    if (shell->guest.type ==
        CHAOS_PVH) /* the plan of a large one takes long: not of what is refused */
        return r->p == r->end ? memory_plan(mem, pages, shell->guest.type) : -EPROTO;
    while (pfn < pages) {
        uint64_t frame = chaos_pool_get_u64(r), count = chaos_pool_get_u64(r);
        int rc;

        if (r->bad || count == 0 || count > pages - pfn || frame > UINT64_MAX / PAGE_SIZE - count)
            return -EPROTO;
        rc = add_run(mem, &pfn, frame, count);
        if (rc < 0)
            return rc;
    }
    mem->pages = pages;
    return 0;
}

static int get_devices(struct chaos_pool_reader *r, struct chaos_shell *shell)
{
    uint32_t nr = chaos_pool_get_u32(r);
    const void *from;

    if (nr > DEVICES_MAX)
        return -EPROTO;
    from = chaos_pool_get(r, nr * DEVICE_RECORD);
    if (!from)
        return -EPROTO;
    memcpy(shell->devices.records, from, nr * DEVICE_RECORD);
    shell->devices.nr = nr;
    return devices_valid(shell->uuid, &shell->devices) ? 0 : -EPROTO;
}

static int get_built(struct chaos_pool_reader *r, struct chaos_shell *shell)
{
    const void *image = chaos_pool_get(r, sizeof(shell->image)), *text;
    uint16_t len;

    shell->guest.built.console_frame = chaos_pool_get_u64(r);
    shell->guest.built.cmdline_frame = chaos_pool_get_u64(r);
    shell->guest.built.cmdline_offset = chaos_pool_get_u32(r);
    if (shell->guest.bus_port)
        shell->guest.built.bus_frame = chaos_pool_get_u64(r);
    len = chaos_pool_get_u16(r);
    text = chaos_pool_get(r, len);
    if (r->bad || len > CONFIG_MAX_CMDLINE || memchr(text, 0, len) ||
        shell->guest.built.cmdline_offset > PAGE_SIZE - (CONFIG_MAX_CMDLINE + 1))
        return -EPROTO;
    memcpy(&shell->image, image, sizeof(shell->image));
    shell->built_cmdline = strndup(text, len);
    return shell->built_cmdline ? 0 : -ENOMEM;
}

static int unpack(struct chaos_pool_reader *r, struct chaos_shell *shell)
{
    const void *uuid = chaos_pool_get(r, sizeof(shell->uuid));
    unsigned int flags;
    int rc;

    if (!uuid)
        return -EPROTO;
    memcpy(shell->uuid, uuid, sizeof(shell->uuid));
    uuid_format(shell->uuid, shell->uuid_text);
    shell->guest.domid = chaos_pool_get_u32(r);
    shell->guest.type = chaos_pool_get_u16(r);
    shell->warm = chaos_pool_get_u16(r);
    flags = chaos_pool_get_u16(r);
    shell->guest.early = flags & PACKED_EARLY;
    shell->guest.placed = flags & PACKED_PLACED;
    shell->announced = flags & PACKED_ANNOUNCED;
    shell->guest.vcpus = chaos_pool_get_u32(r);
    shell->guest.console_port = chaos_pool_get_u32(r);
    if (flags & PACKED_BUS)
        shell->guest.bus_port = chaos_pool_get_u32(r);
    shell->guest.store = devices_in_store(shell->uuid);
    shell->guest.shared_info = chaos_pool_get_u64(r);
    if (r->bad || !uuid_by_chaosd(shell->uuid) || shell->guest.domid == 0 ||
        shell->guest.domid >= 0x7ff0 || shell->guest.type > CHAOS_PVH ||
        (shell->guest.early && (shell->guest.type != CHAOS_PV || shell->warm)) ||
        flags > (PACKED_EARLY | PACKED_BUS | PACKED_ANNOUNCED | PACKED_PLACED) ||
        !(flags & PACKED_BUS) != !shell->guest.bus_port ||
        (shell->guest.placed && (shell->warm || !shell->guest.store)) || shell->guest.vcpus == 0 ||
        shell->guest.vcpus > CONFIG_MAX_VCPUS)
        return -EPROTO;
    rc = get_devices(r, shell);
    if (shell->guest.placed) {
        shell->guest.built.console_frame = chaos_pool_get_u64(r);
        shell->guest.built.bus_frame = chaos_pool_get_u64(r);
    }
    if (rc == 0 && shell->warm)
        rc = get_built(r, shell);
    if (rc == 0)
        rc = get_memory(r, shell);
    return rc < 0 ? rc : r->p == r->end ? 0 : -EPROTO;
}

int chaos_shell_unpack(const void *data, size_t len, chaos_shell **out)
{
    struct chaos_pool_reader r = {data, (const uint8_t *)data + len, false};
    struct chaos_shell *shell = calloc(1, sizeof(*shell));
    int rc;

    *out = NULL;
    if (!shell)
        return -ENOMEM;
    shell->pooled = true;
    rc = unpack(&r, shell);
    if (rc < 0) {
        shell_free(shell);
        return rc;
    }
    *out = shell;
    return 0;
}

uint32_t chaos_shell_domid(const chaos_shell *shell)
{
    return shell->guest.domid;
}

const char *chaos_shell_uuid(const chaos_shell *shell)
{
    return shell->uuid_text;
}

bool chaos_shell_warm(const chaos_shell *shell, struct chaos_pool_image *image)
{
    if (shell->warm && image)
        *image = shell->image;
    return shell->warm;
}

uint64_t chaos_shell_kib(const chaos_shell *shell)
{
    return shell->guest.memory.pages * (PAGE_SIZE / 1024);
}

void chaos_shell_free(chaos_shell *shell)
{
    if (shell)
        shell_free(shell);
}
