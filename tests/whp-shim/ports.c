// The exits of IN, OUT, INS and OUTS. Windows exits before the instruction and tells its length. KVM exits before or after it, and tells
// neither; so the shim looks at the guest's code.
#include "shim.h"

#define RFLAGS_DIRECTION (1ull << 10)

#define OPERAND_SIZE_PREFIX 0x66
#define ADDRESS_SIZE_PREFIX 0x67
#define REP_PREFIX 0xF3
#define REPNE_PREFIX 0xF2

struct port_access {
    uint16_t port;
    uint8_t size;
    bool is_write;
    uint32_t data; // of a write
};

// The instruction of an exit.
struct instruction {
    uint64_t rip;
    uint64_t end_gpa; // the physical address behind its last byte; 0 if that is not known
    int length;
    uint8_t bytes[MOST_INSTRUCTION_BYTES];
};

// INS and OUTS have the operation codes 6C to 6F.
static bool is_string(uint8_t code)
{
    return (code & 0xFC) == 0x6C;
}

static bool is_repeated(const struct instruction *instruction)
{
    return memchr(instruction->bytes, REP_PREFIX, (size_t)instruction->length) != NULL
        || memchr(instruction->bytes, REPNE_PREFIX, (size_t)instruction->length) != NULL;
}

static bool is_prefix(uint8_t byte, const struct kvm_sregs *sregs)
{
    static const uint8_t prefixes[] = { OPERAND_SIZE_PREFIX, ADDRESS_SIZE_PREFIX, REP_PREFIX, REPNE_PREFIX, 0xF0, 0x2E, 0x36, 0x3E, 0x26,
        0x64, 0x65 };
    return memchr(prefixes, byte, sizeof(prefixes)) != NULL || (is_long(sregs) && (byte & 0xF0) == 0x40);
}

// The last byte tells nothing: the port of IN and OUT may stand there.
static bool is_string_instruction(const struct instruction *instruction, const struct kvm_sregs *sregs)
{
    int code = 0;
    while (code < instruction->length - 1 && is_prefix(instruction->bytes[code], sregs)) {
        code++;
    }

    return is_string(instruction->bytes[code]);
}

// Whether the operation code at the end of the bytes is that of the access. Returns its length with the port; 0 if it is another one.
static int match_code(const uint8_t *end, int available, const struct port_access *access, const struct kvm_regs *regs)
{
    // Bit 0 of the operation code is 0 for a byte, bit 1 is 1 for a write.
    uint8_t wanted = (uint8_t)((access->size == 1 ? 0 : 1) | (access->is_write ? 2 : 0));
    uint32_t mask = access->size == 4 ? UINT32_MAX : (1u << (8 * access->size)) - 1;
    bool has_data = !access->is_write || ((uint32_t)regs->rax & mask) == access->data;
    if (available >= 2 && end[-2] == (0xE4 | wanted) && end[-1] == access->port && has_data) {
        return 2;
    }

    bool uses_dx = available >= 1 && (uint16_t)regs->rdx == access->port;
    return uses_dx && ((end[-1] == (0xEC | wanted) && has_data) || end[-1] == (0x6C | wanted)) ? 1 : 0;
}

static bool needs_size_prefix(const struct port_access *access, const struct kvm_sregs *sregs)
{
    return access->size == (is_long(sregs) || sregs->cs.db ? 2 : 4);
}

// Finds how long the instruction is that ends behind the bytes. Returns 0 if there is no such instruction.
static int find_length(const uint8_t *end, int available, const struct port_access *access, const struct kvm_sync_regs *registers)
{
    int length = match_code(end, available, access, &registers->regs);
    if (length == 0) {
        return 0;
    }

    // Only the width tells that IN and OUT have a prefix. Other bytes before may belong to the instruction before.
    bool needs_prefix = needs_size_prefix(access, &registers->sregs);
    bool has_prefixes = length == 1 && is_string(end[-1]);
    bool has_size = false;
    while (length < available && length < MOST_INSTRUCTION_BYTES && ((needs_prefix && !has_size) || has_prefixes)
        && is_prefix(end[-length - 1], &registers->sregs)) {
        length++;
        has_size |= end[-length] == OPERAND_SIZE_PREFIX;
    }

    return needs_prefix && !has_size ? 0 : length;
}

// Finds a repeated INS or OUTS that begins with the bytes. Returns its length, or 0.
static int find_repeated(const uint8_t *bytes, int available, const struct port_access *access, const struct kvm_sync_regs *registers)
{
    int length = 0;
    while (length < available && is_prefix(bytes[length], &registers->sregs)) {
        length++;
    }

    bool matches = length > 0 && length < available && is_string(bytes[length])
        && match_code(bytes + length + 1, 1, access, &registers->regs) == 1;
    return matches ? length + 1 : 0;
}

