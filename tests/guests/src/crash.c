/*
 * A guest whose functions fail, for tests that say where: in each function at the line with the comment "here". No function that fails is
 * static or inline, so that each keeps its name.
 */
#include "hyperlight_guest.h"

#define KEPT __attribute__((noinline, used))

static volatile int32_t number = 6, zero;

KEPT void write_nowhere(uint64_t address)
{
    int32_t *where = (int32_t *)(uintptr_t)address;
    *(volatile int32_t *)where = number; /* here: write_nowhere */
}
HYPERLIGHT_WRAP_FUNCTION(write_nowhere, Void, 1, ULong)

KEPT void divide_by_zero(void)
{
    int32_t dividend = number;
    number = dividend / zero; /* here: divide_by_zero */
}
HYPERLIGHT_WRAP_FUNCTION(divide_by_zero, Void, 0)

KEPT void give_up(void)
{
    number = 7;
    hl_abort_with_code_and_message(9, "gone"); /* here: give_up */
}
HYPERLIGHT_WRAP_FUNCTION(give_up, Void, 0)

KEPT void give_up_with_a_code(void)
{
    number = 8;
    hl_abort_with_code(8); /* here: give_up_with_a_code */
}
HYPERLIGHT_WRAP_FUNCTION(give_up_with_a_code, Void, 0)

KEPT void give_up_like_a_program(void)
{
    number = 9;
    abort(); /* here: give_up_like_a_program */
}
HYPERLIGHT_WRAP_FUNCTION(give_up_like_a_program, Void, 0)

/* Frees what is no block: the place to look at is here, not in the heap. The last statement keeps compilers from a jump to free. */
KEPT void free_nonsense(uint64_t address)
{
    number = 10;
    free((void *)(uintptr_t)address); /* here: free_nonsense */
    number = 11;
}
HYPERLIGHT_WRAP_FUNCTION(free_nonsense, Void, 1, ULong)

KEPT void spin(void)
{
    number = 12;
    __asm__ volatile("1: pause\n\tjmp 1b"); /* here: spin */
}
HYPERLIGHT_WRAP_FUNCTION(spin, Void, 0)

/* The lowest word of a frame is written first, so that the stack ends there, and the frame is smaller than the guard of a stack. The asm
 * statement keeps compilers from a smaller frame, and the last one from a loop. */
KEPT int32_t recurse(int32_t depth)
{
    volatile int32_t frame[1000];
    frame[0] = depth; /* here: recurse */
    __asm__ volatile("" : : "r"(frame) : "memory");
    int32_t below = depth < 0 ? 0 : recurse(depth + 1);
    return below + frame[0];
}
HYPERLIGHT_WRAP_FUNCTION(recurse, Int, 1, Int)

KEPT void use_a_port(void)
{
    number = 13;
    __asm__ volatile("outb %0, $77\n\tnop\n\tnop" : : "a"((uint8_t)1)); /* here: use_a_port */
}
HYPERLIGHT_WRAP_FUNCTION(use_a_port, Void, 0)

#ifdef HAS_LIBC
#include <assert.h>
KEPT void assert_nonsense(void)
{
    number = 14;
    assert(number == 15); /* here: assert_nonsense */
}
HYPERLIGHT_WRAP_FUNCTION(assert_nonsense, Void, 0)
#endif

void hyperlight_main(void)
{
    HYPERLIGHT_REGISTER_FUNCTION("write_nowhere", write_nowhere);
    HYPERLIGHT_REGISTER_FUNCTION("divide_by_zero", divide_by_zero);
    HYPERLIGHT_REGISTER_FUNCTION("give_up", give_up);
    HYPERLIGHT_REGISTER_FUNCTION("give_up_with_a_code", give_up_with_a_code);
    HYPERLIGHT_REGISTER_FUNCTION("give_up_like_a_program", give_up_like_a_program);
    HYPERLIGHT_REGISTER_FUNCTION("free_nonsense", free_nonsense);
    HYPERLIGHT_REGISTER_FUNCTION("spin", spin);
    HYPERLIGHT_REGISTER_FUNCTION("recurse", recurse);
    HYPERLIGHT_REGISTER_FUNCTION("use_a_port", use_a_port);
#ifdef HAS_LIBC
    HYPERLIGHT_REGISTER_FUNCTION("assert_nonsense", assert_nonsense);
#endif
}
