/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026, the chaos authors */
#include "run.h"
#include "check.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenguest.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xen/hvm/params.h>
#include <xen/io/console.h>
#include <xen/sched.h>

static xc_interface *xch;
static xenforeignmemory_handle *fmem;
static xenevtchn_handle *evtchn;
static evtchn_port_t console_local;

static void make_domain(struct run *run)
{
    struct xen_domctl_createdomain config = {
        .flags = run->pvh ? XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap : 0,
        .max_vcpus = 1,
        .max_evtchn_port = 1023,
        .max_grant_frames = 32,
        .max_maptrack_frames = 4,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
        .arch = {.emulation_flags = run->pvh ? XEN_X86_EMU_LAPIC : 0},
    };
    unsigned int mib = 2 + run->memory_mib / 64;

    MUST(!xc_domain_create(xch, &run->domid, &config));
    MUST(!xc_domain_max_vcpus(xch, run->domid, 1));
    MUST(!xc_domain_setmaxmem(xch, run->domid, run->memory_mib * 1024UL + 1024));
    MUST(!run->pvh ||
         !xc_shadow_control(xch, run->domid, XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION, &mib, 0));
}

static void set_up_pvh(struct run *run, struct xc_dom_image *dom)
{
    struct e820entry map[2] = {
        {.addr = 0, .size = (uint64_t)run->memory_mib << 20, .type = 1},
        {.addr = 0xff000000 - 0x8000, .size = 0x8000, .type = 2}, /* Xen's special pages */
    };

    dom->container_type = XC_DOM_HVM_CONTAINER;
    dom->device_model = false;
    dom->target_pages = (unsigned long)run->memory_mib << 8;
    dom->lowmem_end = (uint64_t)run->memory_mib << 20;
    dom->mmio_start = 0xf0000000;
    dom->mmio_size = 0x10000000;
    MUST(!xc_domain_set_memory_map(xch, run->domid, map, 2));
}

static void build(struct run *run)
{
    xen_pfn_t console;
    int err = 0;
    uint64_t param;
    struct xc_dom_image *dom = xc_dom_allocate(xch, run->cmdline, "");

    MUST(dom);
    dom->container_type = XC_DOM_PV_CONTAINER;
    dom->max_vcpus = 1;
    dom->console_domid = 0;
    dom->xenstore_domid = 0;
    dom->console_evtchn = (unsigned int)xc_evtchn_alloc_unbound(xch, run->domid, 0);
    MUST(!xc_dom_kernel_file(dom, run->kernel));
    MUST(!run->ramdisk || !xc_dom_module_file(dom, run->ramdisk, NULL));
    MUST(!xc_dom_boot_xen_init(dom, xch, run->domid));
    if (run->pvh)
        set_up_pvh(run, dom);
    MUST(!xc_dom_parse_image(dom));
    MUST(!xc_dom_mem_init(dom, run->memory_mib));
    MUST(!xc_dom_boot_mem_init(dom));
    MUST(!xc_dom_build_image(dom));
    MUST(!xc_dom_boot_image(dom));
    MUST(!xc_dom_gnttab_init(dom));

    console = run->pvh ? dom->console_pfn : xc_dom_p2m(dom, dom->console_pfn);
    if (run->pvh) {
        MUST(!xc_hvm_param_set(xch, run->domid, HVM_PARAM_CONSOLE_EVTCHN, dom->console_evtchn));
        MUST(!xc_hvm_param_get(xch, run->domid, HVM_PARAM_CONSOLE_PFN, &param));
        console = param;
    }
    run->console =
        xenforeignmemory_map(fmem, run->domid, PROT_READ | PROT_WRITE, 1, &console, &err);
    MUST(run->console && !err);
    console_local =
        (evtchn_port_t)xenevtchn_bind_interdomain(evtchn, run->domid, dom->console_evtchn);
    xc_dom_release(dom);
}

void run_start(struct run *run)
{
    xch = xc_interface_open(NULL, NULL, 0);
    fmem = xenforeignmemory_open(NULL, 0);
    evtchn = xenevtchn_open(NULL, 0);
    MUST(xch && fmem && evtchn);

    make_domain(run);
    run_make_devices(run);
    build(run);
    MUST(!xc_domain_unpause(xch, run->domid));
    fprintf(stderr, "domain %u\n", run->domid);
}

int run_ended(struct run *run)
{
    xc_domaininfo_t info;

    if (xc_domain_getinfolist(xch, run->domid, 1, &info) != 1 || info.domain != run->domid)
        return SHUTDOWN_crash;
    if (!(info.flags & XEN_DOMINF_shutdown))
        return -1;
    return (info.flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
}

void run_console(struct run *run)
{
    XENCONS_RING_IDX cons = run->console->out_cons, prod = run->console->out_prod;

    __sync_synchronize();
    if (prod == cons || prod - cons > sizeof(run->console->out))
        return;
    for (; cons != prod; cons++)
        putchar(run->console->out[MASK_XENCONS_IDX(cons, run->console->out)]);
    __sync_synchronize();
    run->console->out_cons = cons;
    xenevtchn_notify(evtchn, console_local);
}

void run_end(struct run *run)
{
    run_console(run);
    xenforeignmemory_unmap(fmem, run->console, 1);
    MUST(!xc_domain_destroy(xch, run->domid));
    run_drop_devices(run);
    xenevtchn_close(evtchn);
    xenforeignmemory_close(fmem);
    xc_interface_close(xch);
}
