/* Linux inside the guest: what its files share. Threads, memory and signals are those of one process with one processor. */
#ifndef HYPERLIGHT_GUEST_LINUX_H
#define HYPERLIGHT_GUEST_LINUX_H

#include "../internal.h"
#include "../amd64/exception.h"

enum {
    EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EBADF = 9, EAGAIN = 11, ENOMEM = 12, EFAULT = 14, EEXIST = 17, ENODEV = 19,
    EINVAL = 22, EMFILE = 24, ENOTTY = 25, ESPIPE = 29, EPIPE = 32, ERANGE = 34, ENOSYS = 38, ETIMEDOUT = 110,
};

/* What entry.S saves of the caller of a system call, from the stack pointer up. The arguments are rdi, rsi, rdx, r10, r8, r9;
 * rcx is the caller's address and r11 its flags. RED_ZONE bytes lie between this and the caller's stack. */
typedef struct Registers {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
} Registers;

#define RED_ZONE 128u

typedef struct TimeSpec {
    int64_t seconds, nanoseconds;
} TimeSpec;

/* A handler of a system call returns its result, or an error number below 0. */
typedef int64_t SystemCall(Registers *r);

/* ---- entry.S ---- */

extern const uint8_t hl_linux_entry[];        /* where a SYSCALL instruction arrives */
extern const uint8_t hl_linux_child[];        /* leaves a system call */
extern const uint8_t hl_linux_fault_return[]; /* where a fault of the program that a handler wants continues */

/* Saves the registers of the running thread and its stack pointer to `save`, and continues the thread that saved `load`. */
void hl_linux_switch(void **save, void *load, uint64_t thread_pointer);
_Noreturn void hl_linux_continue(const hl_ExceptionFrame *frame);

/* ---- threads.c ---- */

typedef struct Thread {
    enum { THREAD_FREE, THREAD_READY, THREAD_WAITING } state;
    int32_t id;
    void *stack_pointer;           /* while the thread does not run */
    uint64_t thread_pointer;       /* FS base */
    uint64_t stack_low, stack_high;
    const uint32_t *waits_for;     /* a futex or another address; NULL: only the deadline ends the wait */
    uint32_t waits_for_bits;
    int64_t deadline;              /* of the monotonic clock; 0: no deadline */
    int64_t wait_result;
    uint32_t *clear_at_end;
    uint64_t blocked, pending;     /* signals: bit n - 1 is signal n */
    uint64_t signal_stack, signal_stack_size;
} Thread;

#define THREADS 128 /* more than these fail with EAGAIN */

extern Thread *hl_linux_self;

void hl_linux_set_thread_pointer(uint64_t value);
Thread *hl_linux_thread(int32_t id); /* NULL if there is none */
Thread *hl_linux_main_thread(void);

/* Lets the other threads run until all wait. */
void hl_linux_settle(void);

/* Waits for hl_linux_wake of this address and returns 0, or -ETIMEDOUT at the deadline. */
int64_t hl_linux_wait(const uint32_t *address, uint32_t bits, int64_t deadline);
int64_t hl_linux_wake(const uint32_t *address, uint32_t bits, uint32_t count);
int64_t hl_linux_requeue(const uint32_t *from, const uint32_t *to, uint32_t wake, uint32_t move);

/* ---- memory.c ---- */

#define WINDOW_START 0x100000000000u /* mmap places memory here */
#define WINDOW_END 0x300000000000u

/* Whether the program can read, or write, this memory. */
bool hl_linux_can_access(uint64_t address, uint64_t size, bool write);

/* Handles a page fault in the window of mmap. Runs on the exception stack. */
bool hl_linux_page_fault(uint64_t gva, uint64_t reason);

/* Makes this page writable and present, if the program may write it. Runs on the exception stack. */
bool hl_linux_make_writable(uint64_t gva);

/* The start of the mapped region around the address, or 0. */
uint64_t hl_linux_region_start(uint64_t address);

/* Unmaps the stack that its own thread gave back, once another thread runs. */
void hl_linux_bury_stack(void);

/* ---- signals.c ---- */

#define SIGILL 4
#define SIGABRT 6
#define SIGBUS 7
#define SIGFPE 8
#define SIGSEGV 11

/* Runs the handlers of pending signals when a system call returns. */
void hl_linux_deliver_pending(Registers *r);

/* ---- output.c ---- */

void hl_linux_output(bool error, const char *text, uint64_t size);
void hl_linux_output_flush(void);

/* The first bytes that the program wrote to stderr during this call. */
const char *hl_linux_error_text(void);

/* ---- start.c ---- */

_Noreturn void hl_linux_exit(int32_t code);

/* The deadline of the monotonic clock for a time of a system call: of another clock or relative to now. */
int64_t hl_linux_deadline(const TimeSpec *time, bool relative, bool wall);

/* ---- System calls ---- */

SystemCall hl_linux_clone, hl_linux_futex, hl_linux_thread_exit, hl_linux_sched_yield, hl_linux_set_tid_address, hl_linux_gettid,
    hl_linux_arch_prctl, hl_linux_getaffinity;
SystemCall hl_linux_mmap, hl_linux_munmap, hl_linux_mprotect, hl_linux_madvise, hl_linux_brk, hl_linux_mremap;
SystemCall hl_linux_sigaction, hl_linux_sigprocmask, hl_linux_sigreturn, hl_linux_sigaltstack, hl_linux_kill, hl_linux_tkill,
    hl_linux_tgkill, hl_linux_sigpending;
SystemCall hl_linux_clock_gettime, hl_linux_clock_getres, hl_linux_gettimeofday, hl_linux_time, hl_linux_nanosleep,
    hl_linux_clock_nanosleep;
SystemCall hl_linux_getrandom;
SystemCall hl_linux_read, hl_linux_write, hl_linux_readv, hl_linux_writev, hl_linux_open, hl_linux_openat, hl_linux_close,
    hl_linux_fstat, hl_linux_lseek, hl_linux_ioctl, hl_linux_fcntl, hl_linux_dup, hl_linux_dup2, hl_linux_pipe, hl_linux_poll,
    hl_linux_no_file, hl_linux_getcwd, hl_linux_sync;
SystemCall hl_linux_getpid, hl_linux_getuid, hl_linux_uname, hl_linux_sysinfo, hl_linux_getrlimit, hl_linux_prlimit,
    hl_linux_getrusage, hl_linux_getcpu, hl_linux_membarrier, hl_linux_prctl, hl_linux_exit_group, hl_linux_do_nothing;

#endif
