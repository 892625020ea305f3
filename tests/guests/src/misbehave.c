/*
 * A guest for tests of the runtime: it aborts, faults, spins, breaks the protocol, and shows parts of its own state.
 * Built for amd64 (misbehave.elf), i686 (misbehave-flat.elf) and the identity layout (misbehave32.elf).
 */
#include "internal.h"

/* Each word is in the middle of a page of its own, so that a write copies only that page. */
static volatile int32_t data_page[HL_PAGE_SIZE / sizeof(int32_t)] __attribute__((aligned(HL_PAGE_SIZE))) = {[512] = 42};
static volatile int32_t bss_page[HL_PAGE_SIZE / sizeof(int32_t)] __attribute__((aligned(HL_PAGE_SIZE)));
static volatile int32_t *const data_word = &data_page[512], *const bss_word = &bss_page[512];

/* ---- Calls that end badly ---- */

static void abort_with(int32_t code, const char *message)
{
    hl_abort_with_code_and_message(code, message);
}
HYPERLIGHT_WRAP_FUNCTION(abort_with, Void, 2, Int, String)

/* Sends more abort bytes than the host keeps (1024), without an end. */
static void abort_flood(void)
{
    for (;;) {
        hl_out(HL_PORT_ABORT, 3 | 'A' << 8 | 'B' << 16 | 'C' << 24);
    }
}
HYPERLIGHT_WRAP_FUNCTION(abort_flood, Void, 0)

static void divide_by_zero(void)
{
    __asm__ volatile("divl %0" : : "r"(0), "a"(1), "d"(0) : "cc");
}
HYPERLIGHT_WRAP_FUNCTION(divide_by_zero, Void, 0)

static void invalid_opcode(void)
{
    __asm__ volatile("ud2");
}
HYPERLIGHT_WRAP_FUNCTION(invalid_opcode, Void, 0)

/* Causes an exception without an interrupt table. */
static void triple_fault(void)
{
    static const struct {
        uint16_t limit;
        uintptr_t base;
    } __attribute__((packed)) no_idt;
    __asm__ volatile("lidt %0\n\tud2" : : "m"(no_idt));
}
HYPERLIGHT_WRAP_FUNCTION(triple_fault, Void, 0)

/* Reads an address without memory: on amd64 a page fault, on i686 an access that the host sees. */
static int32_t read_unmapped(void)
{
    uintptr_t address = sizeof(uintptr_t) == 8 ? (uintptr_t)0x7000000000 : (uintptr_t)0x80000000;
    return *(const volatile uint8_t *)address;
}
HYPERLIGHT_WRAP_FUNCTION(read_unmapped, Int, 0)

static void unknown_port(int32_t port)
{
    hl_out((uint16_t)port, 0);
}
HYPERLIGHT_WRAP_FUNCTION(unknown_port, Void, 1, Int)

static void spin(void)
{
    for (;;) {
        __asm__ volatile("pause");
    }
}
HYPERLIGHT_WRAP_FUNCTION(spin, Void, 0)

/* Calls the host function Block() -> void. */
static void spin_in_host_call(void)
{
    HL_CALL_HOST0("Block", Void);
}
HYPERLIGHT_WRAP_FUNCTION(spin_in_host_call, Void, 0)

/* Uses at least 512 bytes of stack for each level and returns the depth. The asm statements use the frame before and after
 * the deeper call, so that no compiler makes a loop of the recursion. */
__attribute__((noinline)) static int32_t recurse_to(int32_t depth)
{
    uint8_t frame[512];
    __asm__ volatile("" : : "r"(frame) : "memory");
    int32_t below = depth <= 0 ? 0 : recurse_to(depth - 1) + 1;
    __asm__ volatile("" : : "r"(frame) : "memory");
    return below;
}

static int32_t recurse(int32_t depth)
{
    return recurse_to(depth);
}
HYPERLIGHT_WRAP_FUNCTION(recurse, Int, 1, Int)

#if defined(__x86_64__)

static const char read_only_text[] = "read-only";

