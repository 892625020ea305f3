/* Threads of the C library: mutexes, condition variables, variables of a thread, detached threads, and too many of them. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_key_t key;
static __thread int own = 7;
static int total, keys_ended, ended;
static char text[512];

static void key_end(void *value)
{
    keys_ended += value != NULL;
}

static void *work(void *argument)
{
    pthread_setspecific(key, argument);
    for (int i = 0; i < 100; i++) {
        pthread_mutex_lock(&mutex);
        own++;
        total++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
        usleep(1);
    }
    return (void *)(long)own;
}

static void *vanish(void *argument)
{
    (void)argument;
    ended++;
    return NULL;
}

static void detached(int count)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < count; i++) {
        pthread_t thread;
        if (pthread_create(&thread, &attributes, vanish, NULL) == 0) {
            usleep(1);
        }
    }
}

const char *threads(void)
{
    pthread_t workers[4];
    long sum = 0;
    total = keys_ended = ended = 0;
    pthread_key_create(&key, key_end);
    for (int i = 0; i < 4; i++) {
        pthread_create(&workers[i], NULL, work, text);
    }
    pthread_mutex_lock(&mutex);
    while (total < 400) {
        pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(workers[i], &result);
        sum += (long)result;
    }
    pthread_key_delete(key);
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 1000000;
    if (soon.tv_nsec >= 1000000000) {
        soon.tv_sec++;
        soon.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&mutex);
    int timed_out = pthread_cond_timedwait(&changed, &mutex, &soon);
    pthread_mutex_unlock(&mutex);
    detached(300);
    snprintf(text, sizeof(text), "%d %ld %d %d %d %d", total, sum, own, keys_ended, timed_out == ETIMEDOUT, ended);
    return text;
}

static void *wait_for_total(void *argument)
{
    pthread_mutex_lock(&mutex);
    while (total == 0) {
        pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    return argument;
}

/* More threads than there may be: pthread_create says so, and the others end. */
const char *many_threads(void)
{
    enum { MANY = 200 };
    static pthread_t started[MANY];
    int count = 0, error = 0;
    total = 0;
    while (count < MANY && (error = pthread_create(&started[count], NULL, wait_for_total, NULL)) == 0) {
        count++;
    }
    pthread_mutex_lock(&mutex);
    total = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < count; i++) {
        pthread_join(started[i], NULL);
    }
    snprintf(text, sizeof(text), "%d %s", count, error == EAGAIN ? "EAGAIN" : strerror(error));
    return text;
}

static __thread int zero[100];
static __thread long aligned __attribute__((aligned(64))) = 9;
static char headers_text[256];

static int look_at(struct dl_phdr_info *info, size_t size, void *argument)
{
    int loads = 0, holds_code = 0, tls = 0, mine = 0;
    long code = (long)look_at;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        long start = (long)(info->dlpi_addr + header->p_vaddr), end = start + (long)header->p_memsz;
        if (header->p_type == PT_LOAD) {
            loads++;
            holds_code |= code >= start && code < end;
        } else if (header->p_type == PT_TLS) {
            const int *first = (const int *)start;
            for (size_t j = 0; j < header->p_filesz / sizeof(int); j++) {
                tls |= first[j] == 7; /* the first value of `own` */
            }
            long block = (long)info->dlpi_tls_data;
            mine = (long)&own >= block && (long)&own < block + (long)header->p_memsz;
        }
    }
    snprintf(headers_text, sizeof(headers_text), "%d %d %d %d %d", loads > 0, holds_code, tls, mine, size >= sizeof(*info));
    *(int *)argument += 1;
    return 0;
}

static void *own_variables(void *argument)
{
    long sum = 0;
    for (int i = 0; i < 100; i++) {
        sum += zero[i]++;
    }
    *(int *)argument = own == 7 && aligned == 9 && (long)&aligned % 64 == 0 && sum == 0;
    return &own;
}

/* What an unwinder reads of the program, and the variables that each thread finds anew. */
const char *program_headers(void)
{
    int objects = 0, fresh = 0;
    dl_iterate_phdr(look_at, &objects);
    void *other;
    pthread_t thread;
    pthread_create(&thread, NULL, own_variables, &fresh);
    pthread_join(thread, &other);
    snprintf(text, sizeof(text), "%d: %s, %d %d", objects, headers_text, fresh, other != &own);
    return text;
}

/* A thread whose stack has no guard page uses the whole stack, and its memory comes back. */
static void *use_stack(void *argument)
{
    volatile char room[24576];
    for (size_t i = 0; i < sizeof(room); i += 512) {
        room[i] = 1;
    }
    *(int *)argument += room[512];
    return NULL;
}

const char *thread_without_guard(void)
{
    int ended_well = 0, error = 0;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 32768);
    pthread_attr_setguardsize(&attributes, 0);
    for (int i = 0; i < 600 && error == 0; i++) {
        pthread_t thread;
        error = pthread_create(&thread, &attributes, use_stack, &ended_well);
        pthread_join(thread, NULL);
    }
    snprintf(text, sizeof(text), "%d %d", ended_well, error);
    return text;
}

static volatile int endless = 1;

static int recurse(int n)
{
    volatile char room[4096];
    room[0] = (char)n;
    return endless ? recurse(n + 1) + room[0] : 0;
}

static void *overflow(void *argument)
{
    recurse(0);
    return argument;
}

static void *spin(void *argument)
{
    for (;;) {
        __asm__ volatile("pause");
    }
    return argument;
}

const char *end_in_thread(const char *how)
{
    pthread_t thread;
    if (strcmp(how, "deadlock") == 0) {
        total = 0;
        wait_for_total(NULL);
    }
    pthread_create(&thread, NULL, strcmp(how, "overflow") == 0 ? overflow : spin, NULL);
    pthread_join(thread, NULL);
    return "went on";
}
