/* What system calls do in a guest and not on Linux. README.md of the kit says so. */
#include "calls.h"

static char page[8192] __attribute__((aligned(4096)));
static int word = 5;

static void differences_of_memory(void)
{
    enum { READ_WRITE = 3, PRIVATE = 2, ANONYMOUS = 0x20 };
    long block = CALL(mmap, 0, 8192, READ_WRITE, PRIVATE | ANONYMOUS, -1, 0);
    SHOW(mremap, block, 8192, 12288, 1);
    SHOW(mremap, block, 8192, 4096, 0);
    SHOW(munmap, block, 8192);
    SHOW(brk, 0);
    SHOW(mmap, 0, 4096, READ_WRITE, PRIVATE, 0, 0);
    SHOW(munmap, P(page), 4096);
    SHOW(mprotect, P(__builtin_frame_address(0)) & -4096L, 4096, 1);
    SHOW(mprotect, P(page), 4096, 1);
    SHOW(mprotect, P(page), 4096, READ_WRITE);
}

static void differences_of_threads(void)
{
    enum { WAKE_OP = 5, LOCK_PI = 6, SIGCHLD = 17, ARCH_SET_GS = 0x1001 };
    SHOW(clone, SIGCHLD, 0);
    SHOW(futex, P(&word), WAKE_OP, 1, 1, P(&word), 0);
    SHOW(futex, P(&word), LOCK_PI, 0, 0, 0, 0);
    SHOW(arch_prctl, ARCH_SET_GS, 4096);
    SHOW(membarrier, 0, 0);
    SHOW(sched_setaffinity, 0, 8, NOWHERE);
}

static void differences_of_files(void)
{
    enum { SETFD = 2, GETFD = 1, MOST = 70 };
    int ends[2], count = 0, last;
    SHOW(open, P("/etc/passwd"), 0);
    SHOW(stat, P("/dev/null"), P(page));
    SHOW(access, P("/"), 0);
    SHOW(read, 0, P(page), 10);
    SHOW(poll, 0, 0, 1);
    SHOW(fcntl, 0, SETFD, 1);
    SHOW(fcntl, 0, GETFD);
    while (count < MOST && (last = (int)CALL(pipe, P(ends))) == 0) {
        count++;
        CALL(write, ends[1], P(page), 1);
    }
    say("%d pipes %d, ", count, last);
    while (count < MOST && (last = (int)CALL(dup, 0)) > 0) {
        count++;
    }
    say("%d files %d, ", last == -24 ? count : 0, last);
    for (int i = 3; i < MOST; i++) {
        CALL(close, i);
    }
}

static void differences_of_process(void)
{
    enum { PR_GET_NAME = 16, LOCKS = 10 };
    unsigned long limit[2] = {100, 100};
    SHOW(getpid);
    SHOW(getppid);
    SHOW(getuid);
    SHOW(geteuid);
    SHOW(getgid);
    SHOW(getegid);
    SHOW(getgroups, 0, 0);
    SHOW(prctl, PR_GET_NAME, P(page));
    SHOW(prlimit64, 0, LOCKS, P(limit), 0);
}

const char *differences(void)
{
    differences_of_memory();
    differences_of_threads();
    differences_of_files();
    differences_of_process();
    return said();
}

int unknown(int number)
{
    return (int)call(number, (const long[6]){0});
}

const char *exit_group(void)
{
    SHOW(exit_group, 9);
    return said();
}

const char *exit_main_thread(void)
{
    SHOW(exit, 8);
    return said();
}
