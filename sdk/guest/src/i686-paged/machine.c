/*
 * The processor of a paged i686 guest: pages and exceptions (i686 sheet 2.5 and 3, profile B).
 *
 * All functions here run on a stack in scratch, some of them while an exception is handled. They only write to scratch memory,
 * which never faults.
 */
#include "../internal.h"
#include "layout.h"

typedef uint32_t __attribute__((may_alias)) Word;

/* ---- Physical pages ---- */

#define SCRATCH_TOP_GPA 0xFEE00000u /* after the last byte */
#define TO_SCRATCH_GVA 0x01200000u  /* virtual minus physical address of scratch, which is mapped in one piece */
#define SCRATCH_SIZE_OFFSET 0x08u
#define SCRATCH_ALLOCATOR_OFFSET 0x10u

#define GUARD_GPA 0xFF000000u /* no memory: above scratch and the interrupt controllers */
#define GUARD_PAGE (HL_STACK_TOP - HL_STACK_SIZE - HL_PAGE_SIZE)
#define ALLOCATOR_LIMIT_GPA (GUARD_PAGE - TO_SCRATCH_GVA)

/* Allocates a page of zeros and returns its physical address. */
static uint32_t allocate_page(void)
{
    volatile Word *next = (Word *)(HL_SCRATCH_END - SCRATCH_ALLOCATOR_OFFSET);
    uint32_t gpa = *next;
    if (gpa >= ALLOCATOR_LIMIT_GPA) {
        hl_abort_at((uintptr_t)hl_kept->exception_place, hl_ErrorCode_MallocFailed, "Out of physical memory");
    }
    *next = gpa + HL_PAGE_SIZE;
    return gpa;
}

/* ---- Page tables: two levels of 1024 entries (i686 sheet 2.5) ---- */

#define PTE_PRESENT 0x001u
#define PTE_WRITABLE 0x002u
#define PTE_USER 0x004u
#define PTE_ACCESSED 0x020u
#define PTE_SOFTWARE_MASK 0xE00u
#define PTE_COPY_ON_WRITE 0x200u /* the value of these three bits */
#define PTE_ADDRESS_MASK 0xFFFFF000u

#define PTE_TABLE (PTE_PRESENT | PTE_WRITABLE | PTE_USER | PTE_ACCESSED)

static Word *table_at(uint32_t gpa)
{
    if (gpa < SCRATCH_TOP_GPA - (uint32_t)hl_scratch_word(SCRATCH_SIZE_OFFSET) || gpa >= SCRATCH_TOP_GPA) {
        hl_abort_at(HL_NO_PLACE, hl_ErrorCode_UnknownError, "A page table lies outside scratch");
    }
    return (Word *)(gpa + TO_SCRATCH_GVA);
}

/* Returns the entry that maps the page of `gva`. If the table is missing, it is created if `make`; otherwise NULL is returned. */
static volatile Word *find_entry(uint32_t gva, bool make)
{
    uint32_t root;
    __asm__ volatile("movl %%cr3, %0" : "=r"(root));
    volatile Word *entry = table_at(root & PTE_ADDRESS_MASK) + (gva >> 22);
    if ((*entry & PTE_PRESENT) == 0) {
        if (!make) {
            return NULL;
        }
        *entry = allocate_page() | PTE_TABLE;
    }
    return table_at(*entry & PTE_ADDRESS_MASK) + (gva >> 12 & 1023);
}

static bool is_mapped(uint32_t gva)
{
    volatile const Word *entry = find_entry(gva, false);
    return entry != NULL && (*entry & PTE_PRESENT) != 0;
}

static void flush(uint32_t gva)
{
    __asm__ volatile("invlpg (%0)" : : "r"(gva) : "memory");
}

/* Runs at the start, and after the host has made new tables, which map all of scratch. */
void hl_machine_start(void)
{
    if (hl_scratch_word(SCRATCH_ALLOCATOR_OFFSET) > ALLOCATOR_LIMIT_GPA) {
        hl_abort_at(HL_NO_PLACE, hl_ErrorCode_MallocFailed, "No room for a stack: raise ScratchSize");
    }
    *find_entry(GUARD_PAGE, true) = GUARD_GPA | PTE_PRESENT | PTE_WRITABLE | PTE_ACCESSED;
    flush(GUARD_PAGE);
}

/* ---- Regions that the host maps ---- */

