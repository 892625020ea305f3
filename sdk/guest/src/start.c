/* The part of the guest's start that is the same on all architectures. It follows the start of the architecture. */
#include "internal.h"

const hl_Peb *hl_peb;
static uint64_t random_seed;

/* The constructors, in the order in which they run. If the linker script does not collect them, there are none. */
typedef void Constructor(void);
extern Constructor *const __init_array_start[] __attribute__((weak, visibility("hidden")));
extern Constructor *const __init_array_end[] __attribute__((weak, visibility("hidden")));

static void run_constructors(void)
{
    for (Constructor *const *next = __init_array_start; next < __init_array_end; next++) {
        (*next)();
    }
}

__attribute__((weak)) void hl_run_program(void)
{
    run_constructors();
    hyperlight_main();
}

void hl_start(const hl_Peb *peb, uint64_t seed, uint32_t max_log_level)
{
    hl_peb = peb;
    random_seed = seed;
    hl_log_start(max_log_level);
    hl_heap_start((uintptr_t)peb->heap.address, (size_t)peb->heap.size);
    hl_run_program();
    hl_abort_on_error();
    hl_host_reply_release();
    hl_heap_open_front();
}

hl_Vec hl_init_data(void)
{
    uintptr_t size = (uintptr_t)hl_peb->init_data.size;
    return (hl_Vec){.data = size != 0 ? (uint8_t *)(uintptr_t)hl_peb->init_data.address : NULL, .len = size};
}

uint64_t hl_random_seed(void)
{
    return random_seed;
}

uint64_t hl_scratch_word(uint32_t offset)
{
    return *(const volatile uint64_t *)(HL_SCRATCH_END - offset);
}
