/* What programs for glibc ask of the C library and musl does not have, or cannot know in a guest. */
#include "linux.h"

/* The attributes of a thread, as musl lays them out. */
typedef struct Attributes {
    uint64_t stack_size, guard_size, stack_top, rest[4];
} Attributes;

/* musl looks for the end of the main stack by system calls that a guest does not have. A pthread_t is the thread pointer. */
int pthread_getattr_np(uint64_t thread, Attributes *attributes)
{
    const Thread *found = hl_linux_self;
    for (int32_t id = 1; id <= THREADS; id++) {
        const Thread *other = hl_linux_thread(id);
        found = other != NULL && other->thread_pointer == thread ? other : found;
    }
    memset(attributes, 0, sizeof(*attributes));
    attributes->stack_size = found->stack_high - found->stack_low;
    attributes->guard_size = HL_PAGE_SIZE;
    attributes->stack_top = found->stack_high;
    return 0;
}

void *__sched_cpualloc(size_t processors)
{
    return calloc((processors + 63) / 64, sizeof(uint64_t));
}

void __sched_cpufree(void *set)
{
    free(set);
}

void *__dso_handle;
