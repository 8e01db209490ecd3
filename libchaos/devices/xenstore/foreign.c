/* SPDX-License-Identifier: BSD-3-Clause */
/* Domains that other toolstacks made, as far as XenStore tells of them. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"
#include "devices/xenstore/bus_xenstore.h"
#include "devices/xenstore/host.h"
#include "devices/xenstore/listing.h"

/* What a terminal can show; the other bytes as '?'. */
static void copy_text(char *out, size_t room, const char *text)
{
    size_t i;

    for (i = 0; i + 1 < room && text[i]; i++)
        out[i] = isprint((unsigned char)text[i]) ? text[i] : '?';
    out[i] = '\0';
}

void devices_name_others(struct device_host *host, struct chaos_domain *doms, size_t count)
{
    cleanup_batch struct store_batch batch = {0};
    unsigned int at = 0;

    for (size_t i = 0; i < count; i++) {
        if (!doms[i].ours)
            batch_read(&batch, "/local/domain/%" PRIu32 "/name", doms[i].domid);
    }
    if (!batch.nr || xenstore_available(host, NULL) <= 0 || xenstore_ask(host, &batch, NULL) < 0)
        return;
    for (size_t i = 0; i < count; i++) {
        const char *name = doms[i].ours ? NULL : batch_value(&batch, at++);

        if (name)
            copy_text(doms[i].name, sizeof(doms[i].name), name);
    }
}

int devices_console_path(struct device_host *host, uint32_t domid, char *out, size_t room,
                         chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};
    const char *path;
    int rc;

    batch_read(&batch, "/local/domain/%" PRIu32 "/console/tty", domid);
    rc = xenstore_ask(host, &batch, err);
    if (rc < 0)
        return rc;
    path = batch_value(&batch, 0);
    if (!path || !*path || strlen(path) >= room)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT,
                         "domain %" PRIu32 " has no console that a program serves (xenconsoled, or "
                         "chaosd)",
                         domid);
    snprintf(out, room, "%s", path);
    return 0;
}

int devices_publish_console(struct device_host *host, uint32_t domid, const char *terminal,
                            chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};

    batch_dir(&batch, "/local/domain/%" PRIu32 "/console", domid);
    batch_write(&batch, "type", "chaos");
    batch_write(&batch, "tty", "%s", terminal);
    return xenstore_run(host, &batch, err);
}

/* The loop devices that hotplug scripts made for its disks: a script notes in `node` what to undo
 * when the device goes. The caller frees the list and what is in it. */
static int loop_nodes(struct device_host *host, uint32_t domid, char ***out, chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};
    cleanup_free uint32_t *ids = NULL;
    char path[64];
    int nr, found = 0, rc;

    *out = NULL;
    snprintf(path, sizeof(path), "/local/domain/0/backend/vbd/%" PRIu32, domid);
    nr = store_numbers(host, path, &ids, err);
    for (int i = 0; i < nr; i++)
        batch_read(&batch, "%s/%" PRIu32 "/node", path, ids[i]);
    rc = nr > 0 ? xenstore_ask(host, &batch, err) : nr;
    if (rc < 0)
        return rc;
    *out = calloc(nr + 1, sizeof(**out));
    if (!*out)
        return error_oom(err);
    for (int i = 0; i < nr; i++) {
        const char *node = batch_value(&batch, i);
        char *copy = node && strncmp(node, "/dev/loop", 9) == 0 ? strdup(node) : NULL;

        if (copy)
            (*out)[found++] = copy;
    }
    return found;
}

static void free_loops(char **nodes, int nr)
{
    for (int i = 0; i < nr; i++) {
        cleanup_close int fd = open(nodes[i], O_RDONLY | O_CLOEXEC);

        if (fd >= 0)
            ioctl(fd, LOOP_CLR_FD, 0);
        free(nodes[i]);
    }
    free(nodes);
}

int devices_check_other(struct device_host *host, uint32_t domid, chaos_error *err)
{
    cleanup_batch struct store_batch batch = {0};
    const char *pid;
    int rc = xenstore_available(host, err);

    if (rc <= 0)
        return rc;
    batch_read(&batch, "/local/domain/%" PRIu32 "/image/device-model-pid", domid);
    rc = xenstore_ask(host, &batch, err);
    pid = rc < 0 ? NULL : batch_value(&batch, 0);
    if (pid)
        return error_set(err, CHAOS_E_BUSY, EBUSY,
                         "domain %" PRIu32 " has a device model (process %.20s), which its own "
                         "toolstack must end",
                         domid, pid);
    return rc;
}

void devices_remove_other(struct device_host *host, uint32_t domid)
{
    cleanup_batch struct store_batch batch = {0};
    cleanup_free char *vm = NULL;
    char **nodes = NULL;
    int nr;

    if (xenstore_available(host, NULL) <= 0)
        return;
    nr = loop_nodes(host, domid, &nodes, NULL);
    batch_read(&batch, "/local/domain/%" PRIu32 "/vm", domid);
    if (xenstore_ask(host, &batch, NULL) == 0 && batch_value(&batch, 0))
        vm = strdup(batch_value(&batch, 0));
    xenstore_remove_left(host, domid, vm, NULL);
    free_loops(nodes, nr);
}
