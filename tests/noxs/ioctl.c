/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Subject: /dev/noxs, on domains that never run.
 *
 * Bugs it looks for: half of a batch left behind; the same device made twice; a device that two
 * callers remove; configuration taken from where it must not be; use by the unprivileged.
 *
 * Method: each rule of noxs/ioctl.h is tried; then four processes add and remove the same devices
 * for a while, after which there must be none.
 *
 * Copyright (c) 2026, the chaos authors
 */
#include "check.h"
#include "domain.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <noxs/ioctl.h>

static int dev;
static uint16_t domid;

static struct noxs_request vif(uint16_t index)
{
    return (struct noxs_request){.domid = domid,
                                 .type = NOXS_TYPE_VIF,
                                 .index = index,
                                 .u.vif.mac = {2, 0, 0, 0, 0, (uint8_t)index}};
}

static int records(unsigned long cmd, const void *address, unsigned int nr)
{
    struct noxs_records r = {.address = (uintptr_t)address, .nr = nr};
    int rc = ioctl(dev, cmd, &r);

    return rc < 0 ? -errno : cmd == NOXS_IOC_LIST ? (int)r.nr : rc;
}

static int add(struct noxs_request *req, unsigned int nr)
{
    return records(NOXS_IOC_ADD, req, nr);
}

static int devices(void)
{
    return records(NOXS_IOC_LIST, NULL, 0);
}

static int remove_one(uint8_t type, uint16_t index)
{
    struct noxs_close id = {.domid = domid, .type = type, .index = index};

    return records(NOXS_IOC_REMOVE, &id, 1);
}

static void batches(void)
{
    struct noxs_request req[3] = {vif(0), vif(1), {.domid = domid, .type = NOXS_TYPE_CONTROL}};
    struct noxs_status status[4];
    char name[IF_NAMESIZE], want[32];

    CHECK_EQ(ioctl(dev, NOXS_IOC_VERSION), NOXS_IOCTL_VERSION);
    CHECK_EQ(add(req, 3), 0);
    CHECK(req[0].grant && req[0].port && req[0].grant != req[1].grant);
    CHECK(req[0].port != req[1].port && req[1].port != req[2].port);
    snprintf(want, sizeof(want), "vif%u.1", domid);
    CHECK(if_indextoname(req[1].u.vif.ifindex, name) && !strcmp(name, want));
    CHECK_EQ(records(NOXS_IOC_LIST, status, 4), 3);
    for (unsigned int i = 0; i < 3; i++) {
        CHECK_EQ(status[i].domid, domid);
        CHECK_EQ(status[i].back_state, NOXS_STATE_INIT_WAIT);
        CHECK_EQ(status[i].front_state, NOXS_STATE_UNKNOWN);
    }

    /* Of one domain. */
    struct noxs_records one = {.address = (uintptr_t)status, .nr = 4, .failed = domid};
    struct noxs_records another = {.address = (uintptr_t)status, .nr = 4, .failed = domid + 1};
    struct noxs_records no_domain = {.address = (uintptr_t)status, .nr = 4, .failed = 0x7ff0};
    CHECK_EQ(ioctl(dev, NOXS_IOC_LIST, &one), 0);
    CHECK_EQ(one.nr, 3);
    CHECK_EQ(ioctl(dev, NOXS_IOC_LIST, &another), 0);
    CHECK_EQ(another.nr, 0);
    CHECK_EQ(ioctl(dev, NOXS_IOC_LIST, &no_domain) ? -errno : 0, -EINVAL);

    /* All or none: the third of these is there already. */
    struct noxs_request more[3] = {vif(7), vif(8), vif(0)};
    CHECK_EQ(add(more, 3), -EEXIST);
    CHECK_EQ(devices(), 3);

    CHECK_EQ(remove_one(NOXS_TYPE_VBD, 0), 0);
    CHECK_EQ(remove_one(NOXS_TYPE_VIF, 5), 0);
    CHECK_EQ(remove_one(NOXS_TYPE_VIF, 1), 1);
    CHECK_EQ(remove_one(NOXS_TYPE_VIF, 1), 0);
    CHECK_EQ(if_nametoindex(want), 0);
    CHECK_EQ(ioctl(dev, NOXS_IOC_REMOVE_DOMAIN, domid), 2);
    CHECK_EQ(ioctl(dev, NOXS_IOC_REMOVE_DOMAIN, domid), 0);
    CHECK_EQ(devices(), 0);
}