void *hl_map_region(uint64_t physical, void *address, size_t size, uint32_t flags)
{
    uint32_t scratch = (uint32_t)(HL_SCRATCH_END - (uint32_t)hl_scratch_word(SCRATCH_SIZE_OFFSET));
    uint64_t first = address == NULL ? physical : (uintptr_t)address;
    if (physical % HL_PAGE_SIZE != 0 || first % HL_PAGE_SIZE != 0 || first == 0 || size == 0 || physical > SCRATCH_TOP_GPA ||
        size > SCRATCH_TOP_GPA - physical || first > scratch || size > scratch - first) {
        return NULL;
    }
    uint32_t start = (uint32_t)first;
    for (uint32_t offset = 0; offset < size; offset += HL_PAGE_SIZE) {
        if (is_mapped(start + offset)) {
            return NULL;
        }
    }
    uint32_t bits = PTE_PRESENT | PTE_ACCESSED | ((flags & HL_MAP_COPY_ON_WRITE) != 0 ? PTE_COPY_ON_WRITE : 0);
    for (uint32_t offset = 0; offset < size; offset += HL_PAGE_SIZE) {
        *find_entry(start + offset, true) = ((uint32_t)physical + offset) | bits;
    }
    return (void *)(uintptr_t)start;
}

/* ---- Exceptions ---- */

#define VECTOR_PAGE_FAULT 14u
#define FAULT_PRESENT 0x01u
#define FAULT_WRITE 0x02u
#define FAULT_USER 0x04u
#define FAULT_RESERVED 0x08u
#define CODE_BYTES 8u /* the number of bytes of the faulting instruction in the text of an abort */

/* The frame that exception entries push, from the stack pointer up (entry.S). */
typedef struct ExceptionFrame {
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
    uint32_t vector, error_code;
    uint32_t eip, cs, eflags;
} ExceptionFrame;

/* A write to a page that is shared with other sandboxes, or stands for many pages at once: give this address its own copy.
 * The content is read through the address that faulted: which physical page is behind it does not matter. */
static bool copy_on_write(uint32_t gva)
{
    volatile Word *entry = find_entry(gva, false);
    if (entry == NULL || (*entry & PTE_PRESENT) == 0 || (*entry & PTE_SOFTWARE_MASK) != PTE_COPY_ON_WRITE) {
        return false;
    }
    uint32_t page = gva & PTE_ADDRESS_MASK;
    uint32_t own = allocate_page();
    memcpy((void *)(own + TO_SCRATCH_GVA), (const void *)page, HL_PAGE_SIZE);
    *entry = own | (*entry & (PTE_PRESENT | PTE_USER | PTE_ACCESSED)) | PTE_WRITABLE;
    flush(page);
    return true;
}

_Noreturn static void abort_with(const ExceptionFrame *frame, uint32_t cr2)
{
    hl_Text text;
    hl_text_start(&text);
    hl_text_add(&text, "vector ");
    hl_text_add_decimal(&text, frame->vector);
    hl_text_add(&text, ", EIP ");
    hl_text_add_hex(&text, frame->eip);
    hl_text_add(&text, ", code ");
    if (is_mapped(frame->eip) && is_mapped(frame->eip + CODE_BYTES - 1)) {
        for (uint32_t i = 0; i < CODE_BYTES; i++) {
            hl_text_add_hex_byte(&text, ((const volatile uint8_t *)frame->eip)[i]);
        }
    } else {
        hl_text_add(&text, "not mapped");
    }
    hl_text_add(&text, ", CR2 ");
    hl_text_add_hex(&text, cr2);
    hl_text_add(&text, ", error code ");
    hl_text_add_hex(&text, frame->error_code);
    hl_text_add(&text, ", ESP ");
    hl_text_add_hex(&text, (uintptr_t)(frame + 1));
    hl_abort_with_exception((uint8_t)frame->vector, text.chars);
}

void hl_exception(const ExceptionFrame *frame)
{
    uint32_t cr2;
    __asm__ volatile("movl %%cr2, %0" : "=r"(cr2));
    hl_kept->exception_place = frame->eip;
    uint32_t reason = frame->error_code & (FAULT_PRESENT | FAULT_WRITE | FAULT_USER | FAULT_RESERVED);
    bool may_copy = frame->vector == VECTOR_PAGE_FAULT && reason == (FAULT_PRESENT | FAULT_WRITE);
    if (!may_copy || !copy_on_write(cr2)) {
        abort_with(frame, cr2);
    }
    hl_kept->exception_place = HL_NO_PLACE;
}
