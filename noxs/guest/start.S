/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Entry points, Xen's ELF notes and the hypercall gate.
 *
 * There is no hypercall page: 64-bit PV guests enter Xen by SYSCALL and PVH guests by VMCALL or
 * VMMCALL, which is all that the page would hold. A loader saves filling a page and the guest
 * saves owning it.
 */
#include <xen/elfnote.h>

#define PVH_L4         0x1000
#define PVH_L3         0x2000
#define PVH_L2         0x3000
#define PVH_TABLES_END 0x4000
#define PTE_TABLE      0x63  /* present, writable, accessed, dirty */
#define PTE_2MIB       0xe3  /* the same, and page size */
#define MSR_EFER       0xc0000080
#define SELECTOR_CODE  8

#define MODE_PV        0
#define MODE_VMCALL    1
#define MODE_VMMCALL   2

.macro note_of owner, type, value:vararg
    .pushsection .note.Xen, "a", @note
    .balign 4
    .long 2f - 1f
    .long 4f - 3f
    .long \type
1:  .asciz "\owner"
2:  .balign 4
3:  \value
4:  .balign 4
    .popsection
.endm

.macro note type, value:vararg
    note_of Xen, \type, \value
.endm

    note XEN_ELFNOTE_GUEST_OS,       .asciz "noxs"
    note XEN_ELFNOTE_GUEST_VERSION,  .asciz "1"
    note XEN_ELFNOTE_XEN_VERSION,    .asciz "xen-3.0"
    note XEN_ELFNOTE_LOADER,         .asciz "generic"
    note XEN_ELFNOTE_FEATURES,       .asciz ""
    note XEN_ELFNOTE_VIRT_BASE,      .quad 0
    note XEN_ELFNOTE_PADDR_OFFSET,   .quad 0
    note XEN_ELFNOTE_ENTRY,          .quad pv_entry
    note XEN_ELFNOTE_PHYS32_ENTRY,   .long pvh_entry
    note_of noxs, 1, .long 1         /* NOXS_NOTE_SPEAKS, NOXS_ABI_VERSION */

    .section .text.start, "ax", @progbits

/*
 * PV: 64-bit, on the builder's page tables; %rsi = start_info. The builder's stack is not used, so
 * that the image is all this code depends on.
 */
    .code64
    .globl pv_entry
    .type pv_entry, @function
pv_entry:
    xorl %r12d, %r12d               /* MODE_PV */
    movq %rsi, %r13

/* Both modes meet here: %r12d = mode, %r13 = start info. */
common_entry:
    cld
    movl $guest_bss_start, %edi
    movl $guest_bss_end, %ecx
    subl %edi, %ecx
    shrl $3, %ecx
    xorl %eax, %eax
    rep stosq
    movl $guest_stack_top, %esp
    xorl %ebp, %ebp
    movb %r12b, guest_mode
    movq %r13, guest_start_info
    call guest_main
    /* A guest that has nothing left to do powers itself off. */
    xorl %edi, %edi
    call guest_shutdown
    ud2

/*
 * PVH: 32-bit protected mode, flat segments, no paging; %ebx = struct hvm_start_info. The first
 * GiB gets an identity map of 2 MiB pages; pvh_map_frame() takes over its last entries.
 */
    .code32
    .globl pvh_entry
    .type pvh_entry, @function
pvh_entry:
    cld
    cmpl $PVH_TABLES_END, %ebx      /* a loader that put its data below the image? */
    jb .Lhalt
    movl $PVH_L4, %edi
    movl $(PVH_L2 - PVH_L4) / 4, %ecx
    xorl %eax, %eax
    rep stosl
    movl $PVH_L3 + PTE_TABLE, PVH_L4
    movl $PVH_L2 + PTE_TABLE, PVH_L3
    movl $PTE_2MIB, %eax            /* %edi = PVH_L2 */
1:  movl %eax, (%edi)
    movl $0, 4(%edi)
    addl $0x200000, %eax
    addl $8, %edi
    cmpl $PVH_TABLES_END, %edi
    jne 1b

    movl %ebx, %esi                 /* CPUID takes %ebx */
    xorl %eax, %eax
    cpuid
    movl $MODE_VMMCALL, %edi
    cmpl $0x6c65746e, %ecx          /* Genu-ineI-ntel */
    jne 2f
    movl $MODE_VMCALL, %edi
2:
    movl %cr4, %eax
    orl $0x20, %eax                 /* PAE */
    movl %eax, %cr4
    movl $PVH_L4, %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $0x100, %eax                /* LME */
    wrmsr
    movl %cr0, %eax
    orl $0x80000000, %eax           /* PG */
    movl %eax, %cr0
    lgdt gdt_pointer
    ljmp $SELECTOR_CODE, $3f
.Lhalt:
    hlt
    jmp .Lhalt

    .code64
3:  xorl %eax, %eax
    movl %eax, %ss
    movl %eax, %ds
    movl %eax, %es
    movl %edi, %r12d
    movl %esi, %r13d
    jmp common_entry

    .balign 8
gdt:
    .quad 0
    .quad 0x00af9b000000ffff        /* 64-bit code, ring 0 */
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long gdt

/*
 * long guest_hypercall(nr, a1, a2, a3, a4, a5): C arguments to Xen's registers (%rax; %rdi, %rsi,
 * %rdx, %r10, %r8). SYSCALL spoils %rcx and %r11, which a C caller expects anyway.
 */
    .text
    .globl guest_hypercall
    .type guest_hypercall, @function
guest_hypercall:
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsi
    movq %rcx, %rdx
    movq %r8, %r10
    movq %r9, %r8
    cmpb $MODE_VMCALL, guest_mode
    je 1f
    ja 2f
    syscall
    ret
1:  vmcall
    ret
2:  vmmcall
    ret

    .bss
    .globl guest_mode, guest_start_info
    .balign 8
guest_start_info:
    .quad 0
guest_mode:
    .byte 0

    .section .note.GNU-stack, "", @progbits
