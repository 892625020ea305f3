/* The ways into and out of a system call, and from one thread to another. */
#include "../amd64/registers.h"

#define RED_ZONE 128 /* as in linux.h */

    .text

/*
 * A SYSCALL instruction: rax = number, rcx = the address behind the instruction, r11 = flags, all else as the program left it.
 * The handler runs on the stack of the program.
 */
    .globl  hl_linux_entry, hl_linux_child
    .type   hl_linux_entry, @function
hl_linux_entry:
    leaq    -RED_ZONE(%rsp), %rsp
    push_registers
    cld
    movq    %rsp, %rdi
    movq    %rsp, %rbx
    andq    $-16, %rsp
    call    hl_linux_system_call
    movq    %rbx, %rsp
hl_linux_child:
    pop_registers
    pushq   %r11
    popfq
    leaq    RED_ZONE(%rsp), %rsp
    jmp     *%rcx
    .size   hl_linux_entry, . - hl_linux_entry

/* void hl_linux_switch(void **save, void *load, uint64_t thread_pointer) */
    .globl  hl_linux_switch
    .type   hl_linux_switch, @function
hl_linux_switch:
    pushq   %rbp
    pushq   %rbx
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    movq    %rsp, %rax
    subq    $528, %rsp
    andq    $-16, %rsp
    movq    %rax, 512(%rsp)
    fxsave64 (%rsp)
    movq    %rsp, (%rdi)
    movq    %rsi, %rsp
    wrfsbase %rdx
    fxrstor64 (%rsp)
    movq    512(%rsp), %rsp
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rbx
    popq    %rbp
    ret
    .size   hl_linux_switch, . - hl_linux_switch

/* A fault for which the program has a handler: rsp = a copy of the exception's frame, on the stack for the handler. */
    .globl  hl_linux_fault_return
    .type   hl_linux_fault_return, @function
hl_linux_fault_return:
    movq    %rsp, %rdi
    andq    $-16, %rsp
    call    hl_linux_deliver_fault
    ud2
    .size   hl_linux_fault_return, . - hl_linux_fault_return

/* void hl_linux_continue(const hl_ExceptionFrame *frame) */
    .globl  hl_linux_continue
    .type   hl_linux_continue, @function
hl_linux_continue:
    movq    %rdi, %rsp
    pop_registers
    addq    $16, %rsp
    iretq
    .size   hl_linux_continue, . - hl_linux_continue

    .section .note.GNU-stack, "", @progbits
