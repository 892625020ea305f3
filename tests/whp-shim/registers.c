// The registers by the names of section 6. General, segment, table and control registers and events are in the page that is shared with
// the kernel; the others need requests.
#include "shim.h"

#define NAME_RAX 0
#define NAME_RIP 0x10
#define NAME_RFLAGS 0x11
#define NAME_ES 0x12
#define NAME_TR 0x19
#define NAME_IDTR 0x1A
#define NAME_GDTR 0x1B
#define NAME_CR0 0x1C
#define NAME_CR2 0x1D
#define NAME_CR3 0x1E
#define NAME_CR4 0x1F
#define NAME_CR8 0x20
#define NAME_DR0 0x21
#define NAME_DR6 0x25
#define NAME_DR7 0x26
#define NAME_XCR0 0x27
#define NAME_XMM0 0x1000
#define NAME_XMM15 0x100F
#define NAME_FP0 0x1010
#define NAME_FP7 0x1017
#define NAME_FP_CONTROL 0x1018
#define NAME_XMM_CONTROL 0x1019
#define NAME_EFER 0x2001
#define NAME_APIC_BASE 0x2003
#define NAME_PENDING_INTERRUPTION 0x80000000u
#define NAME_INTERRUPT_STATE 0x80000001u
#define NAME_PENDING_EVENT 0x80000002u
#define NAME_ACTIVITY_STATE 0x80000005u

#define MOST_NAMES 128

// The legacy area of XSAVE.
#define AREA_X87_CONTROL 0
#define AREA_SSE_CONTROL 16
#define AREA_X87 32
#define AREA_SSE 160
#define AREA_XSTATE_BV 512
#define X87_AND_SSE 3ull

// WHV_X64_PENDING_INTERRUPTION_REGISTER.
#define PENDING 1ull
#define PENDING_TYPE_SHIFT 1
#define PENDING_TYPE 7
#define TYPE_INTERRUPT 0
#define TYPE_NMI 2
#define TYPE_EXCEPTION 3
#define PENDING_HAS_ERROR (1ull << 4)
#define PENDING_VECTOR_SHIFT 16
#define PENDING_ERROR_SHIFT 32

// WHV_X64_INTERRUPT_STATE_REGISTER.
#define STATE_SHADOW 1ull
#define STATE_NMI_MASKED 2ull

// The values that a call exchanges with KVM besides the shared page.
struct exchange {
    bool has_debug;
    bool has_xcrs;
    bool has_area;
    bool has_general;
    bool has_special;
    bool has_events;
    struct kvm_debugregs debug;
    struct kvm_xcrs xcrs;
    uint32_t msr_count;
    struct kvm_msr_entry msrs[MOST_NAMES];
    _Alignas(16) uint8_t area[KVM_XSAVE_SIZE];
};

static uint64_t *general(struct kvm_regs *regs, uint32_t name)
{
    uint64_t *const places[] = { (uint64_t *)&regs->rax, (uint64_t *)&regs->rcx, (uint64_t *)&regs->rdx, (uint64_t *)&regs->rbx,
        (uint64_t *)&regs->rsp, (uint64_t *)&regs->rbp, (uint64_t *)&regs->rsi, (uint64_t *)&regs->rdi, (uint64_t *)&regs->r8,
        (uint64_t *)&regs->r9, (uint64_t *)&regs->r10, (uint64_t *)&regs->r11, (uint64_t *)&regs->r12, (uint64_t *)&regs->r13,
        (uint64_t *)&regs->r14, (uint64_t *)&regs->r15, (uint64_t *)&regs->rip, (uint64_t *)&regs->rflags };
    return places[name - NAME_RAX];
}

static struct kvm_segment *segment(struct kvm_sregs *sregs, uint32_t name)
{
    struct kvm_segment *const places[] = { &sregs->es, &sregs->cs, &sregs->ss, &sregs->ds, &sregs->fs, &sregs->gs, &sregs->ldt,
        &sregs->tr };
    return places[name - NAME_ES];
}

static uint64_t *control(struct kvm_sregs *sregs, uint32_t name)
{
    return (uint64_t *)(name == NAME_CR0 ? &sregs->cr0
            : name == NAME_CR2           ? &sregs->cr2
            : name == NAME_CR3           ? &sregs->cr3
            : name == NAME_CR4           ? &sregs->cr4
            : name == NAME_CR8           ? &sregs->cr8
            : name == NAME_EFER          ? &sregs->efer
            : name == NAME_APIC_BASE     ? &sregs->apic_base
                                         : NULL);
}

