/*
 * A guest whose functions fail, for tests that say where. A test compiles it, finds each function in the ELF file, and gives it the line
 * of its definition here. No function that fails is static or inline, so that each keeps its name.
 */
#include "hyperlight_guest.h"

#define KEPT __attribute__((noinline, used))

KEPT void write_nowhere(uint64_t address)
{
    *(volatile int32_t *)(uintptr_t)address = 1;
}
HYPERLIGHT_WRAP_FUNCTION(write_nowhere, Void, 1, ULong)

KEPT void divide_by_zero(void)
{
    static volatile int32_t dividend = 6, divisor;
    dividend = dividend / divisor;
}
HYPERLIGHT_WRAP_FUNCTION(divide_by_zero, Void, 0)

KEPT void give_up(void)
{
    hl_abort_with_code_and_message(9, "gone");
}
HYPERLIGHT_WRAP_FUNCTION(give_up, Void, 0)

KEPT void give_up_with_a_code(void)
{
    hl_abort_with_code(8);
}
HYPERLIGHT_WRAP_FUNCTION(give_up_with_a_code, Void, 0)

KEPT void give_up_like_a_program(void)
{
    abort();
}
HYPERLIGHT_WRAP_FUNCTION(give_up_like_a_program, Void, 0)

/* Frees what is no block: the place to look at is here, not in the heap. The asm statement keeps compilers from a jump to free. */
KEPT void free_nonsense(uint64_t address)
{
    free((void *)(uintptr_t)address);
    __asm__ volatile("" : : : "memory");
}
HYPERLIGHT_WRAP_FUNCTION(free_nonsense, Void, 1, ULong)

KEPT void spin(void)
{
    for (;;) {
        __asm__ volatile("pause");
    }
}
HYPERLIGHT_WRAP_FUNCTION(spin, Void, 0)

/* Uses the frame before and after the deeper call, so that no compiler makes a loop of the recursion. */
KEPT int32_t recurse(int32_t depth)
{
    uint8_t frame[2048];
    __asm__ volatile("" : : "r"(frame) : "memory");
    int32_t below = depth < 0 ? 0 : recurse(depth + 1);
    __asm__ volatile("" : : "r"(frame) : "memory");
    return below;
}
HYPERLIGHT_WRAP_FUNCTION(recurse, Int, 1, Int)

KEPT void use_a_port(void)
{
    __asm__ volatile("outb %0, $77" : : "a"((uint8_t)1));
    __asm__ volatile("nop\n\tnop");
}
HYPERLIGHT_WRAP_FUNCTION(use_a_port, Void, 0)

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
}
