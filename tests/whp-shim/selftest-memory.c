// Mappings, and the exits of guests that use memory they do not have.
#include <sys/mman.h>
#include "selftest.h"

#define RWX (MAP_READ | MAP_WRITE | MAP_EXECUTE)

static void ranges_are_checked(void)
{
    struct guest guest;
    OPEN(&guest, REAL, 0xF4);
    uint8_t *source = guest.memory;
    CHECK_RESULT(WHvMapGpaRange(guest.partition, source + 1, 0x100000, PAGE, MAP_READ), E_INVALIDARG);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, source, 0x100001, PAGE, MAP_READ), E_INVALIDARG);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, source, 0x100000, PAGE - 1, MAP_READ), E_INVALIDARG);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, source, 0x100000, 0, MAP_READ), E_INVALIDARG);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, NULL, 0x100000, PAGE, MAP_READ), E_INVALIDARG);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, source, 1ull << 52, PAGE, MAP_READ), E_INVALIDARG);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, source, -PAGE, 2 * PAGE, MAP_READ), E_INVALIDARG);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, source, 0x100000, -PAGE, MAP_READ), E_INVALIDARG);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, source, 0x100000, PAGE, 0x10), E_INVALIDARG);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, source, 0x100000, PAGE, MAP_WRITE), E_INVALIDARG);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, source, 0x100000, PAGE, MAP_EXECUTE), E_INVALIDARG);
    CHECK(whpshim_live(2) == 1);
    CHECK_RESULT(WHvUnmapGpaRange(guest.partition, 0x100000, PAGE), WHV_E_GPA_RANGE_NOT_FOUND);
    CHECK_RESULT(WHvUnmapGpaRange(guest.partition, 0, PAGE), E_INVALIDARG);
    CHECK_RESULT(WHvUnmapGpaRange(guest.partition, 1, MEMORY_SIZE), E_INVALIDARG);
    CHECK_RESULT(WHvUnmapGpaRange(guest.partition, 0, 0), E_INVALIDARG);
    CHECK_RESULT(WHvUnmapGpaRange(guest.partition, 0, MEMORY_SIZE), S_OK);
    CHECK(whpshim_live(2) == 0);
    close_guest(&guest);
}

static void check_memory_exit(struct guest *guest, uint64_t gpa, uint32_t access)
{
    CHECK(run(guest) == EXIT_MEMORY_ACCESS);
    CHECK(guest->exit.MemoryAccess.Gpa == gpa);
    CHECK(guest->exit.MemoryAccess.AccessInfo == access);
}

static void a_new_mapping_replaces_pages(void)
{
    struct guest guest;
    // mov 0x400000, %al; mov 0x401000, %ah; mov 0x402000, %bl; mov 0x403000, %bh; hlt
    OPEN(&guest, PROTECTED, 0xA0, 0, 0, 0x40, 0, 0x8A, 0x25, 0, 0x10, 0x40, 0, 0x8A, 0x1D, 0, 0x20, 0x40, 0, 0x8A, 0x3D, 0, 0x30,
        0x40, 0, 0xF4);
    for (uint8_t i = 0; i < 4; i++) {
        guest.memory[DATA + (i * PAGE)] = (uint8_t)(0xA0 + i);
    }

    guest.memory[DATA + (4 * PAGE)] = 0xB0;
    guest.memory[DATA + (5 * PAGE)] = 0xB1;
    CHECK_RESULT(WHvMapGpaRange(guest.partition, guest.memory + DATA, UNMAPPED, 4 * PAGE, MAP_READ), S_OK);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, guest.memory + DATA + (4 * PAGE), UNMAPPED + PAGE, 2 * PAGE, MAP_READ), S_OK);
    CHECK(whpshim_live(2) == 4);
    CHECK(run(&guest) == EXIT_HALT);
    CHECK(get(&guest, RAX) == 0xB0A0 && get(&guest, RBX) == 0xA3B1);
    CHECK_RESULT(WHvUnmapGpaRange(guest.partition, UNMAPPED + PAGE, 2 * PAGE), S_OK);
    set(&guest, RIP, CODE);
    check_memory_exit(&guest, UNMAPPED + PAGE, ACCESS_READ | ACCESS_GPA_UNMAPPED);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, guest.memory + DATA, UNMAPPED, 4 * PAGE, RWX), S_OK);
    CHECK(whpshim_live(2) == 2);
    set(&guest, RIP, CODE);
    CHECK(run(&guest) == EXIT_HALT);
    CHECK(get(&guest, RAX) == 0xA1A0 && get(&guest, RBX) == 0xA3A2);
    close_guest(&guest);
}

