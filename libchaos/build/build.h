/* SPDX-License-Identifier: BSD-3-Clause */
/* Puts an image into a shell and sets its first vCPU to the entry point. */
#ifndef CHAOS_BUILD_H
#define CHAOS_BUILD_H

#include "build/guest.h"
#include "image/image.h"

struct build_request {
    const struct image *image;
    int ramdisk; /* descriptor; -1: none */
    uint64_t ramdisk_bytes;
    const char *cmdline;
};

/* Status CHAOS_E_CONFIG where the memory is too small for the image. */
int build_pv(struct hv *hv, const struct guest *guest, const struct build_request *req,
             struct built *out, chaos_error *err);
int build_pvh(struct hv *hv, const struct guest *guest, const struct build_request *req,
              struct built *out, chaos_error *err);
/* Chooses the pages of the console and of the devices' bus ahead of the image, and clears them, so
 * that others can be told of them: guest->placed. The build puts them where the image wants them.
 */
int build_place(struct hv *hv, struct guest *guest, chaos_error *err);
/* Gives a built guest another command line. */
int build_cmdline(struct hv *hv, const struct guest *guest, const char *cmdline, chaos_error *err);

/* Which guest frames of a PVH guest these two pages are, whatever its image; the console's for both
 * where it has no bus. */
void pvh_places(const struct guest *guest, uint64_t *console, uint64_t *bus);

/* Guest frames that are mapped here together, so that a guest's memory is mapped once. */
struct window {
    struct hv *hv;
    uint8_t *addr;
    uint64_t pages;
    unsigned int nr;
    struct {
        uint64_t pfn, count, at; /* `at`: page of the mapping */
    } ranges[5];
};

#define WINDOW_FRAME UINT64_MAX /* as pfn: the range is the page of shared_info */

void window_add(struct window *win, uint64_t pfn, uint64_t count);
/* `mfns`: the guest's frames by number, NULL: as the shell has them. */
int window_open(struct window *win, struct hv *hv, const struct guest *guest, const uint64_t *mfns,
                chaos_error *err);
/* The mapping of guest frame `pfn`, which must lie in one of the ranges. */
void *window_page(const struct window *win, uint64_t pfn);
void window_close(struct window *win);

/* Copies the image's segments; `pfn_base`: bytes to subtract from a paddr to get a guest address.
 */
int load_image(const struct window *win, const struct image *img, uint64_t paddr_offset,
               chaos_error *err);
int load_ramdisk(const struct window *win, const struct build_request *req, uint64_t pfn,
                 chaos_error *err);
/* Writes into a guest's console page where its device page is, if it has one in its memory. */
void announce_page(const struct guest *guest, uint64_t frame, uint64_t pfn, void *console);
/* The error for a guest that needs `pages`. */
int too_small(const struct guest *guest, uint64_t pages, chaos_error *err);

#endif
