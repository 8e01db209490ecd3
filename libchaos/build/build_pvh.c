/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PVH start of day (xen/arch-x86/hvm/start_info.h): the image at its physical addresses,
 * start_info behind it, then the ramdisk. The ACPI tables, the page of the devices' bus where there
 * is one, and the console ring take the last pages of low memory, marked as such in the memory map:
 * being RAM already, they cost no extra memory and no further page tables.
 */
#include "build/build.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xen/arch-x86/hvm/start_info.h>
#include <xen/hvm/params.h>

#include "build/acpi.h"
#include "config/config.h"
#include "base/error.h"
#include "base/util.h"

/* Everything that the start_info page holds. */
struct start_page {
    struct hvm_start_info info;
    struct hvm_modlist_entry module;
    struct hvm_memmap_table_entry memmap[4];
    char cmdline[CONFIG_MAX_CMDLINE + 1];
};
_Static_assert(sizeof(struct start_page) <= PAGE_SIZE, "start_info outgrows its page");

struct layout {
    uint64_t image, filled, image_end;
    uint64_t start_info, ramdisk, ramdisk_pages;
    uint64_t acpi, bus, console; /* bus: that of the console where there is none */
    struct hv_e820 memmap[4];
    unsigned int nr_memmap;
};

static void add_memmap(struct layout *lay, uint64_t pfn, uint64_t end, uint32_t type)
{
    if (end > pfn)
        lay->memmap[lay->nr_memmap++] =
            (struct hv_e820){pfn << PAGE_SHIFT, (end - pfn) << PAGE_SHIFT, type};
}

void pvh_places(const struct guest *guest, uint64_t *console, uint64_t *bus)
{
    *console = memory_low_pages(&guest->memory) - 1;
    *bus = *console - (guest->bus_port != 0);
}

static int plan(struct layout *lay, const struct guest *guest, const struct build_request *req,
                chaos_error *err)
{
    uint64_t low = memory_low_pages(&guest->memory), needed;

    memset(lay, 0, sizeof(*lay));
    lay->image = req->image->start >> PAGE_SHIFT;
    lay->filled = PAGES(req->image->filled);
    lay->image_end = PAGES(req->image->end);
    lay->start_info = lay->image_end;
    lay->ramdisk = lay->start_info + 1;
    lay->ramdisk_pages = PAGES(req->ramdisk_bytes);
    needed = lay->ramdisk + lay->ramdisk_pages + ACPI_PAGES + 1 + (guest->bus_port != 0);
    if (needed > low)
        return too_small(guest, needed, err);
    pvh_places(guest, &lay->console, &lay->bus);
    lay->acpi = lay->bus - ACPI_PAGES;

    add_memmap(lay, 0, lay->acpi, HV_E820_RAM);
    add_memmap(lay, lay->acpi, lay->bus, HV_E820_ACPI);
    add_memmap(lay, lay->bus, low, HV_E820_RESERVED);
    add_memmap(lay, PVH_HOLE_END, PVH_HOLE_END + guest->memory.pages - low, HV_E820_RAM);
    return 0;
}

static void write_start_info(const struct layout *lay, const struct build_request *req,
                             struct start_page *page)
{
    uint64_t base = lay->start_info << PAGE_SHIFT;

    memset(page, 0, PAGE_SIZE);
    page->info.magic = XEN_HVM_START_MAGIC_VALUE;
    page->info.version = 1;
    page->info.cmdline_paddr = base + offsetof(struct start_page, cmdline);
    page->info.rsdp_paddr = lay->acpi << PAGE_SHIFT;
    page->info.memmap_paddr = base + offsetof(struct start_page, memmap);
    page->info.memmap_entries = lay->nr_memmap;
    for (unsigned int i = 0; i < lay->nr_memmap; i++)
        page->memmap[i] = (struct hvm_memmap_table_entry){
            .addr = lay->memmap[i].addr,
            .size = lay->memmap[i].size,
            .type = lay->memmap[i].type,
        };
    if (req->ramdisk_bytes) {
        page->info.nr_modules = 1;
        page->info.modlist_paddr = base + offsetof(struct start_page, module);
        page->module.paddr = lay->ramdisk << PAGE_SHIFT;
        page->module.size = req->ramdisk_bytes;
    }
    snprintf(page->cmdline, sizeof(page->cmdline), "%s", req->cmdline);
}

static int fill(struct hv *hv, const struct layout *lay, const struct guest *guest,
                const struct build_request *req, chaos_error *err)
{
    struct window win = {0};
    int rc;

    window_add(&win, lay->image, lay->filled - lay->image);
    window_add(&win, lay->image_end, lay->ramdisk + lay->ramdisk_pages - lay->image_end);
    window_add(&win, lay->acpi, lay->console + 1 - lay->acpi);
    rc = window_open(&win, hv, guest, NULL, err);
    if (rc < 0)
        return rc;
    write_start_info(lay, req, window_page(&win, lay->start_info));
    acpi_write(window_page(&win, lay->acpi), lay->acpi << PAGE_SHIFT, guest->vcpus);
    if (!guest->placed) /* else they are clear, and may be in use */
        memset(window_page(&win, lay->bus), 0, (lay->console + 1 - lay->bus) * PAGE_SIZE);
    if (guest->bus_bytes)
        memcpy(window_page(&win, lay->bus), guest->bus_content, guest->bus_bytes);
    announce_page(guest, lay->bus, lay->bus, window_page(&win, lay->console));
    rc = load_image(&win, req->image, 0, err);
    if (rc == 0)
        rc = load_ramdisk(&win, req, lay->ramdisk, err);
    window_close(&win);
    return rc;
}

static size_t add_param(struct hv_op *ops, size_t nr, uint64_t param, uint64_t value)
{
    ops[nr] = (struct hv_op){.code = HV_HVM_PARAM, .arg = param, .value = value};
    return nr + 1;
}

int build_pvh(struct hv *hv, const struct guest *guest, const struct build_request *req,
              struct built *out, chaos_error *err)
{
    struct layout lay;
    struct hv_op ops[6];
    size_t nr = 0;
    int rc = plan(&lay, guest, req, err);

    if (rc == 0)
        rc = fill(hv, &lay, guest, req, err);
    if (rc < 0)
        return rc;
    *out = (struct built){lay.console, lay.start_info, offsetof(struct start_page, cmdline),
                          guest->bus_port ? lay.bus : 0};

    ops[nr++] = (struct hv_op){.code = HV_MEMORY_MAP, .count = lay.nr_memmap, .e820 = lay.memmap};
    nr = add_param(ops, nr, HVM_PARAM_CONSOLE_PFN, lay.console);
    nr = add_param(ops, nr, HVM_PARAM_CONSOLE_EVTCHN, guest->console_port);
    if (guest->store) {
        nr = add_param(ops, nr, HVM_PARAM_STORE_PFN, lay.bus);
        nr = add_param(ops, nr, HVM_PARAM_STORE_EVTCHN, guest->bus_port);
    }
    ops[nr++] = (struct hv_op){.code = HV_CONTEXT_PVH,
                               .arg = req->image->phys_entry,
                               .value = lay.start_info << PAGE_SHIFT};
    return hv_run(hv, guest->domid, ops, nr, err);
}
