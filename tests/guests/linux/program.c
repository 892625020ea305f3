/* A program for Linux: what it uses of the C library runs inside the guest. Each function returns a text for the test to compare. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <hyperlight_guest.h>
#include "calls.h"

static char text[2048];

static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static const char *library(void)
{
    int numbers[] = {5, 1, 4, 2, 3};
    qsort(numbers, 5, sizeof(int), by_value);
    char *end;
    double value = strtod("2.5e3 rest", &end);
    jmp_buf place;
    volatile int jumps = 0;
    if (setjmp(place) < 3) {
        longjmp(place, ++jumps);
    }
    snprintf(text, sizeof(text), "%d%d%d%d%d %.2f%s %d %.5f", numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], value, end,
             jumps, sqrt(2));
    return text;
}

/* malloc until NULL, then again: nothing is lost. */
static const char *exhaustion(void)
{
    unsigned long counts[2] = {0};
    for (int round = 0; round < 2; round++) {
        void **list = NULL, **block;
        while ((block = malloc(1000)) != NULL) {
            *block = list;
            list = block;
            counts[round]++;
        }
        while (list != NULL) {
            void **next = *list;
            free(list);
            list = next;
        }
    }
    snprintf(text, sizeof(text), "%s", counts[0] > 500 && counts[0] == counts[1] ? "same" : "lost");
    return text;
}

/* mmap until it fails, three times: memory comes back. */
static const char *mappings(void)
{
    enum { BLOCK = 1 << 16, MOST = 4096 };
    static char *blocks[MOST];
    int counts[3] = {0}, error = 0;
    for (int round = 0; round < 3; round++) {
        for (; counts[round] < MOST; counts[round]++) {
            char *block = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (block == MAP_FAILED) {
                error = errno;
                break;
            }
            memset(block, 1, BLOCK);
            blocks[counts[round]] = block;
        }
        for (int i = 0; i < counts[round]; i++) {
            munmap(blocks[i], BLOCK);
        }
    }
    snprintf(text, sizeof(text), "%s %s", error == ENOMEM ? "ENOMEM" : "?", counts[1] == counts[2] && counts[0] > 32 ? "same" : "lost");
    return text;
}

static sigjmp_buf back;
static volatile int caught, code, depth;
static void *volatile where;

static void handler(int signal, siginfo_t *info, void *context)
{
    (void)context;
    caught = signal;
    code = info->si_code;
    where = info->si_addr;
    siglongjmp(back, 1);
}

static int fault(void (*act)(void *), void *address)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    int signals[] = {SIGSEGV, SIGFPE, SIGILL, SIGBUS};
    for (int i = 0; i < 4; i++) {
        sigaction(signals[i], &action, NULL);
    }
    caught = 0;
    if (sigsetjmp(back, 1) == 0) {
        act(address);
    }
    for (int i = 0; i < 4; i++) {
        signal(signals[i], SIG_DFL);
    }
    return caught;
}

static void write_there(void *address)
{
    *(volatile char *)address = 1;
}

static void read_there(void *address)
{
    (void)*(volatile char *)address;
}

static void call_there(void *address)
{
    ((void (*)(void))address)();
}

static void divide(void *address)
{
    volatile int one = 1, zero = 0;
    (void)address;
    depth = one / zero;
}

static void invalid(void *address)
{
    (void)address;
    __asm__ volatile("ud2");
}

static const char *faults(void)
{
    volatile char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[0] = 42;
    int execute = fault(call_there, (void *)page);
    mprotect((void *)page, 4096, PROT_READ);
    int write = fault(write_there, (void *)page), write_code = code, address = where == page;
    mprotect((void *)page, 4096, PROT_NONE);
    int none = fault(read_there, (void *)page);
    mprotect((void *)page, 4096, PROT_READ);
    int kept = page[0];
    munmap((void *)page, 4096);
    int gone = fault(read_there, (void *)page), gone_code = code;
    snprintf(text, sizeof(text), "%d %d.%d.%d %d %d %d.%d %d %d", execute, write, write_code, address, none, kept, gone, gone_code,
             fault(divide, NULL), fault(invalid, NULL));
    return text;
}

static char other_stack[16384];
static volatile int on_other;

static volatile int endless = 1;

static int recurse(int n)
{
    volatile char room[4096];
    room[0] = (char)n;
    depth = n;
    return endless ? recurse(n + 1) + room[0] : 0;
}

static void overflow(int signal)
{
    char here;
    (void)signal;
    on_other = &here >= other_stack && &here < other_stack + sizeof(other_stack);
    siglongjmp(back, 1);
}

/* A handler on a stack of its own survives the overflow of the main stack. */
static const char *signal_stack(void)
{
    stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof(other_stack)};
    struct sigaction action = {.sa_handler = overflow, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
    if (sigsetjmp(back, 1) == 0) {
        recurse(0);
    }
    signal(SIGSEGV, SIG_DFL);
    snprintf(text, sizeof(text), "%d %s", on_other, depth > 100 ? "deep" : "flat");
    return text;
}

