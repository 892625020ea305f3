/* Threads of the C library: mutexes, condition variables, variables of a thread, detached threads, and too many of them. */
#include <errno.h>
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
