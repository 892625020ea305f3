// The shim's own test: whether the library keeps the rules of docs/abi/whp.md, section 12.1.
#include <sys/mman.h>
#include <unistd.h>
#include "selftest.h"

// In seconds; a guest that never ends is a failure.
#define TIME_LIMIT 30

#define CR0_PE (1ull << 0)
#define CR0_ET (1ull << 4)
#define CR0_PG (1ull << 31)
#define CR4_PSE (1ull << 4)
#define CR4_PAE (1ull << 5)
#define CR4_SSE (1ull << 9)
#define EFER_LME (1ull << 8)
#define EFER_LMA (1ull << 10)
#define ENTRY_TABLE 7ull  // present, writable, user
#define ENTRY_LARGE 0x83ull // present, writable, large

#define CODE_16 0x9Bu
#define DATA_16 0x93u
#define CODE_32 0xC09Bu
#define DATA_32 0xC093u
#define CODE_64 0x209Bu
#define TASK 0x8Bu

void print_log(void)
{
    static char log[4000];
    whpshim_log(log, sizeof(log));
    fputs(log, stderr);
}

uint64_t get(struct guest *guest, uint32_t name)
{
    WHV_REGISTER_VALUE value;
    CHECK_RESULT(WHvGetVirtualProcessorRegisters(guest->partition, 0, &name, 1, &value), S_OK);
    return value.Reg64;
}

void set(struct guest *guest, uint32_t name, uint64_t value)
{
    WHV_REGISTER_VALUE wide = { .Words = { value, 0 } };
    CHECK_RESULT(WHvSetVirtualProcessorRegisters(guest->partition, 0, &name, 1, &wide), S_OK);
}

uint32_t run(struct guest *guest)
{
    CHECK_RESULT(WHvRunVirtualProcessor(guest->partition, 0, &guest->exit, sizeof(guest->exit)), S_OK);
    return guest->exit.ExitReason;
}

// The first 8 MiB, at the same addresses, in pages of 2 MiB.
static void write_long_tables(uint8_t *memory)
{
    uint64_t *tables = (uint64_t *)(memory + PAGE_TABLES);
    tables[0] = (PAGE_TABLES + PAGE) | ENTRY_TABLE;
    tables[512] = (PAGE_TABLES + (2 * PAGE)) | ENTRY_TABLE;
    for (uint64_t i = 0; i < 4; i++) {
        tables[1024 + i] = i << 21 | ENTRY_LARGE;
    }
}

void set_mode(struct guest *guest, enum mode mode)
{
    enum { COUNT = 14 };
    static const uint32_t names[COUNT] = { CS, DS, ES, FS, GS, SS, TR, LDTR, GDTR, IDTR, CR0, CR3, CR4, EFER };
    uint16_t code = mode == REAL ? CODE_16 : mode == LONG ? CODE_64 : CODE_32;
    uint16_t data = mode == REAL ? DATA_16 : DATA_32;
    uint32_t limit = mode == REAL ? 0xFFFF : 0xFFFFFFFF;
    uint16_t selector = mode == REAL ? 0 : 8;
    WHV_REGISTER_VALUE values[COUNT] = { { .Segment = { 0, limit, selector, code } } };
    for (int i = 1; i < 6; i++) {
        values[i].Segment = (WHV_X64_SEGMENT_REGISTER){ 0, limit, (uint16_t)(2 * selector), data };
    }

    values[6].Segment = (WHV_X64_SEGMENT_REGISTER){ 0, 0xFFFF, 0, TASK };
    values[10].Reg64 = CR0_ET | (mode == REAL ? 0 : CR0_PE) | (mode == PAGED || mode == LONG ? CR0_PG : 0);
    values[11].Reg64 = PAGE_TABLES;
    values[12].Reg64 = mode == LONG ? CR4_PAE | CR4_SSE : mode == PAGED ? CR4_PSE : 0;
    values[13].Reg64 = mode == LONG ? EFER_LME | EFER_LMA : 0;
    CHECK_RESULT(WHvSetVirtualProcessorRegisters(guest->partition, 0, names, COUNT, values), S_OK);
    if (mode == LONG) {
        write_long_tables(guest->memory);
    } else if (mode == PAGED) {
        ((uint32_t *)(guest->memory + PAGE_TABLES))[0] = ENTRY_LARGE;
        ((uint32_t *)(guest->memory + PAGE_TABLES))[1] = 0x400000 | ENTRY_LARGE;
    }
}

void start_guest(struct guest *guest, enum mode mode, const void *code, size_t size)
{
    CHECK_RESULT(WHvSetupPartition(guest->partition), S_OK);
    CHECK_RESULT(WHvCreateVirtualProcessor(guest->partition, 0, 0), S_OK);
    guest->memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(guest->memory != MAP_FAILED);
    memcpy(guest->memory + CODE, code, size);
    CHECK_RESULT(
        WHvMapGpaRange(guest->partition, guest->memory, 0, MEMORY_SIZE, MAP_READ | MAP_WRITE | MAP_EXECUTE), S_OK);
    set_mode(guest, mode);
    set(guest, RIP, CODE);
    set(guest, RSP, DATA + PAGE);
    set(guest, RFLAGS, 2);
}

void open_guest(struct guest *guest, enum mode mode, const void *code, size_t size)
{
    uint32_t one = 1;
    CHECK_RESULT(WHvCreatePartition(&guest->partition), S_OK);
    CHECK_RESULT(WHvSetPartitionProperty(guest->partition, PROPERTY_PROCESSOR_COUNT, &one, sizeof(one)), S_OK);
    start_guest(guest, mode, code, size);
}

void close_guest(struct guest *guest)
{
    CHECK_RESULT(WHvDeletePartition(guest->partition), S_OK);
    munmap(guest->memory, MEMORY_SIZE);
    for (uint32_t kind = 0; kind < 4; kind++) {
        CHECK(whpshim_live(kind) == 0);
    }
}

bool has_mode(enum mode mode)
{
    struct guest guest;
    OPEN(&guest, mode, 0xF4);
    bool has = run(&guest) == EXIT_HALT;
    close_guest(&guest);
    CHECK(has || mode == PAGED);
    return has;
}

int main(void)
{
    alarm(TIME_LIMIT);
#ifndef WHPSHIM_WINE
    // A process of Wine cannot be forked.
    test_mistakes();
#endif
    test_exits();
    test_calls();
    test_memory();
    test_registers();
    test_cancel();
    test_surrogates();
    puts("whp-shim: the rules are kept");
    return 0;
}
