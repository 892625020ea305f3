/* Uses what linkers give to programs, and prints what it finds. The lines do not depend on the linker. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "other.h"

static __thread int own = 5;
static __thread int own_zeros[3];
static int order[8], constructors;

__attribute__((constructor(300))) static void third(void) { order[constructors++] = 300; }
__attribute__((constructor)) static void last(void) { order[constructors++] = 0; }
__attribute__((constructor(101))) static void first(void) { order[constructors++] = 101; }

__attribute__((section("table"), used)) static const int rows[] = {1, 2, 3};
extern const int __start_table[], __stop_table[];

__attribute__((weak)) int open_symbol(int value);
__attribute__((weak)) int overridden(void) { return 1; }
int shared_zeros[4];

/* Nothing calls this function, so that the symbol need not be there. */
extern int missing(void);
__attribute__((section(".text.unused"))) int unused_function(void) { return missing(); }

static int add(int value) { return value + 1; }
static int twice(int value) { return value * 2; }
static int (*const functions[])(int) = {add, twice, external_function};
int (*pointer_to_external)(int) = external_function;
const char *const words[] = {"night", "midnight", "right"};

static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

__attribute__((noinline)) static const char *name(int value)
{
    switch (value) {
    case 0: return "zero";
    case 1: return "one";
    case 2: return "two";
    case 3: return "three";
    case 4: return "four";
    case 5: return "five";
    default: return "many";
    }
}

static void *thread(void *argument)
{
    own += (int)(intptr_t)argument;
    own_zeros[1]++;
    external_own += 2;
    *address_of_aligned() += 1;
    return (void *)(intptr_t)(own * 1000000 + own_zeros[1] * 10000 + external_own * 100 + *address_of_aligned());
}

int main(void)
{
    printf("constructors");
    for (int i = 0; i < constructors; i++) {
        printf(" %d", order[i]);
    }
    int sum = 0;
    for (const int *row = __start_table; row < __stop_table; row++) {
        sum += *row;
    }
    printf("\ntable %d\nweak %d %d\n", sum, open_symbol != NULL, overridden());
    shared_zeros[2] = 7;
    printf("common %d %d\n", read_shared(2), (int)((uintptr_t)shared_zeros % 16));
    printf("functions %d %d %d %d\n", functions[0](1), functions[1](4), functions[2](3), pointer_to_external(4));
    printf("words %s %s %s %s\n", words[0], words[1], words[2], other_word());
    printf("switch %s %s %s\n", name(0), name(5), name(9));

    pthread_t threads[3];
    for (intptr_t i = 0; i < 3; i++) {
        pthread_create(&threads[i], NULL, thread, (void *)i);
    }
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(threads[i], &result);
        printf("thread %d\n", (int)(intptr_t)result);
    }
    printf("own %d %d %d %d %d\n", own, own_zeros[1], external_own, *address_of_aligned(), (int)((uintptr_t)address_of_aligned() % 64));

    int numbers[] = {3, 1, 2};
    qsort(numbers, 3, sizeof(int), by_value);
    printf("library %d%d%d %.3f %s\n", numbers[0], numbers[1], numbers[2], strtod("2.5", NULL) * 3, getenv("LINKED") ? "set" : "unset");
    return 3;
}
