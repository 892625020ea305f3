/*
 * Threads. One runs until it waits in a system call, yields or ends; then the next one that is ready runs. No interrupt takes the
 * processor away, so a thread that computes for ever is ended by the time limit of the host's call.
 */
#include "linux.h"
#include "../amd64/layout.h"

#define FX_BYTES 512u /* the state of the floating-point unit; the stack pointer follows */
#define SAVED_REGISTERS 6u

#define CLONE_THREAD 0x00010000u
#define CLONE_SETTLS 0x00080000u
#define CLONE_PARENT_SETTID 0x00100000u
#define CLONE_CHILD_CLEARTID 0x00200000u
#define CLONE_CHILD_SETTID 0x01000000u
#define CLONE_THREAD_FLAGS 0x00010F00u /* memory, files, signals and so on are shared: a thread and no process */

#define SETTLE_ROUNDS 1000

static Thread threads[THREADS] = {{.state = THREAD_READY, .id = 1, .stack_high = HL_STACK_TOP}};
Thread *hl_linux_self = threads;

Thread *hl_linux_main_thread(void)
{
    return threads;
}

Thread *hl_linux_thread(int32_t id)
{
    return id >= 1 && id <= THREADS && threads[id - 1].state != THREAD_FREE ? &threads[id - 1] : NULL;
}

void hl_linux_set_thread_pointer(uint64_t value)
{
    __asm__ volatile("wrfsbase %0" : : "r"(value));
}

static void run(Thread *thread)
{
    Thread *from = hl_linux_self;
    if (thread != from) {
        hl_linux_self = thread;
        hl_linux_switch(&from->stack_pointer, thread->stack_pointer, thread->thread_pointer);
    }
}

static void end_wait(Thread *thread, int64_t result)
{
    thread->state = THREAD_READY;
    thread->waits_for = NULL;
    thread->deadline = 0;
    thread->wait_result = result;
}

/* The next thread behind this one that can run, this one last; NULL if all wait. */
static Thread *next_ready(void)
{
    int64_t now = 0;
    for (int i = 1; i <= THREADS; i++) {
        Thread *thread = &threads[(hl_linux_self - threads + i) % THREADS];
        if (thread->state == THREAD_WAITING && thread->deadline != 0) {
            now = now != 0 ? now : hl_clock(hl_Clock_Monotonic);
            if (now >= thread->deadline) {
                end_wait(thread, -ETIMEDOUT);
            }
        }
        if (thread->state == THREAD_READY) {
            return thread;
        }
    }
    return NULL;
}

static bool has_deadline(void)
{
    for (int i = 0; i < THREADS; i++) {
        if (threads[i].state == THREAD_WAITING && threads[i].deadline != 0) {
            return true;
        }
    }
    return false;
}

/* Runs other threads until this one, which waits or has ended, can run again. */
static void reschedule(void)
{
    for (;;) {
        Thread *next = next_ready();
        if (next != NULL) {
            run(next);
            return;
        }
        if (!has_deadline()) {
            hl_linux_output_flush();
            hl_abort_at(
                HL_NO_PLACE, hl_ErrorCode_UnknownError,
                "Deadlock: every thread of the guest waits for another one, and none for a moment in time");
        }
        __asm__ volatile("pause");
    }
}

void hl_linux_settle(void)
{
    for (int round = 0; round < SETTLE_ROUNDS; round++) {
        Thread *next = next_ready();
        if (next == NULL || next == hl_linux_self) {
            return;
        }
        run(next);
    }
}

/* ---- Waiting ---- */

int64_t hl_linux_wait(const uint32_t *address, uint32_t bits, int64_t deadline)
{
    Thread *self = hl_linux_self;
    self->state = THREAD_WAITING;
    self->waits_for = address;
    self->waits_for_bits = bits;
    self->deadline = deadline;
    self->wait_result = 0;
    reschedule();
    return self->wait_result;
}

int64_t hl_linux_wake(const uint32_t *address, uint32_t bits, uint32_t count)
{
    uint32_t woken = 0;
    for (int i = 0; i < THREADS && woken < count; i++) {
        Thread *thread = &threads[i];
        if (thread->state == THREAD_WAITING && thread->waits_for == address && (thread->waits_for_bits & bits) != 0) {
            end_wait(thread, 0);
            woken++;
        }
    }
    return woken;
}

int64_t hl_linux_requeue(const uint32_t *from, const uint32_t *to, uint32_t wake, uint32_t move)
{
    int64_t woken = hl_linux_wake(from, ~0u, wake);
    uint32_t moved = 0;
    for (int i = 0; i < THREADS && moved < move; i++) {
        if (threads[i].state == THREAD_WAITING && threads[i].waits_for == from) {
            threads[i].waits_for = to;
            moved++;
        }
    }
    return woken + moved;
}

