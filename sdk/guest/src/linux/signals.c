/*
 * Signals: faults of the processor become SIGSEGV, SIGFPE, SIGILL or SIGBUS; kill and its kin send signals to threads of the guest.
 * A signal for a thread that waits is delivered when its wait ends.
 */
#include "linux.h"
#include "../amd64/pages.h"

#define SIGNALS 64
#define SA_ONSTACK 0x08000000u
#define SA_NODEFER 0x40000000u
#define SA_RESETHAND 0x80000000u
#define STACK_GUARD 0x100000u /* a fault less than this below a stack is an overflow */
#define FLAGS_NOT_FOR_HANDLERS 0x40500u /* trap, direction, alignment check */

typedef struct Action {
    uint64_t handler; /* 0: default, 1: ignore */
    uint64_t flags, restorer, mask;
} Action;

/* What a handler gets: siginfo_t and ucontext_t of Linux. */
typedef struct Info {
    int32_t number, error, code, padding;
    uint64_t address_or_sender;
    uint64_t rest[13];
} Info;

typedef struct Context {
    uint64_t flags, link, stack, stack_flags, stack_size;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags, selectors, error_code,
        vector, old_mask, cr2;
    uint64_t floating_point, reserved[8];
    uint64_t mask, more_masks[15];
} Context;

typedef struct SignalFrame {
    uint64_t padding, restorer; /* the handler returns to the restorer, which calls rt_sigreturn with the stack behind it */
    Context context;
    Info info;
    uint64_t frame_pointer, return_address; /* the handler's frame leads to the interrupted function as to a caller */
    _Alignas(16) uint8_t floating_point[512];
} SignalFrame;

/* What an exception leaves on the stack of the handler. */
typedef struct Fault {
    hl_ExceptionFrame frame;
    uint64_t cr2;
} Fault;

static Action actions[SIGNALS + 1];

static uint64_t bit(int signal)
{
    return 1ull << (signal - 1);
}

static int signal_of(uint64_t vector)
{
    switch (vector) {
    case HL_VECTOR_DIVIDE:
    case HL_VECTOR_X87:
    case HL_VECTOR_SIMD: return SIGFPE;
    case HL_VECTOR_INVALID_OPCODE: return SIGILL;
    case HL_VECTOR_STACK_SEGMENT:
    case HL_VECTOR_ALIGNMENT: return SIGBUS;
    case HL_VECTOR_PROTECTION:
    case HL_VECTOR_PAGE_FAULT: return SIGSEGV;
    default: return 0;
    }
}

static bool has_handler(int signal)
{
    return actions[signal].handler > 1 && (hl_linux_self->blocked & bit(signal)) == 0;
}

static bool is_on_signal_stack(uint64_t stack_pointer)
{
    return stack_pointer - hl_linux_self->signal_stack - 1 < hl_linux_self->signal_stack_size;
}

/* The top of the stack for a handler. */
static uint64_t handler_stack(int signal, uint64_t stack_pointer)
{
    const Thread *self = hl_linux_self;
    bool other = (actions[signal].flags & SA_ONSTACK) != 0 && self->signal_stack_size != 0 && !is_on_signal_stack(stack_pointer);
    return other ? self->signal_stack + self->signal_stack_size : stack_pointer - RED_ZONE;
}

/* ---- Faults ---- */

static bool is_system_call(hl_ExceptionFrame *frame)
{
    /* SYSCALL jumps to the address in LSTAR, which the host keeps 0, with the code selector of STAR, 0 as well. */
    if (frame->vector == HL_VECTOR_PAGE_FAULT && frame->rip == 0 && frame->cs == 0) {
        frame->rip = (uint64_t)hl_linux_entry;
        frame->cs = HL_CODE_SELECTOR;
        frame->ss = HL_DATA_SELECTOR;
        return true;
    }
    /* With EFER.SCE off it is an invalid opcode. */
    if (frame->vector == HL_VECTOR_INVALID_OPCODE && hl_page_is_mapped(frame->rip) && hl_page_is_mapped(frame->rip + 1) &&
        *(const uint8_t *)frame->rip == 0x0F && *(const uint8_t *)(frame->rip + 1) == 0x05) {
        frame->rcx = frame->rip + 2;
        frame->r11 = frame->rflags;
        frame->rip = (uint64_t)hl_linux_entry;
        return true;
    }
    return false;
}