static uint64_t *debug(struct kvm_debugregs *registers, uint32_t name)
{
    return (uint64_t *)(name == NAME_DR6 ? &registers->dr6 : name == NAME_DR7 ? &registers->dr7 : &registers->db[name - NAME_DR0]);
}

// Where the register stands in the area of XSAVE; -1 if the register does not stand there.
static int area_offset(uint32_t name)
{
    return name >= NAME_XMM0 && name <= NAME_XMM15 ? AREA_SSE + (16 * (int)(name - NAME_XMM0))
        : name >= NAME_FP0 && name <= NAME_FP7     ? AREA_X87 + (16 * (int)(name - NAME_FP0))
        : name == NAME_FP_CONTROL                  ? AREA_X87_CONTROL
        : name == NAME_XMM_CONTROL                 ? AREA_SSE_CONTROL
                                                   : -1;
}

WHV_X64_SEGMENT_REGISTER to_segment(const struct kvm_segment *from)
{
    unsigned present = from->unusable ? 0 : from->present;
    unsigned attributes = from->type | (unsigned)from->s << 4 | (unsigned)from->dpl << 5 | present << 7 | (unsigned)from->avl << 12
        | (unsigned)from->l << 13 | (unsigned)from->db << 14 | (unsigned)from->g << 15;
    return (WHV_X64_SEGMENT_REGISTER){ from->base, from->limit, from->selector, (uint16_t)attributes };
}

static struct kvm_segment from_segment(const WHV_X64_SEGMENT_REGISTER *from)
{
    unsigned attributes = from->Attributes;
    uint8_t present = attributes >> 7 & 1;
    return (struct kvm_segment){
        .base = from->Base, .limit = from->Limit, .selector = from->Selector, .type = attributes & 15, .s = attributes >> 4 & 1,
        .dpl = attributes >> 5 & 3, .present = present, .avl = attributes >> 12 & 1, .l = attributes >> 13 & 1,
        .db = attributes >> 14 & 1, .g = attributes >> 15 & 1, .unusable = !present,
    };
}

static uint64_t to_pending_interruption(const struct kvm_vcpu_events *events)
{
    return events->exception.injected
        ? PENDING | TYPE_EXCEPTION << PENDING_TYPE_SHIFT | (events->exception.has_error_code ? PENDING_HAS_ERROR : 0)
            | (uint64_t)events->exception.nr << PENDING_VECTOR_SHIFT | (uint64_t)events->exception.error_code << PENDING_ERROR_SHIFT
        : events->nmi.injected       ? PENDING | TYPE_NMI << PENDING_TYPE_SHIFT | 2ull << PENDING_VECTOR_SHIFT
        : events->interrupt.injected ? PENDING | (uint64_t)events->interrupt.nr << PENDING_VECTOR_SHIFT
                                     : 0;
}

static HRESULT set_pending_interruption(struct kvm_vcpu_events *events, uint64_t value)
{
    uint64_t type = value >> PENDING_TYPE_SHIFT & PENDING_TYPE;
    bool pending = (value & PENDING) != 0;
    if (pending && type != TYPE_INTERRUPT && type != TYPE_NMI && type != TYPE_EXCEPTION) {
        return unknown("a pending interruption of type %u", (unsigned)type);
    }

    memset(&events->exception, 0, sizeof(events->exception));
    events->interrupt.injected = pending && type == TYPE_INTERRUPT;
    events->interrupt.nr = (uint8_t)(value >> PENDING_VECTOR_SHIFT);
    events->interrupt.soft = 0;
    events->nmi.injected = pending && type == TYPE_NMI;
    events->nmi.pending = 0;
    events->exception.injected = pending && type == TYPE_EXCEPTION;
    events->exception.nr = (uint8_t)(value >> PENDING_VECTOR_SHIFT);
    events->exception.has_error_code = (value & PENDING_HAS_ERROR) != 0;
    events->exception.error_code = (uint32_t)(value >> PENDING_ERROR_SHIFT);
    return S_OK;
}

