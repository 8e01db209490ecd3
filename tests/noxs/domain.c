/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026, the chaos authors */
#include "domain.h"
#include "check.h"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenforeignmemory.h>

static xc_interface *xch;
static xenforeignmemory_handle *fmem;

void domain_open(void)
{
    xch = xc_interface_open(NULL, NULL, 0);
    fmem = xenforeignmemory_open(NULL, 0);
    MUST(xch && fmem);
}

void domain_close(void)
{
    xenforeignmemory_close(fmem);
    xc_interface_close(xch);
}

uint16_t domain_make(bool pvh)
{
    struct xen_domctl_createdomain config = {
        .flags = pvh ? XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap : 0,
        .max_vcpus = 1,
        .max_evtchn_port = 1023,
        .max_grant_frames = 4,
        .max_maptrack_frames = 4,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
        .arch = {.emulation_flags = pvh ? XEN_X86_EMU_LAPIC : 0},
    };
    uint32_t domid = 0;

    MUST(!xc_domain_create(xch, &domid, &config));
    MUST(!xc_domain_max_vcpus(xch, domid, 1));
    MUST(!xc_domain_setmaxmem(xch, domid, 1024));
    MUST(!pvh || !xc_shadow_control(xch, domid, XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION,
                                    &(unsigned int){1}, 0));
    return (uint16_t)domid;
}

void domain_destroy(uint16_t domid)
{
    MUST(!xc_domain_destroy(xch, domid));
}

bool domain_gone(uint16_t domid)
{
    xc_domaininfo_t info;

    for (unsigned int i = 0; i < 500; i++) {
        if (xc_domain_getinfolist(xch, domid, 1, &info) != 1 || info.domain != domid)
            return true;
        usleep(10000);
    }
    return false;
}

void *domain_hold_page(uint16_t domid)
{
    xen_pfn_t pfn = 0;
    int err = 0;
    void *page;

    MUST(!xc_domain_populate_physmap_exact(xch, domid, 1, 0, 0, &pfn));
    page = xenforeignmemory_map(fmem, domid, PROT_READ | PROT_WRITE, 1, &pfn, &err);
    MUST(page && !err);
    return page;
}

void domain_release_page(void *page)
{
    MUST(!xenforeignmemory_unmap(fmem, page, 1));
}

long free_pages(void)
{
    unsigned int same = 0;
    long last = -1;

    while (same < 20) {
        xc_physinfo_t info;

        MUST(!xc_physinfo(xch, &info));
        same = (long)info.free_pages == last ? same + 1 : 0;
        last = (long)info.free_pages;
        usleep(50000);
    }
    return last;
}
