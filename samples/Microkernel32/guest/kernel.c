/*
 * A microkernel that shows what kernels need from their host: it starts itself, clears its memory, finds its PEB, handles interrupts and
 * makes page tables.
 * kmain() serves the host's requests until one of them ends it:
 *
 *   memory       the answer of GetMemoryLayout         timer N        waits for N ticks
 *   gdt          its address and access bytes          paging         continues with page tables of its own
 *   ramfs NAME   a file of the RAMFS                   scribble NAME  writes to the file, which the host forbids
 *   bulk         copies the bulk input to the output   crash          raises an exception
 *   exit N       ends kmain with N & 0xFF              fill           fills the output buffer, so that no result fits
 */
#include "kernel.h"

#define EXIT_BROKEN 1u /* a host call failed */

/* The positions of the access bytes in the GDT of entry.S: a null descriptor, code, data. */
#define CODE_ACCESS (8u + 5u)
#define DATA_ACCESS (16u + 5u)

#if defined(HL_IDENTITY_LAYOUT)
#define VARIANT "identity"
#elif defined(HL_PAGED_LAYOUT)
#define VARIANT "paged"
#else
#define VARIANT "flat"
#endif

/* The first page behind the image, from the linker script. The host passes the same address in a register (i686 sheet 5.2). */
extern const uint8_t peb_page[];

static uint32_t calls;
static uint8_t exit_code;
static bool running;

static void answer(const hl_Text *text)
{
    vmbus_write(text->chars, text->length);
}

static uint32_t number(const char *digits)
{
    uint32_t value = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++) {
        value = value * 10 + (uint32_t)(*digits - '0');
    }
    return value;
}

/* ---- Requests ---- */

static void memory(const char *argument, hl_Text *text)
{
    (void)argument;
    MemoryLayout layout = get_memory_layout();
    hl_text_add(text, "snapshot ");
    hl_text_add_decimal(text, layout.snapshot_budget);
    hl_text_add(text, ", page tables ");
    hl_text_add_decimal(text, layout.page_table_overhead);
    hl_text_add(text, ", ramfs ");
    hl_text_add_decimal(text, layout.ramfs_size);
    hl_text_add(text, " at ");
    hl_text_add_hex(text, layout.ramfs_base);
    hl_text_add(text, ", scratch ");
    hl_text_add_decimal(text, layout.scratch_size);
}

static void gdt(const char *argument, hl_Text *text)
{
    (void)argument;
    struct __attribute__((packed)) {
        uint16_t limit;
        const uint8_t *base;
    } table;
    __asm__ volatile("sgdt %0" : "=m"(table));
    hl_text_add_hex(text, (uintptr_t)table.base);
    hl_text_add(text, ", access ");
    hl_text_add_hex(text, table.base[CODE_ACCESS]);
    hl_text_add(text, " ");
    hl_text_add_hex(text, table.base[DATA_ACCESS]);
}

static void ramfs(const char *argument, hl_Text *text)
{
    hl_Vec file = find_in_ramfs(argument);
    if (file.data == NULL) {
        hl_text_add(text, "no file ");
        hl_text_add(text, argument);
    } else {
        vmbus_write(file.data, file.len);
        hl_text_add_decimal(text, file.len);
        hl_text_add(text, " bytes");
    }
}

static void scribble(const char *argument, hl_Text *text)
{
    hl_Vec file = find_in_ramfs(argument);
    if (file.data == NULL) {
        hl_text_add(text, "no file ");
        hl_text_add(text, argument);
    } else {
        *(volatile uint8_t *)file.data = '!';
        hl_text_add(text, "it was allowed");
    }
}

static void bulk(const char *argument, hl_Text *text)
{
    (void)argument;
    uint32_t sum;
    hl_text_add_decimal(text, vmbus_echo_bulk(&sum));
    hl_text_add(text, " bytes, sum ");
    hl_text_add_decimal(text, sum);
}

static void timer(const char *argument, hl_Text *text)
{
    hl_text_add_decimal(text, wait_for_ticks(number(argument)));
    hl_text_add(text, " ticks since the start");
}

static void paging(const char *argument, hl_Text *text)
{
    (void)argument;
    hl_text_add(text, "directory ");
    hl_text_add_hex(text, current_root());
    use_own_tables();
    hl_text_add(text, " now ");
    hl_text_add_hex(text, current_root());
}

static void crash(const char *argument, hl_Text *text)
{
    (void)argument;
    (void)text;
    __builtin_trap();
}

static void fill(const char *argument, hl_Text *text)
{
    (void)argument;
    (void)text;
    static const uint8_t nothing[8];
    while (hl_output_push(nothing, sizeof(nothing))) {
    }
}

static void leave(const char *argument, hl_Text *text)
{
    exit_code = (uint8_t)number(argument);
    running = false;
    hl_text_add_decimal(text, exit_code);
}

static const struct {
    const char *name;
    void (*serve)(const char *argument, hl_Text *text);
} requests[] = {
    {"memory", memory}, {"gdt", gdt}, {"ramfs", ramfs}, {"scribble", scribble}, {"bulk", bulk},
    {"timer", timer}, {"paging", paging}, {"crash", crash}, {"fill", fill}, {"exit", leave},
};

static void serve(char *request)
{
    char *argument = strchr(request, ' ');
    if (argument != NULL) {
        *argument++ = 0;
    } else {
        argument = request + strlen(request);
    }

    hl_Text text;
    hl_text_start(&text);
    hl_text_add(&text, request);
    hl_text_add(&text, ": ");
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        if (strcmp(requests[i].name, request) == 0) {
            requests[i].serve(argument, &text);
            answer(&text);
            return;
        }
    }
    hl_text_add(&text, "unknown request");
    answer(&text);
}

static void greet(void)
{
    hl_Text text;
    hl_text_start(&text);
    hl_text_add(&text, "microkernel, " VARIANT ", kmain ");
    hl_text_add_decimal(&text, ++calls);
    answer(&text);
}

/* ---- The start, and the function that the host calls ---- */

static int32_t kmain(void)
{
    exit_code = 0;
    running = true;
    start_pics();
    greet();
    while (running && !hl_has_error()) {
        char request[MAX_REQUEST + 1];
        vmbus_read(request);
        if (request[0] == 0) {
            break;
        }
        serve(request);
    }

    /* The host would not get the result. */
    size_t room;
    hl_output_begin(&room);
    if (room < HL_VALUE_OVERHEAD) {
        hl_abort_with_code_and_message(hl_has_error() ? (int32_t)EXIT_BROKEN : exit_code, "No room for a result");
    }
    return exit_code;
}
HYPERLIGHT_WRAP_FUNCTION(kmain, Int, 0)

hl_Vec *c_guest_dispatch_function(const hl_FunctionCall *call)
{
    (void)call;
    hl_set_error(hl_ErrorCode_GuestError, "The microkernel has no function but kmain");
    return NULL;
}

void hyperlight_main(void)
{
    HYPERLIGHT_REGISTER_FUNCTION("kmain", kmain);
}

void kernel_start(uint64_t seed, uint32_t log_level)
{
    start_exceptions();
    hl_start((const hl_Peb *)(const void *)peb_page, seed, log_level);
}
