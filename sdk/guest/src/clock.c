/* The clocks: the host tells the time once, and the processor's counter goes on from there. */
#include "internal.h"

#define SECOND 1000000000u /* nanoseconds */

typedef struct Answer {
    int64_t wall, monotonic; /* nanoseconds */
    uint64_t frequency;      /* ticks in a second; 0: unknown */
} Answer;

/* An i686 program has no division of 64-bit numbers without the compiler's library. */
static uint64_t divide(uint64_t number, uint64_t by, uint64_t *rest)
{
#if defined(__x86_64__)
    *rest = number % by;
    return number / by;
#else
    uint64_t result = 0;
    *rest = 0;
    for (int bit = 63; bit >= 0; bit--) {
        *rest = *rest << 1 | (number >> bit & 1);
        result <<= 1;
        if (*rest >= by) {
            *rest -= by;
            result |= 1;
        }
    }
    return result;
#endif
}

static uint64_t nanoseconds(uint64_t ticks, uint64_t frequency)
{
    uint64_t rest;
    uint64_t seconds = divide(ticks, frequency, &rest);
    return seconds * SECOND + divide(rest * SECOND, frequency, &rest);
}

static void cpuid(uint32_t leaf, uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    __asm__ volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d) : "a"(leaf), "c"(0));
}

/* The frequency of the counter as the processor tells it; 1 GHz if it does not. */
static uint64_t frequency_of_processor(void)
{
    uint32_t last, a, b, c, d;
    cpuid(0, &last, &b, &c, &d);
    if (last >= 0x15) {
        cpuid(0x15, &a, &b, &c, &d); /* the counter has b ticks in a ticks of a crystal with c Hz */
        if (a != 0 && b != 0 && c != 0) {
            uint64_t rest;
            return divide((uint64_t)c * b, a, &rest);
        }
    }
    if (last >= 0x16) {
        cpuid(0x16, &a, &b, &c, &d);
        if ((a & 0xFFFF) != 0) {
            return (uint64_t)(a & 0xFFFF) * 1000000;
        }
    }
    return SECOND;
}

int64_t hl_clock(hl_Clock clock)
{
    if (hl_kept->clock_frequency == 0) {
        hl_FunctionCall call = {.function_name = "HyperlightClock", .return_type = hl_ReturnType_VecBytes};
        Answer answer = {0};
        uint64_t before = __builtin_ia32_rdtsc();
        bool answered = hl_ask_host(&call, &answer, sizeof(answer));
        uint64_t after = __builtin_ia32_rdtsc();
        if (answered && answer.frequency == 0) {
            return clock == hl_Clock_Wall ? answer.wall : answer.monotonic; /* without a frequency the host is asked every time */
        }
        static bool said;
        if (!answered && !said) {
            said = true;
            LOG(hl_Level_Warn, "The host has no function HyperlightClock: the wall clock starts in 1970");
        }
        hl_kept->clock_ticks = answered ? before + (after - before) / 2 : 0;
        hl_kept->clock_wall = (uint64_t)answer.wall;
        hl_kept->clock_monotonic = (uint64_t)answer.monotonic;
        hl_kept->clock_frequency = answered ? answer.frequency : frequency_of_processor();
    }
    int64_t passed = (int64_t)nanoseconds(__builtin_ia32_rdtsc() - hl_kept->clock_ticks, hl_kept->clock_frequency);
    return passed + (int64_t)(clock == hl_Clock_Wall ? hl_kept->clock_wall : hl_kept->clock_monotonic);
}
