// Registers by name, and the extended state.
#include "selftest.h"

#define AREA_XSTATE_BV 512
#define AREA_XCOMP_BV 520
#define AREA_RESERVED 528
#define AREA_XMM0 160

static void registers_keep_values(void)
{
    static const struct {
        uint32_t name;
        uint64_t low;
        uint64_t high;
    } values[] = {
        { RAX, 0x1122334455667788, 0 }, { RCX, 1, 0 }, { RDX, 2, 0 }, { RBX, 3, 0 }, { R15, 15, 0 }, { RIP, 0x1000, 0 },
        { CR2, 0x1234, 0 }, { CR3, 0x10000, 0 }, { CR8, 5, 0 }, { DR0, 0x1111, 0 }, { DR7, 0x400, 0 }, { XMM0, 1, 2 },
        { XMM15, 0x8877665544332211, 0xFFEEDDCCBBAA9988 }, { FP0, 0x1234567812345678, 0x3FFF }, { FP_CONTROL, 0x37F, 0 },
        { XMM_CONTROL, 0, 0x0002FFFF00001F80 }, { KERNEL_GS_BASE, 0x7777, 0 }, { LSTAR, 0x8888, 0 }, { XCR0, 1, 0 },
        { DS, 0x10000, 0xC093000812345000 }, { FS, 0, 0 }, { GDTR, 0x0123000000000000, 0x8000 },
        { 0x80000000, 0x0000000600200015 | 0x0D0000, 0 }, { 0x80000001, 1, 0 }, { 0x80000002, 0, 0 }, { 0x80000005, 0, 0 },
    };
    enum { COUNT = sizeof(values) / sizeof(values[0]) };
    uint32_t names[COUNT];
    WHV_REGISTER_VALUE written[COUNT];
    WHV_REGISTER_VALUE read[COUNT];
    struct guest guest;
    OPEN(&guest, PROTECTED, 0xF4);
    for (int i = 0; i < COUNT; i++) {
        names[i] = values[i].name;
        written[i] = (WHV_REGISTER_VALUE){ .Words = { values[i].low, values[i].high } };
    }

    // The pending exception: #GP with the error code 6.
    written[22].Reg64 = 1 | 3 << 1 | 1 << 4 | 13 << 16 | 6ull << 32;
    CHECK_RESULT(WHvSetVirtualProcessorRegisters(guest.partition, 0, names, COUNT, written), S_OK);
    CHECK_RESULT(WHvGetVirtualProcessorRegisters(guest.partition, 0, names, COUNT, read), S_OK);
    for (int i = 0; i < COUNT; i++) {
        if (names[i] == XMM_CONTROL) {
            CHECK((uint32_t)read[i].Words[1] == 0x1F80);
        } else if (memcmp(&read[i], &written[i], sizeof(read[i])) != 0) {
            fprintf(stderr, "register 0x%X: 0x%llX 0x%llX\n", names[i], (long long)read[i].Words[0], (long long)read[i].Words[1]);
            CHECK(false);
        }
    }

    close_guest(&guest);
}

static void register_calls_are_checked(void)
{
    struct guest guest;
    _Alignas(16) uint8_t values[48] = { 0 };
    const uint32_t names[2] = { RAX, 0x7777 };
    OPEN(&guest, REAL, 0xF4);
    set(&guest, RAX, 0x55);
    CHECK_RESULT(WHvGetVirtualProcessorRegisters(guest.partition, 0, names, 1, (WHV_REGISTER_VALUE *)(values + 8)), E_INVALIDARG);
    CHECK_RESULT(WHvSetVirtualProcessorRegisters(guest.partition, 0, names, 1, (WHV_REGISTER_VALUE *)(values + 8)), E_INVALIDARG);
    CHECK_RESULT(WHvSetVirtualProcessorRegisters(guest.partition, 0, names, 0, (WHV_REGISTER_VALUE *)values), E_INVALIDARG);
    CHECK_RESULT(WHvSetVirtualProcessorRegisters(guest.partition, 0, NULL, 1, (WHV_REGISTER_VALUE *)values), E_INVALIDARG);
    CHECK_RESULT(WHvSetVirtualProcessorRegisters(guest.partition, 0, names, 1, NULL), E_INVALIDARG);
    CHECK_RESULT(WHvSetVirtualProcessorRegisters(guest.partition, 1, names, 1, (WHV_REGISTER_VALUE *)values), E_INVALIDARG);
    CHECK_RESULT(
        WHvSetVirtualProcessorRegisters(guest.partition, 0, names, 2, (WHV_REGISTER_VALUE *)values), WHV_E_INVALID_VP_REGISTER_NAME);
    CHECK(get(&guest, RAX) == 0x55);
    close_guest(&guest);
}

