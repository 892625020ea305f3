/* The entry points of an amd64 guest: one for the start, one for each call (amd64 sheet 4.1 to 4.3). */
#include "layout.h"
#include "registers.h"

#define PORT_HALT 108
#define CR4_PGE 0x80

    .section .text.entry, "ax"

/*
 * First entry: rdi = PEB, rsi = random seed, rdx = host page size, rcx = log level; rsp = top of the exception stack - 8.
 * There is no GDT, no IDT and no stack except the page of the exception stack. Until hl_machine_start has built them, no
 * instruction here may fault, so nothing uses .data or .bss.
 */
    .globl  entrypoint
    .type   entrypoint, @function
entrypoint:
    movq    %rdi, %r12
    movq    %rsi, %r13
    movl    %ecx, %r14d
    subq    $8, %rsp
    call    hl_machine_start

    movabsq $HL_DESCRIPTOR_PAGES, %rbx
    subq    $16, %rsp
    movw    $(HL_TSS_OFFSET - 1), 6(%rsp)
    movq    %rbx, 8(%rsp)
    lgdt    6(%rsp)
    pushq   $HL_CODE_SELECTOR
    leaq    1f(%rip), %rax
    pushq   %rax
    lretq
1:  movl    $HL_DATA_SELECTOR, %eax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %gs
    movw    %ax, %ss
    movl    $HL_THREAD_SELECTOR, %eax
    movw    %ax, %fs
    movl    $HL_TSS_SELECTOR, %eax
    ltr     %ax
    addq    $HL_IDT_OFFSET, %rbx
    movw    $(256 * 16 - 1), 6(%rsp)
    movq    %rbx, 8(%rsp)
    lidt    6(%rsp)

    /* From here on page faults are handled. Their handler uses the stack that this code leaves. */
    movabsq $HL_STACK_TOP, %rsp
    movq    %r12, %rdi
    movq    %r13, %rsi
    movl    %r14d, %edx
    call    hl_start

    leaq    dispatch_entry(%rip), %rax
    movabsq $HL_STACK_TOP, %rsp
halt:
    movl    $PORT_HALT, %edx
    outl    %eax, %dx
1:  cli
    hlt
    jmp     1b
    .size   entrypoint, . - entrypoint

/*
 * Entry for a call: rsp = top of the main stack, all other registers 0. If ZF is set, the host has changed the page tables:
 * flush the TLB (by toggling CR4.PGE) before the stack is used.
 */
    .type   dispatch_entry, @function
dispatch_entry:
    jnz     1f
    movq    %cr4, %rax
    xorq    $CR4_PGE, %rax
    movq    %rax, %cr4
    xorq    $CR4_PGE, %rax
    movq    %rax, %cr4
1:  call    hl_dispatch
    leaq    dispatch_entry(%rip), %rax
    jmp     halt
    .size   dispatch_entry, . - dispatch_entry

/*
 * Exceptions. Every entry builds the same frame (exception.h): for some vectors the processor pushes
 * an error code; for the others the entry pushes 0; then it pushes the vector; then the code below saves
 * all general registers, because an operating system inside the guest hands them to its signal handlers.
 */
    .altmacro
    .macro exception_entry vector
    .balign HL_EXCEPTION_ENTRY_SIZE
    .if \vector != 8 && \vector != 30 && (\vector < 10 || \vector > 14) && \vector != 17
    pushq   $0
    .endif
    pushq   $\vector
    jmp     exception
    .endm

    .balign HL_EXCEPTION_ENTRY_SIZE
    .globl  hl_exception_entries
hl_exception_entries:
    .set    vector_number, 0
    .rept   HL_SECURITY_VECTOR + 1
    exception_entry %vector_number
    .set    vector_number, vector_number + 1
    .endr
    .noaltmacro

exception:
    push_registers
    cld
    movq    %rsp, %rdi
    call    hl_exception
    pop_registers
    addq    $16, %rsp
    iretq
exception_end:

/*
 * Where debuggers find the registers of the code that an exception has interrupted: in hl_ExceptionFrame. The augmentation S says that
 * the caller may have another stack. Not all assemblers write it for .cfi_signal_frame.
 */
    .section .debug_frame, "", @progbits
common:
    .long   2f - 1f
1:  .long   -1
    .byte   1
    .asciz  "S"
    .uleb128 1
    .sleb128 -8
    .byte   16
    .byte   0x0C, 7 /* the end of the frame is at rsp + 176 */
    .uleb128 176
    /* each register and its distance from the end in words: rip, rsp, then rax to r15 in the order of push_registers */
    .byte   0x80 + 16, 5, 0x80 + 7, 2
    .byte   0x80 + 0, 8, 0x80 + 2, 9, 0x80 + 1, 10, 0x80 + 4, 11, 0x80 + 5, 12
    .byte   0x80 + 8, 13, 0x80 + 9, 14, 0x80 + 10, 15, 0x80 + 11, 16
    .byte   0x80 + 3, 17, 0x80 + 6, 18, 0x80 + 12, 19, 0x80 + 13, 20, 0x80 + 14, 21, 0x80 + 15, 22
    .balign 8
2:  .long   4f - 3f
3:  .long   common
    .quad   exception, exception_end - exception
    .balign 8
4:

    .section .note.GNU-stack, "", @progbits
