/* System calls for signals. */
#include "calls.h"

enum { USER = 10, KILL = 9, IGNORED = 12, ON_STACK = 0x08000000, RESTORER = 0x04000000, RESET = (int)0x80000000, INFO = 4 };
enum { BLOCK = 0, UNBLOCK = 1, SET = 2, SS_DISABLE = 2 };

typedef struct Action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
} Action;

typedef struct Stack {
    void *start;
    long flags, size;
} Stack;

static volatile int count, last, on_stack;
static volatile long changed;
static char stack[65536];

void calls_restorer(void);
__asm__(".text\n.globl calls_restorer\n.type calls_restorer, @function\ncalls_restorer: movl $15, %eax\nsyscall\n"); /* SYS_rt_sigreturn */

static void handler(int signal)
{
    Stack other = {stack, 0, sizeof(stack)}, old = {0};
    char here;
    count++;
    last = signal;
    on_stack = &here >= stack && &here < stack + sizeof(stack);
    changed = CALL(sigaltstack, P(&other), P(&old)) * 10 + old.flags;
}

static void caught(const char *what)
{
    say("%s %d %d, ", what, count, last);
    count = last = 0;
}

const char *calls_of_signals(void)
{
    long process = CALL(getpid), thread = CALL(gettid), user = 1L << (USER - 1), mask = 0, old = 0;
    Action action = {handler, RESTORER, calls_restorer, 0}, ignore = {(void (*)(int))1, RESTORER, calls_restorer, 0}, before = {0};
    SHOW(rt_sigaction, USER, P(&action), 0, 8);
    SHOW(rt_sigaction, USER, 0, P(&before), 8);
    say("before %d, ", before.handler == handler && before.restorer == calls_restorer);
    SHOW(rt_sigaction, USER, 0, 0, 4);
    SHOW(rt_sigaction, 0, 0, 0, 8);
    SHOW(rt_sigaction, 65, 0, 0, 8);
    SHOW(rt_sigaction, KILL, P(&action), 0, 8);
    SHOW(rt_sigaction, USER, NOWHERE, 0, 8);
    SHOW(rt_sigaction, USER, 0, NOWHERE, 8);

    SHOW(kill, process, USER);
    caught("kill");
    SHOW(tkill, thread, USER);
    caught("tkill");
    SHOW(tgkill, process, thread, USER);
    caught("tgkill");
    SHOW(kill, process, 0);
    SHOW(kill, process, 65);
    SHOW(kill, 0x3FFFFFFF, USER);
    SHOW(tkill, 0x3FFFFFFF, USER);
    SHOW(tkill, -1, USER);
    SHOW(tkill, thread, 65);
    SHOW(tgkill, process, 0x3FFFFFFF, USER);
    SHOW(tgkill, 0x3FFFFFFF, thread, USER);
    SHOW(tgkill, process, 0, USER);
    SHOW(rt_sigaction, IGNORED, P(&ignore), 0, 8);
    SHOW(tkill, thread, IGNORED);
    caught("ignored");

    SHOW(rt_sigprocmask, BLOCK, P(&user), P(&old), 8);
    SHOW(tkill, thread, USER);
    SHOW(tkill, thread, USER);
    caught("blocked");
    SHOW(rt_sigpending, P(&mask), 8);
    SHOW(rt_sigprocmask, BLOCK, 0, P(&old), 8);
    say("pending %d %d, ", mask == user, (old & user) != 0);
    SHOW(rt_sigprocmask, UNBLOCK, P(&user), 0, 8);
    caught("delivered");
    SHOW(rt_sigprocmask, SET, P(&old), 0, 8);
    SHOW(rt_sigprocmask, UNBLOCK, P(&user), 0, 8);
    SHOW(rt_sigprocmask, 77, P(&user), 0, 8);
    SHOW(rt_sigprocmask, BLOCK, P(&user), 0, 4);
    SHOW(rt_sigprocmask, BLOCK, NOWHERE, 0, 8);
    SHOW(rt_sigprocmask, BLOCK, 0, NOWHERE, 8);
    SHOW(rt_sigpending, NOWHERE, 8);
    SHOW(rt_sigpending, P(&mask), 9);

    Stack none = {0, SS_DISABLE, 0}, small = {stack, 0, 100}, good = {stack, 0, sizeof(stack)}, odd = {stack, 64, sizeof(stack)}, got = {0};
    SHOW(sigaltstack, P(&none), 0);
    SHOW(sigaltstack, P(&small), 0);
    SHOW(sigaltstack, P(&odd), 0);
    SHOW(sigaltstack, NOWHERE, 0);
    SHOW(sigaltstack, 0, NOWHERE);
    SHOW(sigaltstack, P(&good), P(&got));
    say("disabled %d, ", got.flags == SS_DISABLE);
    action.flags |= ON_STACK | (unsigned long)(unsigned)RESET;
    SHOW(rt_sigaction, USER, P(&action), 0, 8);
    SHOW(tkill, thread, USER);
    caught("on a stack");
    say("there %d %ld, ", on_stack, changed);
    SHOW(rt_sigaction, USER, P(&ignore), P(&before), 8);
    say("reset %d, ", before.handler == NULL);
    SHOW(sigaltstack, P(&none), P(&got));
    say("size %d, ", got.start == stack && got.size == sizeof(stack) && got.flags == 0);
    return said();
}
