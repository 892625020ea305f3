/*
 * The pages of an amd64 guest (amd64 sheet 3).
 *
 * These functions run while an exception is handled, too, on the exception stack. A second exception would start at the top of
 * the same stack. Therefore nothing here writes to .data, .bss, the heap or the main stack, which all fault at first use.
 * Scratch memory never faults.
 */
#include "pages.h"

/* ---- Physical pages ---- */

#define PHYSICAL_ADDRESS_BITS 36
#define SCRATCH_TOP_GPA 0x1000000000u /* after the last byte */
#define SCRATCH_SIZE_OFFSET 0x08u
#define SCRATCH_ALLOCATOR_OFFSET 0x10u

/* The allocator stops two pages below the top, which hold the exception stack and the words (amd64 sheet 2.3). */
#define ALLOCATOR_LIMIT_GPA (SCRATCH_TOP_GPA - 0x2000u - 1)

uint64_t hl_stack_limit = HL_STACK_LIMIT;

/* Scratch is mapped in one piece, so its virtual addresses are its physical addresses plus a constant. */
static hl_Word *scratch_page(uint64_t gpa)
{
    return (hl_Word *)(gpa + (HL_SCRATCH_END - SCRATCH_TOP_GPA));
}

static uint64_t *allocator(void)
{
    return (uint64_t *)(HL_SCRATCH_END - SCRATCH_ALLOCATOR_OFFSET);
}

uint64_t hl_pages_allocate(uint64_t count)
{
    if (count == 1 && hl_kept->free_page != 0) {
        uint64_t free = hl_kept->free_page;
        hl_Word *words = scratch_page(free);
        hl_kept->free_page = words[0];
        hl_kept->free_pages--;
        memset(words, 0, HL_PAGE_SIZE);
        return free;
    }
    uint64_t gpa = __atomic_fetch_add(allocator(), count * HL_PAGE_SIZE, __ATOMIC_SEQ_CST);
    if (gpa + count * HL_PAGE_SIZE >= ALLOCATOR_LIMIT_GPA) {
        hl_abort_at(hl_kept->exception_place, hl_ErrorCode_MallocFailed, "Out of physical memory");
    }
    return gpa;
}

/* The free pages form a list. Its head lies in scratch, so that a restore, which zeroes scratch, forgets the list. */
void hl_page_free(uint64_t gpa)
{
    scratch_page(gpa)[0] = hl_kept->free_page;
    hl_kept->free_page = gpa;
    hl_kept->free_pages++;
}

uint64_t hl_pages_left(void)
{
    uint64_t next = *allocator();
    return (next < ALLOCATOR_LIMIT_GPA ? (ALLOCATOR_LIMIT_GPA - next) / HL_PAGE_SIZE : 0) + hl_kept->free_pages;
}

bool hl_page_is_own(uint64_t gpa)
{
    return gpa >= SCRATCH_TOP_GPA - hl_scratch_word(SCRATCH_SIZE_OFFSET) && gpa < SCRATCH_TOP_GPA;
}

/* ---- Page tables: four levels of 512 entries (amd64 sheet 3.1) ---- */

#define PTE_TABLE (HL_PTE_PRESENT | HL_PTE_WRITABLE | HL_PTE_ACCESSED)

static inline uint64_t index_at(uint64_t gva, unsigned level)
{
    return gva >> (12 + 9 * level) & 511;
}

/* Returns the entry of `gva` in the table of the last level that exists, and that level, 3 to 0. */
static hl_Word *lowest_entry(uint64_t gva, unsigned *level)
{
    uint64_t table_gpa;
    __asm__ volatile("movq %%cr3, %0" : "=r"(table_gpa));
    table_gpa &= HL_PTE_ADDRESS_MASK;
    for (*level = 3;; (*level)--) {
        if (!hl_page_is_own(table_gpa)) {
            hl_abort_at(HL_NO_PLACE, hl_ErrorCode_UnknownError, "A page table lies outside scratch");
        }
        hl_Word *entry = scratch_page(table_gpa) + index_at(gva, *level);
        if (*level == 0 || (*entry & HL_PTE_PRESENT) == 0) {
            return entry;
        }
        table_gpa = *entry & HL_PTE_ADDRESS_MASK;
    }
}

hl_Word *hl_page_entry(uint64_t gva, bool make)
{
    for (;;) {
        unsigned level;
        hl_Word *entry = lowest_entry(gva, &level);
        if (level == 0) {
            return entry;
        }
        if (!make) {
            return NULL;
        }
        *entry = hl_pages_allocate(1) | PTE_TABLE;
    }
}