// Finds the instruction of an access. `end` is the instruction pointer after KVM has finished what it finishes without the guest.
static bool find_instruction(struct processor *processor, const struct port_access *access, const struct kvm_sync_regs *registers,
    uint64_t end, struct instruction *instruction)
{
    uint64_t start = registers->regs.rip;
    uint8_t before[MOST_INSTRUCTION_BYTES];
    uint8_t *last = before + sizeof(before);
    int available = read_before(processor, linear_rip(&registers->sregs, end), last, &instruction->end_gpa);

    // On hardware the exit comes before the instruction, so that its end tells the length. KVM's emulator exits after the instruction.
    bool is_before = end != start && end - start <= (uint64_t)available;
    instruction->length = is_before ? (int)(end - start) : find_length(last, available, access, registers);
    if (instruction->length != 0) {
        instruction->rip = end - (uint64_t)instruction->length;
        memcpy(instruction->bytes, last - instruction->length, (size_t)instruction->length);
        return true;
    }

    // KVM goes back into the guest after each element of a repeated instruction.
    available = read_code(processor, linear_rip(&registers->sregs, start), instruction->bytes);
    instruction->length = find_repeated(instruction->bytes, available, access, registers);
    instruction->rip = start;
    instruction->end_gpa = 0;
    return instruction->length != 0;
}

// Subtracts from a register as far as the addresses of the instruction are wide; addresses of 32 bits clear the upper half.
static void subtract(__u64 *value, uint64_t amount, int address_bits)
{
    uint64_t mask = address_bits == 64 ? UINT64_MAX : (1ull << address_bits) - 1;
    uint64_t kept = address_bits == 16 ? *value & ~mask : 0;
    *value = kept | ((*value - amount) & mask);
}

// At the exit of OUTS, KVM's emulator has moved RSI and RCX already; at the exit of INS it has moved nothing.
static void undo_outs(struct kvm_sync_regs *registers, const struct port_access *access, const struct instruction *instruction)
{
    const struct kvm_sregs *sregs = &registers->sregs;
    bool has_prefix = memchr(instruction->bytes, ADDRESS_SIZE_PREFIX, (size_t)instruction->length) != NULL;
    int address_bits = is_long(sregs) ? (has_prefix ? 32 : 64) : (sregs->cs.db != 0) != has_prefix ? 32 : 16;
    bool goes_down = (registers->regs.rflags & RFLAGS_DIRECTION) != 0;
    subtract(&registers->regs.rsi, goes_down ? -(uint64_t)access->size : access->size, address_bits);
    if (is_repeated(instruction)) {
        subtract(&registers->regs.rcx, UINT64_MAX, address_bits);
    }
}

static void fill_port_context(WHV_X64_IO_PORT_ACCESS_CONTEXT *context, const struct port_access *access,
    const struct instruction *instruction, const struct kvm_sync_regs *registers)
{
    uint32_t string = !is_string_instruction(instruction, &registers->sregs) ? 0
        : is_repeated(instruction)                                           ? PORT_STRING | PORT_REP
                                                                             : PORT_STRING;
    context->InstructionByteCount = (uint8_t)instruction->length;
    memcpy(context->InstructionBytes, instruction->bytes, (size_t)instruction->length);
    context->AccessInfo = (access->is_write ? PORT_IS_WRITE : 0) | (uint32_t)access->size << PORT_SIZE_SHIFT | string;
    context->PortNumber = access->port;
    context->Rax = registers->regs.rax;
    context->Rcx = registers->regs.rcx;
    context->Rsi = registers->regs.rsi;
    context->Rdi = registers->regs.rdi;
    context->Ds = to_segment(&registers->sregs.ds);
    context->Es = to_segment(&registers->sregs.es);
}

HRESULT translate_port_exit(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit)
{
    struct kvm_run *run = processor->run;
    struct kvm_sync_regs saved = run->s.regs;
    uint64_t cr8 = run->cr8;
    struct port_access access = { .port = run->io.port, .size = run->io.size, .is_write = run->io.direction == KVM_EXIT_IO_OUT };
    memcpy(&access.data, (const uint8_t *)run + run->io.data_offset, access.is_write ? access.size : 0);
    HRESULT result = finish_instruction(processor);
    if (result != S_OK) {
        return result;
    }

    uint64_t end = run->s.regs.regs.rip;
    put_back(processor, &saved, cr8);
    struct instruction instruction;
    if (!find_instruction(processor, &access, &saved, end, &instruction)) {
        return unknown("no instruction for port 0x%X is at RIP 0x%llX", access.port, (unsigned long long)end);
    }

    run->s.regs.regs.rip = instruction.rip;
    if (access.is_write && is_string_instruction(&instruction, &saved.sregs)) {
        undo_outs(&run->s.regs, &access, &instruction);
    }

    // The page of the instruction is known already, unless the instruction begins in another one than it ends in.
    uint64_t gpa = instruction.end_gpa - (uint64_t)instruction.length;
    bool is_known = instruction.end_gpa != 0 && ((gpa ^ (instruction.end_gpa - 1)) & ~PAGE_MASK) == 0;
    if (is_known ? is_forbidden(processor, gpa) : executes_forbidden_page(processor, instruction.rip, &gpa)) {
        memory_exit(processor, exit, gpa, ACCESS_EXECUTE);
        return S_OK;
    }

    fill_context(processor, exit, EXIT_IO_PORT);
    exit->VpContext.InstructionLengthAndCr8 |= (uint8_t)instruction.length;
    fill_port_context(&exit->IoPortAccess, &access, &instruction, &run->s.regs);
    return S_OK;
}
