/* System calls for clocks and random numbers. */
#include "calls.h"
#include <string.h>
#include <time.h>

enum { ABSOLUTE = 1, SECOND = 1000000000 };

static long long now(long clock)
{
    struct timespec time = {0};
    CALL(clock_gettime, clock, P(&time));
    return (long long)time.tv_sec * SECOND + time.tv_nsec;
}

static int near(long long a, long long b)
{
    return a - b < SECOND && b - a < SECOND;
}

const char *calls_of_clocks(void)
{
    struct timespec time, resolution = {9, 9}, short_time = {0, 3000000}, odd = {0, SECOND}, negative = {-1, 0};
    struct { long seconds, microseconds; } day = {0};
    long seconds = 0, clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, 2, 3, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, 6, CLOCK_BOOTTIME, 11};
    for (size_t i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
        SHOW(clock_gettime, clocks[i], P(&time));
    }
    SHOW(clock_gettime, 10, P(&time));
    SHOW(clock_gettime, 99, P(&time));
    SHOW(clock_gettime, CLOCK_REALTIME, NOWHERE);
    SHOW(clock_getres, CLOCK_MONOTONIC, P(&resolution));
    say("resolution %ld %ld, ", (long)resolution.tv_sec, resolution.tv_nsec);
    SHOW(clock_getres, CLOCK_MONOTONIC, 0);
    SHOW(clock_getres, 99, P(&resolution));
    SHOW(clock_getres, CLOCK_MONOTONIC, NOWHERE);
    SHOW(gettimeofday, P(&day), 0);
    SHOW(gettimeofday, 0, 0);
    SHOW(gettimeofday, NOWHERE, 0);
    long counted = CALL(time, P(&seconds));
    say("same %d %d %d, ", counted == seconds, near(now(CLOCK_REALTIME), (long long)day.seconds * SECOND + day.microseconds * 1000),
        near(now(CLOCK_REALTIME), (long long)seconds * SECOND + SECOND / 2) || now(CLOCK_REALTIME) / SECOND - seconds <= 1);
    SHOW(time, NOWHERE);

    long long before = now(CLOCK_MONOTONIC);
    SHOW(nanosleep, P(&short_time), 0);
    say("slept %d, ", now(CLOCK_MONOTONIC) - before >= short_time.tv_nsec);
    SHOW(nanosleep, P(&odd), 0);
    SHOW(nanosleep, P(&negative), 0);
    SHOW(nanosleep, NOWHERE, 0);
    long long until = now(CLOCK_REALTIME) + 3000000;
    time = (struct timespec){until / SECOND, until % SECOND};
    SHOW(clock_nanosleep, CLOCK_REALTIME, ABSOLUTE, P(&time), 0);
    say("late %d, ", now(CLOCK_REALTIME) >= until);
    SHOW(clock_nanosleep, CLOCK_MONOTONIC, ABSOLUTE, P(&short_time), 0);
    SHOW(clock_nanosleep, CLOCK_MONOTONIC, 0, P(&short_time), 0);
    SHOW(clock_nanosleep, 99, 0, P(&short_time), 0);
    SHOW(clock_nanosleep, CLOCK_MONOTONIC, 0, P(&odd), 0);
    SHOW(clock_nanosleep, CLOCK_MONOTONIC, 0, NOWHERE, 0);
    return said();
}

const char *calls_of_random(void)
{
    enum { NON_BLOCKING = 1, FROM_RANDOM = 2, INSECURE = 4 };
    char one[300] = {0}, other[300] = {0};
    SHOW(getrandom, P(one), sizeof(one), 0);
    SHOW(getrandom, P(other), sizeof(other), NON_BLOCKING);
    say("differ %d, ", memcmp(one, other, sizeof(one)) != 0 && memcmp(one, one + 100, 100) != 0);
    SHOW(getrandom, P(one), 0, 0);
    SHOW(getrandom, P(one), 16, INSECURE);
    SHOW(getrandom, P(one), 16, 64);
    SHOW(getrandom, P(one), 16, FROM_RANDOM | INSECURE);
    SHOW(getrandom, NOWHERE, 16, 0);
    return said();
}
