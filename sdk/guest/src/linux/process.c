/* The process, its limits and its machine. */
#include "linux.h"
#include "../amd64/pages.h"

#define PROCESS 1

int64_t hl_linux_do_nothing(Registers *r)
{
    (void)r;
    return 0;
}

int64_t hl_linux_getpid(Registers *r)
{
    (void)r;
    return PROCESS;
}

int64_t hl_linux_getuid(Registers *r)
{
    (void)r;
    return 0;
}

_Noreturn void hl_linux_exit(int32_t code)
{
    enum { END_OF_ABORT = 0xFF };
    hl_linux_output_flush();
    hl_Text text;
    hl_text_start(&text);
    hl_text_add(&text, "exit(");
    if (code < 0) {
        hl_text_add(&text, "-");
    }
    hl_text_add_decimal(&text, code < 0 ? 0 - (uint32_t)code : (uint32_t)code);
    hl_text_add(&text, ")");
    int32_t low = code & 0xFF;
    hl_abort_at(HL_NO_PLACE, low == END_OF_ABORT ? END_OF_ABORT - 1 : low, text.chars);
}

int64_t hl_linux_exit_group(Registers *r)
{
    hl_linux_exit((int32_t)r->rdi);
}

int64_t hl_linux_uname(Registers *r)
{
    enum { FIELD = 65 };
    static const char fields[6][FIELD] = {"Linux", "hyperlight", "5.10.0", "", "x86_64", ""};
    if (!hl_linux_can_access(r->rdi, sizeof(fields), true)) {
        return -EFAULT;
    }
    memcpy((void *)r->rdi, fields, sizeof(fields));
    return 0;
}

int64_t hl_linux_sysinfo(Registers *r)
{
    typedef struct {
        int64_t uptime;
        uint64_t loads[3], total_memory, free_memory, shared_memory, buffers, total_swap, free_swap;
        uint16_t processes, padding;
        uint64_t total_high, free_high;
        uint32_t unit;
    } Info;
    if (!hl_linux_can_access(r->rdi, sizeof(Info), true)) {
        return -EFAULT;
    }
    *(Info *)r->rdi = (Info){
        .uptime = hl_clock(hl_Clock_Monotonic) / 1000000000,
        .total_memory = hl_scratch_word(8), .free_memory = hl_pages_left() * HL_PAGE_SIZE, .processes = 1, .unit = 1,
    };
    return 0;
}

static int64_t get_limit(uint64_t resource, uint64_t to)
{
    enum { RLIMIT_STACK = 3, RLIMIT_NOFILE = 7, RLIMITS = 16 };
    if (resource >= RLIMITS) {
        return -EINVAL;
    }
    if (!hl_linux_can_access(to, 16, true)) {
        return -EFAULT;
    }
    uint64_t limit = resource == RLIMIT_STACK ? HL_STACK_TOP - hl_stack_limit : resource == RLIMIT_NOFILE ? 64 : UINT64_MAX;
    ((uint64_t *)to)[0] = ((uint64_t *)to)[1] = limit;
    return 0;
}

int64_t hl_linux_getrlimit(Registers *r)
{
    return get_limit(r->rdi, r->rsi);
}

int64_t hl_linux_prlimit(Registers *r)
{
    if (r->rdi != 0 && r->rdi != PROCESS) {
        return -ESRCH;
    }
    if (r->rdx != 0) {
        return -EPERM;
    }
    return r->r10 != 0 ? get_limit(r->rsi, r->r10) : 0;
}

int64_t hl_linux_getrusage(Registers *r)
{
    enum { USAGE_BYTES = 144, RUSAGE_CHILDREN = -1, RUSAGE_THREAD = 1 };
    if ((int32_t)r->rdi < RUSAGE_CHILDREN || (int32_t)r->rdi > RUSAGE_THREAD) {
        return -EINVAL;
    }
    if (!hl_linux_can_access(r->rsi, USAGE_BYTES, true)) {
        return -EFAULT;
    }
    memset((void *)r->rsi, 0, USAGE_BYTES);
    int64_t time = hl_clock(hl_Clock_Monotonic);
    ((int64_t *)r->rsi)[0] = time / 1000000000;
    ((int64_t *)r->rsi)[1] = time / 1000 % 1000000;
    return 0;
}

int64_t hl_linux_getcpu(Registers *r)
{
    for (int i = 0; i < 2; i++) {
        uint64_t to = i == 0 ? r->rdi : r->rsi;
        if (to != 0 && !hl_linux_can_access(to, 4, true)) {
            return -EFAULT;
        }
        if (to != 0) {
            *(uint32_t *)to = 0;
        }
    }
    return 0;
}

int64_t hl_linux_membarrier(Registers *r)
{
    enum { QUERY = 0, ALL_COMMANDS = 0x1F };
    return r->rdi == QUERY ? ALL_COMMANDS : (r->rdi & ~(uint64_t)ALL_COMMANDS) == 0 ? 0 : -EINVAL; /* there is one processor */
}

int64_t hl_linux_prctl(Registers *r)
{
    enum { PR_SET_NAME = 15, PR_SET_VMA = 0x53564D41 };
    return r->rdi == PR_SET_NAME || r->rdi == PR_SET_VMA ? 0 : -EINVAL;
}