static void forbidden_accesses_are_exits(enum mode mode)
{
    struct guest guest;
    // mov %eax, 0x400000; mov 0x400000, %eax; hlt: in 64-bit code the addresses come from registers
    if (mode == LONG) {
        OPEN(&guest, mode, 0x89, 0x07, 0x8B, 0x07, 0xF4);
    } else {
        OPEN(&guest, mode, 0x89, 0x07, 0x8B, 0x07, 0xF4);
    }

    set(&guest, RDI, UNMAPPED);
    set(&guest, RAX, 0x12345678);
    check_memory_exit(&guest, UNMAPPED, ACCESS_WRITE | ACCESS_GPA_UNMAPPED);
    set(&guest, RIP, CODE + 2);
    check_memory_exit(&guest, UNMAPPED, ACCESS_READ | ACCESS_GPA_UNMAPPED);
    CHECK(get(&guest, RAX) == 0x12345678 && get(&guest, RIP) == CODE + 2);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, guest.memory + DATA, UNMAPPED, PAGE, MAP_READ), S_OK);
    set(&guest, RIP, CODE);
    check_memory_exit(&guest, UNMAPPED, ACCESS_WRITE);
    CHECK(guest.memory[DATA] == 0);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, guest.memory + DATA, UNMAPPED, PAGE, 0), S_OK);
    set(&guest, RIP, CODE + 2);
    check_memory_exit(&guest, UNMAPPED, ACCESS_READ);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, guest.memory + DATA, UNMAPPED, PAGE, MAP_READ), S_OK);
    CHECK(run(&guest) == EXIT_HALT);
    CHECK(get(&guest, RAX) == 0);
    close_guest(&guest);
}

static void jumps_to_forbidden_memory_are_exits(enum mode mode)
{
    struct guest guest;
    OPEN(&guest, mode, 0xF4);
    guest.memory[DATA] = 0xF4;
    guest.memory[DATA + PAGE] = 0xEE;
    set(&guest, RIP, UNMAPPED);
    check_memory_exit(&guest, UNMAPPED, ACCESS_EXECUTE | ACCESS_GPA_UNMAPPED);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, guest.memory + DATA, UNMAPPED, 2 * PAGE, MAP_READ | MAP_WRITE), S_OK);
    set(&guest, RIP, UNMAPPED);
    check_memory_exit(&guest, UNMAPPED, ACCESS_EXECUTE);
    CHECK(get(&guest, RIP) == UNMAPPED && guest.exit.VpContext.Rip == UNMAPPED);
    set(&guest, RIP, UNMAPPED + PAGE);
    check_memory_exit(&guest, UNMAPPED + PAGE, ACCESS_EXECUTE);
    CHECK(get(&guest, RIP) == UNMAPPED + PAGE);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, guest.memory + DATA, UNMAPPED, 2 * PAGE, MAP_READ | MAP_EXECUTE), S_OK);
    set(&guest, RIP, UNMAPPED);
    CHECK(run(&guest) == EXIT_HALT);
    close_guest(&guest);
}

static void missing_host_memory_is_an_exit(void)
{
    struct guest guest;
    OPEN(&guest, PROTECTED, 0x8B, 0x07, 0xF4);
    set(&guest, RDI, DATA + 8);
    CHECK(mprotect(guest.memory + DATA, PAGE, PROT_NONE) == 0);
    CHECK(run(&guest) == EXIT_MEMORY_ACCESS);
    CHECK((guest.exit.MemoryAccess.Gpa & -PAGE) == DATA && guest.exit.MemoryAccess.AccessInfo == ACCESS_READ);
    close_guest(&guest);
}

static void page_tables_may_come_late(void)
{
    struct guest guest;
    OPEN(&guest, LONG, 0xF4);
    CHECK_RESULT(WHvUnmapGpaRange(guest.partition, 0, MEMORY_SIZE), S_OK);
    CHECK_RESULT(WHvMapGpaRange(guest.partition, guest.memory, 0, PAGE_TABLES, RWX), S_OK);
    CHECK(run(&guest) != EXIT_HALT);
    set_mode(&guest, LONG);
    set(&guest, RIP, CODE);
    set(&guest, RFLAGS, 2);
    CHECK_RESULT(
        WHvMapGpaRange(guest.partition, guest.memory + PAGE_TABLES, PAGE_TABLES, MEMORY_SIZE - PAGE_TABLES, RWX), S_OK);
    CHECK(run(&guest) == EXIT_HALT);
    close_guest(&guest);
}

// A store of 16 bytes comes in two exits, a string instruction in one for each element. No part of it changes the registers later.
static void unfinished_instructions_are_dropped(void)
{
    struct guest guest;
    // rep movsb; hlt
    OPEN(&guest, PROTECTED, 0xF3, 0xA4, 0xF4);
    set(&guest, RSI, DATA);
    set(&guest, RDI, UNMAPPED);
    set(&guest, RCX, 100);
    check_memory_exit(&guest, UNMAPPED, ACCESS_WRITE | ACCESS_GPA_UNMAPPED);
    set(&guest, RIP, CODE + 2);
    set(&guest, RCX, 7);
    CHECK(run(&guest) == EXIT_HALT);
    CHECK(get(&guest, RCX) == 7 && get(&guest, RIP) == CODE + 3);
    close_guest(&guest);
}

