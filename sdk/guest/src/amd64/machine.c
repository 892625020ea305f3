/*
 * The processor of an amd64 guest: descriptor tables, pages, exceptions (amd64 sheet 3 and 4).
 *
 * All functions here run on the exception stack, some of them while an exception is handled. A second exception would start
 * at the top of the same stack. Therefore nothing here writes to .data, .bss, the heap or the main stack, which all fault at
 * first use. Scratch memory never faults.
 */
#include "../internal.h"
#include "layout.h"

typedef uint64_t __attribute__((may_alias)) Word;

/* ---- Physical pages ---- */

#define PHYSICAL_ADDRESS_BITS 36
#define SCRATCH_TOP_GPA 0x1000000000u /* after the last byte */
#define SCRATCH_SIZE_OFFSET 0x08u
#define SCRATCH_ALLOCATOR_OFFSET 0x10u
#define EXCEPTION_STACK_OFFSET 0x30u

/* The allocator stops two pages below the top, which hold the exception stack and the words (amd64 sheet 2.3). */
#define ALLOCATOR_LIMIT_GPA (SCRATCH_TOP_GPA - 0x2000u - 1)

/* Scratch is mapped in one piece, so its virtual addresses are its physical addresses plus a constant. */
static Word *scratch_page(uint64_t gpa)
{
    return (Word *)(gpa + (HL_SCRATCH_END - SCRATCH_TOP_GPA));
}

/* Allocates `count` adjacent pages of zeros and returns their physical address. */
static uint64_t allocate_pages(uint64_t count)
{
    uint64_t *next = (uint64_t *)(HL_SCRATCH_END - SCRATCH_ALLOCATOR_OFFSET);
    uint64_t gpa = __atomic_fetch_add(next, count * HL_PAGE_SIZE, __ATOMIC_SEQ_CST);
    if (gpa + count * HL_PAGE_SIZE >= ALLOCATOR_LIMIT_GPA) {
        hl_abort_with_code_and_message(hl_ErrorCode_MallocFailed, "Out of physical memory");
    }
    return gpa;
}

/* ---- Page tables: four levels of 512 entries (amd64 sheet 3.1) ---- */

#define PTE_PRESENT 0x001u
#define PTE_WRITABLE 0x002u
#define PTE_ACCESSED 0x020u
#define PTE_DIRTY 0x040u
#define PTE_SOFTWARE_MASK 0xE00u
#define PTE_COPY_ON_WRITE 0x200u /* the value of these three bits */
#define PTE_NO_EXECUTE 0x8000000000000000u
#define PTE_ADDRESS_MASK 0x000FFFFFFFFFF000u

#define PTE_TABLE (PTE_PRESENT | PTE_WRITABLE | PTE_ACCESSED)
#define PTE_OWN_PAGE (PTE_PRESENT | PTE_WRITABLE | PTE_ACCESSED | PTE_DIRTY)

static inline uint64_t index_at(uint64_t gva, unsigned level)
{
    return gva >> (12 + 9 * level) & 511;
}

/* Returns the entry that maps the page of `gva`. If a table is missing, it is created if `make`; otherwise NULL is returned. */
static Word *find_entry(uint64_t gva, bool make)
{
    uint64_t table_gpa;
    uint64_t scratch_base = SCRATCH_TOP_GPA - *(const Word *)(HL_SCRATCH_END - SCRATCH_SIZE_OFFSET);
    __asm__ volatile("movq %%cr3, %0" : "=r"(table_gpa));
    table_gpa &= PTE_ADDRESS_MASK;
    for (unsigned level = 3;; level--) {
        if (table_gpa < scratch_base || table_gpa >= SCRATCH_TOP_GPA) {
            hl_abort_with_code_and_message(hl_ErrorCode_UnknownError, "A page table lies outside scratch");
        }
        Word *entry = scratch_page(table_gpa) + index_at(gva, level);
        if (level == 0) {
            return entry;
        }
        if ((*entry & PTE_PRESENT) == 0) {
            if (!make) {
                return NULL;
            }
            *entry = allocate_pages(1) | PTE_TABLE;
        }
        table_gpa = *entry & PTE_ADDRESS_MASK;
    }
}

