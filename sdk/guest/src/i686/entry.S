/* The entry points of an i686 guest (i686 sheet 3): one for the start, in protected mode or, in the identity layout, in real
 * mode; and one for each call, in protected mode. */

#define PORT_HALT 108
#define CR0_PE 1

#define CODE_SELECTOR 0x08
#define DATA_SELECTOR 0x10
#define THREAD_SELECTOR 0x18

/* The stack grows down from below the counter page and the page with the words (i686 sheet 2.3). A stack that is too large
 * runs through the buffers and then out of memory: the host sees an access to no memory, and the image is not damaged. */
#define STACK_TOP 0xFFFFE000

/* The size of an entry in the table of exception entries, and the number of gates. */
#define EXCEPTION_ENTRY_SIZE 16
#define EXCEPTION_VECTORS 31

/* The address at which the linker script puts this section, the first of the image. Real mode reaches only 64 KiB, and an
 * assembler can split an address into the two halves of a gate only if it knows the upper half. */
#ifdef HL_IDENTITY_LAYOUT
#define BASE 0
#else
#define BASE 0x100000
#endif
    .section .text.low, "ax"
low:

#ifdef HL_IDENTITY_LAYOUT
/* Address 0 is ordinary memory in this layout. A call through a null pointer ends as "invalid opcode". */
    .rept   8
    ud2
    .endr

/* First entry, 16 bits: edi = PEB, esi = random seed, ecx = log level; segments at 0, no usable stack. */
    .code16
#else
/* First entry, 32 bits: the same registers; flat segments, no descriptor tables, the exception stack. */
    .code32
#endif
    .globl  entrypoint
    .type   entrypoint, @function
entrypoint:
    cli
    lgdtl   gdt_register
#ifdef HL_IDENTITY_LAYOUT
    movl    %cr0, %eax
    orl     $CR0_PE, %eax
    movl    %eax, %cr0
#endif
    ljmpl   $CODE_SELECTOR, $protected

    .code32
protected:
    movl    $DATA_SELECTOR, %eax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %fs
    movw    %ax, %ss
    movl    $THREAD_SELECTOR, %eax
    movw    %ax, %gs
    movl    $STACK_TOP, %esp
    lidt    idt_register

    pushl   %ecx
    pushl   $0
    pushl   %esi
    pushl   %edi
    call    hl_machine_start
    call    hl_start

    movl    $dispatch_entry, %eax
    movl    $STACK_TOP, %esp
halt:
    movl    $PORT_HALT, %edx
    outl    %eax, %dx
1:  cli
    hlt
    jmp     1b
    .size   entrypoint, . - entrypoint

/* Entry for a call: esp = top of the stack, all other registers 0. */
    .type   dispatch_entry, @function
dispatch_entry:
    call    hl_dispatch
    movl    $dispatch_entry, %eax
    jmp     halt
    .size   dispatch_entry, . - dispatch_entry

/* Exceptions. None is handled, all are reported. Every entry builds the same frame (struct ExceptionFrame in machine.c): for
 * some vectors the processor pushes an error code; for the others the entry pushes 0; then the entry pushes the vector. */
    .altmacro
    .macro  exception_entry vector
    .balign EXCEPTION_ENTRY_SIZE
    .if \vector != 8 && \vector != 30 && (\vector < 10 || \vector > 14) && \vector != 17
    pushl   $0
    .endif
    pushl   $\vector
    jmp     exception
    .endm

    .balign EXCEPTION_ENTRY_SIZE
exception_entries:
    .set    vector_number, 0
    .rept   EXCEPTION_VECTORS
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
    pushl   %ebx
    .cfi_def_cfa_offset 24
    .cfi_offset ebx, -24
    leal    4(%esp), %ebx
    .cfi_def_cfa ebx, 20
    cld
    andl    $-16, %esp
    subl    $12, %esp
    pushl   %ebx
    call    hl_exception
    .cfi_endproc

    .balign 4
    .word   0
gdt_register:
    .word   gdt_end - gdt + 8 - 1
    .long   gdt
    .word   0
idt_register:
    .word   idt_end - idt - 1
    .long   idt

/* Flat segments over all 4 GiB. The linker script adds the segment of thread-local variables, because an assembler cannot
 * split an address into the parts of a descriptor. */
#ifdef HL_IDENTITY_LAYOUT
/* The accessed bits are clear on purpose, so that the processor writes to this table when it loads a segment. Therefore the
 * table is in .data. A host that maps the snapshot region read-only fails here (i686 sheet 6.2). */
    .section .data.gdt, "aw"
#define ACCESSED 0
#else
    .section .rodata.gdt, "a"
#define ACCESSED 0x0000010000000000
#endif
    .balign 8
gdt:
    .quad   0
    .quad   0x00CF9A000000FFFF | ACCESSED /* code, execute and read */
    .quad   0x00CF92000000FFFF | ACCESSED /* data, read and write */
gdt_end:

/* The thread pointer points here. The psABI wants its own address here. */
    .section .data.thread, "aw"
    .balign 4
    .globl  hl_thread
    .hidden hl_thread
hl_thread:
    .long   hl_thread

    .section .rodata.idt, "a"
    .balign 8
idt:
    .set    entry_offset, 0
    .rept   EXCEPTION_VECTORS
    .word   exception_entries - low + entry_offset
    .word   CODE_SELECTOR
    .word   0x8E00 /* present, ring 0, 32-bit interrupt gate */
    .word   BASE >> 16
    .set    entry_offset, entry_offset + EXCEPTION_ENTRY_SIZE
    .endr
idt_end:

    .section .note.GNU-stack, "", @progbits
