/*
 * A guest for tests of hardware interrupts. It moves the interrupts of the PICs to vectors from 0x20 up, waits for the timer's
 * interrupts in HLT and counts them. Built for amd64 (ticks.elf) and i686 (ticks-flat.elf, ticks32.elf, ticks-paged.elf); the
 * image needs HardwareInterrupts.
 */
#include "internal.h"

#define PORT_TIMER 107
#define PORT_DELAY 0x80 /* a port without a device; an access delays the next one */

/* The two 8259A PICs: their command and data ports, the four words that start them, the command that ends an interrupt. */
#define PIC_1 0x20
#define PIC_2 0xA0
#define PIC_START 0x11     /* edges, cascaded, a fourth word follows */
#define PIC_8086 0x01
#define PIC_ALL_BUT_TIMER 0xFE
#define VECTOR_TIMER 0x20
#define VECTOR_SPURIOUS 0x27
#define GATES 0x30

#define GATE_TYPE 0x8E /* present, ring 0, interrupt gate */

typedef struct Gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t stack;
    uint8_t type;
    uint16_t offset_middle;
#if defined(__x86_64__)
    uint32_t offset_high;
    uint32_t reserved;
#endif
} Gate;

typedef struct __attribute__((packed)) TableRegister {
    uint16_t limit;
    uintptr_t base;
} TableRegister;

static Gate gates[GATES];

/* Changed by timer_entry. */
volatile uint32_t ticks __attribute__((visibility("hidden")));

extern const uint8_t timer_entry[], spurious_entry[];

#if defined(__x86_64__)
__asm__(".text\n"
        "timer_entry:\n\t"
        "pushq %rax\n\t"
        "incl ticks(%rip)\n\t"
        "movb $0x20, %al\n\t"
        "outb %al, $0x20\n\t"
        "popq %rax\n"
        "spurious_entry:\n\t"
        "iretq\n");
#else
/* Does the work of IRET, because a KVM that emulates guest code may lack IRET in 32-bit protected mode. From the stack pointer
 * up there are EAX, EIP, CS and EFLAGS. */
__asm__(".text\n"
        "timer_entry:\n\t"
        "pushl %eax\n\t"
        "incl ticks\n\t"
        "movb $0x20, %al\n\t"
        "outb %al, $0x20\n\t"
        "jmp return_from_interrupt\n"
        "spurious_entry:\n\t"
        "pushl %eax\n"
        "return_from_interrupt:\n\t"
        "movl 4(%esp), %eax\n\t"
        "xchgl %eax, 12(%esp)\n\t"
        "movl %eax, 8(%esp)\n\t"
        "popl %eax\n\t"
        "leal 4(%esp), %esp\n\t"
        "popfl\n\t"
        "ret\n");
#endif

static void out_byte(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "d"(port) : "memory");
}

static uint8_t in_byte(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "d"(port) : "memory");
    return value;
}

static void disable(void)
{
    __asm__ volatile("cli" : : : "memory");
}

/* No interrupt is taken between the two instructions. An interrupt that waits ends the HLT. */
static void enable_and_halt(void)
{
    __asm__ volatile("sti\n\thlt" : : : "memory");
}

static void set_gate(uint32_t vector, const uint8_t *entry)
{
    uintptr_t address = (uintptr_t)entry;
    uint16_t selector;
    __asm__ volatile("mov %%cs, %0" : "=r"(selector));
    gates[vector] = (Gate){.offset_low = (uint16_t)address, .selector = selector, .type = GATE_TYPE,
                           .offset_middle = (uint16_t)(address >> 16)};
#if defined(__x86_64__)
    gates[vector].offset_high = (uint32_t)(address >> 32);
#endif
}

/* Copies the kit's gates for exceptions and adds gates for interrupts behind them. */
static void start_interrupts(void)
{
    TableRegister table;
    __asm__ volatile("sidt %0" : "=m"(table));
    size_t size = table.limit + (size_t)1;
    memcpy(gates, (const void *)table.base, size < VECTOR_TIMER * sizeof(Gate) ? size : VECTOR_TIMER * sizeof(Gate));
    set_gate(VECTOR_TIMER, timer_entry);
    set_gate(VECTOR_SPURIOUS, spurious_entry);
    table = (TableRegister){.limit = sizeof(gates) - 1, .base = (uintptr_t)gates};
    __asm__ volatile("lidt %0" : : "m"(table));

    out_byte(PIC_1, PIC_START);
    out_byte(PIC_2, PIC_START);
    out_byte(PIC_1 + 1, VECTOR_TIMER);
    out_byte(PIC_2 + 1, VECTOR_TIMER + 8);
    out_byte(PIC_1 + 1, 4); /* the second is at line 2 */
    out_byte(PIC_2 + 1, 2);
    out_byte(PIC_1 + 1, PIC_8086);
    out_byte(PIC_2 + 1, PIC_8086);
    out_byte(PIC_1 + 1, PIC_ALL_BUT_TIMER);
    out_byte(PIC_2 + 1, 0xFF);
}

