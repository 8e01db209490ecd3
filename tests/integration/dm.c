/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A disk that stops answering, by the device mapper: what of dmsetup the tests need.
 *   dm make NAME DEVICE     a device of that name whose sectors are DEVICE's; prints its path
 *   dm suspend|resume|remove NAME
 */
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct request {
    struct dm_ioctl head;
    struct dm_target_spec target;
    char parameters[256];
};

static int fd;

static int run(unsigned long what, struct request *req, const char *name, unsigned int flags)
{
    req->head.version[0] = DM_VERSION_MAJOR;
    req->head.data_size = sizeof(*req);
    req->head.data_start = sizeof(req->head);
    req->head.flags = flags;
    snprintf(req->head.name, sizeof(req->head.name), "%s", name);
    if (ioctl(fd, what, req) == 0)
        return 0;
    perror(name);
    return 1;
}

static int make(const char *name, const char *device)
{
    struct request req = {.target = {.target_type = "linear"}};
    unsigned long long bytes;
    int backing = open(device, O_RDONLY);

    if (backing < 0 || ioctl(backing, BLKGETSIZE64, &bytes) < 0) {
        perror(device);
        return 1;
    }
    close(backing);
    if (run(DM_DEV_CREATE, &req, name, 0))
        return 1;
    printf("/dev/dm-%u\n", minor(req.head.dev));
    memset(&req.head, 0, sizeof(req.head));
    req.head.target_count = 1;
    req.target.length = bytes / 512;
    req.target.next = sizeof(req.target) + sizeof(req.parameters);
    snprintf(req.parameters, sizeof(req.parameters), "%s 0", device);
    if (run(DM_TABLE_LOAD, &req, name, 0))
        return 1;
    memset(&req, 0, sizeof(req));
    return run(DM_DEV_SUSPEND, &req, name, 0); /* without its flag: resumes */
}

int main(int argc, char **argv)
{
    struct request req = {.head = {.data_size = 0}};

    fd = open("/dev/mapper/control", O_RDWR);
    if (fd < 0) {
        perror("/dev/mapper/control");
        return 77;
    }
    if (argc == 4 && strcmp(argv[1], "make") == 0)
        return make(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "suspend") == 0)
        return run(DM_DEV_SUSPEND, &req, argv[2],
                   DM_SUSPEND_FLAG | DM_NOFLUSH_FLAG | DM_SKIP_LOCKFS_FLAG);
    if (argc == 3 && strcmp(argv[1], "resume") == 0)
        return run(DM_DEV_SUSPEND, &req, argv[2], 0);
    if (argc == 3 && strcmp(argv[1], "remove") == 0)
        return run(DM_DEV_REMOVE, &req, argv[2], 0);
    fprintf(stderr, "usage: dm make NAME DEVICE | suspend NAME | resume NAME | remove NAME\n");
    return 2;
}