static HRESULT prepare(struct processor *processor, struct exchange *exchange, const uint32_t *names, uint32_t count, bool sets)
{
    if (names == NULL || count == 0 || count > MOST_NAMES) {
        return because(E_INVALIDARG, "%u names", count);
    }

    memset(exchange, 0, offsetof(struct exchange, area));
    for (uint32_t i = 0; i < count; i++) {
        uint32_t name = names[i];
        uint32_t msr;
        if (name <= NAME_RFLAGS) {
            exchange->has_general = true;
        } else if (name <= NAME_CR8 || name == NAME_EFER || name == NAME_APIC_BASE) {
            exchange->has_special = true;
        } else if (name <= NAME_DR7) {
            exchange->has_debug = true;
        } else if (name == NAME_XCR0 && processor->initial_xcrs.nr_xcrs != 0) {
            exchange->has_xcrs = true;
        } else if (area_offset(name) >= 0) {
            exchange->has_area = true;
        } else if (name >= NAME_PENDING_INTERRUPTION && name <= NAME_PENDING_EVENT) {
            exchange->has_events = true;
        } else if (find_msr(name, &msr)) {
            exchange->msrs[exchange->msr_count++].index = msr;
        } else if (name != NAME_ACTIVITY_STATE) {
            return because(WHV_E_INVALID_VP_REGISTER_NAME, "the processor has no register 0x%X", name);
        }
    }

    // A register that is set alone leaves its neighbours as they are.
    bool reads = (!exchange->has_debug || ioctl(processor->fd, KVM_GET_DEBUGREGS, &exchange->debug) == 0)
        && (!exchange->has_xcrs || ioctl(processor->fd, KVM_GET_XCRS, &exchange->xcrs) == 0)
        && (!exchange->has_area || ioctl(processor->fd, KVM_GET_XSAVE, exchange->area) == 0)
        && (sets || exchange->msr_count == 0
            || exchange_msrs(processor, KVM_GET_MSRS, exchange->msrs, exchange->msr_count) == exchange->msr_count);
    return reads ? S_OK : unknown("KVM does not give the registers: %s", strerror(errno));
}

HRESULT get_registers(struct processor *processor, const uint32_t *names, uint32_t count, WHV_REGISTER_VALUE *values)
{
    struct exchange exchange;
    HRESULT result = prepare(processor, &exchange, names, count, false);
    if (result != S_OK) {
        return result;
    }

    struct kvm_run *run = processor->run;
    struct kvm_sregs *sregs = &run->s.regs.sregs;
    const struct kvm_vcpu_events *events = &run->s.regs.events;
    sregs->cr8 = run->cr8;
    uint32_t msr = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t name = names[i];
        WHV_REGISTER_VALUE *value = &values[i];
        *value = (WHV_REGISTER_VALUE){ .Words = { 0, 0 } };
        if (name <= NAME_RFLAGS) {
            value->Reg64 = *general(&run->s.regs.regs, name);
        } else if (name <= NAME_TR) {
            value->Segment = to_segment(segment(sregs, name));
        } else if (name == NAME_IDTR || name == NAME_GDTR) {
            const struct kvm_dtable *table = name == NAME_IDTR ? &sregs->idt : &sregs->gdt;
            value->Table = (WHV_X64_TABLE_REGISTER){ .Limit = table->limit, .Base = table->base };
        } else if (control(sregs, name) != NULL) {
            value->Reg64 = *control(sregs, name);
        } else if (name <= NAME_DR7) {
            value->Reg64 = *debug(&exchange.debug, name);
        } else if (name == NAME_XCR0) {
            value->Reg64 = exchange.xcrs.xcrs[0].value;
        } else if (area_offset(name) >= 0) {
            memcpy(value->Bytes, exchange.area + area_offset(name), sizeof(value->Bytes));
        } else if (name == NAME_PENDING_INTERRUPTION) {
            value->Reg64 = to_pending_interruption(events);
        } else if (name == NAME_INTERRUPT_STATE) {
            value->Reg64 = (events->interrupt.shadow ? STATE_SHADOW : 0) | (events->nmi.masked ? STATE_NMI_MASKED : 0);
        } else if (name != NAME_PENDING_EVENT && name != NAME_ACTIVITY_STATE) {
            value->Reg64 = exchange.msrs[msr++].data;
        }
    }

    return S_OK;
}

