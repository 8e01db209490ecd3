/* SPDX-License-Identifier: BSD-3-Clause */
/* The guest's first process, as bytes in the builder. */
    .section .rodata
    .global tinyx_init, tinyx_init_end
    .balign 16
tinyx_init:
    .incbin TINYX_INIT
tinyx_init_end:
    .section .note.GNU-stack, "", @progbits