static void malformed(void)
{
    struct noxs_request req = vif(0);
    struct noxs_close id = {.domid = domid, .type = NOXS_TYPE_VIF, .timeout_ms = 10};
    struct noxs_power power = {.domid = domid, .request = NOXS_POWER_POWEROFF, .timeout_ms = 10};
    int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);

    CHECK_EQ(add(&req, 0), -EINVAL);
    CHECK_EQ(add(&req, NOXS_RECORDS_MAX + 1), -EINVAL);
    CHECK_EQ(add(&req, 0xffffffff), -EINVAL);
    CHECK_EQ(add(NULL, 1), -EFAULT);
    CHECK_EQ(ioctl(dev, NOXS_IOC_ADD, NULL) ? -errno : 0, -EFAULT);
    CHECK_EQ(ioctl(dev, _IO('N', 0x99)) ? -errno : 0, -ENOTTY);

#define TRY(want, change)                                                                          \
    do {                                                                                           \
        req = vif(0);                                                                              \
        change;                                                                                    \
        CHECK_EQ(add(&req, 1), want);                                                              \
        CHECK_EQ(devices(), 0);                                                                    \
    } while (0)
    TRY(-EINVAL, req.domid = 0x7ff0);
    TRY(-EINVAL, req.type = 0);
    TRY(-ENODEV, req.type = 200);
    TRY(-EINVAL, req.reserved0 = 1);
    TRY(-EINVAL, req.reserved1 = 1);
    TRY(-EINVAL, req.u.vif.mac[0] = 1); /* multicast */
    TRY(-EINVAL, memset(req.u.vif.mac, 0, 6));
    TRY(-EINVAL, (req.type = NOXS_TYPE_CONTROL, req.index = 1));
    req = (struct noxs_request){.domid = domid, .type = NOXS_TYPE_VBD};
    req.u.vbd.fd = -1;
    CHECK_EQ(add(&req, 1), -EBADF);
    req.u.vbd.fd = file;
    CHECK_EQ(add(&req, 1), -ENOTBLK);
    req.u.vbd.flags = 1U << 31;
    CHECK_EQ(add(&req, 1), -EINVAL);
#undef TRY

    CHECK_EQ(ioctl(dev, NOXS_IOC_CLOSE, &id) ? -errno : 0, -ENOENT);
    CHECK_EQ(ioctl(dev, NOXS_IOC_POWER, &power) ? -errno : 0, -ENOENT);
    req = (struct noxs_request){.domid = domid, .type = NOXS_TYPE_CONTROL};
    CHECK_EQ(add(&req, 1), 0);
    CHECK_EQ(ioctl(dev, NOXS_IOC_POWER, &power) ? -errno : 0, -ENOTCONN);
    CHECK_EQ(remove_one(NOXS_TYPE_CONTROL, 0), 1);
    CHECK_EQ(devices(), 0);
    close(file);
}

/* A disk opened for reading cannot be lent for writing. */
static void disks(void)
{
    struct noxs_request req = {.domid = domid, .type = NOXS_TYPE_VBD};
    int fd = open("/dev/loop7", O_RDONLY);

    if (fd < 0)
        return;
    req.u.vbd.fd = fd;
    CHECK_EQ(add(&req, 1), -EBADF);
    req.u.vbd.flags = NOXS_VBD_READONLY;
    CHECK_EQ(add(&req, 1), 0);
    CHECK_EQ(req.u.vbd.sector_size, 512);
    CHECK(req.u.vbd.physical_sector_size >= 512);
    close(fd); /* the back end has its own */
    CHECK_EQ(remove_one(NOXS_TYPE_VBD, 0), 1);
}