static bool is_stack_overflow(const hl_ExceptionFrame *frame, uint64_t cr2)
{
    uint64_t low = hl_linux_self == hl_linux_main_thread() ? hl_stack_limit : hl_linux_self->stack_low;
    return frame->vector == HL_VECTOR_PAGE_FAULT && cr2 < low && cr2 >= low - STACK_GUARD && frame->rsp < low + HL_PAGE_SIZE;
}

_Noreturn static void abort_for_overflow(const hl_ExceptionFrame *frame)
{
    hl_Text text;
    hl_text_start(&text);
    hl_text_add(&text, "stack overflow of thread ");
    hl_text_add_decimal(&text, (uint32_t)hl_linux_self->id);
    hl_text_add(&text, ": RIP ");
    hl_text_add_hex(&text, frame->rip);
    hl_text_add(&text, ", RSP ");
    hl_text_add_hex(&text, frame->rsp);
    hl_abort_with_exception((uint8_t)frame->vector, text.chars);
}

bool hl_other_exception(hl_ExceptionFrame *frame, uint64_t cr2)
{
    if (is_system_call(frame) || (frame->vector == HL_VECTOR_PAGE_FAULT && hl_linux_page_fault(cr2, frame->error_code))) {
        return true;
    }
    bool overflow = is_stack_overflow(frame, cr2);
    int signal = signal_of(frame->vector);
    if (signal == 0 || !has_handler(signal)) {
        if (overflow) {
            abort_for_overflow(frame);
        }
        return false;
    }
    uint64_t top = handler_stack(signal, frame->rsp) & ~15ull;
    Fault *fault = (Fault *)(top - sizeof(Fault));
    for (uint64_t page = (uint64_t)fault & ~(uint64_t)(HL_PAGE_SIZE - 1); page < top; page += HL_PAGE_SIZE) {
        if (!hl_linux_make_writable(page)) {
            if (overflow) {
                abort_for_overflow(frame);
            }
            return false;
        }
    }
    fault->frame = *frame;
    fault->cr2 = cr2;
    frame->rip = (uint64_t)hl_linux_fault_return;
    frame->rsp = (uint64_t)fault;
    frame->rflags &= ~(uint64_t)FLAGS_NOT_FOR_HANDLERS;
    return true;
}

/* ---- Delivery ---- */

static Context context_of(const hl_ExceptionFrame *frame, uint64_t cr2, uint64_t mask)
{
    return (Context){
        .r8 = frame->r8, .r9 = frame->r9, .r10 = frame->r10, .r11 = frame->r11, .r12 = frame->r12, .r13 = frame->r13,
        .r14 = frame->r14, .r15 = frame->r15, .rdi = frame->rdi, .rsi = frame->rsi, .rbp = frame->rbp, .rbx = frame->rbx,
        .rdx = frame->rdx, .rax = frame->rax, .rcx = frame->rcx, .rsp = frame->rsp, .rip = frame->rip, .rflags = frame->rflags,
        .selectors = 0x002B000000000033u, /* those of a program on Linux */
        .error_code = frame->error_code, .vector = frame->vector, .cr2 = cr2, .old_mask = mask, .mask = mask,
        .stack = hl_linux_self->signal_stack, .stack_size = hl_linux_self->signal_stack_size,
        .stack_flags = hl_linux_self->signal_stack_size == 0 ? 2 : is_on_signal_stack(frame->rsp) ? 1 : 0,
    };
}

