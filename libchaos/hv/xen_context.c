/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state in which a guest's first vCPU starts: for PV as xen/xen.h ("start-of-day") asks, for
 * PVH as xen/arch-x86/hvm/start_info.h does (32-bit protected mode, flat segments, no paging).
 */
#include "hv/hv_xen.h"

#include <cpuid.h>
#include <string.h>
#include <xen/hvm/save.h>

#define DR6_RESET    0xffff0ff0U
#define DR7_RESET    0x400U
#define EFLAGS_FIXED 0x2U
#define EFLAGS_IF    0x200U
#define CR0_PE_ET    0x11U

void *pv_context_new(struct hv_xen *xen, const struct hv_pv_start *start)
{
    vcpu_guest_context_t *ctx = arena_alloc(xen, sizeof(*ctx));

    if (!ctx)
        return NULL;
    memset(ctx, 0, sizeof(*ctx));
    ctx->flags = VGCF_in_kernel | VGCF_online;
    ctx->user_regs.rflags = EFLAGS_IF;
    ctx->user_regs.cs = FLAT_KERNEL_CS;
    ctx->user_regs.ss = FLAT_KERNEL_SS;
    ctx->user_regs.ds = FLAT_KERNEL_DS;
    ctx->user_regs.es = FLAT_KERNEL_DS;
    ctx->user_regs.fs = FLAT_KERNEL_DS;
    ctx->user_regs.gs = FLAT_KERNEL_DS;
    ctx->kernel_ss = FLAT_KERNEL_SS;
    ctx->debugreg[6] = DR6_RESET;
    ctx->debugreg[7] = DR7_RESET;
    ctx->user_regs.rip = start->rip;
    ctx->user_regs.rsp = start->rsp;
    ctx->user_regs.rsi = start->rsi;
    ctx->kernel_sp = start->rsp;
    ctx->ctrlreg[3] = start->cr3_mfn << XC_PAGE_SHIFT;
    return ctx;
}

/* The argument of XEN_DOMCTL_sethvmcontext: records with a header each. It holds only the records
 * that differ from a fresh vCPU's, so that the whole context need not be read first. */
struct pvh_context {
    struct hvm_save_descriptor header_d;
    HVM_SAVE_TYPE(HEADER) header;
    struct hvm_save_descriptor cpu_d;
    HVM_SAVE_TYPE(CPU) cpu;
    struct hvm_save_descriptor mtrr_d;
    HVM_SAVE_TYPE(MTRR) mtrr;
    struct hvm_save_descriptor end_d;
};

size_t pvh_context_size(void)
{
    return sizeof(struct pvh_context);
}

static uint32_t processor(struct hv_xen *xen)
{
    unsigned int ebx, ecx, edx;

    if (!xen->processor)
        __get_cpuid(1, &xen->processor, &ebx, &ecx, &edx);
    return xen->processor;
}

void *pvh_context_new(struct hv_xen *xen, uint32_t entry, uint32_t start_info)
{
    struct pvh_context *ctx = arena_alloc(xen, sizeof(*ctx));
    HVM_SAVE_TYPE(CPU) * cpu;

    if (!ctx)
        return NULL;
    cpu = &ctx->cpu;
    memset(ctx, 0, sizeof(*ctx));
    ctx->header_d = (struct hvm_save_descriptor){HVM_SAVE_CODE(HEADER), 0, sizeof(ctx->header)};
    ctx->cpu_d = (struct hvm_save_descriptor){HVM_SAVE_CODE(CPU), 0, sizeof(ctx->cpu)};
    ctx->mtrr_d = (struct hvm_save_descriptor){HVM_SAVE_CODE(MTRR), 0, sizeof(ctx->mtrr)};
    ctx->end_d = (struct hvm_save_descriptor){HVM_SAVE_CODE(END), 0, 0};

    ctx->header.magic = HVM_FILE_MAGIC;
    ctx->header.version = HVM_FILE_VERSION;
    ctx->header.cpuid = processor(xen); /* another value makes Xen log a warning for each domain */

    cpu->cr0 = CR0_PE_ET;
    cpu->rflags = EFLAGS_FIXED;
    cpu->dr6 = DR6_RESET;
    cpu->dr7 = DR7_RESET;
    cpu->cs_limit = cpu->ds_limit = cpu->es_limit = cpu->ss_limit = ~0U;
    cpu->fs_limit = cpu->gs_limit = ~0U;
    cpu->cs_arbytes = 0xc9b; /* 32-bit code, 4 KiB granularity, present */
    cpu->ds_arbytes = cpu->es_arbytes = cpu->ss_arbytes = 0xc93;
    cpu->fs_arbytes = cpu->gs_arbytes = 0xc93;
    cpu->tr_limit = 0x67;
    cpu->tr_arbytes = 0x8b;

    /* Write-back memory by default: a guest that leaves the MTRRs alone runs cached. */
    ctx->mtrr.msr_pat_cr = 0x0007040600070406ULL;
    ctx->mtrr.msr_mtrr_cap = 0x508;
    ctx->mtrr.msr_mtrr_def_type = 0x806;

    cpu->rip = entry;
    cpu->rbx = start_info;
    return ctx;
}
