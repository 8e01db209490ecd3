/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of a configuration that decides which shell fits it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <chaos/pool.h>
#include "config/config.h"
#include "base/error.h"

/* An interface's address and MAC are set at execute; where it is plugged in is decided before. */
static void put_vif(struct chaos_pool_writer *w, const struct config_vif *vif)
{
    char bridge[sizeof(vif->bridge)] = "";

    strncpy(bridge, vif->bridge, sizeof(bridge) - 1);
    chaos_pool_put(w, bridge, sizeof(bridge));
    chaos_pool_put_u16(w, vif->mtu);
    chaos_pool_put_u64(w, vif->rate_bytes);
}

static void put_vbd(struct chaos_pool_writer *w, const struct config_vbd *vbd)
{
    chaos_pool_put_u32(w, vbd->vdev);
    chaos_pool_put_u16(w, vbd->readonly | vbd->shared << 1);
    chaos_pool_put_u16(w, strlen(vbd->target));
    chaos_pool_put(w, vbd->target, strlen(vbd->target));
}

int chaos_pool_check(const chaos_config *cfg, unsigned int target)
{
    for (unsigned int i = 0; target > 1 && i < cfg->nr_vbds; i++) {
        if (!cfg->vbds[i].readonly && !cfg->vbds[i].shared)
            return -EBUSY;
    }
    return 0;
}

int chaos_pool_shape(const chaos_config *cfg, struct chaos_pool_shape *out)
{
    struct chaos_pool_writer w = {.buf = out->bytes, .room = sizeof(out->bytes)};

    chaos_pool_put_u16(&w, cfg->type);
    chaos_pool_put_u32(&w, cfg->vcpus);
    chaos_pool_put_u64(&w, cfg->memory_kib);
    chaos_pool_put_u16(&w, cfg->nr_vifs);
    for (unsigned int i = 0; i < cfg->nr_vifs; i++)
        put_vif(&w, &cfg->vifs[i]);
    chaos_pool_put_u16(&w, cfg->nr_vbds);
    for (unsigned int i = 0; i < cfg->nr_vbds; i++)
        put_vbd(&w, &cfg->vbds[i]);
    /* Limits that are not given follow from the rest. */
    if (cfg->max_event_channels || cfg->max_grant_frames || cfg->max_maptrack_frames >= 0) {
        chaos_pool_put_u32(&w, cfg->max_event_channels);
        chaos_pool_put_u32(&w, cfg->max_grant_frames);
        chaos_pool_put_u32(&w, (uint32_t)cfg->max_maptrack_frames);
    }
    if (cfg->devices == DEVICES_XENSTORE || cfg->devices == DEVICES_NOXS)
        chaos_pool_put_u16(&w, cfg->devices);
    out->len = w.used;
    return w.overflow ? -E2BIG : 0;
}

bool chaos_pool_shapes_fit(const void *a, size_t a_len, const void *b, size_t b_len, bool exact)
{
    size_t more = a_len > b_len ? a_len - b_len : b_len - a_len;

    /* Nothing else in a shape is there or not and takes so little room. */
    return (more == 0 || (more == sizeof(uint16_t) && !exact)) &&
           memcmp(a, b, a_len < b_len ? a_len : b_len) == 0;
}

static uint64_t nanoseconds(const struct timespec *ts)
{
    return ts->tv_sec * 1000000000ULL + ts->tv_nsec;
}

static int look(const char *path, struct chaos_pool_file *out, chaos_error *err)
{
    struct stat st;

    memset(out, 0, sizeof(*out));
    if (!path)
        return 0;
    if (stat(path, &st) < 0)
        return error_errno(err, CHAOS_E_IMAGE, errno, "%s", path);
    out->dev = st.st_dev;
    out->ino = st.st_ino;
    out->size = st.st_size;
    out->mtime_ns = nanoseconds(&st.st_mtim);
    out->ctime_ns = nanoseconds(&st.st_ctim);
    return 0;
}

int chaos_pool_image(const chaos_config *cfg, struct chaos_pool_image *out, chaos_error *err)
{
    int rc = look(cfg->kernel, &out->kernel, err);

    return rc < 0 ? rc : look(cfg->ramdisk, &out->ramdisk, err);
}
