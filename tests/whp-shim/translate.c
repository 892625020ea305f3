// The guest's page tables (Intel SDM volume 3, chapter 4).
#include "shim.h"

#define CR0_WP (1ull << 16)
#define CR0_PG (1ull << 31)
#define CR4_PSE (1ull << 4)
#define CR4_PAE (1ull << 5)
#define CR4_LA57 (1ull << 12)
#define EFER_LMA (1ull << 10)
#define EFER_NXE (1ull << 11)

#define ENTRY_PRESENT (1ull << 0)
#define ENTRY_WRITE (1ull << 1)
#define ENTRY_USER (1ull << 2)
#define ENTRY_LARGE (1ull << 7)
#define ENTRY_NO_EXECUTE (1ull << 63)
#define ENTRY_ADDRESS 0x000FFFFFFFFFF000ull
#define ENTRY32_ADDRESS 0xFFFFF000ull

// A page directory pointer table of 32-bit PAE paging has neither rights nor large pages.
#define HAS_RIGHTS(is_wide, level, levels) (!((is_wide) && (levels) == 3 && (level) == 3))

struct rights {
    bool write;
    bool user;
    bool execute;
};

static uint32_t check_rights(const struct kvm_sregs *sregs, uint32_t flags, struct rights rights)
{
    bool is_exempt = (flags & TRANSLATE_PRIVILEGE_EXEMPT) != 0;
    bool is_user = !is_exempt && sregs->ss.dpl == 3;
    bool writes = (flags & TRANSLATE_VALIDATE_WRITE) != 0 && !rights.write && (is_user || (sregs->cr0 & CR0_WP) != 0);
    bool executes = (flags & TRANSLATE_VALIDATE_EXECUTE) != 0 && !rights.execute;
    return (is_user && !rights.user) || writes || executes ? TRANSLATE_PRIVILEGE : TRANSLATE_SUCCESS;
}

bool find_root(const struct kvm_sregs *sregs, uint64_t *root)
{
    bool is_long = (sregs->efer & EFER_LMA) != 0;
    bool is_wide = is_long || (sregs->cr4 & CR4_PAE) != 0;

    // The table of 32-bit PAE paging is aligned at 32 bytes.
    *root = is_wide && !is_long ? sregs->cr3 & 0xFFFFFFE0 : sregs->cr3 & (is_wide ? ENTRY_ADDRESS : ENTRY32_ADDRESS);
    return (sregs->cr0 & CR0_PG) != 0;
}

uint32_t translate(struct processor *processor, uint64_t linear, uint32_t flags, uint64_t *gpa)
{
    const struct kvm_sregs *sregs = &processor->run->s.regs.sregs;
    uint64_t table;
    if (!find_root(sregs, &table)) {
        *gpa = (uint32_t)linear;
        return TRANSLATE_SUCCESS;
    }

    bool is_long = (sregs->efer & EFER_LMA) != 0;
    bool is_wide = is_long || (sregs->cr4 & CR4_PAE) != 0;
    int levels = is_long ? ((sregs->cr4 & CR4_LA57) != 0 ? 5 : 4) : is_wide ? 3 : 2;
    int bits = is_wide ? 9 : 10;
    int entry_size = is_wide ? 8 : 4;
    linear = is_long ? linear : (uint32_t)linear;
    struct rights rights = { true, true, true };
    for (int level = levels; level > 0; level--) {
        int shift = 12 + (bits * (level - 1));
        uint64_t index = (linear >> shift) & ((1u << bits) - 1);
        uint64_t entry = 0;
        if (read_guest(processor->partition, table + (index * (uint64_t)entry_size), &entry, (size_t)entry_size) != (size_t)entry_size) {
            return TRANSLATE_GPA_UNMAPPED;
        }

        if ((entry & ENTRY_PRESENT) == 0) {
            return TRANSLATE_NOT_PRESENT;
        }

        bool is_large = false;
        if (HAS_RIGHTS(is_wide, level, levels)) {
            rights.write &= (entry & ENTRY_WRITE) != 0;
            rights.user &= (entry & ENTRY_USER) != 0;
            rights.execute &= !is_wide || (sregs->efer & EFER_NXE) == 0 || (entry & ENTRY_NO_EXECUTE) == 0;
            is_large = level > 1 && (entry & ENTRY_LARGE) != 0 && (is_wide || (sregs->cr4 & CR4_PSE) != 0);
        }

        table = entry & (is_wide ? ENTRY_ADDRESS : ENTRY32_ADDRESS);
        if (is_large || level == 1) {
            uint64_t offset = (1ull << shift) - 1;
            uint64_t frame = table & ~offset;

            // A page of 4 MiB has the bits 32 to 39 of its address in the bits 13 to 20 of its entry.
            frame |= is_large && !is_wide ? ((entry >> 13) & 0xFF) << 32 : 0;
            *gpa = frame | (linear & offset);
            return check_rights(sregs, flags, rights);
        }
    }

    return TRANSLATE_INVALID_FLAGS;
}

int read_before(struct processor *processor, uint64_t linear, uint8_t *end, uint64_t *end_gpa)
{
    int available = 0;
    *end_gpa = 0;
    while (available < MOST_INSTRUCTION_BYTES) {
        // One page at a time: the bytes of the page that ends at the address, or has the address.
        uint64_t last = linear - 1 - (uint64_t)available;
        uint64_t in_page = (last & PAGE_MASK) + 1;
        size_t wanted = (size_t)(MOST_INSTRUCTION_BYTES - available);
        wanted = wanted < in_page ? wanted : in_page;
        uint64_t gpa;
        if (translate(processor, last, TRANSLATE_PRIVILEGE_EXEMPT, &gpa) != TRANSLATE_SUCCESS
            || read_guest(processor->partition, gpa - (wanted - 1), end - available - wanted, wanted) != wanted) {
            break;
        }

        *end_gpa = available == 0 ? gpa + 1 : *end_gpa;
        available += (int)wanted;
    }

    return available;
}

int read_code(struct processor *processor, uint64_t linear, uint8_t *buffer)
{
    int available = 0;
    while (available < MOST_INSTRUCTION_BYTES) {
        uint64_t next = linear + (uint64_t)available;
        uint64_t in_page = PAGE - (next & PAGE_MASK);
        size_t wanted = (size_t)(MOST_INSTRUCTION_BYTES - available);
        wanted = wanted < in_page ? wanted : in_page;
        uint64_t gpa;
        if (translate(processor, next, TRANSLATE_PRIVILEGE_EXEMPT, &gpa) != TRANSLATE_SUCCESS
            || read_guest(processor->partition, gpa, buffer + available, wanted) != wanted) {
            break;
        }

        available += (int)wanted;
    }

    return available;
}