uint64_t hl_page_skip(uint64_t gva, uint64_t end)
{
    while (gva < end) {
        unsigned level;
        lowest_entry(gva, &level);
        if (level == 0) {
            return gva;
        }
        gva = (gva | ((1ull << (12 + 9 * level)) - 1)) + 1;
    }
    return end;
}

void hl_page_map(uint64_t gva, uint64_t gpa)
{
    *hl_page_entry(gva, true) = gpa | HL_PTE_OWN_PAGE | HL_PTE_NO_EXECUTE;
}

bool hl_page_is_mapped(uint64_t gva)
{
    const hl_Word *entry = hl_page_entry(gva, false);
    return entry != NULL && (*entry & HL_PTE_PRESENT) != 0;
}

void hl_page_flush(uint64_t gva)
{
    __asm__ volatile("invlpg (%0)" : : "r"(gva) : "memory");
}

/* ---- Regions that the host maps ---- */

void *hl_map_region(uint64_t physical, void *address, size_t size, uint32_t flags)
{
    uint64_t first = address == NULL ? physical : (uintptr_t)address;
    uint64_t last = first + size - 1;
    bool canonical = (int64_t)(first << 16) >> 16 == (int64_t)first && (int64_t)(last << 16) >> 16 == (int64_t)last;
    if (physical % HL_PAGE_SIZE != 0 || first % HL_PAGE_SIZE != 0 || first == 0 || size == 0 || last < first || !canonical ||
        first >> 63 != last >> 63 || physical + size - 1 < physical || (physical + size - 1) >> PHYSICAL_ADDRESS_BITS != 0) {
        return NULL;
    }
    for (uint64_t page = first; page - first < size; page += HL_PAGE_SIZE) {
        if (hl_page_is_mapped(page) || (page >= HL_STACK_LIMIT && page < HL_STACK_TOP)) {
            return NULL;
        }
    }
    uint64_t bits = HL_PTE_PRESENT | HL_PTE_ACCESSED | HL_PTE_DIRTY;
    bits |= (flags & HL_MAP_COPY_ON_WRITE) != 0 ? HL_PTE_COPY_ON_WRITE : 0;
    bits |= (flags & HL_MAP_EXECUTE) != 0 ? 0 : HL_PTE_NO_EXECUTE;
    for (uint64_t offset = 0; offset < size; offset += HL_PAGE_SIZE) {
        *hl_page_entry(first + offset, true) = (physical + offset) | bits;
    }
    return (void *)first;
}

/* ---- Page faults ---- */

/* Handles a write to a page that is shared with other sandboxes or mapped at many addresses: gives this address a copy of the
 * page. The content is read through the faulting address, so that the physical page need not be known. */
static bool copy_on_write(uint64_t gva)
{
    hl_Word *entry = hl_page_entry(gva, false);
    if (entry == NULL || (*entry & HL_PTE_PRESENT) == 0 || (*entry & HL_PTE_SOFTWARE_MASK) != HL_PTE_COPY_ON_WRITE) {
        return false;
    }
    uint64_t page = gva & ~(uint64_t)(HL_PAGE_SIZE - 1);
    uint64_t own = hl_pages_allocate(1);
    memcpy(scratch_page(own), (const void *)page, HL_PAGE_SIZE);
    *entry = own | HL_PTE_OWN_PAGE | (*entry & HL_PTE_NO_EXECUTE);
    hl_page_flush(page);
    return true;
}

bool hl_page_fault(uint64_t gva, uint64_t reason)
{
    switch (reason & (HL_FAULT_PRESENT | HL_FAULT_WRITE | HL_FAULT_USER | HL_FAULT_RESERVED | HL_FAULT_FETCH)) {
    case 0:
    case HL_FAULT_WRITE:
        if (gva < hl_stack_limit || gva >= HL_STACK_TOP) {
            return false;
        }
        if (hl_pages_left() == 0) {
            hl_abort_at(hl_kept->exception_place, hl_ErrorCode_MallocFailed,
                        "Out of physical memory: the stack has no more pages; end the recursion or raise ScratchSize");
        }
        hl_page_map(gva, hl_pages_allocate(1));
        return true;
    case HL_FAULT_PRESENT | HL_FAULT_WRITE:
        return copy_on_write(gva);
    default:
        return false;
    }
}