/* Runs the handler. `on` is the stack below which it runs, which holds the signal's frame. */
_Noreturn static void run_handler(SignalFrame *on, int signal, const hl_ExceptionFrame *frame, uint64_t cr2, const Info *info)
{
    Action action = actions[signal];
    if ((action.flags & SA_RESETHAND) != 0) {
        actions[signal].handler = 0;
    }
    __asm__ volatile("fxsave64 (%0)" : : "r"(on->floating_point) : "memory");
    on->restorer = action.restorer;
    on->context = context_of(frame, cr2, hl_linux_self->blocked);
    on->context.floating_point = (uint64_t)on->floating_point;
    on->info = *info;
    on->frame_pointer = frame->rbp;
    on->return_address = frame->rip + 1;
    hl_linux_self->blocked |= action.mask | ((action.flags & SA_NODEFER) != 0 ? 0 : bit(signal));
    hl_ExceptionFrame next = {
        .rip = action.handler, .rsp = (uint64_t)&on->restorer, .rflags = frame->rflags & ~(uint64_t)FLAGS_NOT_FOR_HANDLERS,
        .cs = HL_CODE_SELECTOR, .ss = HL_DATA_SELECTOR,
        .rbp = (uint64_t)&on->frame_pointer, .rdi = (uint64_t)signal, .rsi = (uint64_t)&on->info, .rdx = (uint64_t)&on->context,
    };
    hl_linux_continue(&next);
}

/* Called by hl_linux_fault_return, on the stack for the handler. */
_Noreturn void hl_linux_deliver_fault(const Fault *fault)
{
    int signal = signal_of(fault->frame.vector);
    bool mapped = (fault->frame.error_code & HL_FAULT_PRESENT) != 0;
    Info info = {.number = signal, .code = signal == SIGSEGV ? (mapped ? 2 : 1) : 1};
    info.address_or_sender = fault->frame.vector == HL_VECTOR_PAGE_FAULT ? fault->cr2 : signal == SIGSEGV ? 0 : fault->frame.rip;
    if (fault->frame.vector == HL_VECTOR_PROTECTION) {
        info.code = 0x80; /* sent by the kernel; the address is not known */
    }
    SignalFrame on;
    run_handler(&on, signal, &fault->frame, fault->cr2, &info);
}

/* A signal that nobody handles. */
static void default_action(int signal)
{
    const uint64_t ignored = bit(17) | bit(18) | bit(23) | bit(28); /* SIGCHLD, SIGCONT, SIGURG, SIGWINCH */
    if ((ignored & bit(signal)) != 0) {
        return;
    }
    hl_linux_output_flush();
    hl_Text text;
    hl_text_start(&text);
    hl_text_add(&text, "The guest was ended by signal ");
    hl_text_add_decimal(&text, (uint32_t)signal);
    hl_abort_at(HL_NO_PLACE, (int32_t)(128 + signal), text.chars);
}

void hl_linux_deliver_pending(Registers *r)
{
    uint64_t due = hl_linux_self->pending & ~hl_linux_self->blocked;
    if (due == 0) {
        return;
    }
    int signal = __builtin_ctzll(due) + 1;
    hl_linux_self->pending &= ~bit(signal);
    if (actions[signal].handler == 0) {
        default_action(signal);
    }
    if (actions[signal].handler <= 1) {
        return;
    }
    hl_ExceptionFrame frame = {
        .r15 = r->r15, .r14 = r->r14, .r13 = r->r13, .r12 = r->r12, .rbp = r->rbp, .rbx = r->rbx, .r11 = r->r11, .r10 = r->r10,
        .r9 = r->r9, .r8 = r->r8, .rdi = r->rdi, .rsi = r->rsi, .rdx = r->rdx, .rcx = r->rcx, .rax = r->rax,
        .rip = r->rcx, .rflags = r->r11, .rsp = (uint64_t)(r + 1) + RED_ZONE,
    };
    Info info = {.number = signal, .code = -6 /* SI_TKILL */, .address_or_sender = 1};
    uint64_t top = handler_stack(signal, frame.rsp);
    if (is_on_signal_stack(top) && !is_on_signal_stack(frame.rsp)) {
        SignalFrame *on = (SignalFrame *)((top - sizeof(SignalFrame)) & ~15ull);
        run_handler(on, signal, &frame, 0, &info);
    }
    SignalFrame on;
    run_handler(&on, signal, &frame, 0, &info);
}