static void wait_for(uint32_t count)
{
    for (uint32_t first = ticks; ticks - first < count;) {
        enable_and_halt();
        disable();
    }
}

/* Count(n, period): runs the timer until n ticks have come, and returns the number of ticks since the guest's start. */
static uint32_t count(uint32_t wanted, uint32_t period)
{
    hl_out(PORT_TIMER, period);
    wait_for(wanted);
    hl_out(PORT_TIMER, 0);
    return ticks;
}
HYPERLIGHT_WRAP_FUNCTION(count, UInt, 2, UInt, UInt)

/* Total(): returns the number of ticks since the guest's start. */
static uint32_t total(void)
{
    return ticks;
}
HYPERLIGHT_WRAP_FUNCTION(total, UInt, 0)

/* CountDuringHostCall(before, during): waits for a tick, sets another timer period, and returns the number of ticks that come
 * while the host's Wait() runs. */
static uint32_t count_during_host_call(uint32_t before, uint32_t during)
{
    hl_out(PORT_TIMER, before);
    wait_for(1);
    hl_out(PORT_TIMER, during);
    uint32_t first = ticks;
    __asm__ volatile("sti" : : : "memory");
    HL_CALL_HOST0("Wait", Void);
    __asm__ volatile("nop" : : : "memory");
    disable();
    return ticks - first;
}
HYPERLIGHT_WRAP_FUNCTION(count_during_host_call, UInt, 2, UInt, UInt)

/* Latch(period): runs the timer with interrupts off while the host's Wait() runs. */
static void latch(uint32_t period)
{
    hl_out(PORT_TIMER, period);
    HL_CALL_HOST0("Wait", Void);
}
HYPERLIGHT_WRAP_FUNCTION(latch, Void, 1, UInt)

/* Pending(): handles the waiting interrupts and returns their number. */
static uint32_t pending(void)
{
    uint32_t first = ticks;
    __asm__ volatile("sti" : : : "memory");
    out_byte(PORT_DELAY, 0);
    disable();
    return ticks - first;
}
HYPERLIGHT_WRAP_FUNCTION(pending, UInt, 0)

/* Idle(period): waits for ever and handles interrupts. */
static void idle(uint32_t period)
{
    hl_out(PORT_TIMER, period);
    for (;;) {
        enable_and_halt();
    }
}
HYPERLIGHT_WRAP_FUNCTION(idle, Void, 1, UInt)

/* HaltForEver(): waits for an interrupt that cannot come. */
static void halt_for_ever(void)
{
    __asm__ volatile("cli; hlt" : : : "memory");
}
HYPERLIGHT_WRAP_FUNCTION(halt_for_ever, Void, 0)

/* LeaveRunning(period): ends the call with the timer running. */
static void leave_running(uint32_t period)
{
    hl_out(PORT_TIMER, period);
}
HYPERLIGHT_WRAP_FUNCTION(leave_running, Void, 1, UInt)

static uint32_t mask(void)
{
    return in_byte(PIC_1 + 1);
}
HYPERLIGHT_WRAP_FUNCTION(mask, UInt, 0)

static void set_mask(uint32_t lines)
{
    out_byte(PIC_1 + 1, (uint8_t)lines);
}
HYPERLIGHT_WRAP_FUNCTION(set_mask, Void, 1, UInt)

void hyperlight_main(void)
{
    start_interrupts();
    HYPERLIGHT_REGISTER_FUNCTION("Count", count);
    HYPERLIGHT_REGISTER_FUNCTION("Total", total);
    HYPERLIGHT_REGISTER_FUNCTION("CountDuringHostCall", count_during_host_call);
    HYPERLIGHT_REGISTER_FUNCTION("Latch", latch);
    HYPERLIGHT_REGISTER_FUNCTION("Pending", pending);
    HYPERLIGHT_REGISTER_FUNCTION("Idle", idle);
    HYPERLIGHT_REGISTER_FUNCTION("HaltForEver", halt_for_ever);
    HYPERLIGHT_REGISTER_FUNCTION("LeaveRunning", leave_running);
    HYPERLIGHT_REGISTER_FUNCTION("Mask", mask);
    HYPERLIGHT_REGISTER_FUNCTION("SetMask", set_mask);
}
