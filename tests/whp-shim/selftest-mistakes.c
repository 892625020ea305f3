// Mistakes that corrupt memory on Windows: each ends the process.
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "selftest.h"

static void *cancel_slowly(void *guest)
{
    whpshim_delay_cancel(200000);
    WHvCancelRunVirtualProcessor(((struct guest *)guest)->partition, 0, 0);
    return NULL;
}

static void *run_on(void *guest)
{
    WHvRunVirtualProcessor(((struct guest *)guest)->partition, 0, &((struct guest *)guest)->exit, sizeof(WHV_RUN_VP_EXIT_CONTEXT));
    return NULL;
}

static void while_another_thread(void *(*begin)(void *), struct guest *guest)
{
    pthread_t thread;
    pthread_create(&thread, NULL, begin, guest);
    usleep(50000);
}

static void delete_while_canceling(struct guest *guest)
{
    while_another_thread(cancel_slowly, guest);
    WHvDeletePartition(guest->partition);
}

static void delete_while_running(struct guest *guest)
{
    while_another_thread(run_on, guest);
    WHvDeletePartition(guest->partition);
}

static void delete_processor_while_running(struct guest *guest)
{
    while_another_thread(run_on, guest);
    WHvDeleteVirtualProcessor(guest->partition, 0);
}

static void delete_processor_while_canceling(struct guest *guest)
{
    while_another_thread(cancel_slowly, guest);
    WHvDeleteVirtualProcessor(guest->partition, 0);
}

static void delete_twice(struct guest *guest)
{
    WHvDeletePartition(guest->partition);
    WHvDeletePartition(guest->partition);
}

static void cancel_after_delete(struct guest *guest)
{
    WHvDeletePartition(guest->partition);
    WHvCancelRunVirtualProcessor(guest->partition, 0, 0);
}

static void end_process_of_partition(struct guest *guest)
{
    HANDLE process = (HANDLE)0x44;
    whpshim_add_process(process);
    WHvMapGpaRange2(guest->partition, process, guest->memory, 0x800000, PAGE, MAP_READ);
    whpshim_remove_process(process);
}

static void ends_the_process(void (*mistake)(struct guest *))
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct guest guest;
        OPEN(&guest, REAL, 0xEB, 0xFE);
        fclose(stderr);
        mistake(&guest);
        _exit(0);
    }

    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

void test_mistakes(void)
{
    ends_the_process(delete_while_canceling);
    ends_the_process(delete_while_running);
    ends_the_process(delete_processor_while_running);
    ends_the_process(delete_processor_while_canceling);
    ends_the_process(delete_twice);
    ends_the_process(cancel_after_delete);
    ends_the_process(end_process_of_partition);
}