/* Writes to .rodata: a page fault if the permissions follow the segments; otherwise returns the new value. */
static int32_t write_read_only(void)
{
    volatile char *text = (volatile char *)(uintptr_t)read_only_text;
    *text = 'R';
    return *text;
}
HYPERLIGHT_WRAP_FUNCTION(write_read_only, Int, 0)

/* Returns the entry of the guest's page table that maps an address. */
static volatile uintptr_t *page_table_entry(uintptr_t address)
{
    uintptr_t table, to_scratch_gva = HL_SCRATCH_END - 0x1000000000u;
    volatile uintptr_t *entry = NULL;
    __asm__ volatile("movq %%cr3, %0" : "=r"(table));
    for (int shift = 39; shift >= 12; shift -= 9) {
        entry = (volatile uintptr_t *)((table & 0x000FFFFFFFFFF000u) + to_scratch_gva) + (address >> shift & 511);
        table = *entry;
    }
    return entry;
}

/* Makes a read-only page writable in the guest's page table and writes to it. Only the host can prevent that. */
static int32_t write_physically(uint64_t address)
{
    *page_table_entry(address) |= 2; /* writable */
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
    volatile char *text = (volatile char *)address;
    *text = 'R';
    return *text;
}
HYPERLIGHT_WRAP_FUNCTION(write_physically, Int, 1, ULong)

static int32_t write_snapshot_physically(void)
{
    return write_physically((uintptr_t)read_only_text);
}
HYPERLIGHT_WRAP_FUNCTION(write_snapshot_physically, Int, 0)

#endif

/* ---- Functions with which a test controls the guest ---- */

static uint8_t code_page[HL_PAGE_SIZE] __attribute__((aligned(HL_PAGE_SIZE)));

/* Runs machine code of at most a page. The code must keep the registers that functions keep, and return. */
static void execute(hl_Vec code)
{
    memcpy(code_page, code.data, code.len <= HL_PAGE_SIZE ? code.len : HL_PAGE_SIZE);
#if defined(__x86_64__)
    *page_table_entry((uintptr_t)code_page) &= ~((uintptr_t)1 << 63); /* executable */
    __asm__ volatile("invlpg (%0)" : : "r"(code_page) : "memory");
    __asm__ volatile("call *%0" : : "r"(code_page) : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc", "memory");
#else
    uintptr_t address = (uintptr_t)code_page;
    __asm__ volatile("call *%0" : "+a"(address) : : "ecx", "edx", "cc", "memory");
#endif
}
HYPERLIGHT_WRAP_FUNCTION(execute, Void, 1, VecBytes)

/* Writes bytes anywhere, then a value to a port. */
static void poke(uint64_t address, hl_Vec bytes, int32_t port, int32_t value)
{
    memcpy((void *)(uintptr_t)address, bytes.data, bytes.len);
    hl_out((uint16_t)port, (uint32_t)value);
}
HYPERLIGHT_WRAP_FUNCTION(poke, Void, 4, ULong, VecBytes, Int, Int)

/* Init data is machine code for the start. The host function MisbehaveAtStart() -> bool selects the sandboxes that run it. */
#define LEAST_INIT_CODE 16u

static void misbehave_at_start(void)
{
    hl_Vec code = hl_init_data();
    if (code.len >= LEAST_INIT_CODE && HL_CALL_HOST0("MisbehaveAtStart", Bool) == 0 && hl_get_host_return_value_as_Bool()) {
        execute(code);
    }
}

/* ---- Messages that break the protocol ---- */

/* Returns a message with a valid size and invalid offsets. */
static const uint32_t malformed[] = {12, 0x7FFFFFF0, 0xFFFFFFFF, 0xFFFFFFFF};

static hl_Vec *result_of(const uint32_t *message, uintptr_t size)
{
    hl_Vec *vec = malloc(sizeof(hl_Vec));
    if (vec != NULL) {
        *vec = (hl_Vec){.data = (uint8_t *)(uintptr_t)message, .len = size};
    }
    return vec;
}

static hl_Vec *malformed_result(const hl_FunctionCall *call)
{
    (void)call;
    return result_of(malformed, sizeof(malformed));
}

/* If the host goes on after this, it finds an answer. */
static void malformed_host_call(void)
{
    hl_output_push(malformed, sizeof(malformed));
    hl_out(HL_PORT_CALL_FUNCTION, 0);
}
HYPERLIGHT_WRAP_FUNCTION(malformed_host_call, Void, 0)

/* ---- Errors and logs ---- */

static void return_error(int32_t code, const char *message)
{
    hl_set_error((hl_ErrorCode)code, message);
}
HYPERLIGHT_WRAP_FUNCTION(return_error, Void, 2, Int, String)

/* Levels as in hl_Level: 1 error to 5 trace. */
static void log_message(int32_t level, const char *message)
{
    hl_log((hl_Level)level, message, 42, "misbehave.c");
}
HYPERLIGHT_WRAP_FUNCTION(log_message, Void, 2, Int, String)

/* Sends `count` error records and returns count. */
static int32_t log_flood(int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        LOG(hl_Level_Error, "flood");
    }
    return count;
}
HYPERLIGHT_WRAP_FUNCTION(log_flood, Int, 1, Int)

