/* What the files with system calls share. */
#include "calls.h"
#include <stdarg.h>
#include <stdio.h>

static char texts[2][8192];
static int current;
static size_t length;

long call(long number, const long *arguments)
{
    register long fourth __asm__("r10") = arguments[3];
    register long fifth __asm__("r8") = arguments[4];
    register long sixth __asm__("r9") = arguments[5];
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(arguments[0]), "S"(arguments[1]), "d"(arguments[2]), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
    return result;
}

void say(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int written = vsnprintf(texts[current] + length, sizeof(texts[0]) - length, format, values);
    va_end(values);
    length += written > 0 && (size_t)written < sizeof(texts[0]) - length ? (size_t)written : 0;
}

const char *said(void)
{
    const char *text = texts[current];
    current = !current;
    length = 0;
    texts[current][0] = 0;
    return text;
}

long spawn(long flags, void *top, int *parent_id, int *child_id, void (*run)(long), long argument)
{
    long *stack = (long *)((long)top & -16L);
    *--stack = argument;
    *--stack = (long)run;
    register long fourth __asm__("r10") = (long)child_id;
    long result;
    __asm__ volatile("syscall\n\t"
                     "testq %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xorl %%ebp, %%ebp\n\t"
                     "popq %%rax\n\t"
                     "popq %%rdi\n\t"
                     "call *%%rax\n\t"
                     "xorl %%edi, %%edi\n\t"
                     "movl %[exit], %%eax\n\t"
                     "syscall\n\t"
                     "1:"
                     : "=a"(result)
                     : "a"(SYS_clone), "D"(flags), "S"(stack), "d"(parent_id), "r"(fourth), [exit] "i"(SYS_exit)
                     : "rcx", "r11", "memory");
    return result;
}
