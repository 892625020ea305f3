/* What the entries of exceptions hand to C code. */
#ifndef HYPERLIGHT_GUEST_AMD64_EXCEPTION_H
#define HYPERLIGHT_GUEST_AMD64_EXCEPTION_H

#include <stdbool.h>
#include <stdint.h>

#define HL_VECTOR_DIVIDE 0u
#define HL_VECTOR_INVALID_OPCODE 6u
#define HL_VECTOR_STACK_SEGMENT 12u
#define HL_VECTOR_PROTECTION 13u
#define HL_VECTOR_PAGE_FAULT 14u
#define HL_VECTOR_X87 16u
#define HL_VECTOR_ALIGNMENT 17u
#define HL_VECTOR_SIMD 19u

/* The frame that exception entries push, from the stack pointer up (entry.S). */
typedef struct hl_ExceptionFrame {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
    uint64_t vector, error_code;
    uint64_t rip, cs, rflags, rsp, ss;
} hl_ExceptionFrame;

/* Handles an exception that is no fault of the kit's own pages, or returns false. Runs on the exception stack: it can change the
 * frame, and must not write memory that can fault. */
bool hl_other_exception(hl_ExceptionFrame *frame, uint64_t cr2);

#endif