/* ---- System calls ---- */

int64_t hl_linux_sigreturn(Registers *r)
{
    /* The handler's return has taken the restorer off the stack. */
    const Context *context = (const Context *)((uint64_t)(r + 1) + RED_ZONE);
    if (!hl_linux_can_access((uint64_t)context, sizeof(*context), false) ||
        !hl_linux_can_access(context->floating_point, 512, false) || context->floating_point % 16 != 0) {
        default_action(SIGSEGV);
    }
    __asm__ volatile("fxrstor64 (%0)" : : "r"(context->floating_point) : "memory");
    hl_linux_self->blocked = context->mask;
    hl_ExceptionFrame frame = {
        .r8 = context->r8, .r9 = context->r9, .r10 = context->r10, .r11 = context->r11, .r12 = context->r12, .r13 = context->r13,
        .r14 = context->r14, .r15 = context->r15, .rdi = context->rdi, .rsi = context->rsi, .rbp = context->rbp,
        .rbx = context->rbx, .rdx = context->rdx, .rax = context->rax, .rcx = context->rcx, .rsp = context->rsp,
        .rip = context->rip, .rflags = context->rflags, .cs = HL_CODE_SELECTOR, .ss = HL_DATA_SELECTOR,
    };
    hl_linux_continue(&frame);
}

int64_t hl_linux_sigaction(Registers *r)
{
    const uint64_t fixed = bit(9) | bit(19); /* SIGKILL, SIGSTOP */
    if (r->rdi < 1 || r->rdi > SIGNALS || r->r10 != 8 || (r->rsi != 0 && (bit((int)r->rdi) & fixed) != 0)) {
        return -EINVAL;
    }
    if ((r->rsi != 0 && !hl_linux_can_access(r->rsi, sizeof(Action), false)) ||
        (r->rdx != 0 && !hl_linux_can_access(r->rdx, sizeof(Action), true))) {
        return -EFAULT;
    }
    Action old = actions[r->rdi];
    if (r->rsi != 0) {
        actions[r->rdi] = *(const Action *)r->rsi;
    }
    if (r->rdx != 0) {
        *(Action *)r->rdx = old;
    }
    return 0;
}

int64_t hl_linux_sigprocmask(Registers *r)
{
    enum { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };
    if (r->r10 != 8) {
        return -EINVAL;
    }
    if ((r->rsi != 0 && !hl_linux_can_access(r->rsi, 8, false)) || (r->rdx != 0 && !hl_linux_can_access(r->rdx, 8, true))) {
        return -EFAULT;
    }
    uint64_t old = hl_linux_self->blocked;
    if (r->rsi != 0) {
        uint64_t set = *(const uint64_t *)r->rsi & ~(bit(9) | bit(19));
        switch (r->rdi) {
        case SIG_BLOCK: hl_linux_self->blocked |= set; break;
        case SIG_UNBLOCK: hl_linux_self->blocked &= ~set; break;
        case SIG_SETMASK: hl_linux_self->blocked = set; break;
        default: return -EINVAL;
        }
    }
    if (r->rdx != 0) {
        *(uint64_t *)r->rdx = old;
    }
    return 0;
}

