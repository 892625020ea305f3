/* The table of system calls. What it does not have fails with ENOSYS, and the guest's log names it once. */
#include "linux.h"

#define NUMBERS 512u

typedef struct Entry {
    uint16_t number;
    SystemCall *handler; /* NULL: only the name is known */
    const char *name;
} Entry;

/* In the order of the numbers. */
static const Entry entries[] = {
    {0, hl_linux_read, "read"},
    {1, hl_linux_write, "write"},
    {2, hl_linux_open, "open"},
    {3, hl_linux_close, "close"},
    {4, hl_linux_no_file, "stat"},
    {5, hl_linux_fstat, "fstat"},
    {6, hl_linux_no_file, "lstat"},
    {7, hl_linux_poll, "poll"},
    {8, hl_linux_lseek, "lseek"},
    {9, hl_linux_mmap, "mmap"},
    {10, hl_linux_mprotect, "mprotect"},
    {11, hl_linux_munmap, "munmap"},
    {12, hl_linux_brk, "brk"},
    {13, hl_linux_sigaction, "rt_sigaction"},
    {14, hl_linux_sigprocmask, "rt_sigprocmask"},
    {15, hl_linux_sigreturn, "rt_sigreturn"},
    {16, hl_linux_ioctl, "ioctl"},
    {17, NULL, "pread64"},
    {18, NULL, "pwrite64"},
    {19, hl_linux_readv, "readv"},
    {20, hl_linux_writev, "writev"},
    {21, hl_linux_no_file, "access"},
    {22, hl_linux_pipe, "pipe"},
    {23, NULL, "select"},
    {24, hl_linux_sched_yield, "sched_yield"},
    {25, hl_linux_mremap, "mremap"},
    {26, hl_linux_do_nothing, "msync"},
    {27, NULL, "mincore"},
    {28, hl_linux_madvise, "madvise"},
    {32, hl_linux_dup, "dup"},
    {33, hl_linux_dup2, "dup2"},
    {34, NULL, "pause"},
    {35, hl_linux_nanosleep, "nanosleep"},
    {38, NULL, "setitimer"},
    {39, hl_linux_getpid, "getpid"},
    {41, NULL, "socket"},
    {42, NULL, "connect"},
    {53, NULL, "socketpair"},
    {56, hl_linux_clone, "clone"},
    {57, NULL, "fork"},
    {58, NULL, "vfork"},
    {59, NULL, "execve"},
    {60, hl_linux_thread_exit, "exit"},
    {61, NULL, "wait4"},
    {62, hl_linux_kill, "kill"},
    {63, hl_linux_uname, "uname"},
    {72, hl_linux_fcntl, "fcntl"},
    {74, hl_linux_sync, "fsync"},
    {79, hl_linux_getcwd, "getcwd"},
    {82, hl_linux_no_file, "rename"},
    {83, NULL, "mkdir"},
    {87, hl_linux_no_file, "unlink"},
    {89, hl_linux_no_file, "readlink"},
    {96, hl_linux_gettimeofday, "gettimeofday"},
    {97, hl_linux_getrlimit, "getrlimit"},
    {98, hl_linux_getrusage, "getrusage"},
    {99, hl_linux_sysinfo, "sysinfo"},
    {102, hl_linux_getuid, "getuid"},
    {104, hl_linux_getuid, "getgid"},
    {107, hl_linux_getuid, "geteuid"},
    {108, hl_linux_getuid, "getegid"},
    {110, hl_linux_getuid, "getppid"},
    {115, hl_linux_getuid, "getgroups"},
    {127, hl_linux_sigpending, "rt_sigpending"},
    {130, NULL, "rt_sigsuspend"},
    {131, hl_linux_sigaltstack, "sigaltstack"},
    {137, hl_linux_no_file, "statfs"},
    {138, NULL, "fstatfs"},
    {149, hl_linux_do_nothing, "mlock"},
    {150, hl_linux_do_nothing, "munlock"},
    {157, hl_linux_prctl, "prctl"},
    {158, hl_linux_arch_prctl, "arch_prctl"},
    {186, hl_linux_gettid, "gettid"},
    {200, hl_linux_tkill, "tkill"},
    {201, hl_linux_time, "time"},
    {202, hl_linux_futex, "futex"},
    {203, hl_linux_do_nothing, "sched_setaffinity"},
    {204, hl_linux_getaffinity, "sched_getaffinity"},
    {213, NULL, "epoll_create"},
    {217, NULL, "getdents64"},
    {218, hl_linux_set_tid_address, "set_tid_address"},
    {228, hl_linux_clock_gettime, "clock_gettime"},
    {229, hl_linux_clock_getres, "clock_getres"},
    {230, hl_linux_clock_nanosleep, "clock_nanosleep"},
    {231, hl_linux_exit_group, "exit_group"},
    {234, hl_linux_tgkill, "tgkill"},
    {237, NULL, "mbind"},
    {239, NULL, "get_mempolicy"},
    {257, hl_linux_openat, "openat"},
    {262, hl_linux_no_file, "newfstatat"},
    {263, hl_linux_no_file, "unlinkat"},
    {267, hl_linux_no_file, "readlinkat"},
    {269, hl_linux_no_file, "faccessat"},
    {273, NULL, "set_robust_list"},
    {292, hl_linux_dup2, "dup3"},
    {293, hl_linux_pipe, "pipe2"},
    {302, hl_linux_prlimit, "prlimit64"},
    {309, hl_linux_getcpu, "getcpu"},
    {318, hl_linux_getrandom, "getrandom"},
    {324, hl_linux_membarrier, "membarrier"},
    {325, hl_linux_do_nothing, "mlock2"},
    {332, NULL, "statx"},
    {334, NULL, "rseq"},
    {435, NULL, "clone3"},
    {439, hl_linux_no_file, "faccessat2"},
};

static uint8_t named[NUMBERS / 8];

static const Entry *find(uint64_t number)
{
    size_t low = 0, high = sizeof(entries) / sizeof(*entries);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (entries[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < sizeof(entries) / sizeof(*entries) && entries[low].number == number ? &entries[low] : NULL;
}

static int64_t refuse(uint64_t number, const Entry *entry)
{
    uint64_t place = number < NUMBERS ? number : NUMBERS - 1;
    if ((named[place / 8] & 1u << place % 8) == 0) {
        named[place / 8] |= (uint8_t)(1u << place % 8);
        hl_Text text;
        hl_text_start(&text);
        hl_text_add(&text, "System call ");
        hl_text_add_decimal(&text, (uint32_t)number);
        if (entry != NULL) {
            hl_text_add(&text, " (");
            hl_text_add(&text, entry->name);
            hl_text_add(&text, ")");
        }
        hl_text_add(&text, " is not there in a guest and fails with ENOSYS");
        LOG(hl_Level_Warn, text.chars);
    }
    return -ENOSYS;
}

/* Called by hl_linux_entry. */
void hl_linux_system_call(Registers *r)
{
    hl_linux_bury_stack();
    const Entry *entry = find(r->rax);
    r->rax = (uint64_t)(entry != NULL && entry->handler != NULL ? entry->handler(r) : refuse(r->rax, entry));
    hl_linux_deliver_pending(r);
}
