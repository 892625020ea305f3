/* System calls for threads and futexes. */
#include "calls.h"
#include <stdint.h>
#include <time.h>

enum {
    WAIT = 0, WAKE = 1, REQUEUE = 3, CMP_REQUEUE = 4, WAIT_BITSET = 9, WAKE_BITSET = 10, PRIVATE = 128, CLOCK_WALL = 256,
    PARENT_SETTID = 0x100000, CHILD_CLEARTID = 0x200000, CHILD_SETTID = 0x1000000, SETTLS = 0x80000,
    ARCH_SET_FS = 0x1002, ARCH_GET_FS = 0x1003,
};

enum { THREADS = 100, STACK = 8192 };

static char stacks[THREADS][STACK] __attribute__((aligned(16)));
static int ids[THREADS];
static int ready, gates[4];

static long futex(int *word, int operation, long value, const struct timespec *time, int *other, long third)
{
    return CALL(futex, P(word), operation, value, P(time), P(other), third);
}

static long start(int number, void (*run)(long), long argument)
{
    return spawn(
        THREAD_FLAGS | PARENT_SETTID | CHILD_CLEARTID | CHILD_SETTID, stacks[number] + STACK, &ids[number], &ids[number], run, argument);
}

static void pause_for(long milliseconds)
{
    struct timespec time = {0, milliseconds * 1000000};
    CALL(nanosleep, P(&time), 0);
}

/* Waits for the moment when all these threads have ended. */
static void join(int count)
{
    for (int i = 0; i < count; i++) {
        for (int id; (id = __atomic_load_n(&ids[i], __ATOMIC_SEQ_CST)) != 0;) {
            futex(&ids[i], WAIT, id, NULL, NULL, 0);
        }
    }
}

static void tell_ready(long argument)
{
    (void)argument;
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
}

const char *calls_of_threads(void)
{
    static int word;
    long own, self, id = CALL(gettid), mask[16] = {0};
    __asm__("movq %%fs:0, %0" : "=r"(self));
    say("id %d %d, ", id > 0, CALL(set_tid_address, P(&word)) == id);
    SHOW(sched_yield);
    SHOW(arch_prctl, ARCH_GET_FS, P(&own));
    say("own %d, ", own == self);
    SHOW(arch_prctl, ARCH_SET_FS, self);
    SHOW(arch_prctl, 99, self);
    SHOW(sched_getaffinity, 0, 4, P(mask));
    SHOW(sched_getaffinity, 0, sizeof(mask), NOWHERE);
    long size = CALL(sched_getaffinity, 0, sizeof(mask), P(mask));
    say("size %d %d, ", size >= 8 && size % 8 == 0, mask[0] != 0);
    SHOW(sched_setaffinity, 0, sizeof(mask), P(mask));
    unsigned processor = 99, node = 99;
    SHOW(getcpu, P(&processor), P(&node), 0);
    say("at %d %d, ", (mask[processor / 64] >> processor % 64 & 1) != 0, node < 99);
    SHOW(getcpu, NOWHERE, 0, 0);
    say("barriers %d, ", CALL(membarrier, 0, 0) > 0);
    SHOW(membarrier, 1 << 20, 0);

    ready = 0;
    long child = start(0, tell_ready, 0);
    join(1);
    say("child %d %d, ", child > 0 && child != id, ready);
    SHOW(clone, THREAD_FLAGS & ~0x800, P(stacks[1]));
    return said();
}

static void wait_at(long number)
{
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
    while (futex(&gates[number], WAIT | PRIVATE, 0, NULL, NULL, 0) != 0 && gates[number] == 0) {
    }
    __atomic_fetch_sub(&ready, 1, __ATOMIC_SEQ_CST);
}

static void wait_for_bits(long bits)
{
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
    futex(&gates[3], WAIT_BITSET, 0, NULL, NULL, bits);
    __atomic_fetch_sub(&ready, 1, __ATOMIC_SEQ_CST);
}

static void until_ready(int count)
{
    while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) != count) {
        CALL(sched_yield);
    }
    pause_for(30); /* until they wait */
}

