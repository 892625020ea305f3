/* Futexes. */
#include "linux.h"

enum {
    FUTEX_WAIT = 0, FUTEX_WAKE = 1, FUTEX_REQUEUE = 3, FUTEX_CMP_REQUEUE = 4, FUTEX_WAKE_OP = 5, FUTEX_WAIT_BITSET = 9,
    FUTEX_WAKE_BITSET = 10, FUTEX_PRIVATE = 128, FUTEX_CLOCK_REALTIME = 256,
};

static int64_t wait(const Registers *r, const uint32_t *word, uint32_t bits, bool relative)
{
    const TimeSpec *time = (const TimeSpec *)r->r10;
    if (time != NULL && !hl_linux_can_access(r->r10, sizeof(*time), false)) {
        return -EFAULT;
    }
    if (bits == 0 || (time != NULL && (time->seconds < 0 || (uint64_t)time->nanoseconds > 999999999))) {
        return -EINVAL;
    }
    if (*word != (uint32_t)r->rdx) {
        return -EAGAIN;
    }
    return hl_linux_wait(word, bits, time != NULL ? hl_linux_deadline(time, relative, (r->rsi & FUTEX_CLOCK_REALTIME) != 0) : 0);
}

int64_t hl_linux_futex(Registers *r)
{
    const uint32_t *word = (const uint32_t *)r->rdi;
    uint32_t count = (uint32_t)r->rdx;
    if (r->rdi % 4 != 0) {
        return -EINVAL;
    }
    if (!hl_linux_can_access(r->rdi, 4, false)) {
        return -EFAULT;
    }
    switch (r->rsi & ~(uint64_t)(FUTEX_PRIVATE | FUTEX_CLOCK_REALTIME)) {
    case FUTEX_WAIT: return wait(r, word, ~0u, true);
    case FUTEX_WAIT_BITSET: return wait(r, word, (uint32_t)r->r9, false);
    case FUTEX_WAKE: return hl_linux_wake(word, ~0u, count);
    case FUTEX_WAKE_BITSET: return (uint32_t)r->r9 != 0 ? hl_linux_wake(word, (uint32_t)r->r9, count) : -EINVAL;
    case FUTEX_CMP_REQUEUE:
        if (*word != (uint32_t)r->r9) {
            return -EAGAIN;
        }
        return hl_linux_requeue(word, (const uint32_t *)r->r8, count, (uint32_t)r->r10);
    case FUTEX_REQUEUE: return hl_linux_requeue(word, (const uint32_t *)r->r8, count, (uint32_t)r->r10);
    default: return -ENOSYS;
    }
}