static void map_page(uint64_t gva, uint64_t gpa)
{
    *find_entry(gva, true) = gpa | PTE_OWN_PAGE | PTE_NO_EXECUTE;
}

static bool is_mapped(uint64_t gva)
{
    const Word *entry = find_entry(gva, false);
    return entry != NULL && (*entry & PTE_PRESENT) != 0;
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
        if (is_mapped(page) || (page >= HL_STACK_LIMIT && page < HL_STACK_TOP)) {
            return NULL;
        }
    }
    uint64_t bits = PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY;
    bits |= (flags & HL_MAP_COPY_ON_WRITE) != 0 ? PTE_COPY_ON_WRITE : 0;
    bits |= (flags & HL_MAP_EXECUTE) != 0 ? 0 : PTE_NO_EXECUTE;
    for (uint64_t offset = 0; offset < size; offset += HL_PAGE_SIZE) {
        *find_entry(first + offset, true) = (physical + offset) | bits;
    }
    return (void *)first;
}

/* ---- Page faults ---- */

#define FAULT_PRESENT 0x01u
#define FAULT_WRITE 0x02u
#define FAULT_USER 0x04u
#define FAULT_RESERVED 0x08u
#define FAULT_FETCH 0x10u

/* Handles a write to a page that is shared with other sandboxes or mapped at many addresses: gives this address a copy of the
 * page. The content is read through the faulting address, so that the physical page need not be known. */
static bool copy_on_write(uint64_t gva)
{
    Word *entry = find_entry(gva, false);
    if (entry == NULL || (*entry & PTE_PRESENT) == 0 || (*entry & PTE_SOFTWARE_MASK) != PTE_COPY_ON_WRITE) {
        return false;
    }
    uint64_t page = gva & ~(uint64_t)(HL_PAGE_SIZE - 1);
    uint64_t own = allocate_pages(1);
    memcpy(scratch_page(own), (const void *)page, HL_PAGE_SIZE);
    *entry = own | PTE_OWN_PAGE | (*entry & PTE_NO_EXECUTE);
    __asm__ volatile("invlpg (%0)" : : "r"(page) : "memory");
    return true;
}

static bool handle_page_fault(uint64_t gva, uint64_t reason)
{
    switch (reason & (FAULT_PRESENT | FAULT_WRITE | FAULT_USER | FAULT_RESERVED | FAULT_FETCH)) {
    case 0:
    case FAULT_WRITE:
        if (gva < HL_STACK_LIMIT || gva >= HL_STACK_TOP) {
            return false;
        }
        map_page(gva, allocate_pages(1));
        return true;
    case FAULT_PRESENT | FAULT_WRITE:
        return copy_on_write(gva);
    default:
        return false;
    }
}

/* ---- Exceptions ---- */

#define VECTOR_PAGE_FAULT 14u
#define CODE_BYTES 8u /* the number of bytes of the faulting instruction in the text of an abort */

/* The frame that exception entries push, from the stack pointer up (entry.S). */
typedef struct ExceptionFrame {
    uint64_t r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
    uint64_t vector, error_code;
    uint64_t rip, cs, rflags, rsp, ss;
} ExceptionFrame;

_Noreturn static void abort_with(const ExceptionFrame *frame, uint64_t cr2)
{
    hl_Text text;
    hl_text_start(&text);
    hl_text_add(&text, "vector ");
    hl_text_add_decimal(&text, (uint32_t)frame->vector);
    hl_text_add(&text, ", RIP ");
    hl_text_add_hex(&text, frame->rip);
    hl_text_add(&text, ", code ");
    if (is_mapped(frame->rip) && is_mapped(frame->rip + CODE_BYTES - 1)) {
        for (uint32_t i = 0; i < CODE_BYTES; i++) {
            hl_text_add_hex_byte(&text, ((const uint8_t *)frame->rip)[i]);
        }
    } else {
        hl_text_add(&text, "not mapped");
    }
    hl_text_add(&text, ", CR2 ");
    hl_text_add_hex(&text, cr2);
    hl_text_add(&text, ", error code ");
    hl_text_add_hex(&text, frame->error_code);
    hl_text_add(&text, ", RSP ");
    hl_text_add_hex(&text, frame->rsp);
    hl_abort_with_exception((uint8_t)frame->vector, text.chars);
}

