// The translation of KVM's exits. KVM finishes the instruction of an exit at the next entry; Windows leaves the instruction to the host.
// So the shim lets KVM finish each instruction at once, and then puts the registers back.
#include "shim.h"

#define CR0_PE (1ull << 0)
#define CR0_AM (1ull << 18)
#define EFER_LMA (1ull << 10)

#define STATE_PE (1u << 2)
#define STATE_AM (1u << 3)
#define STATE_LMA (1u << 4)
#define STATE_INTERRUPTION_PENDING (1u << 6)
#define STATE_INTERRUPT_SHADOW (1u << 12)

// KVM emulates a string instruction in steps of 1024 elements, each with two exits at most.
#define MOST_EXITS_OF_AN_INSTRUCTION 4096

bool is_long(const struct kvm_sregs *sregs)
{
    return (sregs->efer & EFER_LMA) != 0 && sregs->cs.l;
}

uint64_t linear_rip(const struct kvm_sregs *sregs, uint64_t rip)
{
    return is_long(sregs) ? rip : (uint32_t)(sregs->cs.base + rip);
}

void fill_context(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit, uint32_t reason)
{
    const struct kvm_run *run = processor->run;
    const struct kvm_sregs *sregs = &run->s.regs.sregs;
    const struct kvm_vcpu_events *events = &run->s.regs.events;
    exit->ExitReason = reason;
    exit->VpContext.ExecutionState = (uint16_t)(sregs->ss.dpl | ((sregs->cr0 & CR0_PE) != 0 ? STATE_PE : 0)
        | ((sregs->cr0 & CR0_AM) != 0 ? STATE_AM : 0) | ((sregs->efer & EFER_LMA) != 0 ? STATE_LMA : 0)
        | (events->exception.injected || events->interrupt.injected || events->nmi.injected ? STATE_INTERRUPTION_PENDING : 0)
        | (events->interrupt.shadow ? STATE_INTERRUPT_SHADOW : 0));
    exit->VpContext.InstructionLengthAndCr8 = (uint8_t)(run->cr8 << 4);
    exit->VpContext.Cs = to_segment(&sregs->cs);
    exit->VpContext.Rip = run->s.regs.regs.rip;
    exit->VpContext.Rflags = run->s.regs.regs.rflags;
}

void memory_exit(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit, uint64_t gpa, uint32_t access)
{
    struct mapping mapping;
    bool is_mapped = find_mapping(processor->partition, gpa, &mapping);
    fill_context(processor, exit, EXIT_MEMORY_ACCESS);
    exit->MemoryAccess.AccessInfo = access | (is_mapped ? 0 : ACCESS_GPA_UNMAPPED);
    exit->MemoryAccess.Gpa = gpa;
}

bool is_forbidden(struct processor *processor, uint64_t gpa)
{
    struct mapping mapping;
    return find_mapping(processor->partition, gpa, &mapping) && (mapping.flags & MAP_EXECUTE) == 0;
}

bool executes_forbidden_page(struct processor *processor, uint64_t rip, uint64_t *gpa)
{
    uint64_t linear = linear_rip(&processor->run->s.regs.sregs, rip);
    return translate(processor, linear, 0, gpa) == TRANSLATE_SUCCESS && is_forbidden(processor, *gpa);
}

HRESULT finish_instruction(struct processor *processor)
{
    struct kvm_run *run = processor->run;
    for (int exits = 0; exits < MOST_EXITS_OF_AN_INSTRUCTION; exits++) {
        if (run->exit_reason == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_IN) {
            memset((uint8_t *)run + run->io.data_offset, 0, (size_t)run->io.size * run->io.count);
        } else if (run->exit_reason == KVM_EXIT_MMIO && !run->mmio.is_write) {
            memset(run->mmio.data, 0, sizeof(run->mmio.data));
        }

        __atomic_store_n(&run->immediate_exit, 1, __ATOMIC_SEQ_CST);
        if (ioctl(processor->fd, KVM_RUN, 0) != 0) {
            return errno == EINTR ? S_OK : unknown("KVM does not finish an instruction: %s", strerror(errno));
        }
    }

    return unknown("an instruction has more than %d exits", MOST_EXITS_OF_AN_INSTRUCTION);
}

void put_back(struct processor *processor, const struct kvm_sync_regs *saved, uint64_t cr8)
{
    struct kvm_run *run = processor->run;
    bool is_same = memcmp(&run->s.regs.sregs, &saved->sregs, sizeof(saved->sregs)) == 0;
    run->s.regs = *saved;
    run->cr8 = cr8;
    run->kvm_dirty_regs |= KVM_SYNC_X86_REGS | KVM_SYNC_X86_EVENTS | (is_same ? 0 : KVM_SYNC_X86_SREGS);
}