/* ---- Memory ---- */

/* Allocates pages, writes to each and frees them. Returns their number, or -1 if the heap is too small. */
static int32_t allocate_and_touch(int32_t pages)
{
    uint8_t *memory = malloc((size_t)pages * HL_PAGE_SIZE);
    if (memory == NULL) {
        return -1;
    }
    for (int32_t i = 0; i < pages; i++) {
        *(volatile uint8_t *)(memory + (size_t)i * HL_PAGE_SIZE) = 1;
    }
    free(memory);
    return pages;
}
HYPERLIGHT_WRAP_FUNCTION(allocate_and_touch, Int, 1, Int)

/* Returns the text "size=… used=… peak=…", in bytes. */
static hl_Vec *heap_info(const hl_FunctionCall *call)
{
    (void)call;
    hl_HeapInfo info = hl_heap_info();
    hl_Text text;
    hl_text_start(&text);
    hl_text_add(&text, "size=");
    hl_text_add_decimal(&text, (uint32_t)info.size);
    hl_text_add(&text, " used=");
    hl_text_add_decimal(&text, (uint32_t)info.used);
    hl_text_add(&text, " peak=");
    hl_text_add_decimal(&text, (uint32_t)info.peak);
    return hl_flatbuffer_result_from_String(text.chars);
}

static int32_t read_byte(uint64_t address)
{
    return *(const volatile uint8_t *)(uintptr_t)address;
}
HYPERLIGHT_WRAP_FUNCTION(read_byte, Int, 1, ULong)

/* Writes a byte and returns the value that is there afterwards. */
static int32_t write_byte(uint64_t address, int32_t value)
{
    volatile uint8_t *byte = (volatile uint8_t *)(uintptr_t)address;
    *byte = (uint8_t)value;
    return *byte;
}
HYPERLIGHT_WRAP_FUNCTION(write_byte, Int, 2, ULong, Int)

static int32_t get_data_word(void)
{
    return *data_word;
}
HYPERLIGHT_WRAP_FUNCTION(get_data_word, Int, 0)

static void set_data_word(int32_t value)
{
    *data_word = value;
}
HYPERLIGHT_WRAP_FUNCTION(set_data_word, Void, 1, Int)

static int32_t get_bss_word(void)
{
    return *bss_word;
}
HYPERLIGHT_WRAP_FUNCTION(get_bss_word, Int, 0)

static void set_bss_word(int32_t value)
{
    *bss_word = value;
}
HYPERLIGHT_WRAP_FUNCTION(set_bss_word, Void, 1, Int)

/* Return the virtual addresses of the two words, for ReadByte and WriteByte. */
static uint64_t data_word_address(void)
{
    return (uintptr_t)data_word;
}
HYPERLIGHT_WRAP_FUNCTION(data_word_address, ULong, 0)