int64_t hl_linux_sigpending(Registers *r)
{
    if (r->rsi > 8) {
        return -EINVAL;
    }
    if (!hl_linux_can_access(r->rdi, 8, true)) {
        return -EFAULT;
    }
    *(uint64_t *)r->rdi = hl_linux_self->pending & hl_linux_self->blocked;
    return 0;
}

int64_t hl_linux_sigaltstack(Registers *r)
{
    typedef struct { uint64_t start, flags, size; } Stack;
    enum { SS_ONSTACK = 1, SS_DISABLE = 2, SMALLEST = 2048 };
    Thread *self = hl_linux_self;
    bool on = is_on_signal_stack((uint64_t)(r + 1) + RED_ZONE);
    if ((r->rdi != 0 && !hl_linux_can_access(r->rdi, sizeof(Stack), false)) ||
        (r->rsi != 0 && !hl_linux_can_access(r->rsi, sizeof(Stack), true))) {
        return -EFAULT;
    }
    Stack old = {self->signal_stack, self->signal_stack_size == 0 ? SS_DISABLE : on ? SS_ONSTACK : 0, self->signal_stack_size};
    if (r->rdi != 0) {
        Stack next = *(const Stack *)r->rdi;
        bool off = ((uint32_t)next.flags & SS_DISABLE) != 0;
        if (on) {
            return -EPERM;
        }
        if (((uint32_t)next.flags & ~(uint32_t)(SS_ONSTACK | SS_DISABLE)) != 0) {
            return -EINVAL;
        }
        if (!off && next.size < SMALLEST) {
            return -ENOMEM;
        }
        self->signal_stack = off ? 0 : next.start;
        self->signal_stack_size = off ? 0 : next.size;
    }
    if (r->rsi != 0) {
        *(Stack *)r->rsi = old;
    }
    return 0;
}

static int64_t send(int32_t id, uint64_t signal)
{
    if (id <= 0) {
        return -EINVAL;
    }
    Thread *thread = hl_linux_thread(id);
    if (thread == NULL) {
        return -ESRCH;
    }
    if (signal > SIGNALS) {
        return -EINVAL;
    }
    if (signal != 0 && actions[signal].handler != 1) {
        thread->pending |= bit((int)signal);
    }
    return 0;
}

int64_t hl_linux_kill(Registers *r)
{
    bool self = (int32_t)r->rdi == 1 || (int32_t)r->rdi == 0 || (int32_t)r->rdi == -1;
    return self ? send(hl_linux_self->id, r->rsi) : -ESRCH;
}

int64_t hl_linux_tkill(Registers *r)
{
    return send((int32_t)r->rdi, r->rsi);
}

int64_t hl_linux_tgkill(Registers *r)
{
    return (int32_t)r->rdi == 1 ? send((int32_t)r->rsi, r->rdx) : -ESRCH;
}

/* abort() of the kit would skip a handler of SIGABRT. The text has what the program said on stderr. */
_Noreturn static void abort_at(uintptr_t place)
{
    if (has_handler(SIGABRT)) {
        __asm__ volatile("syscall" : : "a"(200), "D"(hl_linux_self->id), "S"(SIGABRT) : "rcx", "r11", "memory");
    }
    hl_linux_output_flush();
    const char *said = hl_linux_error_text();
    hl_abort_at(place, 128 + SIGABRT, said[0] != 0 ? said : "abort()");
}

_Noreturn void abort(void)
{
    abort_at(HL_CALLER);
}

static void say(const char *text)
{
    hl_linux_output(true, text, strlen(text));
}

/* Called by assert(). The function of the C library would make itself the place of the abort. */
_Noreturn void __assert_fail(const char *expression, const char *file, int line, const char *function)
{
    hl_Text number;
    hl_text_start(&number);
    hl_text_add_decimal(&number, (uint32_t)line);
    say("Assertion failed: ");
    say(expression);
    say(" (");
    say(file);
    say(": ");
    say(function);
    say(": ");
    say(number.chars);
    say(")\n");
    abort_at(HL_CALLER);
}
