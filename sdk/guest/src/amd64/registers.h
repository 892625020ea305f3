/* For assembly: saves the general registers on the stack in the order of hl_ExceptionFrame (exception.h), and loads them again. */
#ifndef HYPERLIGHT_GUEST_AMD64_REGISTERS_H
#define HYPERLIGHT_GUEST_AMD64_REGISTERS_H

    .macro  push_registers
    .irp    register, rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
    pushq   %\register
    .endr
    .endm

    .macro  pop_registers
    .irp    register, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax
    popq    %\register
    .endr
    .endm

#endif
