/* Storms of system calls that no program makes. Only a guest may run them. */
#include "calls.h"
#include <stdint.h>
#include <string.h>

enum { NUMBERS = 1024, ARENA = 1 << 16 };

static uint64_t state;
static char arena[ARENA] __attribute__((aligned(4096)));

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* A number of the kind that system calls take: small, an address, or anything. */
static long argument(int careful)
{
    uint64_t number = next();
    switch (number >> 60 & 7) {
    case 0:
    case 1: return (long)(number & 15);
    case 2: return (long)(number & 0xFFFF);
    case 3: return P(arena) + (long)(number & (ARENA - 1));
    case 4: return P(arena) + (long)(number & (ARENA - 4096) & ~7ul);
    case 5: return careful ? -1 : P(&state) & (long)~(number & 4095);
    case 6: return (careful ? 0x200000000000L : 0x100000000000L) + (long)(number & 0xFFFFFFF000L);
    default: return (long)number;
    }
}

/* Calls that end the guest, wait for ever, or take memory away that the program itself uses. */
static int is_rash(long number)
{
    static const short rash[] = {
        SYS_read, SYS_readv, SYS_poll, SYS_mprotect, SYS_munmap, SYS_madvise, SYS_mmap, SYS_rt_sigaction, SYS_rt_sigreturn,
        SYS_nanosleep, SYS_clock_nanosleep, SYS_clone, SYS_exit, SYS_exit_group, SYS_kill, SYS_tkill, SYS_tgkill, SYS_arch_prctl,
        SYS_futex, SYS_set_tid_address, SYS_dup2, SYS_dup3, SYS_close, SYS_write, SYS_writev,
    };
    for (size_t i = 0; i < sizeof(rash) / sizeof(*rash); i++) {
        if (rash[i] == number) {
            return 1;
        }
    }
    return 0;
}

static const char *storm(int seed, int calls, int careful)
{
    static int made;
    state = 0x9E3779B97F4A7C15u + (uint64_t)seed * 0x100000001B3u;
    for (made = 0; made < calls; made++) {
        long number = careful ? made % NUMBERS : (long)(next() % NUMBERS);
        long arguments[6];
        for (int j = 0; j < 6; j++) {
            arguments[j] = argument(careful);
        }
        if (!careful || !is_rash(number)) {
            call(number, arguments);
        }
    }
    say("%d calls", made);
    return said();
}

/* Every number with arguments at random. Whatever happens to this guest may happen. */
const char *storm_of_calls(int seed)
{
    return storm(seed, 20000, 0);
}

/* All calls that leave the program alone: it must survive them. */
const char *storm_of_careful_calls(int seed)
{
    return storm(seed, 4 * NUMBERS, 1);
}

/* Changes any memory of the guest, the image and the stacks too. */
const char *storm_of_changes(int seed)
{
    static const short numbers[] = {SYS_mprotect, SYS_munmap, SYS_mmap, SYS_madvise, SYS_mremap};
    state = 0x9E3779B97F4A7C15u + (uint64_t)seed;
    long bases[] = {0x100000000000L, P(arena), P(&storm) & -0x10000L, P(__builtin_frame_address(0)) & -0x10000L, 0x500000000000L};
    for (int i = 0; i < 5000; i++) {
        long address = bases[next() % 5] + (long)(next() % 64) * 4096, size = (long)(next() % 32) * 4096;
        call(numbers[next() % 5], (const long[6]){address, size, (long)(next() & 7), 0x22 | (long)(next() & 0x10), -1, 0});
    }
    return "went on";
}

static void breed(long depth)
{
    static char stacks[64][4096] __attribute__((aligned(16)));
    static unsigned number;
    for (;;) {
        spawn(THREAD_FLAGS, stacks[number++ % 64] + 4096, NULL, NULL, breed, depth + 1);
        CALL(sched_yield);
    }
}

/* Threads that start threads without an end. */
const char *bomb(void)
{
    breed(0);
    return "went on";
}