const char *calls_of_futexes(void)
{
    static int word = 5;
    struct timespec moment = {0, 2000000}, bad = {0, 1000000000}, past = {1, 0};
    say("mismatch %ld, ", futex(&word, WAIT, 4, NULL, NULL, 0));
    say("timeout %ld, ", futex(&word, WAIT, 5, &moment, NULL, 0));
    say("private %ld, ", futex(&word, WAIT | PRIVATE, 5, &moment, NULL, 0));
    say("bad time %ld %ld, ", futex(&word, WAIT, 5, &bad, NULL, 0), futex(&word, WAIT, 5, (struct timespec *)NOWHERE, NULL, 0));
    say("unaligned %ld, ", futex((int *)(P(&word) + 1), WAIT, 5, NULL, NULL, 0));
    say("nowhere %ld, ", futex((int *)NOWHERE, WAIT, 5, NULL, NULL, 0));
    say("operation %ld, ", futex(&word, 77, 5, NULL, NULL, 0));
    say("past %ld %ld, ", futex(&word, WAIT_BITSET, 5, &past, NULL, -1), futex(&word, WAIT_BITSET | CLOCK_WALL, 5, &past, NULL, -1));
    say("no bits %ld %ld, ", futex(&word, WAIT_BITSET, 5, &moment, NULL, 0), futex(&word, WAKE_BITSET, 1, NULL, NULL, 0));
    say("nobody %ld %ld, ", futex(&word, WAKE, 1, NULL, NULL, 0), futex(&word, WAKE_BITSET, 1, NULL, NULL, -1));
    say("changed %ld, ", futex(&word, CMP_REQUEUE, 1, (struct timespec *)1, &gates[1], 4));

    ready = gates[0] = gates[1] = gates[2] = gates[3] = 0;
    for (int i = 0; i < 5; i++) {
        start(i, wait_at, 0);
    }
    until_ready(5);
    say("requeue %ld, ", futex(&gates[0], CMP_REQUEUE | PRIVATE, 1, (struct timespec *)2, &gates[1], 0));
    say("requeue %ld, ", futex(&gates[0], REQUEUE | PRIVATE, 1, (struct timespec *)2, &gates[1], 0));
    until_ready(3);
    say("moved %ld %ld, ", futex(&gates[0], WAKE | PRIVATE, 9, NULL, NULL, 0), futex(&gates[1], WAKE | PRIVATE, 9, NULL, NULL, 0));
    join(5);

    for (int i = 0; i < 3; i++) {
        start(i, wait_for_bits, 1 << i);
    }
    until_ready(3);
    say("bits %ld, ", futex(&gates[3], WAKE_BITSET, 9, NULL, NULL, 8));
    say("bits %ld, ", futex(&gates[3], WAKE_BITSET, 9, NULL, NULL, 2));
    say("all %ld, ", futex(&gates[3], WAKE, 9, NULL, NULL, 0));
    join(3);
    return said();
}

/* ---- Many threads that wait, wake and move each other ---- */

static void quarrel(long seed)
{
    uint32_t state = (uint32_t)seed;
    for (int i = 0; i < 8; i++) {
        state = state * 1664525 + 1013904223;
        int *one = &gates[state >> 8 & 3], *other = &gates[state >> 10 & 3];
        struct timespec soon = {0, (state >> 12) % 500000};
        switch (state >> 28 & 7) {
        case 0: futex(one, WAKE, state >> 20 & 7, NULL, NULL, 0); break;
        case 1: futex(one, REQUEUE, state >> 20 & 3, (struct timespec *)3, other, 0); break;
        case 2: CALL(sched_yield); break;
        case 3: futex(one, WAKE_BITSET, 2, NULL, NULL, 1); break;
        case 4: __atomic_fetch_add(one, 1, __ATOMIC_SEQ_CST); break;
        default: futex(one, WAIT, *one, &soon, NULL, 0); break;
        }
    }
}

const char *storm_of_threads(void)
{
    int started = 0;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < THREADS; i++) {
            started += start(i, quarrel, round * THREADS + i) > 0;
        }
        join(THREADS);
    }
    say("%d threads ended", started);
    return said();
}
