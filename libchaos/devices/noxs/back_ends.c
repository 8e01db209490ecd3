/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/noxs/back_ends.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct back_ends {
    int noxs;
};

int back_ends_open(struct back_ends **out)
{
    struct back_ends *backs = calloc(1, sizeof(*backs));
    int rc;

    if (!backs)
        return -ENOMEM;
    backs->noxs = open("/dev/noxs", O_RDWR | O_CLOEXEC);
    rc = backs->noxs < 0 ? -errno : ioctl(backs->noxs, NOXS_IOC_VERSION);
    if (rc != NOXS_IOCTL_VERSION) {
        back_ends_close(backs);
        return rc < 0 ? rc : -EPROTO;
    }
    *out = backs;
    return 0;
}

void back_ends_close(struct back_ends *backs)
{
    if (!backs)
        return;
    if (backs->noxs >= 0)
        close(backs->noxs);
    free(backs);
}

/* -errno, or what the ioctl returned. */
static int call(struct back_ends *backs, unsigned long request, void *arg)
{
    int r = ioctl(backs->noxs, request, arg);

    return r < 0 ? -errno : r;
}

int back_ends_add(struct back_ends *backs, struct noxs_request *reqs, unsigned int nr,
                  unsigned int *failed)
{
    struct noxs_records records = {.address = (uintptr_t)reqs, .nr = nr};
    int rc = call(backs, NOXS_IOC_ADD, &records);

    *failed = records.failed < nr ? records.failed : 0;
    return rc < 0 ? rc : 0;
}

int back_ends_remove(struct back_ends *backs, const struct noxs_close *which)
{
    struct noxs_records records = {.address = (uintptr_t)which, .nr = 1};

    return call(backs, NOXS_IOC_REMOVE, &records);
}

int back_ends_remove_domain(struct back_ends *backs, uint16_t domid)
{
    return call(backs, NOXS_IOC_REMOVE_DOMAIN, (void *)(uintptr_t)domid);
}

int back_ends_list(struct back_ends *backs, uint16_t domid, struct noxs_status *out,
                   unsigned int room)
{
    struct noxs_records records = {.address = (uintptr_t)out, .nr = room, .failed = domid};
    int rc = call(backs, NOXS_IOC_LIST, &records);

    return rc < 0 ? rc : (int)records.nr;
}

int back_ends_power(struct back_ends *backs, uint16_t domid, uint32_t request, uint32_t timeout_ms)
{
    struct noxs_power power = {.domid = domid, .request = request, .timeout_ms = timeout_ms};

    return call(backs, NOXS_IOC_POWER, &power);
}

int back_ends_release(struct back_ends *backs, const struct noxs_close *which)
{
    return call(backs, NOXS_IOC_CLOSE, (void *)which);
}

int back_ends_announce(struct back_ends *backs, struct noxs_announce *all, unsigned int nr)
{
    struct noxs_records records = {.address = (uintptr_t)all, .nr = nr};

    return call(backs, NOXS_IOC_ANNOUNCE, &records);
}

int back_ends_announce_first(struct back_ends *backs, struct noxs_announce *all, unsigned int nr,
                             uint32_t grant)
{
    struct noxs_first first = {.records = {.address = (uintptr_t)all, .nr = nr}, .grant = grant};

    return call(backs, NOXS_IOC_ANNOUNCE_FIRST, &first);
}

int back_ends_retract(struct back_ends *backs, struct noxs_announce *one)
{
    return call(backs, NOXS_IOC_RETRACT, one);
}

void back_ends_lock(struct back_ends *backs)
{
    while (flock(backs->noxs, LOCK_EX) < 0 && errno == EINTR) {
    }
}

void back_ends_unlock(struct back_ends *backs)
{
    flock(backs->noxs, LOCK_UN);
}