void hl_exception(const ExceptionFrame *frame)
{
    uint64_t cr2;
    __asm__ volatile("movq %%cr2, %0" : "=r"(cr2));
    if (frame->vector != VECTOR_PAGE_FAULT || !handle_page_fault(cr2, frame->error_code)) {
        abort_with(frame, cr2);
    }
}

/* ---- Start ---- */

/* The accessed bits of the descriptors are set. In a snapshot the page of the descriptors is read-only until the first write,
 * and the processor would write an accessed bit while it delivers the page fault that makes the page writable. */
#define CODE_DESCRIPTOR 0x00AF9B000000FFFFu /* 64-bit, ring 0, execute and read */
#define DATA_DESCRIPTOR 0x00CF93000000FFFFu /* ring 0, read and write */
#define SEGMENT_BASE(address) (((uint64_t)(address) & 0xFFFFFF) << 16 | ((uint64_t)(address) >> 24 & 0xFF) << 56)
#define TSS_TYPE 0x89u                      /* present, available 64-bit TSS */
#define GATE_TYPE 0x8Eu /* present, ring 0, interrupt gate */

typedef struct __attribute__((packed)) Tss {
    uint32_t reserved_0;
    uint64_t stacks[3];
    uint64_t reserved_1;
    uint64_t interrupt_stacks[7]; /* the first element is number 1 */
    uint64_t reserved_2;
    uint16_t reserved_3;
    uint16_t io_map;
} Tss;

extern const uint8_t hl_exception_entries[];

/* The thread pointer points here, right behind the thread-local variables (amd64.ld). The psABI wants its own address here. */
static const void *thread[] __attribute__((section(".data.thread"), used)) = {thread};

static void set_gate(Word *idt, uint32_t vector)
{
    uint64_t entry = (uint64_t)hl_exception_entries + vector * HL_EXCEPTION_ENTRY_SIZE;
    idt[2 * vector] = (entry & 0xFFFF) | HL_CODE_SELECTOR << 16 | 1ull << 32 /* IST 1 */ | (uint64_t)GATE_TYPE << 40 |
                      (entry >> 16 & 0xFFFF) << 48;
    idt[2 * vector + 1] = entry >> 32;
}

/* Builds GDT, TSS, IDT and the first page of the main stack; entry.S loads the registers. */
void hl_machine_start(void)
{
    uint64_t pages = allocate_pages(2);
    map_page(HL_DESCRIPTOR_PAGES, pages);
    map_page(HL_DESCRIPTOR_PAGES + HL_PAGE_SIZE, pages + HL_PAGE_SIZE);
    map_page(HL_STACK_TOP - HL_PAGE_SIZE, allocate_pages(1));

    uint64_t tss_address = HL_DESCRIPTOR_PAGES + HL_TSS_OFFSET;
    Word *gdt = scratch_page(pages);
    gdt[HL_CODE_SELECTOR / 8] = CODE_DESCRIPTOR;
    gdt[HL_DATA_SELECTOR / 8] = DATA_DESCRIPTOR;
    gdt[HL_TSS_SELECTOR / 8] = (sizeof(Tss) - 1) | SEGMENT_BASE(tss_address) | (uint64_t)TSS_TYPE << 40;
    gdt[HL_TSS_SELECTOR / 8 + 1] = tss_address >> 32;
    /* The base of a data segment has 32 bits. That is enough, because an image ends below 2 GiB. */
    gdt[HL_THREAD_SELECTOR / 8] = DATA_DESCRIPTOR | SEGMENT_BASE(thread);

    Tss *tss = (Tss *)(void *)((uint8_t *)gdt + HL_TSS_OFFSET);
    tss->interrupt_stacks[0] = HL_SCRATCH_END - EXCEPTION_STACK_OFFSET;
    tss->io_map = sizeof(Tss);

    Word *idt = scratch_page(pages + HL_PAGE_SIZE);
    for (uint32_t vector = 0; vector <= HL_LAST_LOW_VECTOR; vector++) {
        set_gate(idt, vector);
    }
    set_gate(idt, HL_SECURITY_VECTOR);
}
