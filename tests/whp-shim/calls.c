// The record of calls: counters, the log, failures that tests order, and the messages about mistakes.
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "shim.h"

#define LINES 2048
#define LINE_LENGTH 200
#define LINES_OF_A_MESSAGE 12

#define FUNCTION_NAME(name) #name,
static const char *const names[] = { FUNCTIONS(FUNCTION_NAME) };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char lines[LINES][LINE_LENGTH];
static uint64_t line_count;
static uint64_t counts[FUNCTION_COUNT];
static uint64_t failing_call; // the count at which the armed function fails; 0 if no failure is ordered
static enum function failing_function;
static HRESULT failing_result;

static atomic_uint live[LIVE_KINDS];
static atomic_uint pretended;
static atomic_uint spurious_cancels;
static atomic_uint cancel_delay;

static __thread char reason[120];

static enum function find_function(const char *name)
{
    for (int i = 0; i < FUNCTION_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            return (enum function)i;
        }
    }

    corrupt("a test names the function %s, which the shim does not have", name);
}

static void print_last_lines(void)
{
    uint64_t first = line_count > LINES_OF_A_MESSAGE ? line_count - LINES_OF_A_MESSAGE : 0;
    for (uint64_t i = first; i < line_count; i++) {
        fprintf(stderr, "whp-shim:   %s\n", lines[i % LINES]);
    }
}

bool call_begins(enum function function, HRESULT *injected)
{
    reason[0] = 0;
    pthread_mutex_lock(&lock);
    counts[function]++;
    bool fails = failing_call != 0 && failing_function == function && counts[function] == failing_call;
    if (fails) {
        failing_call = 0;
        *injected = failing_result;
        snprintf(reason, sizeof(reason), "a test wants this failure");
    }

    pthread_mutex_unlock(&lock);
    return !fails;
}

HRESULT call_ends(enum function function, HRESULT result, const char *format, ...)
{
    char arguments[LINE_LENGTH / 2];
    va_list list;
    va_start(list, format);
    vsnprintf(arguments, sizeof(arguments), format, list);
    va_end(list);

    pthread_mutex_lock(&lock);
    snprintf(lines[line_count++ % LINES], LINE_LENGTH, reason[0] ? "%s(%s) = 0x%08X: %s" : "%s(%s) = 0x%08X", names[function], arguments,
        (unsigned)result, reason);
    pthread_mutex_unlock(&lock);
    return result;
}

HRESULT because(HRESULT result, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(reason, sizeof(reason), format, list);
    va_end(list);
    return result;
}

HRESULT unknown(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(reason, sizeof(reason), format, list);
    va_end(list);
    fprintf(stderr, "whp-shim: %s\n", reason);
    return E_FAIL;
}

void corrupt(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("whp-shim: ", stderr);
    vfprintf(stderr, format, list);
    fputs(". The last calls before:\n", stderr);
    va_end(list);
    print_last_lines();
    abort();
}

void live_add(enum live kind, int count)
{
    atomic_fetch_add(&live[kind], (unsigned)count);
}

bool pretends(enum pretend bit)
{
    return (atomic_load(&pretended) & bit) != 0;
}

bool take_spurious_cancel(void)
{
    unsigned left = atomic_load(&spurious_cancels);
    while (left != 0) {
        if (atomic_compare_exchange_weak(&spurious_cancels, &left, left - 1)) {
            return true;
        }
    }

    return false;
}

void sleep_in_cancel(void)
{
    unsigned delay = atomic_load(&cancel_delay);
    if (delay != 0) {
        usleep(delay);
    }
}

API uint32_t whpshim_live(uint32_t kind)
{
    if (kind >= LIVE_KINDS) {
        corrupt("a test asks for the live objects of kind %u, which does not exist", kind);
    }

    return atomic_load(&live[kind]);
}

API void whpshim_fail(const char *function, uint32_t nth, int32_t hresult)
{
    enum function found = nth == 0 ? FUNCTION_COUNT : find_function(function);
    pthread_mutex_lock(&lock);
    failing_function = found;
    failing_call = nth == 0 ? 0 : counts[found] + nth;
    failing_result = hresult;
    pthread_mutex_unlock(&lock);
}

API uint64_t whpshim_calls(const char *function)
{
    enum function found = function == NULL ? FUNCTION_COUNT : find_function(function);
    uint64_t sum = 0;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < FUNCTION_COUNT; i++) {
        sum += found == FUNCTION_COUNT || found == (enum function)i ? counts[i] : 0;
    }

    pthread_mutex_unlock(&lock);
    return sum;
}

API uint32_t whpshim_log(char *buffer, uint32_t size)
{
    pthread_mutex_lock(&lock);
    uint64_t oldest = line_count > LINES ? line_count - LINES : 0;
    uint64_t first = line_count;
    size_t length = 0;
    while (first > oldest) {
        size_t next = strlen(lines[(first - 1) % LINES]) + 1;
        if (buffer != NULL && length + next + 1 > size) {
            break;
        }

        length += next;
        first--;
    }

    char *end = buffer;
    if (buffer != NULL && size != 0) {
        for (uint64_t i = first; i < line_count; i++) {
            end = stpcpy(end, lines[i % LINES]);
            *end++ = '\n';
        }

        *end = 0;
    }

    pthread_mutex_unlock(&lock);
    return (uint32_t)length;
}

API void whpshim_clear_log(void)
{
    pthread_mutex_lock(&lock);
    line_count = 0;
    pthread_mutex_unlock(&lock);
}

API void whpshim_pretend(uint32_t bits)
{
    atomic_store(&pretended, bits);
}

API void whpshim_spurious_cancels(uint32_t count)
{
    atomic_store(&spurious_cancels, count);
}

API void whpshim_delay_cancel(uint32_t microseconds)
{
    atomic_store(&cancel_delay, microseconds);
}
