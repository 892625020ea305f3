// Running and canceling.
#include <signal.h>
#include <unistd.h>
#include "shim.h"

// A signal that neither the .NET runtime nor Wine uses.
#define KICK (SIGRTMIN + 5)

#define RFLAGS_ALWAYS_SET 2ull
#define MOST_CR8 15

static pthread_once_t handler_once = PTHREAD_ONCE_INIT;

static void do_nothing(int signal)
{
    (void)signal;
}

static void set_handler(void)
{
    struct sigaction action = { .sa_handler = do_nothing };
    if (sigaction(KICK, &action, NULL) != 0) {
        corrupt("the signal of cancels cannot be handled: %s", strerror(errno));
    }
}

HRESULT cancel_processor(struct processor *processor)
{
    atomic_fetch_add(&processor->canceling, 1);
    sleep_in_cancel();

    // The order matters: the runner clears immediate_exit, then looks at the flag, then enters.
    atomic_store(&processor->cancel_pending, 1);
    __atomic_store_n(&processor->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_lock(&processor->kick_lock);
    if (processor->thread != 0) {
        tgkill(getpid(), processor->thread, KICK);
    }

    pthread_mutex_unlock(&processor->kick_lock);

    // The run may have ended by now, and its caller may delete the partition.
    sleep_in_cancel();
    atomic_fetch_sub(&processor->canceling, 1);
    return S_OK;
}

static void set_thread(struct processor *processor, pid_t thread)
{
    pthread_mutex_lock(&processor->kick_lock);
    processor->thread = thread;
    pthread_mutex_unlock(&processor->kick_lock);
}

// Values that the hypervisor refuses at the entry, and KVM mends in silence.
static bool has_invalid_values(const struct processor *processor)
{
    const struct kvm_run *run = processor->run;
    return (run->s.regs.regs.rflags & RFLAGS_ALWAYS_SET) == 0 || run->cr8 > MOST_CR8;
}

static HRESULT run_until_exit(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit)
{
    struct kvm_run *run = processor->run;
    for (;;) {
        if (atomic_exchange(&processor->cancel_pending, 0) || take_spurious_cancel()) {
            fill_context(processor, exit, EXIT_CANCELED);
            return S_OK;
        }

        if (has_invalid_values(processor)) {
            fill_context(processor, exit, EXIT_INVALID_REGISTER_VALUE);
            return S_OK;
        }

        // Without memory the processor can fetch nothing. With paging, KVM on a processor with nested paging would try for ever, so KVM
        // only takes the registers.
        struct mapping first;
        bool has_memory = next_mapping(processor->partition, 0, &first);
        __atomic_store_n(&run->immediate_exit, has_memory ? 0 : 1, __ATOMIC_SEQ_CST);
        if (atomic_load(&processor->cancel_pending)) {
            continue;
        }

        uint64_t root;
        if (find_root(&run->s.regs.sregs, &root)) {
            note_root(processor->partition, root);
        }

        // If KVM refuses the registers, it overwrites the page with those that it has.
        struct kvm_sync_regs wanted;
        uint64_t dirty = run->kvm_dirty_regs;
        if (dirty != 0) {
            wanted = run->s.regs;
        }

        if (ioctl(processor->fd, KVM_RUN, 0) == 0) {
            processor->has_new_registers = false;
            return translate_exit(processor, exit);
        }

        int error = errno;
        if (error == EINTR && !has_memory) {
            processor->has_new_registers = false;
            translate_fetch_without_memory(processor, exit);
            return S_OK;
        }

        if (error == EINTR || error == EAGAIN) {
            continue;
        }

        if (error == EINVAL && processor->has_new_registers) {
            if (dirty != 0) {
                run->s.regs = wanted;
                run->kvm_dirty_regs = dirty;
            }

            fill_context(processor, exit, EXIT_INVALID_REGISTER_VALUE);
            return S_OK;
        }

        if (error == EFAULT) {
            return translate_fault(processor, exit);
        }

        return unknown("KVM_RUN: %s", strerror(error));
    }
}

HRESULT run_processor(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit)
{
    pthread_once(&handler_once, set_handler);
    atomic_store(&processor->running, 1);
    set_thread(processor, gettid());
    HRESULT result = run_until_exit(processor, exit);
    set_thread(processor, 0);
    atomic_store(&processor->running, 0);
    return result;
}