static uint64_t bss_word_address(void)
{
    return (uintptr_t)bss_word;
}
HYPERLIGHT_WRAP_FUNCTION(bss_word_address, ULong, 0)

/* Returns the access byte of a segment's descriptor in memory. Bit 0 is "accessed": clear in the file of the kit's i686 GDT,
 * set in the kit's amd64 GDT. QEMU's processor sets the bit for data segments only. */
static int32_t access_byte(uint32_t selector)
{
    struct {
        uint16_t limit;
        uintptr_t base;
    } __attribute__((packed)) gdt;
    __asm__ volatile("sgdt %0" : "=m"(gdt));
    return ((const volatile uint8_t *)gdt.base)[(selector & 0xFFF8) + 5];
}

static int32_t gdt_accessed(void)
{
    uint32_t selector;
    __asm__ volatile("movl %%cs, %0" : "=r"(selector));
    return access_byte(selector);
}
HYPERLIGHT_WRAP_FUNCTION(gdt_accessed, Int, 0)

static int32_t gdt_data_accessed(void)
{
    uint32_t selector;
    __asm__ volatile("movl %%ds, %0" : "=r"(selector));
    return access_byte(selector);
}
HYPERLIGHT_WRAP_FUNCTION(gdt_data_accessed, Int, 0)

/* Returns the 64-bit word `offset` bytes below the end of scratch. */
static uint64_t read_scratch_word(int32_t offset)
{
    return hl_scratch_word((uint32_t)offset);
}
HYPERLIGHT_WRAP_FUNCTION(read_scratch_word, ULong, 1, Int)

static uint64_t random_seed(void)
{
    return hl_random_seed();
}
HYPERLIGHT_WRAP_FUNCTION(random_seed, ULong, 0)

/* Maps a region and returns its virtual address, or 0 if that fails. For `address` and `flags` see hl_map_region. */
static uint64_t map_region(uint64_t physical, uint64_t address, uint64_t size, uint32_t flags)
{
    return (uintptr_t)hl_map_region(physical, (void *)(uintptr_t)address, (size_t)size, flags);
}
HYPERLIGHT_WRAP_FUNCTION(map_region, ULong, 4, ULong, ULong, ULong, UInt)

/* Return the address of the file with a label, or 0 if there is none, and its size in bytes. */
static uint64_t find_file(const char *label)
{
    return (uintptr_t)hl_find_file(label).data;
}
HYPERLIGHT_WRAP_FUNCTION(find_file, ULong, 1, String)

static uint64_t file_size(const char *label)
{
    return hl_find_file(label).len;
}
HYPERLIGHT_WRAP_FUNCTION(file_size, ULong, 1, String)

/* ---- Code that is data: mov $42, %eax; ret ---- */

static const uint8_t forty_two[] = {0xB8, 42, 0, 0, 0, 0xC3};

static int32_t run_code(uint64_t address)
{
    return ((int32_t (*)(void))(uintptr_t)address)();
}
HYPERLIGHT_WRAP_FUNCTION(run_code, Int, 1, ULong)

static int32_t run_on_heap(void)
{
    void *code = malloc(sizeof(forty_two));
    memcpy(code, forty_two, sizeof(forty_two));
    int32_t result = run_code((uintptr_t)code);
    free(code);
    return result;
}
HYPERLIGHT_WRAP_FUNCTION(run_on_heap, Int, 0)

/* Returns the init data of the image. */
static uint64_t init_data_address(void)
{
    return (uintptr_t)hl_init_data().data;
}
HYPERLIGHT_WRAP_FUNCTION(init_data_address, ULong, 0)

static hl_Vec *init_data(const hl_FunctionCall *call)
{
    (void)call;
    hl_Vec data = hl_init_data();
    return hl_flatbuffer_result_from_Bytes(data.data, data.len);
}

/* ---- Address spaces: each has 4 MiB of its own, the window, and shares all other memory with the first ---- */

