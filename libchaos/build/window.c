/* SPDX-License-Identifier: BSD-3-Clause */
/* Mapping guest memory and filling it: what PV and PVH builds share. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "build/build.h"
#include "base/error.h"
#include "base/util.h"

void window_add(struct window *win, uint64_t pfn, uint64_t count)
{
    if (!count)
        return;
    win->ranges[win->nr].pfn = pfn;
    win->ranges[win->nr].count = count;
    win->ranges[win->nr].at = win->pages;
    win->nr++;
    win->pages += count;
}

int window_open(struct window *win, struct hv *hv, const struct guest *guest, const uint64_t *mfns,
                chaos_error *err)
{
    cleanup_free uint64_t *frames = malloc(win->pages * sizeof(*frames));
    void *addr;
    int rc;

    if (!frames)
        return error_oom(err);
    for (unsigned int i = 0; i < win->nr; i++) {
        uint64_t *to = frames + win->ranges[i].at;

        if (win->ranges[i].pfn == WINDOW_FRAME)
            *to = guest->shared_info;
        else if (mfns)
            memcpy(to, mfns + win->ranges[i].pfn, win->ranges[i].count * sizeof(*to));
        else
            memory_frames(&guest->memory, win->ranges[i].pfn, win->ranges[i].count, to);
    }
    rc = hv_map(hv, guest->domid, frames, win->pages, &addr, err);
    if (rc < 0)
        return rc;
    win->hv = hv;
    win->addr = addr;
    return 0;
}

void *window_page(const struct window *win, uint64_t pfn)
{
    unsigned int i = 0;

    while (i + 1 < win->nr &&
           !(pfn >= win->ranges[i].pfn && pfn - win->ranges[i].pfn < win->ranges[i].count))
        i++;
    return win->addr + (win->ranges[i].at + pfn - win->ranges[i].pfn) * PAGE_SIZE;
}

void window_close(struct window *win)
{
    hv_unmap(win->hv, win->addr, win->pages);
    win->addr = NULL;
}

/* A read to where a guest is mapped. Some file systems (9p, direct I/O) cannot read into foreign
 * memory: for those, by way of a buffer, which stays for the next read. */
static ssize_t read_there(int fd, uint8_t *to, size_t bytes, uint64_t offset, uint8_t **buf)
{
    enum { CHUNK = 256 * 1024 };
    ssize_t n = *buf ? -1 : pread(fd, to, bytes, offset);

    if (!*buf && (n >= 0 || errno != EFAULT))
        return n;
    if (!*buf)
        *buf = malloc(CHUNK);
    if (!*buf)
        return -1;
    n = pread(fd, *buf, bytes < CHUNK ? bytes : CHUNK, offset);
    if (n > 0)
        memcpy(to, *buf, n);
    return n;
}

/* `what`: the file, for messages. */
static int load_file(int fd, uint64_t offset, uint8_t *to, uint64_t bytes, const char *what,
                     chaos_error *err)
{
    cleanup_free uint8_t *buf = NULL;
    uint64_t done = 0;

    while (done < bytes) {
        ssize_t n = read_there(fd, to + done, bytes - done, offset + done, &buf);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == ENOMEM
                       ? error_oom(err)
                       : error_errno(err, CHAOS_E_IMAGE, errno, "cannot read the %s", what);
        if (n == 0)
            return error_set(err, CHAOS_E_IMAGE, EIO, "the %s shrank while it was read", what);
        done += n;
    }
    return 0;
}

int load_image(const struct window *win, const struct image *img, uint64_t paddr_offset,
               chaos_error *err)
{
    int rc = 0;

    for (unsigned int i = 0; i < img->nr_segments && rc == 0; i++) {
        const struct image_segment *seg = &img->segments[i];
        uint64_t addr = seg->paddr - paddr_offset;
        uint8_t *to;

        if (seg->noinit)
            continue;
        to = (uint8_t *)window_page(win, addr >> PAGE_SHIFT) + (addr & (PAGE_SIZE - 1));
        if (img->fd >= 0)
            rc = load_file(img->fd, seg->offset, to, seg->filesz, "kernel", err);
        else
            memcpy(to, img->data + seg->offset, seg->filesz);
        memset(to + seg->filesz, 0, seg->memsz - seg->filesz);
    }
    return rc;
}

int load_ramdisk(const struct window *win, const struct build_request *req, uint64_t pfn,
                 chaos_error *err)
{
    if (!req->ramdisk_bytes)
        return 0;
    return load_file(req->ramdisk, 0, window_page(win, pfn), req->ramdisk_bytes, "ramdisk", err);
}

int build_cmdline(struct hv *hv, const struct guest *guest, const char *cmdline, chaos_error *err)
{
    void *page;
    int rc = hv_map(hv, guest->domid, &guest->built.cmdline_frame, 1, &page, err);

    if (rc < 0)
        return rc;
    strcpy((char *)page + guest->built.cmdline_offset, cmdline);
    hv_unmap(hv, page, 1);
    return 0;
}

int too_small(const struct guest *guest, uint64_t pages, chaos_error *err)
{
    return error_set(err, CHAOS_E_CONFIG, ENOSPC,
                     "memory: %llu KiB is too little for this kernel and ramdisk; they need at "
                     "least %llu KiB before the guest uses any itself",
                     (unsigned long long)guest->memory.pages * 4, (unsigned long long)pages * 4);
}