static void unprivileged(void)
{
    pid_t pid = fork();
    int status;

    if (!pid) {
        if (setresuid(65534, 65534, 65534))
            _exit(2);
        _exit(open("/dev/noxs", O_RDWR) < 0 && errno == EACCES ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    CHECK_EQ(status, 0);
}

static int race_child(unsigned int seed, time_t end)
{
    unsigned int rounds = 0;

    while (time(NULL) < end) {
        struct noxs_request req[2] = {vif((uint16_t)(rand_r(&seed) % 3)), {0}};
        int rc;

        req[1] = (struct noxs_request){.domid = domid, .type = NOXS_TYPE_CONTROL};
        rc = add(req, 1U + (unsigned int)rand_r(&seed) % 2);
        if (rc && rc != -EEXIST)
            return 1;
        rc = rand_r(&seed) % 4 ? remove_one(NOXS_TYPE_VIF, (uint16_t)(rand_r(&seed) % 3))
                               : ioctl(dev, NOXS_IOC_REMOVE_DOMAIN, domid);
        if (rc < 0)
            return 1;
        rounds++;
    }
    return rounds > 10 ? 0 : 3;
}

static int announce_first(struct noxs_announce *all, unsigned int nr, uint32_t reserved)
{
    struct noxs_first first = {.records = {.address = (uintptr_t)all, .nr = nr},
                               .grant = 1, /* which this domain does not give */
                               .reserved = reserved};

    return ioctl(dev, NOXS_IOC_ANNOUNCE_FIRST, &first) < 0 ? -errno : 0;
}

/* A page that cannot be written has nothing announced in it, and the next one may try. */
static void announcing(void)
{
    struct noxs_request req[] = {vif(1), vif(2)};
    struct noxs_announce all[] = {
        {.domid = domid, .entry = {.type = NOXS_TYPE_VIF, .index = 1}},
        {.domid = domid, .entry = {.type = NOXS_TYPE_VIF, .index = 2}},
    };

    MUST(add(req, 2) == 0);
    CHECK_EQ(announce_first(all, 2, 1), -EINVAL);
    CHECK_EQ(announce_first(all, 0, 0), -EINVAL);
    CHECK_EQ(announce_first(all, 2, 0), -EIO);
    CHECK_EQ(records(NOXS_IOC_ANNOUNCE, all, 1), 0);
    CHECK_EQ(announce_first(all + 1, 1, 0), -EEXIST);
    all[1].entry.index = 3;
    CHECK_EQ(records(NOXS_IOC_ANNOUNCE, all + 1, 1), -ENOENT);
    MUST(ioctl(dev, NOXS_IOC_REMOVE_DOMAIN, domid) == 2);
    CHECK_EQ(devices(), 0);
}

static void races(void)
{
    time_t end = time(NULL) + 10;
    int status;

    for (unsigned int i = 0; i < 4; i++)
        if (!fork())
            _exit(race_child(i + 1, end));
    for (unsigned int i = 0; i < 4; i++) {
        CHECK(wait(&status) > 0);
        CHECK_EQ(status, 0);
    }
    MUST(ioctl(dev, NOXS_IOC_REMOVE_DOMAIN, domid) >= 0);
    CHECK_EQ(devices(), 0);
}

int main(void)
{
    dev = open("/dev/noxs", O_RDWR | O_CLOEXEC);
    if (dev < 0) {
        printf("ioctl: skipped, no /dev/noxs\n");
        return 77;
    }
    domain_open();
    domid = domain_make(false);
    MUST(devices() == 0);

    batches();
    malformed();
    disks();
    unprivileged();
    announcing();
    races();

    domain_destroy(domid);
    CHECK(domain_gone(domid));
    domain_close();
    return checks_end("ioctl");
}