static HRESULT translate_memory_exit(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit)
{
    struct kvm_run *run = processor->run;
    struct kvm_sync_regs saved = run->s.regs;
    uint64_t cr8 = run->cr8;
    uint64_t address = run->mmio.phys_addr;
    uint32_t access = run->mmio.is_write ? ACCESS_WRITE : ACCESS_READ;
    HRESULT result = finish_instruction(processor);
    put_back(processor, &saved, cr8);
    if (result != S_OK) {
        return result;
    }

    uint64_t gpa;
    bool is_forbidden = executes_forbidden_page(processor, saved.regs.rip, &gpa);
    memory_exit(processor, exit, is_forbidden ? gpa : address, is_forbidden ? ACCESS_EXECUTE : access);
    return S_OK;
}

// KVM reports a jump to an address without memory as an instruction that cannot be emulated.
static void translate_internal_error(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit)
{
    struct mapping mapping;
    uint64_t gpa = 0;
    struct kvm_run *run = processor->run;
    uint64_t linear = linear_rip(&run->s.regs.sregs, run->s.regs.regs.rip);
    bool is_translated = translate(processor, linear, 0, &gpa) == TRANSLATE_SUCCESS;
    if (is_translated && (!find_mapping(processor->partition, gpa, &mapping) || (mapping.flags & MAP_EXECUTE) == 0)) {
        memory_exit(processor, exit, gpa, ACCESS_EXECUTE);
        return;
    }

    fill_context(processor, exit, EXIT_UNSUPPORTED_FEATURE);
    exit->UnsupportedFeature.FeatureCode = run->internal.suberror;
}

static void translate_halt(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit)
{
    uint64_t gpa;
    struct kvm_run *run = processor->run;
    if (executes_forbidden_page(processor, run->s.regs.regs.rip - 1, &gpa)) {
        run->s.regs.regs.rip--;
        run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
        memory_exit(processor, exit, gpa, ACCESS_EXECUTE);
    } else {
        fill_context(processor, exit, EXIT_HALT);
    }
}

static void translate_shutdown(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit)
{
    uint64_t gpa;
    if (executes_forbidden_page(processor, processor->run->s.regs.regs.rip, &gpa)) {
        memory_exit(processor, exit, gpa, ACCESS_EXECUTE);
    } else {
        fill_context(processor, exit, EXIT_UNRECOVERABLE_EXCEPTION);
    }
}

HRESULT translate_exit(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit)
{
    switch (processor->run->exit_reason) {
    case KVM_EXIT_IO:
        return translate_port_exit(processor, exit);
    case KVM_EXIT_MMIO:
        return translate_memory_exit(processor, exit);
    case KVM_EXIT_HLT:
        translate_halt(processor, exit);
        return S_OK;
    case KVM_EXIT_SHUTDOWN:
        translate_shutdown(processor, exit);
        return S_OK;
    case KVM_EXIT_INTERNAL_ERROR:
        translate_internal_error(processor, exit);
        return S_OK;
    case KVM_EXIT_FAIL_ENTRY:
        fill_context(processor, exit, EXIT_INVALID_REGISTER_VALUE);
        return S_OK;
    default:
        return unknown("KVM's exit %u", processor->run->exit_reason);
    }
}

// Finds the first page from an address on that the host cannot read. Returns false if there is none up to the end.
static bool find_unreadable_page(struct partition *partition, uint64_t guest, uint64_t end, uint64_t *gpa)
{
    static uint8_t ignored[256 * PAGE];
    while (guest < end) {
        uint64_t wanted = end - guest < sizeof(ignored) ? end - guest : sizeof(ignored);
        size_t read = read_guest(partition, guest, ignored, wanted);
        guest += read & ~PAGE_MASK;
        if (read < wanted) {
            *gpa = guest;
            return true;
        }
    }

    return false;
}

// KVM found no host memory behind a page of the guest, and does not tell which page. So the shim looks for it.
void translate_fetch_without_memory(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit)
{
    const struct kvm_regs *regs = &processor->run->s.regs.regs;
    memory_exit(processor, exit, linear_rip(&processor->run->s.regs.sregs, regs->rip), ACCESS_EXECUTE);
}

HRESULT translate_fault(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit)
{
    struct mapping mapping;
    for (uint64_t guest = 0; next_mapping(processor->partition, guest, &mapping); guest = mapping.guest + mapping.size) {
        uint64_t gpa;
        if ((mapping.flags & MAP_READ) != 0
            && find_unreadable_page(processor->partition, mapping.guest, mapping.guest + mapping.size, &gpa)) {
            memory_exit(processor, exit, gpa, ACCESS_READ);
            return S_OK;
        }
    }

    return unknown("KVM refuses an access of the guest to its memory; RIP is 0x%llX",
        (unsigned long long)processor->run->s.regs.regs.rip);
}
