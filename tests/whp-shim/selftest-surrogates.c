// Memory of other processes: under Wine that of suspended processes, into which views of sections are mapped.
#include "selftest.h"

#ifndef WHPSHIM_WINE

void test_surrogates(void)
{
}

#else

#include <unistd.h>

#define NT __attribute__((ms_abi))
#define INVALID_HANDLE ((HANDLE)(intptr_t)-1)
#define PAGE_NOACCESS 1
#define PAGE_READONLY 2
#define PAGE_READWRITE 4
#define FILE_MAP_ALL 0xF001F
#define CREATE_SUSPENDED 4
#define VIEW_UNMAP 2

struct startup {
    uint32_t size;
    uint8_t others[100];
};

struct process {
    HANDLE process;
    HANDLE thread;
    uint32_t ids[2];
};

NT HANDLE CreateFileMappingW(HANDLE file, void *security, uint32_t protection, uint32_t high, uint32_t low, const uint16_t *name);
NT void *MapViewOfFile(HANDLE section, uint32_t access, uint32_t high, uint32_t low, size_t size);
NT int UnmapViewOfFile(const void *view);
NT int VirtualProtectEx(HANDLE process, void *address, size_t size, uint32_t protection, uint32_t *before);
NT int CreateProcessA(const char *path, char *line, void *process_security, void *thread_security, int inherits, uint32_t flags,
    void *environment, const char *directory, struct startup *startup, struct process *process);
NT int TerminateProcess(HANDLE process, uint32_t code);
NT int CloseHandle(HANDLE handle);
NT int32_t NtMapViewOfSection(HANDLE section, HANDLE process, void **address, uintptr_t zero_bits, size_t commit, int64_t *offset,
    size_t *size, uint32_t inherit, uint32_t type, uint32_t protection);

struct surrogate {
    struct process process;
    HANDLE section;
    uint8_t *own;   // the view in this process
    uint8_t *other; // the view in the surrogate
};

static void open_surrogate(struct surrogate *surrogate, int number, uint32_t protection)
{
    char line[80];
    struct startup startup = { .size = sizeof(startup) };
    snprintf(line, sizeof(line), "notepad.exe surrogate-%d-%d", getpid(), number);
    CHECK(CreateProcessA(NULL, line, NULL, NULL, 0, CREATE_SUSPENDED, NULL, NULL, &startup, &surrogate->process));
    surrogate->section = CreateFileMappingW(INVALID_HANDLE, NULL, PAGE_READWRITE, 0, MEMORY_SIZE, NULL);
    surrogate->own = MapViewOfFile(surrogate->section, FILE_MAP_ALL, 0, 0, 0);
    CHECK(surrogate->section != NULL && surrogate->own != NULL);
    void *address = NULL;
    size_t size = 0;
    CHECK_RESULT(NtMapViewOfSection(surrogate->section, surrogate->process.process, &address, 0, 0, NULL, &size, VIEW_UNMAP, 0, protection),
        S_OK);
    surrogate->other = address;
}

static void close_surrogate(struct surrogate *surrogate)
{
    TerminateProcess(surrogate->process.process, 0);
    CloseHandle(surrogate->process.process);
    CloseHandle(surrogate->process.thread);
    UnmapViewOfFile(surrogate->own);
    CloseHandle(surrogate->section);
}

// A partition whose guest stores a mark, with its memory in a surrogate.
static void open_partition(struct guest *guest, struct surrogate *surrogate, uint8_t mark)
{
    // movb mark, DATA; hlt
    const uint8_t code[] = { 0xC6, 0x06, 0x00, DATA >> 8, mark, 0xF4 };
    const uint32_t names[] = { CS, DS, RIP, RFLAGS };
    const WHV_REGISTER_VALUE values[] = { { .Segment = { 0, 0xFFFF, 0, 0x9B } }, { .Segment = { 0, 0xFFFF, 0, 0x93 } },
        { .Words = { CODE, 0 } }, { .Words = { 2, 0 } } };
    uint32_t one = 1;
    CHECK_RESULT(WHvCreatePartition(&guest->partition), S_OK);
    CHECK_RESULT(WHvSetPartitionProperty(guest->partition, PROPERTY_PROCESSOR_COUNT, &one, sizeof(one)), S_OK);
    CHECK_RESULT(WHvSetupPartition(guest->partition), S_OK);
    CHECK_RESULT(WHvCreateVirtualProcessor(guest->partition, 0, 0), S_OK);
    memcpy(surrogate->own + CODE, code, sizeof(code));
    CHECK_RESULT(WHvMapGpaRange2(guest->partition, surrogate->process.process, surrogate->other + PAGE, PAGE, MEMORY_SIZE - (2 * PAGE),
        MAP_READ | MAP_WRITE | MAP_EXECUTE), S_OK);
    CHECK_RESULT(WHvSetVirtualProcessorRegisters(guest->partition, 0, names, 4, values), S_OK);
}

static void partitions_have_a_surrogate_each(void)
{
    enum { COUNT = 3 };
    struct surrogate surrogates[COUNT];
    struct guest guests[COUNT];
    for (int i = 0; i < COUNT; i++) {
        uint32_t before;
        open_surrogate(&surrogates[i], i, PAGE_READWRITE);
        CHECK(VirtualProtectEx(surrogates[i].process.process, surrogates[i].other, PAGE, PAGE_NOACCESS, &before));
        open_partition(&guests[i], &surrogates[i], (uint8_t)(0x50 + i));
    }

    CHECK_RESULT(WHvMapGpaRange2(guests[0].partition, surrogates[1].process.process, surrogates[1].other + PAGE, 0x800000, PAGE, MAP_READ),
        ERROR_VID_PARTITION_ALREADY_EXISTS);
    CHECK_RESULT(WHvMapGpaRange2(guests[0].partition, surrogates[0].process.process, surrogates[0].other, 0x800000, PAGE, MAP_READ),
        E_INVALIDARG);
    for (int i = 0; i < COUNT; i++) {
        CHECK(run(&guests[i]) == EXIT_HALT);
        CHECK(surrogates[i].own[DATA] == 0x50 + i);
    }

    for (int i = 0; i < COUNT; i++) {
        CHECK_RESULT(WHvDeletePartition(guests[i].partition), S_OK);
        close_surrogate(&surrogates[i]);
    }
}

static void views_have_rights(void)
{
    struct surrogate surrogate;
    struct guest guest;
    uint32_t one = 1;
    open_surrogate(&surrogate, 100, PAGE_READONLY);
    CHECK_RESULT(WHvCreatePartition(&guest.partition), S_OK);
    CHECK_RESULT(WHvSetPartitionProperty(guest.partition, PROPERTY_PROCESSOR_COUNT, &one, sizeof(one)), S_OK);
    CHECK_RESULT(WHvSetupPartition(guest.partition), S_OK);
    HANDLE process = surrogate.process.process;
    CHECK_RESULT(WHvMapGpaRange2(guest.partition, process, surrogate.other, 0, PAGE, MAP_READ | MAP_WRITE), E_INVALIDARG);
    CHECK_RESULT(WHvMapGpaRange2(guest.partition, process, surrogate.other, 0, PAGE, MAP_READ | MAP_EXECUTE), S_OK);
    CHECK_RESULT(WHvMapGpaRange2(guest.partition, (HANDLE)0x7777, surrogate.other, 0, PAGE, MAP_READ), E_INVALID_HANDLE);
    CHECK_RESULT(WHvDeletePartition(guest.partition), S_OK);
    close_surrogate(&surrogate);
}

void test_surrogates(void)
{
    partitions_have_a_surrogate_each();
    views_have_rights();
}

#endif