// Puts the values that requests need into the exchange, and the events into their place.
static HRESULT collect(
    struct exchange *exchange, struct kvm_vcpu_events *events, const uint32_t *names, uint32_t count, const WHV_REGISTER_VALUE *values)
{
    uint32_t msr = 0;
    HRESULT result = S_OK;
    for (uint32_t i = 0; i < count && result == S_OK; i++) {
        uint32_t name = names[i];
        uint64_t value = values[i].Reg64;
        if (name >= NAME_DR0 && name <= NAME_DR7) {
            *debug(&exchange->debug, name) = value;
        } else if (name == NAME_XCR0) {
            exchange->xcrs.xcrs[0].value = value;
        } else if (area_offset(name) >= 0) {
            memcpy(exchange->area + area_offset(name), values[i].Bytes, sizeof(values[i].Bytes));
        } else if (name == NAME_PENDING_INTERRUPTION) {
            result = set_pending_interruption(events, value);
        } else if (name == NAME_INTERRUPT_STATE) {
            events->interrupt.shadow = (value & STATE_SHADOW) != 0;
            events->nmi.masked = (value & STATE_NMI_MASKED) != 0;
        } else if (name == NAME_PENDING_EVENT || name == NAME_ACTIVITY_STATE) {
            result = value == 0 ? S_OK : unknown("the register 0x%X gets a value other than 0", name);
        } else if (name > NAME_XCR0 && name != NAME_EFER && name != NAME_APIC_BASE) {
            exchange->msrs[msr++].data = value;
        }
    }

    return result;
}

HRESULT set_registers(struct processor *processor, const uint32_t *names, uint32_t count, const WHV_REGISTER_VALUE *values)
{
    struct exchange exchange;
    struct kvm_run *run = processor->run;
    struct kvm_vcpu_events events = run->s.regs.events;
    HRESULT result = prepare(processor, &exchange, names, count, true);
    result = result == S_OK ? collect(&exchange, &events, names, count, values) : result;
    if (result != S_OK) {
        return result;
    }

    if (exchange.has_area) {
        uint64_t present;
        memcpy(&present, exchange.area + AREA_XSTATE_BV, sizeof(present));
        present |= X87_AND_SSE;
        memcpy(exchange.area + AREA_XSTATE_BV, &present, sizeof(present));
    }

    uint32_t written = exchange.msr_count == 0 ? 0 : exchange_msrs(processor, KVM_SET_MSRS, exchange.msrs, exchange.msr_count);
    if (written != exchange.msr_count) {
        return because(E_INVALIDARG, "KVM refuses the value of the model-specific register 0x%X", exchange.msrs[written].index);
    }

    if ((exchange.has_debug && ioctl(processor->fd, KVM_SET_DEBUGREGS, &exchange.debug) != 0)
        || (exchange.has_xcrs && ioctl(processor->fd, KVM_SET_XCRS, &exchange.xcrs) != 0)
        || (exchange.has_area && ioctl(processor->fd, KVM_SET_XSAVE, exchange.area) != 0)) {
        return because(E_INVALIDARG, "KVM refuses a value: %s", strerror(errno));
    }

    struct kvm_sregs *sregs = &run->s.regs.sregs;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t name = names[i];
        if (name <= NAME_RFLAGS) {
            *general(&run->s.regs.regs, name) = values[i].Reg64;
        } else if (name <= NAME_TR) {
            *segment(sregs, name) = from_segment(&values[i].Segment);
        } else if (name == NAME_IDTR || name == NAME_GDTR) {
            struct kvm_dtable *table = name == NAME_IDTR ? &sregs->idt : &sregs->gdt;
            *table = (struct kvm_dtable){ .base = values[i].Table.Base, .limit = values[i].Table.Limit };
        } else if (control(sregs, name) != NULL) {
            *control(sregs, name) = values[i].Reg64;
            run->cr8 = name == NAME_CR8 ? values[i].Reg64 : run->cr8;
        }
    }

    run->s.regs.events = events;
    run->kvm_dirty_regs |= (exchange.has_general ? KVM_SYNC_X86_REGS : 0) | (exchange.has_special ? KVM_SYNC_X86_SREGS : 0)
        | (exchange.has_special || exchange.has_events ? KVM_SYNC_X86_EVENTS : 0);
    processor->has_new_registers = true;
    return S_OK;
}
