/* A guest for tests of the C language in the kit: thread-local variables, constructors, alignment. */
#include <hyperlight_guest.h>

#define WIDE 8192u

static __thread int32_t counter = 5;
__thread int32_t other;
static __thread char line[3] __attribute__((aligned(64))) = "ab";

/* Returns 7, then 9: both variables have their initial values and keep new values, also if written through a pointer. */
static int32_t count(void)
{
    int32_t *volatile pointer = &other;
    ++*pointer;
    return ++counter + other;
}
HYPERLIGHT_WRAP_FUNCTION(count, Int, 0)

/* Returns 0 if a thread-local variable has the alignment that it asks for and its initial value. */
static int32_t misplaced(void)
{
    char *volatile pointer = line;
    return (int32_t)((uintptr_t)pointer % 64) + (pointer[0] != 'a') + (pointer[1] != 'b') + (pointer[2] != 0);
}
HYPERLIGHT_WRAP_FUNCTION(misplaced, Int, 0)

/* Returns 1234 if each constructor ran once, those with a priority first. */
static int32_t order;

__attribute__((constructor)) static void third(void)
{
    order = order * 10 + 3;
}

__attribute__((constructor(200))) static void second(void)
{
    order = order * 10 + 2;
}

__attribute__((constructor(150))) static void first(void)
{
    order = order * 10 + 1;
}

static int32_t constructed(void)
{
    return order * 10 + 4;
}
HYPERLIGHT_WRAP_FUNCTION(constructed, Int, 0)

/* Returns 0 if constant, initialised and zero variables have their alignment, which is larger than a page. */
static const volatile char constants[WIDE] __attribute__((aligned(WIDE))) = {1};
static volatile char values[WIDE] __attribute__((aligned(WIDE))) = {1};
static volatile char zeros[WIDE] __attribute__((aligned(WIDE)));

static int32_t misaligned(void)
{
    const volatile char *volatile pointers[] = {constants, values, zeros};
    values[5] = zeros[5] = 1;
    uintptr_t together = (uintptr_t)pointers[0] | (uintptr_t)pointers[1] | (uintptr_t)pointers[2];
    return (int32_t)(together % WIDE) + (pointers[0][0] != 1) + (pointers[1][0] != 1) + (pointers[2][0] != 0);
}
HYPERLIGHT_WRAP_FUNCTION(misaligned, Int, 0)

void hyperlight_main(void)
{
    HYPERLIGHT_REGISTER_FUNCTION("Count", count);
    HYPERLIGHT_REGISTER_FUNCTION("Misplaced", misplaced);
    HYPERLIGHT_REGISTER_FUNCTION("Constructed", constructed);
    HYPERLIGHT_REGISTER_FUNCTION("Misaligned", misaligned);
}
