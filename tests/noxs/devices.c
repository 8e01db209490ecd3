/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026, the chaos authors */
#include "run.h"
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static unsigned int next(struct run *run, uint8_t type)
{
    unsigned int index = 0;

    MUST(run->nr < RUN_DEVICES);
    for (unsigned int i = 0; i < run->nr; i++)
        if (run->request[i].type == type && run->request[i].index >= index)
            index = run->request[i].index + 1U;
    run->request[run->nr] = (struct noxs_request){.type = type, .index = (uint16_t)index};
    run->entry[run->nr] = (struct noxs_entry){.type = type, .index = (uint16_t)index};
    return run->nr++;
}

void run_add_control(struct run *run)
{
    next(run, NOXS_TYPE_CONTROL);
}

void run_add_vif(struct run *run, const char *text)
{
    unsigned int i = next(run, NOXS_TYPE_VIF), m[6], a[4] = {0}, prefix = 0;
    struct noxs_vif_config *config = &run->entry[i].u.vif;
    int n = sscanf(text, "%x:%x:%x:%x:%x:%x,%u.%u.%u.%u/%u", &m[0], &m[1], &m[2], &m[3], &m[4],
                   &m[5], &a[0], &a[1], &a[2], &a[3], &prefix);

    MUST(n == 6 || n == 11);
    for (unsigned int b = 0; b < 6; b++)
        config->mac[b] = (uint8_t)m[b];
    for (unsigned int b = 0; b < 4; b++)
        config->ipv4[b] = (uint8_t)a[b];
    config->prefix = (uint8_t)prefix;
    config->mtu = 1500;
    memcpy(run->request[i].u.vif.mac, config->mac, 6);
}

void run_add_vbd(struct run *run, const char *text)
{
    unsigned int i = next(run, NOXS_TYPE_VBD);
    struct noxs_vbd_request *req = &run->request[i].u.vbd;
    char path[256];
    bool readonly;

    snprintf(path, sizeof(path), "%s", text);
    readonly = strstr(path, ",ro");
    path[strcspn(path, ",")] = '\0';
    req->fd = open(path, readonly ? O_RDONLY : O_RDWR);
    MUST(req->fd >= 0);
    req->flags = readonly ? NOXS_VBD_READONLY : 0;
    req->vdev = 202U << 8 | (uint32_t)run->request[i].index << 4;
}

/* Adds the requests from `first` on: back ends, bridge, device page. */
static int make(struct run *run, unsigned int first)
{
    struct noxs_records records = {.address = (uintptr_t)&run->request[first],
                                   .nr = run->nr - first};
    char shell[128];

    for (unsigned int i = first; i < run->nr; i++)
        run->request[i].domid = (uint16_t)run->domid;
    if (ioctl(run->dev, NOXS_IOC_ADD, &records))
        return -errno;

    for (unsigned int i = first; i < run->nr; i++) {
        const struct noxs_request *req = &run->request[i];
        struct noxs_entry *entry = &run->entry[i];

        entry->grant = req->grant;
        entry->port = req->port;
        if (req->type == NOXS_TYPE_VIF) {
            snprintf(shell, sizeof(shell), "ip link set vif%u.%u master br0 up", run->domid,
                     req->index);
            MUST(!system(shell));
        } else if (req->type == NOXS_TYPE_VBD) {
            entry->u.vbd = (struct noxs_vbd_config){
                .sectors = req->u.vbd.sectors,
                .sector_size = req->u.vbd.sector_size,
                .physical_sector_size = req->u.vbd.physical_sector_size,
                .flags = req->u.vbd.flags,
                .vdev = req->u.vbd.vdev,
            };
        }
    }
    return noxs_add(run->noxs, (uint16_t)run->domid, &run->entry[first], run->nr - first);
}

void run_make_devices(struct run *run)
{
    MUST(!noxs_open(&run->noxs));
    run->dev = open("/dev/noxs", O_RDWR | O_CLOEXEC);
    MUST(run->dev >= 0);
    if (run->nr)
        MUST(!make(run, 0));
}

void run_drop_devices(struct run *run)
{
    MUST(ioctl(run->dev, NOXS_IOC_REMOVE_DOMAIN, run->domid) == (int)run->nr);
    close(run->dev);
    noxs_close(run->noxs);
}

int run_power(struct run *run, uint32_t request)
{
    struct noxs_power power = {
        .domid = (uint16_t)run->domid, .request = request, .timeout_ms = 5000};

    return ioctl(run->dev, NOXS_IOC_POWER, &power) ? -errno : 0;
}

int run_plug(struct run *run, const char *text)
{
    int rc;

    run_add_vif(run, text);
    rc = make(run, run->nr - 1);
    if (rc)
        run->nr--;
    return rc;
}

int run_unplug(struct run *run, uint16_t index)
{
    struct noxs_close id = {
        .domid = (uint16_t)run->domid, .type = NOXS_TYPE_VIF, .index = index, .timeout_ms = 5000};
    struct noxs_records records = {.address = (uintptr_t)&id, .nr = 1};
    struct noxs_id entry = {.type = id.type, .index = index};
    int asked = ioctl(run->dev, NOXS_IOC_CLOSE, &id) ? -errno : 0;
    int rc = noxs_remove(run->noxs, (uint16_t)run->domid, &entry, 1);

    if (ioctl(run->dev, NOXS_IOC_REMOVE, &records) != 1)
        return -errno;
    for (unsigned int i = 0; i < run->nr; i++) {
        if (run->request[i].type != id.type || run->request[i].index != index)
            continue;
        run->nr--;
        run->request[i] = run->request[run->nr];
        run->entry[i] = run->entry[run->nr];
    }
    return asked ? asked : rc;
}

void run_list(struct run *run)
{
    struct noxs_status status[64];
    struct noxs_records records = {.address = (uintptr_t)status, .nr = 64};

    MUST(!ioctl(run->dev, NOXS_IOC_LIST, &records));
    for (unsigned int i = 0; i < records.nr && i < 64; i++)
        fprintf(stderr, "device %u/%u/%u: back %u, front %u, error %u\n", status[i].domid,
                status[i].type, status[i].index, status[i].back_state, status[i].front_state,
                status[i].error);
}