#if defined(HL_PAGED_LAYOUT)

#define TO_SCRATCH_GVA 0x01200000u
#define WINDOW 0x00800000u
#define LARGE_WINDOW 0x00C00000u
#define PAGE_BITS 0x023u  /* present, writable, accessed */
#define TABLE_BITS 0x027u /* also user */
#define LARGE_BITS 0x0A3u
#define CR4_PSE 0x10u

static volatile uint32_t *page_at(uint32_t gpa)
{
    return (volatile uint32_t *)(gpa + TO_SCRATCH_GVA);
}

/* Allocates a page of zeros. */
static uint32_t take_page(void)
{
    volatile uint64_t *next = (volatile uint64_t *)(HL_SCRATCH_END - 0x10u);
    uint32_t gpa = (uint32_t)*next;
    *next = gpa + HL_PAGE_SIZE;
    return gpa;
}

static uint64_t current_address_space(void)
{
    uint32_t root;
    __asm__ volatile("movl %%cr3, %0" : "=r"(root));
    return root;
}
HYPERLIGHT_WRAP_FUNCTION(current_address_space, ULong, 0)

/* Copies the current address space, with a new page in the window that starts with the given word. Returns the root. */
static uint64_t add_address_space(int32_t word)
{
    uint32_t root = take_page(), table = take_page(), page = take_page();
    memcpy((void *)page_at(root), (const void *)page_at((uint32_t)current_address_space()), HL_PAGE_SIZE);
    page_at(root)[WINDOW >> 22] = table | TABLE_BITS;
    page_at(table)[0] = page | PAGE_BITS;
    page_at(page)[0] = (uint32_t)word;
    return root;
}
HYPERLIGHT_WRAP_FUNCTION(add_address_space, ULong, 1, Int)

static void enter_address_space(uint64_t root)
{
    __asm__ volatile("movl %0, %%cr3" : : "r"((uint32_t)root) : "memory");
}
HYPERLIGHT_WRAP_FUNCTION(enter_address_space, Void, 1, ULong)

