/*
 * The processor of an amd64 guest: descriptor tables and exceptions (amd64 sheet 4).
 *
 * All functions here run on the exception stack, some of them while an exception is handled. A second exception would start
 * at the top of the same stack. Therefore nothing here writes to .data, .bss, the heap or the main stack, which all fault at
 * first use. Scratch memory never faults.
 */
#include "exception.h"
#include "pages.h"

/* ---- Exceptions ---- */

#define CODE_BYTES 8u /* the number of bytes of the faulting instruction in the text of an abort */

/* An operating system inside the guest has a definition of its own. */
__attribute__((weak)) bool hl_other_exception(hl_ExceptionFrame *frame, uint64_t cr2)
{
    (void)frame;
    (void)cr2;
    return false;
}

_Noreturn static void abort_with(const hl_ExceptionFrame *frame, uint64_t cr2)
{
    hl_Text text;
    hl_text_start(&text);
    hl_text_add(&text, "vector ");
    hl_text_add_decimal(&text, (uint32_t)frame->vector);
    hl_text_add(&text, ", RIP ");
    hl_text_add_hex(&text, frame->rip);
    hl_text_add(&text, ", code ");
    if (hl_page_is_mapped(frame->rip) && hl_page_is_mapped(frame->rip + CODE_BYTES - 1)) {
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

void hl_exception(hl_ExceptionFrame *frame)
{
    uint64_t cr2;
    __asm__ volatile("movq %%cr2, %0" : "=r"(cr2));
    hl_kept->exception_place = frame->rip;
    bool handled = frame->vector == HL_VECTOR_PAGE_FAULT && hl_page_fault(cr2, frame->error_code);
    if (!handled && !hl_other_exception(frame, cr2)) {
        abort_with(frame, cr2);
    }
    hl_kept->exception_place = HL_NO_PLACE;
}

/* ---- Start ---- */

#define EXCEPTION_STACK_OFFSET 0x30u

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

static void set_gate(hl_Word *idt, uint32_t vector)
{
    uint64_t entry = (uint64_t)hl_exception_entries + vector * HL_EXCEPTION_ENTRY_SIZE;
    idt[2 * vector] = (entry & 0xFFFF) | HL_CODE_SELECTOR << 16 | 1ull << 32 /* IST 1 */ | (uint64_t)GATE_TYPE << 40 |
                      (entry >> 16 & 0xFFFF) << 48;
    idt[2 * vector + 1] = entry >> 32;
}

/* Builds GDT, TSS, IDT and the first page of the main stack; entry.S loads the registers. */
void hl_machine_start(void)
{
    uint64_t pages = hl_pages_allocate(2);
    hl_page_map(HL_DESCRIPTOR_PAGES, pages);
    hl_page_map(HL_DESCRIPTOR_PAGES + HL_PAGE_SIZE, pages + HL_PAGE_SIZE);
    hl_page_map(HL_STACK_TOP - HL_PAGE_SIZE, hl_pages_allocate(1));

    uint64_t tss_address = HL_DESCRIPTOR_PAGES + HL_TSS_OFFSET;
    hl_Word *gdt = (hl_Word *)HL_DESCRIPTOR_PAGES;
    gdt[HL_CODE_SELECTOR / 8] = CODE_DESCRIPTOR;
    gdt[HL_DATA_SELECTOR / 8] = DATA_DESCRIPTOR;
    gdt[HL_TSS_SELECTOR / 8] = (sizeof(Tss) - 1) | SEGMENT_BASE(tss_address) | (uint64_t)TSS_TYPE << 40;
    gdt[HL_TSS_SELECTOR / 8 + 1] = tss_address >> 32;
    /* The base of a data segment has 32 bits. That is enough, because an image ends below 2 GiB. */
    gdt[HL_THREAD_SELECTOR / 8] = DATA_DESCRIPTOR | SEGMENT_BASE(thread);

    Tss *tss = (Tss *)(void *)((uint8_t *)gdt + HL_TSS_OFFSET);
    tss->interrupt_stacks[0] = HL_SCRATCH_END - EXCEPTION_STACK_OFFSET;
    tss->io_map = sizeof(Tss);

    hl_Word *idt = (hl_Word *)(HL_DESCRIPTOR_PAGES + HL_IDT_OFFSET);
    for (uint32_t vector = 0; vector <= HL_LAST_LOW_VECTOR; vector++) {
        set_gate(idt, vector);
    }
    set_gate(idt, HL_SECURITY_VECTOR);
}