static volatile int raised;

static void count(int signal)
{
    raised = raised * 100 + signal;
}

static const char *signals(void)
{
    sigset_t set, old;
    raised = 0;
    signal(SIGUSR1, count);
    raise(SIGUSR1);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    raise(SIGUSR1);
    int before = raised;
    sigprocmask(SIG_SETMASK, &old, NULL);
    snprintf(text, sizeof(text), "%d %d", before, raised);
    return text;
}

static const char *errors(void)
{
    long unknown = syscall(SYS_socket, 2, 1, 0);
    int unknown_error = errno;
    syscall(500);
    syscall(500);
    long bad = syscall(SYS_clock_gettime, 0, (void *)8);
    int bad_error = errno;
    void *odd = mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int odd_error = errno;
    int closed = close(40), closed_error = errno;
    FILE *file = fopen("/etc/passwd", "r");
    int file_error = errno;
    snprintf(text, sizeof(text), "%ld %d, %ld %d, %d %d, %d %d, %d %d", unknown, unknown_error, bad, bad_error, odd == MAP_FAILED,
             odd_error, closed, closed_error, file == NULL, file_error);
    return text;
}

static const char *pipes(void)
{
    int ends[2];
    char got[8] = "";
    if (pipe(ends) != 0 || write(ends[1], "abc", 3) != 3 || read(ends[0], got, sizeof(got) - 1) != 3) {
        return "failed";
    }
    close(ends[1]);
    long end = read(ends[0], got + 4, 1);
    close(ends[0]);
    snprintf(text, sizeof(text), "%s %ld", got, end);
    return text;
}

static const char *random_numbers(void)
{
    uint64_t numbers[3] = {0};
    FILE *file = fopen("/dev/urandom", "r");
    hl_random(&numbers[0], 8);
    getrandom(&numbers[1], 8, 0);
    if (file != NULL) {
        fread(&numbers[2], 8, 1, file);
        fclose(file);
    }
    snprintf(text, sizeof(text), "%016lx %016lx %016lx %08x", numbers[0], numbers[1], numbers[2], (unsigned)rand());
    return text;
}

static const char *clocks(void)
{
    struct timespec wall, before, after, pause = {0, 20000000};
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_MONOTONIC, &before);
    nanosleep(&pause, NULL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long slept = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    snprintf(text, sizeof(text), "%ld %ld", (long)wall.tv_sec, slept);
    return text;
}

static const char *end(const char *how)
{
    if (strcmp(how, "exit") == 0) {
        exit(-3);
    } else if (strcmp(how, "abort") == 0) {
        fprintf(stderr, "\nsomething is wrong\n");
        abort();
    } else if (strcmp(how, "overflow") == 0) {
        recurse(0);
    } else if (strcmp(how, "null") == 0) {
        write_there(NULL);
    }
    return "went on";
}

static const char *print(const char *line)
{
    printf("out %s\n", line);
    fprintf(stderr, "error %s\n", line);
    return "printed";
}

extern const char *threads(void);
extern const char *many_threads(void);
extern const char *program_headers(void);
extern const char *thread_without_guard(void);
extern const char *end_in_thread(const char *how);
extern const char *differences(void);
extern int unknown(int number);
extern const char *exit_group(void);
extern const char *exit_main_thread(void);
extern const char *storm_of_calls(int seed);
extern const char *storm_of_careful_calls(int seed);
extern const char *storm_of_changes(int seed);
extern const char *bomb(void);

#define FUNCTIONS(each)                                                                                              \
    each(library) each(exhaustion) each(mappings) each(faults) each(signal_stack) each(signals) each(errors)         \
    each(pipes) each(random_numbers) each(clocks) each(threads) each(many_threads) each(program_headers)             \
    each(thread_without_guard) each(differences) each(exit_group) each(exit_main_thread) each(bomb)
#define STORMS(each) each(storm_of_calls) each(storm_of_careful_calls) each(storm_of_changes)
#define WRAP(name) HYPERLIGHT_WRAP_FUNCTION(name, String, 0)
#define WRAP_STORM(name) HYPERLIGHT_WRAP_FUNCTION(name, String, 1, Int)
#define REGISTER(name) HYPERLIGHT_REGISTER_FUNCTION(#name, name);

FUNCTIONS(WRAP)
SAME_AS_LINUX(WRAP)
STORMS(WRAP_STORM)
HYPERLIGHT_WRAP_FUNCTION(unknown, Int, 1, Int)
HYPERLIGHT_WRAP_FUNCTION(end, String, 1, String)
HYPERLIGHT_WRAP_FUNCTION(end_in_thread, String, 1, String)
HYPERLIGHT_WRAP_FUNCTION(print, String, 1, String)

int main(int argc, char **argv)
{
    FUNCTIONS(REGISTER)
    SAME_AS_LINUX(REGISTER)
    STORMS(REGISTER)
    REGISTER(unknown)
    REGISTER(end)
    REGISTER(end_in_thread)
    REGISTER(print)
    printf("%s has %d argument\n", argv[0], argc);
    return 0;
}