/* Maps 4 MiB at a physical address as one large page and returns the virtual address. */
static uint64_t map_large_page(uint64_t physical)
{
    uint32_t cr4;
    __asm__ volatile("movl %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("movl %0, %%cr4" : : "r"(cr4 | CR4_PSE) : "memory");
    page_at((uint32_t)current_address_space())[LARGE_WINDOW >> 22] = (uint32_t)physical | LARGE_BITS;
    enter_address_space(current_address_space());
    return LARGE_WINDOW;
}
HYPERLIGHT_WRAP_FUNCTION(map_large_page, ULong, 1, ULong)

/* Makes a page of code writable in the guest's page table and writes to it. Only the host can prevent that. */
static int32_t write_snapshot_physically(void)
{
    uint32_t address = (uint32_t)(uintptr_t)forty_two;
    uint32_t table = page_at((uint32_t)current_address_space())[address >> 22] & ~(HL_PAGE_SIZE - 1);
    page_at(table)[address >> 12 & 1023] |= 2; /* writable */
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
    volatile uint8_t *code = (volatile uint8_t *)address;
    *code = 'R';
    return *code;
}
HYPERLIGHT_WRAP_FUNCTION(write_snapshot_physically, Int, 0)

static void register_address_spaces(void)
{
    HYPERLIGHT_REGISTER_FUNCTION("CurrentAddressSpace", current_address_space);
    HYPERLIGHT_REGISTER_FUNCTION("AddAddressSpace", add_address_space);
    HYPERLIGHT_REGISTER_FUNCTION("EnterAddressSpace", enter_address_space);
    HYPERLIGHT_REGISTER_FUNCTION("MapLargePage", map_large_page);
    HYPERLIGHT_REGISTER_FUNCTION("WriteSnapshotPhysically", write_snapshot_physically);
}

#endif

void hyperlight_main(void)
{
#if defined(HL_PAGED_LAYOUT)
    register_address_spaces();
#endif
    misbehave_at_start();
    HYPERLIGHT_REGISTER_FUNCTION("Abort", abort_with);
    HYPERLIGHT_REGISTER_FUNCTION("AbortFlood", abort_flood);
    HYPERLIGHT_REGISTER_FUNCTION("DivideByZero", divide_by_zero);
    HYPERLIGHT_REGISTER_FUNCTION("InvalidOpcode", invalid_opcode);
    HYPERLIGHT_REGISTER_FUNCTION("TripleFault", triple_fault);
    HYPERLIGHT_REGISTER_FUNCTION("ReadUnmapped", read_unmapped);
    HYPERLIGHT_REGISTER_FUNCTION("UnknownPort", unknown_port);
    HYPERLIGHT_REGISTER_FUNCTION("Spin", spin);
    HYPERLIGHT_REGISTER_FUNCTION("SpinInHostCall", spin_in_host_call);
    HYPERLIGHT_REGISTER_FUNCTION("Recurse", recurse);
#if defined(__x86_64__)
    HYPERLIGHT_REGISTER_FUNCTION("WriteReadOnly", write_read_only);
    HYPERLIGHT_REGISTER_FUNCTION("WritePhysically", write_physically);
    HYPERLIGHT_REGISTER_FUNCTION("WriteSnapshotPhysically", write_snapshot_physically);
#endif
    HYPERLIGHT_REGISTER_FUNCTION("Execute", execute);
    HYPERLIGHT_REGISTER_FUNCTION("Poke", poke);
    hl_register_function_definition("MalformedResult", malformed_result, 0, NULL, hl_ReturnType_VecBytes);
    HYPERLIGHT_REGISTER_FUNCTION("MalformedHostCall", malformed_host_call);
    HYPERLIGHT_REGISTER_FUNCTION("ReturnError", return_error);
    HYPERLIGHT_REGISTER_FUNCTION("LogMessage", log_message);
    HYPERLIGHT_REGISTER_FUNCTION("LogFlood", log_flood);
    HYPERLIGHT_REGISTER_FUNCTION("AllocateAndTouch", allocate_and_touch);
    hl_register_function_definition("HeapInfo", heap_info, 0, NULL, hl_ReturnType_String);
    HYPERLIGHT_REGISTER_FUNCTION("ReadByte", read_byte);
    HYPERLIGHT_REGISTER_FUNCTION("WriteByte", write_byte);
    HYPERLIGHT_REGISTER_FUNCTION("DataWord", get_data_word);
    HYPERLIGHT_REGISTER_FUNCTION("SetDataWord", set_data_word);
    HYPERLIGHT_REGISTER_FUNCTION("BssWord", get_bss_word);
    HYPERLIGHT_REGISTER_FUNCTION("SetBssWord", set_bss_word);
    HYPERLIGHT_REGISTER_FUNCTION("DataWordAddress", data_word_address);
    HYPERLIGHT_REGISTER_FUNCTION("BssWordAddress", bss_word_address);
    HYPERLIGHT_REGISTER_FUNCTION("GdtAccessed", gdt_accessed);
    HYPERLIGHT_REGISTER_FUNCTION("GdtDataAccessed", gdt_data_accessed);
    HYPERLIGHT_REGISTER_FUNCTION("ReadScratchWord", read_scratch_word);
    HYPERLIGHT_REGISTER_FUNCTION("RandomSeed", random_seed);
    HYPERLIGHT_REGISTER_FUNCTION("MapRegion", map_region);
    HYPERLIGHT_REGISTER_FUNCTION("FindFile", find_file);
    HYPERLIGHT_REGISTER_FUNCTION("FileSize", file_size);
    HYPERLIGHT_REGISTER_FUNCTION("RunCode", run_code);
    HYPERLIGHT_REGISTER_FUNCTION("RunOnHeap", run_on_heap);
    HYPERLIGHT_REGISTER_FUNCTION("InitDataAddress", init_data_address);
    hl_register_function_definition("InitData", init_data, 0, NULL, hl_ReturnType_VecBytes);
}
