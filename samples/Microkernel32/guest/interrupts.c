/* Exceptions, the interrupt controllers and the timer. */
#include "kernel.h"

#define PORT_TIMER 107

/* The PIT, which kernels for real machines set. The host has no PIT and ignores this; its timer is at port 107. */
#define PIT_COUNTER 0x40
#define PIT_COMMAND 0x43
#define PIT_RATE_GENERATOR 0x34
#define PIT_COUNTS_PER_TICK 1193 /* of 1193182 a second */
#define TICK_MICROSECONDS 1000u

/* The two 8259A PICs: their command and data ports, and the four words that start them. */
#define PIC_1 0x20
#define PIC_2 0xA0
#define PIC_START 0x11 /* edges, cascaded, a fourth word follows */
#define PIC_8086 0x01
#define PIC_ALL_BUT_TIMER 0xFE
#define PIC_ALL 0xFF

#define EXCEPTION_VECTORS 0x20
#define EXCEPTION_ENTRY_SIZE 16 /* as in entry.S */
#define VECTOR_TIMER 0x20
#define VECTOR_SPURIOUS 0x27
#define GATES 0x30
#define GATE_TYPE 0x8E /* present, ring 0, 32-bit interrupt gate */

typedef struct Gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t zero;
    uint8_t type;
    uint16_t offset_high;
} Gate;

typedef struct __attribute__((packed)) TableRegister {
    uint16_t limit;
    uint32_t base;
} TableRegister;

/* The frame that exception entries push, from the stack pointer up (entry.S). */
typedef struct ExceptionFrame {
    uint32_t vector, error_code;
    uint32_t eip, cs, eflags;
} ExceptionFrame;

extern const uint8_t exception_entries[], timer_entry[], spurious_entry[];

static Gate gates[GATES];

/* Changed by timer_entry. */
volatile uint32_t timer_ticks;

static void out_byte(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "d"(port) : "memory");
}

static void set_gate(uint32_t vector, const uint8_t *entry)
{
    uint16_t selector;
    __asm__ volatile("mov %%cs, %0" : "=r"(selector));
    gates[vector] = (Gate){
        .offset_low = (uint16_t)(uintptr_t)entry, .selector = selector, .type = GATE_TYPE,
        .offset_high = (uint16_t)((uintptr_t)entry >> 16)};
}

void start_exceptions(void)
{
    for (uint32_t vector = 0; vector < EXCEPTION_VECTORS; vector++) {
        set_gate(vector, exception_entries + vector * EXCEPTION_ENTRY_SIZE);
    }
    set_gate(VECTOR_TIMER, timer_entry);
    set_gate(VECTOR_SPURIOUS, spurious_entry);
    TableRegister table = {.limit = sizeof(gates) - 1, .base = (uint32_t)gates};
    __asm__ volatile("lidt %0" : : "m"(table));
}

_Noreturn void report_exception(const ExceptionFrame *frame)
{
    uint32_t cr2;
    __asm__ volatile("movl %%cr2, %0" : "=r"(cr2));
    hl_Text text;
    hl_text_start(&text);
    hl_text_add(&text, "vector ");
    hl_text_add_decimal(&text, frame->vector);
    hl_text_add(&text, ", EIP ");
    hl_text_add_hex(&text, frame->eip);
    hl_text_add(&text, ", CR2 ");
    hl_text_add_hex(&text, cr2);
    hl_text_add(&text, ", error code ");
    hl_text_add_hex(&text, frame->error_code);
    hl_abort_with_exception((uint8_t)frame->vector, text.chars);
}

void start_pics(void)
{
    out_byte(PIC_1, PIC_START);
    out_byte(PIC_2, PIC_START);
    out_byte(PIC_1 + 1, VECTOR_TIMER);
    out_byte(PIC_2 + 1, VECTOR_TIMER + 8);
    out_byte(PIC_1 + 1, 4); /* the second is at line 2 */
    out_byte(PIC_2 + 1, 2);
    out_byte(PIC_1 + 1, PIC_8086);
    out_byte(PIC_2 + 1, PIC_8086);
    out_byte(PIC_1 + 1, PIC_ALL_BUT_TIMER);
    out_byte(PIC_2 + 1, PIC_ALL);

    out_byte(PIT_COMMAND, PIT_RATE_GENERATOR);
    out_byte(PIT_COUNTER, PIT_COUNTS_PER_TICK & 0xFF);
    out_byte(PIT_COUNTER, PIT_COUNTS_PER_TICK >> 8);
}

uint32_t wait_for_ticks(uint32_t count)
{
    uint32_t first = timer_ticks;
    hl_out(PORT_TIMER, TICK_MICROSECONDS);
    while (timer_ticks - first < count) {
        /* No interrupt is taken between STI and HLT. An interrupt that waits ends the HLT. */
        __asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
    }
    hl_out(PORT_TIMER, 0);
    return timer_ticks;
}
