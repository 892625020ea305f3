/* System calls without the C library in between. The same functions run inside a guest and on Linux, and tests compare their texts. */
#ifndef CALLS_H
#define CALLS_H

#include <stddef.h>
#include <sys/syscall.h>

/* Makes a system call; returns its result, or an error number below 0. */
#define CALL(name, ...) call(SYS_##name, (const long[6]){__VA_ARGS__})

/* Makes a system call and adds its name and result to the text. */
#define SHOW(name, ...) say(#name " %ld, ", CALL(name, __VA_ARGS__))

#define P(pointer) ((long)(pointer))
#define NOWHERE 0x0000600000000000L /* an address that is not mapped */

long call(long number, const long *arguments);

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Returns the text and begins a new one. */
const char *said(void);

/* Starts a thread without thread-local variables of its own: it must not use the C library. `top` is the end of its stack. */
long spawn(long flags, void *top, int *parent_id, int *child_id, void (*run)(long), long argument);

enum { THREAD_FLAGS = 0x10F00 }; /* memory, files, signals and so on are shared */

/* The functions that make the same calls in a guest and on Linux, with the same results. */
#define SAME_AS_LINUX(each)                                                                                          \
    each(calls_of_memory) each(calls_of_threads) each(calls_of_futexes) each(calls_of_signals) each(calls_of_clocks) \
    each(calls_of_random) each(calls_of_files) each(calls_of_pipes) each(calls_of_process) each(storm_of_memory)     \
    each(storm_of_threads)
#define DECLARE(name) const char *name(void);

SAME_AS_LINUX(DECLARE)

#endif
