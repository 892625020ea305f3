/* The entry points of a paged i686 guest: one for the start, one for each call (i686 sheet 3, profile B). */
#include "layout.h"

#define PORT_HALT 108

#define CODE_SELECTOR 0x08
#define DATA_SELECTOR 0x10
#define THREAD_SELECTOR 0x18

/* This section lies below 64 KiB (i686-paged.ld), because the upper half of a gate's offset is 0 here. */
    .section .text.low, "ax"

/* First entry: edi = PEB, esi = random seed, ecx = log level; flat segments, paging on. Until the interrupt table is loaded
 * no instruction here may fault, so nothing uses .data or .bss. */
    .globl  entrypoint
    .type   entrypoint, @function
entrypoint:
    movl    $HL_STACK_TOP, %esp
    lgdt    gdt_register
    ljmp    $CODE_SELECTOR, $1f
1:  movl    $DATA_SELECTOR, %eax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %fs
    movw    %ax, %ss
    movl    $THREAD_SELECTOR, %eax
    movw    %ax, %gs
    lidt    idt_register

    pushl   %ecx
    pushl   $0
    pushl   %esi
    pushl   %edi
    call    hl_machine_start
    call    hl_start

    movl    $dispatch_entry, %eax
    movl    $HL_STACK_TOP, %esp
halt:
    movl    $PORT_HALT, %edx
    outl    %eax, %dx
1:  cli
    hlt
    jmp     1b
    .size   entrypoint, . - entrypoint

/* Entry for a call: esp = top of the stack, all other registers 0. If ZF is set, the host has made new page tables: flush
 * the TLB before the stack is used. */
    .type   dispatch_entry, @function
dispatch_entry:
    jnz     1f
    movl    %cr3, %eax
    movl    %eax, %cr3
    call    hl_machine_start
1:  call    hl_dispatch
    movl    $dispatch_entry, %eax
    jmp     halt
    .size   dispatch_entry, . - dispatch_entry

/* Exceptions. Every entry builds the same frame (struct ExceptionFrame in machine.c): for some vectors the processor pushes
 * an error code; for the others the entry pushes 0; then the entry pushes the vector. */
    .altmacro
    .macro  exception_entry vector
    .balign HL_EXCEPTION_ENTRY_SIZE
    .if \vector != 8 && \vector != 30 && (\vector < 10 || \vector > 14) && \vector != 17
    pushl   $0
    .endif
    pushl   $\vector
    jmp     exception
    .endm

    .balign HL_EXCEPTION_ENTRY_SIZE
exception_entries:
    .set    vector_number, 0
    .rept   HL_EXCEPTION_VECTORS
    exception_entry %vector_number
    .set    vector_number, vector_number + 1
    .endr

    /* Debuggers find the caller in the frame that the processor pushed: the vector is 20 bytes below its end. */
    .cfi_sections .debug_frame
    .cfi_startproc simple
    .cfi_signal_frame
    .cfi_def_cfa esp, 20
    .cfi_offset eip, -12
exception:
    pushal
    .cfi_def_cfa_offset 52
    .cfi_offset eax, -24
    .cfi_offset ecx, -28
    .cfi_offset edx, -32
    .cfi_offset ebx, -36
    .cfi_offset ebp, -44
    .cfi_offset esi, -48
    .cfi_offset edi, -52
    cld
    movl    %esp, %ebx
    .cfi_def_cfa_register ebx
    andl    $-16, %esp
    subl    $12, %esp
    pushl   %ebx
    call    hl_exception
    .cfi_endproc
    movl    %ebx, %esp
    popal
    addl    $8, %esp
    iretl

/* Both tables are constant and never copied. The accessed bits of the descriptors are set, because the processor would write
 * them while it delivers the page fault that makes the page writable. */
    .section .rodata.gdt, "a"
    .balign 8
gdt:
    .quad   0
    .quad   0x00CF9B000000FFFF /* code, execute and read */
    .quad   0x00CF93000000FFFF /* data, read and write */
gdt_end: /* The linker script adds the segment of thread-local variables, because an assembler cannot split an address. */

/* The thread pointer points here. The psABI wants its own address here. */
    .section .data.thread, "aw"
    .balign 4
    .globl  hl_thread
    .hidden hl_thread
hl_thread:
    .long   hl_thread

    .section .rodata.tables, "a"
    .balign 8
idt:
    .set    entry_offset, 0
    .rept   HL_EXCEPTION_VECTORS
    .word   exception_entries + entry_offset
    .word   CODE_SELECTOR
    .word   0x8E00 /* present, ring 0, 32-bit interrupt gate */
    .word   0
    .set    entry_offset, entry_offset + HL_EXCEPTION_ENTRY_SIZE
    .endr
idt_end:
    .word   0
gdt_register:
    .word   gdt_end - gdt + 8 - 1
    .long   gdt
    .word   0
idt_register:
    .word   idt_end - idt - 1
    .long   idt

    .section .note.GNU-stack, "", @progbits