int64_t hl_linux_sched_yield(Registers *r)
{
    (void)r;
    Thread *next = next_ready();
    if (next != NULL) {
        run(next);
    }
    return 0;
}

/* ---- Beginning and end ---- */

static Thread *free_thread(void)
{
    for (int i = 1; i < THREADS; i++) {
        if (threads[i].state == THREAD_FREE) {
            threads[i] = (Thread){.id = i + 1};
            return &threads[i];
        }
    }
    return NULL;
}

/* Builds the stack of a thread that leaves this system call with 0, as hl_linux_switch expects it. */
static void *new_stack(const Registers *r, uint64_t top)
{
    Registers *child = (Registers *)(top - RED_ZONE - sizeof(Registers));
    *child = *r;
    child->rax = 0;
    uint64_t *stack = (uint64_t *)(void *)child;
    *--stack = (uint64_t)hl_linux_child;
    stack -= SAVED_REGISTERS;
    memset(stack, 0, SAVED_REGISTERS * sizeof(*stack));
    uint8_t *state = (uint8_t *)(((uint64_t)stack - FX_BYTES - sizeof(uint64_t)) & ~15ull);
    *(uint64_t *)(void *)(state + FX_BYTES) = (uint64_t)stack;
    __asm__ volatile("fxsave64 (%0)" : : "r"(state) : "memory");
    return state;
}

int64_t hl_linux_clone(Registers *r)
{
    uint64_t flags = r->rdi, top = r->rsi;
    if ((flags & CLONE_THREAD) != 0 && (flags & CLONE_THREAD_FLAGS) != CLONE_THREAD_FLAGS) {
        return -EINVAL;
    }
    if ((flags & CLONE_THREAD) == 0) {
        return -ENOSYS; /* a process */
    }
    if (!hl_linux_can_access(top - 2048, 2048, true) ||
        ((flags & CLONE_PARENT_SETTID) != 0 && !hl_linux_can_access(r->rdx, 4, true)) ||
        ((flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) != 0 && !hl_linux_can_access(r->r10, 4, true))) {
        return -EFAULT;
    }
    Thread *thread = free_thread();
    if (thread == NULL) {
        return -EAGAIN;
    }
    thread->thread_pointer = (flags & CLONE_SETTLS) != 0 ? r->r8 : hl_linux_self->thread_pointer;
    thread->clear_at_end = (flags & CLONE_CHILD_CLEARTID) != 0 ? (uint32_t *)r->r10 : NULL;
    thread->blocked = hl_linux_self->blocked;
    thread->stack_low = hl_linux_region_start(top - 1);
    thread->stack_high = (top + HL_PAGE_SIZE - 1) & ~(uint64_t)(HL_PAGE_SIZE - 1);
    if ((flags & CLONE_PARENT_SETTID) != 0) {
        *(int32_t *)r->rdx = thread->id;
    }
    if ((flags & CLONE_CHILD_SETTID) != 0) {
        *(int32_t *)r->r10 = thread->id;
    }
    thread->stack_pointer = new_stack(r, top);
    thread->state = THREAD_READY;
    return thread->id;
}

int64_t hl_linux_thread_exit(Registers *r)
{
    Thread *self = hl_linux_self;
    if (self == threads) {
        hl_linux_exit((int32_t)r->rdi); /* calls run on the main thread */
    }
    self->state = THREAD_FREE;
    if (self->clear_at_end != NULL && hl_linux_can_access((uint64_t)self->clear_at_end, 4, true)) {
        *self->clear_at_end = 0;
        hl_linux_wake(self->clear_at_end, ~0u, 1);
    }
    reschedule();
    return 0;
}

int64_t hl_linux_set_tid_address(Registers *r)
{
    hl_linux_self->clear_at_end = (uint32_t *)r->rdi;
    return hl_linux_self->id;
}

int64_t hl_linux_gettid(Registers *r)
{
    (void)r;
    return hl_linux_self->id;
}

int64_t hl_linux_arch_prctl(Registers *r)
{
    enum { ARCH_SET_FS = 0x1002, ARCH_GET_FS = 0x1003 };
    if (r->rdi == ARCH_SET_FS && r->rsi < 0x800000000000u) {
        hl_linux_self->thread_pointer = r->rsi;
        hl_linux_set_thread_pointer(r->rsi);
        return 0;
    }
    if (r->rdi == ARCH_GET_FS && hl_linux_can_access(r->rsi, 8, true)) {
        *(uint64_t *)r->rsi = hl_linux_self->thread_pointer;
        return 0;
    }
    return -EINVAL;
}

int64_t hl_linux_getaffinity(Registers *r)
{
    if (r->rsi < 8 || r->rsi % 8 != 0) {
        return -EINVAL;
    }
    if (!hl_linux_can_access(r->rdx, 8, true)) {
        return -EFAULT;
    }
    *(uint64_t *)r->rdx = 1; /* processor 0 */
    return 8;
}