static void a_process_has_one_partition(void)
{
    struct guest one;
    struct guest other;
    uint32_t count = 1;
    HANDLE process = (HANDLE)0x40;
    OPEN(&one, REAL, 0xF4);
    CHECK_RESULT(WHvCreatePartition(&other.partition), S_OK);
    CHECK_RESULT(WHvSetPartitionProperty(other.partition, PROPERTY_PROCESSOR_COUNT, &count, sizeof(count)), S_OK);
    CHECK_RESULT(WHvSetupPartition(other.partition), S_OK);
    CHECK_RESULT(WHvMapGpaRange(other.partition, one.memory, 0, PAGE, RWX), ERROR_VID_PARTITION_ALREADY_EXISTS);
    CHECK_RESULT(WHvMapGpaRange2(other.partition, (HANDLE)-1, one.memory, 0, PAGE, RWX), ERROR_VID_PARTITION_ALREADY_EXISTS);
    CHECK_RESULT(WHvMapGpaRange2(other.partition, process, one.memory, 0, PAGE, RWX), E_INVALID_HANDLE);
    whpshim_add_process(process);
    CHECK_RESULT(WHvMapGpaRange2(other.partition, process, one.memory, 0, PAGE, RWX), S_OK);
    CHECK_RESULT(WHvMapGpaRange2(one.partition, process, one.memory, 0x800000, PAGE, RWX), ERROR_VID_PARTITION_ALREADY_EXISTS);
    CHECK_RESULT(WHvDeletePartition(other.partition), S_OK);
    whpshim_remove_process(process);
    close_guest(&one);
    OPEN(&one, REAL, 0xF4);
    close_guest(&one);
}

static void check_translation(struct guest *guest, uint64_t address, uint64_t wanted)
{
    WHV_TRANSLATE_GVA_RESULT result;
    uint64_t gpa = 0;
    CHECK_RESULT(WHvTranslateGva(guest->partition, 0, address, TRANSLATE_VALIDATE_READ, &result, &gpa), S_OK);
    CHECK(result.ResultCode == TRANSLATE_SUCCESS && gpa == wanted);
}

// The processor need not run for this, so that all kinds of page tables can be checked on each KVM.
static void narrow_addresses_are_translated(void)
{
    struct guest guest;
    OPEN(&guest, PROTECTED, 0xF4);
    set_mode(&guest, PAGED);
    uint32_t *narrow = (uint32_t *)(guest.memory + PAGE_TABLES);
    narrow[0] = (uint32_t)(PAGE_TABLES + PAGE) | 7;
    narrow[1] = 0x00C02083; // the page of 4 MiB at 0x1_00C0_0000
    narrow[1024 + 5] = DATA | 7;
    check_translation(&guest, 0x5123, DATA + 0x123);
    check_translation(&guest, 0x512345, 0x100D12345);

    uint64_t *wide = (uint64_t *)(guest.memory + PAGE_TABLES);
    memset(wide, 0, PAGE);
    set(&guest, CR4, 1 << 5);
    set(&guest, CR3, PAGE_TABLES + 0x20);
    wide[5] = (PAGE_TABLES + PAGE) | 1;
    wide[512 + 2] = 0x100600083;
    wide[512 + 3] = (PAGE_TABLES + (2 * PAGE)) | 7;
    wide[1024 + 4] = DATA | 7;
    check_translation(&guest, 0x40412345, 0x100612345);
    check_translation(&guest, 0x40604567, DATA + 0x567);
    close_guest(&guest);
}

static void addresses_are_translated(void)
{
    struct guest guest;
    WHV_TRANSLATE_GVA_RESULT result;
    uint64_t gpa = 0;
    OPEN(&guest, LONG, 0xF4);
    CHECK_RESULT(WHvTranslateGva(guest.partition, 0, 0x345678, TRANSLATE_VALIDATE_READ, &result, &gpa), S_OK);
    CHECK(result.ResultCode == TRANSLATE_SUCCESS && gpa == 0x345678);
    CHECK_RESULT(WHvTranslateGva(guest.partition, 0, 0x800000, TRANSLATE_VALIDATE_READ, &result, &gpa), S_OK);
    CHECK(result.ResultCode == TRANSLATE_NOT_PRESENT);
    set(&guest, CR3, UNMAPPED);
    CHECK_RESULT(WHvTranslateGva(guest.partition, 0, 0x1000, TRANSLATE_VALIDATE_READ, &result, &gpa), S_OK);
    CHECK(result.ResultCode == TRANSLATE_GPA_UNMAPPED);
    close_guest(&guest);
}

void test_memory(void)
{
    ranges_are_checked();
    a_new_mapping_replaces_pages();
    for (enum mode mode = PROTECTED; mode <= LONG; mode++) {
        if (has_mode(mode)) {
            forbidden_accesses_are_exits(mode);
            jumps_to_forbidden_memory_are_exits(mode);
        }
    }

    page_tables_may_come_late();
    missing_host_memory_is_an_exit();
    unfinished_instructions_are_dropped();
    a_process_has_one_partition();
    addresses_are_translated();
    narrow_addresses_are_translated();
}
