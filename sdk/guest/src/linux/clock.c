/* Time, from the clocks of the kit. */
#include "linux.h"

#define SECOND 1000000000

enum { CLOCK_REALTIME = 0, CLOCK_REALTIME_COARSE = 5, CLOCK_WITHOUT_NAME = 10, CLOCK_TAI = 11 };

static bool is_clock(uint64_t clock)
{
    return clock <= CLOCK_TAI && clock != CLOCK_WITHOUT_NAME;
}

static bool is_wall(uint64_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

static bool is_time(const TimeSpec *time)
{
    return time->seconds >= 0 && (uint64_t)time->nanoseconds < SECOND;
}

int64_t hl_linux_deadline(const TimeSpec *time, bool relative, bool wall)
{
    int64_t seconds = time->seconds < INT64_MAX / SECOND / 4 ? time->seconds : INT64_MAX / SECOND / 4; /* 73 years */
    int64_t moment = seconds * SECOND + time->nanoseconds;
    int64_t now = hl_clock(hl_Clock_Monotonic);
    if (relative) {
        moment += now;
    } else if (wall) {
        moment += now - hl_clock(hl_Clock_Wall);
    }
    return moment > 0 ? moment : 1; /* 0 would be no deadline */
}

static TimeSpec now(uint64_t clock)
{
    int64_t moment = hl_clock(is_wall(clock) ? hl_Clock_Wall : hl_Clock_Monotonic);
    return (TimeSpec){moment / SECOND, moment % SECOND};
}

int64_t hl_linux_clock_gettime(Registers *r)
{
    if (!is_clock(r->rdi)) {
        return -EINVAL;
    }
    if (!hl_linux_can_access(r->rsi, sizeof(TimeSpec), true)) {
        return -EFAULT;
    }
    *(TimeSpec *)r->rsi = now(r->rdi);
    return 0;
}

int64_t hl_linux_clock_getres(Registers *r)
{
    if (!is_clock(r->rdi)) {
        return -EINVAL;
    }
    if (r->rsi != 0) {
        if (!hl_linux_can_access(r->rsi, sizeof(TimeSpec), true)) {
            return -EFAULT;
        }
        *(TimeSpec *)r->rsi = (TimeSpec){0, 1};
    }
    return 0;
}

int64_t hl_linux_gettimeofday(Registers *r)
{
    if (r->rdi != 0) {
        if (!hl_linux_can_access(r->rdi, sizeof(TimeSpec), true)) {
            return -EFAULT;
        }
        TimeSpec time = now(CLOCK_REALTIME);
        *(TimeSpec *)r->rdi = (TimeSpec){time.seconds, time.nanoseconds / 1000};
    }
    return 0;
}

int64_t hl_linux_time(Registers *r)
{
    int64_t seconds = now(CLOCK_REALTIME).seconds;
    if (r->rdi != 0) {
        if (!hl_linux_can_access(r->rdi, sizeof(seconds), true)) {
            return -EFAULT;
        }
        *(int64_t *)r->rdi = seconds;
    }
    return seconds;
}

/* Nothing interrupts a sleep, so that no time is ever left. */
static int64_t sleep_until(uint64_t request, bool relative, bool wall)
{
    const TimeSpec *time = (const TimeSpec *)request;
    if (!hl_linux_can_access(request, sizeof(*time), false)) {
        return -EFAULT;
    }
    if (!is_time(time)) {
        return -EINVAL;
    }
    hl_linux_wait(NULL, 0, hl_linux_deadline(time, relative, wall));
    return 0;
}

int64_t hl_linux_nanosleep(Registers *r)
{
    return sleep_until(r->rdi, true, false);
}

int64_t hl_linux_clock_nanosleep(Registers *r)
{
    enum { TIMER_ABSTIME = 1 };
    if (!is_clock(r->rdi)) {
        return -EINVAL;
    }
    return sleep_until(r->rdx, (r->rsi & TIMER_ABSTIME) == 0, is_wall(r->rdi));
}
