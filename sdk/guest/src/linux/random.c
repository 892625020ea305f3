/* Random numbers, from the generator of the kit. */
#include "linux.h"

int64_t hl_linux_getrandom(Registers *r)
{
    enum { GRND_RANDOM = 2, GRND_INSECURE = 4, GRND_ALL = 7 };
    if ((r->rdx & ~(uint64_t)GRND_ALL) != 0 || (r->rdx & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE)) {
        return -EINVAL;
    }
    if (!hl_linux_can_access(r->rdi, r->rsi, true)) {
        return -EFAULT;
    }
    hl_random((void *)r->rdi, r->rsi);
    return (int64_t)r->rsi;
}
