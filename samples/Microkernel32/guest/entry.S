/*
 * The entry points of the microkernel: one for the start, one for each call (i686 sheet 3). Identity guests start in real mode, flat
 * guests in protected mode, paged guests with the page tables of the host.
 */
#define PORT_HALT 108
#define CR0_PE 1

#define CODE_SELECTOR 0x08
#define DATA_SELECTOR 0x10

/* The stack grows down in scratch, from below the page of the counter and the page of the words. It can be used at once. */
#define STACK_TOP 0xFFFFE000

#define EXCEPTION_ENTRY_SIZE 16 /* as in interrupts.c */
#define EXCEPTION_VECTORS 32

#ifdef HL_IDENTITY_LAYOUT
/* At 0x8000, 16 bits: esi = random seed, ecx = log level; no usable stack. */
    .section .trampoline, "ax"
    .code16
    .globl  entrypoint
    .type   entrypoint, @function
entrypoint:
    cli
    xorw    %ax, %ax
    movw    %ax, %ds
    lgdtl   gdt_register
    movl    %cr0, %eax
    orl     $CR0_PE, %eax
    movl    %eax, %cr0
    ljmpl   $CODE_SELECTOR, $protected
    .size   entrypoint, . - entrypoint
#else
    .data
#endif

/* Flat segments over all 4 GiB. The accessed bits are clear, so that the processor writes to this table when it loads the segments. */
    .balign 8
gdt:
    .quad   0
    .quad   0x00CF9A000000FFFF /* code, execute and read */
    .quad   0x00CF92000000FFFF /* data, read and write */
gdt_end:
    .word   0
gdt_register:
    .word   gdt_end - gdt - 1
    .long   gdt

    .text
    .code32
#ifndef HL_IDENTITY_LAYOUT
/* The same registers; flat segments, no descriptor tables. */
    .globl  entrypoint
    .type   entrypoint, @function
entrypoint:
    cli
#ifdef HL_PAGED_LAYOUT
    movl    $STACK_TOP - 12, %esp
    pushl   %ecx
    call    copy_pages
    popl    %ecx
#endif
    lgdt    gdt_register
    ljmp    $CODE_SELECTOR, $protected
    .size   entrypoint, . - entrypoint
#endif

    .type   protected, @function
protected:
    movl    $DATA_SELECTOR, %eax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %fs
    movw    %ax, %gs
    movw    %ax, %ss
    movl    $STACK_TOP - 4, %esp
    pushl   %ecx /* kernel_start(seed, log level) */
    pushl   $0
    pushl   %esi

    cld
    movl    $bss_start, %edi
    movl    $bss_end, %ecx
    subl    %edi, %ecx
    shrl    $2, %ecx
    xorl    %eax, %eax
    rep stosl

    call    kernel_start
    movl    $STACK_TOP, %esp
    jmp     wait_for_call
    .size   protected, . - protected

/* Entry for a call: esp = top of the stack, all other registers 0. If ZF is set, the host has made new page tables: load them before the
 * stack is used. */
    .type   dispatch, @function
dispatch:
#ifdef HL_PAGED_LAYOUT
    jnz     1f
    movl    %cr3, %eax
    movl    %eax, %cr3
    call    copy_pages
1:
#endif
    call    hl_dispatch
wait_for_call:
    movl    $dispatch, %eax
    movl    $PORT_HALT, %edx
    outl    %eax, %dx
1:  cli
    hlt
    jmp     1b
    .size   dispatch, . - dispatch

/* Exceptions. None is handled, all are reported. Every entry builds the same frame (struct ExceptionFrame in interrupts.c): for some
 * vectors the processor pushes an error code; for the others the entry pushes 0; then the entry pushes the vector. */
    .altmacro
    .macro  exception_entry vector
    .balign EXCEPTION_ENTRY_SIZE
    .if \vector != 8 && \vector != 30 && (\vector < 10 || \vector > 14) && \vector != 17
    pushl   $0
    .endif
    pushl   $\vector
    jmp     exception
    .endm

    .globl  exception_entries
    .balign EXCEPTION_ENTRY_SIZE
exception_entries:
    .set    vector_number, 0
    .rept   EXCEPTION_VECTORS
    exception_entry %vector_number
    .set    vector_number, vector_number + 1
    .endr

exception:
    cld
    movl    %esp, %eax
    andl    $-16, %esp
    subl    $12, %esp
    pushl   %eax
    call    report_exception

/* Interrupts of the PIC. The interrupt of the timer is counted and acknowledged. A spurious interrupt is neither. */
    .globl  timer_entry, spurious_entry
timer_entry:
    pushl   %eax
    incl    timer_ticks
    movb    $0x20, %al
    outb    %al, $0x20
    popl    %eax
spurious_entry:
    iretl

    .section .note.GNU-stack, "", @progbits