static void invalid_values_end_the_next_run(void)
{
    static const struct {
        uint32_t name;
        uint64_t wrong;
        uint64_t right;
    } values[] = { { CR0, 0x80000000, 0x11 }, { CR8, 16, 0 }, { RFLAGS, 0, 2 } };
    struct guest guest;
    OPEN(&guest, PROTECTED, 0xF4, 0xF4, 0xF4);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        set(&guest, values[i].name, values[i].wrong);
        CHECK(run(&guest) == EXIT_INVALID_REGISTER_VALUE);
        CHECK(get(&guest, values[i].name) == values[i].wrong);
        CHECK(run(&guest) == EXIT_INVALID_REGISTER_VALUE);
        set(&guest, values[i].name, values[i].right);
        CHECK(run(&guest) == EXIT_HALT);
    }

    CHECK(get(&guest, RIP) == CODE + 3);
    close_guest(&guest);
}

static void the_extended_state_is_compacted(void)
{
    struct guest guest;
    uint32_t size = 0;
    uint32_t again = 0;
    static uint8_t area[8192];
    static uint8_t read[8192];
    OPEN(&guest, REAL, 0xF4);
    CHECK_RESULT(WHvGetVirtualProcessorXsaveState(guest.partition, 0, NULL, 0, &size), WHV_E_INSUFFICIENT_BUFFER);
    CHECK(size >= 576);
    CHECK_RESULT(WHvGetVirtualProcessorXsaveState(guest.partition, 0, area, size - 1, &again), WHV_E_INSUFFICIENT_BUFFER);
    CHECK(again == size);
    CHECK_RESULT(WHvGetVirtualProcessorXsaveState(guest.partition, 0, area, size, &again), S_OK);
    uint64_t components;
    memcpy(&components, area + AREA_XCOMP_BV, 8);
    CHECK(components >> 63 == 1 && (components & 3) == 3);

    memset(area + 576, 0x5A, size - 576);
    memset(area + AREA_XMM0, 0xA5, 16);
    uint64_t present = components & ~(1ull << 63);
    bool has_vectors = (present & 4) != 0;
    present &= 7;
    memcpy(area + AREA_XSTATE_BV, &present, 8);
    CHECK_RESULT(WHvSetVirtualProcessorXsaveState(guest.partition, 0, area, size), S_OK);
    CHECK_RESULT(WHvGetVirtualProcessorState(guest.partition, 0, STATE_XSAVE, read, size, &again), S_OK);
    CHECK(memcmp(area + AREA_XMM0, read + AREA_XMM0, 256) == 0);
    CHECK(!has_vectors || memcmp(area + 576, read + 576, 256) == 0);
    uint32_t name = XMM0;
    WHV_REGISTER_VALUE value;
    CHECK_RESULT(WHvGetVirtualProcessorRegisters(guest.partition, 0, &name, 1, &value), S_OK);
    CHECK(value.Reg64 == 0xA5A5A5A5A5A5A5A5);

    // The reset that hosts do: the vectors are gone, too.
    memset(read, 0, size);
    memcpy(read + AREA_XCOMP_BV, &components, 8);
    read[0] = 0x7F;
    read[1] = 3;
    read[24] = 0x80;
    read[25] = 0x1F;
    read[AREA_XSTATE_BV] = 3;
    CHECK_RESULT(WHvSetVirtualProcessorXsaveState(guest.partition, 0, read, size), S_OK);
    memcpy(area, read, size);
    CHECK_RESULT(WHvGetVirtualProcessorXsaveState(guest.partition, 0, read, size, &again), S_OK);
    CHECK((read[AREA_XSTATE_BV] & 4) == 0 && read[AREA_XMM0] == 0 && read[24] == 0x80 && read[25] == 0x1F);

    CHECK_RESULT(WHvSetVirtualProcessorXsaveState(guest.partition, 0, area, size + 1), E_INVALIDARG);
    area[AREA_RESERVED + 1] = 1;
    CHECK_RESULT(WHvSetVirtualProcessorXsaveState(guest.partition, 0, area, size), E_INVALIDARG);
    area[AREA_RESERVED + 1] = 0;
    area[AREA_XSTATE_BV + 7] = 1;
    CHECK_RESULT(WHvSetVirtualProcessorXsaveState(guest.partition, 0, area, size), E_INVALIDARG);
    area[AREA_XSTATE_BV + 7] = 0;
    area[AREA_XCOMP_BV + 7] = 0;
    CHECK_RESULT(WHvSetVirtualProcessorXsaveState(guest.partition, 0, area, size), E_INVALIDARG);
    CHECK_RESULT(WHvSetVirtualProcessorState(guest.partition, 0, 0x7777, area, size), E_INVALIDARG);
    CHECK_RESULT(WHvGetVirtualProcessorState(guest.partition, 0, STATE_INTERRUPT_CONTROLLER2, area, size, NULL), E_NOTIMPL);
    close_guest(&guest);
}

void test_registers(void)
{
    registers_keep_values();
    register_calls_are_checked();
    invalid_values_end_the_next_run();
    the_extended_state_is_compacted();
}
