// Cancels: sticky until a run takes them, and fast.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include "selftest.h"

#define ROUNDS 200

static void cancel(struct guest *guest)
{
    CHECK_RESULT(WHvCancelRunVirtualProcessor(guest->partition, 0, 0), S_OK);
}

static void an_early_cancel_ends_the_next_run(void)
{
    struct guest guest;
    OPEN(&guest, LONG, 0xF4, 0xF4);
    cancel(&guest);
    cancel(&guest);
    CHECK(run(&guest) == EXIT_CANCELED);
    CHECK(get(&guest, RIP) == CODE);
    CHECK(run(&guest) == EXIT_HALT);
    whpshim_spurious_cancels(2);
    CHECK(run(&guest) == EXIT_CANCELED);
    CHECK(run(&guest) == EXIT_CANCELED);
    CHECK(run(&guest) == EXIT_HALT);
    cancel(&guest);
    CHECK_RESULT(WHvResetPartition(guest.partition), S_OK);
    CHECK(run(&guest) == EXIT_MEMORY_ACCESS);
    CHECK(guest.exit.MemoryAccess.Gpa == 0xFFFFFFF0);
    close_guest(&guest);
}

static void *cancel_later(void *guest)
{
    usleep(500);
    cancel(guest);
    return NULL;
}

static void *signal_later(void *thread)
{
    for (int i = 0; i < 20; i++) {
        usleep(100);
        pthread_kill(*(pthread_t *)thread, SIGUSR1);
    }

    return NULL;
}

static void *use_while_running(void *guest)
{
    uint32_t name = RAX;
    WHV_REGISTER_VALUE value;
    WHV_RUN_VP_EXIT_CONTEXT context;
    usleep(20000);
    WHV_PARTITION_HANDLE partition = ((struct guest *)guest)->partition;
    CHECK_RESULT(WHvGetVirtualProcessorRegisters(partition, 0, &name, 1, &value), WHV_E_INVALID_VP_STATE);
    CHECK_RESULT(WHvSetVirtualProcessorRegisters(partition, 0, &name, 1, &value), WHV_E_INVALID_VP_STATE);
    CHECK_RESULT(WHvRunVirtualProcessor(partition, 0, &context, sizeof(context)), WHV_E_INVALID_VP_STATE);
    cancel(guest);
    return NULL;
}

static void a_cancel_ends_the_present_run(void)
{
    struct guest guest;
    OPEN(&guest, LONG, 0xEB, 0xFE, 0xF4);
    for (int i = 0; i < ROUNDS; i++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, cancel_later, &guest) == 0);
        CHECK(run(&guest) == EXIT_CANCELED);
        pthread_join(thread, NULL);
    }

    CHECK(get(&guest, RIP) == CODE);
    set(&guest, RIP, CODE + 2);
    CHECK(run(&guest) == EXIT_HALT);
    close_guest(&guest);
}

static void do_nothing(int signal)
{
    (void)signal;
}

static void other_signals_end_no_run(void)
{
    struct guest guest;
    struct sigaction action = { .sa_handler = do_nothing };
    pthread_t self = pthread_self();
    pthread_t signaler;
    pthread_t canceler;
    sigaction(SIGUSR1, &action, NULL);
    OPEN(&guest, LONG, 0xEB, 0xFE);
    CHECK(pthread_create(&signaler, NULL, signal_later, &self) == 0);
    CHECK(pthread_create(&canceler, NULL, use_while_running, &guest) == 0);
    CHECK(run(&guest) == EXIT_CANCELED);
    pthread_join(signaler, NULL);
    pthread_join(canceler, NULL);
    close_guest(&guest);
}

void test_cancel(void)
{
    an_early_cancel_ends_the_next_run();
    a_cancel_ends_the_present_run();
    other_signals_end_no_run();
}
