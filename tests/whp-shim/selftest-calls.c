// Capabilities, properties, the order of calls, and the functions for tests.
#include "selftest.h"

static void capabilities_have_sizes(void)
{
    uint32_t present = 0;
    uint32_t written = 0;
    uint64_t features = 0;
    CHECK_RESULT(WHvGetCapability(CAPABILITY_HYPERVISOR_PRESENT, &present, sizeof(present), &written), S_OK);
    CHECK(present == 1 && written == sizeof(present));
    CHECK_RESULT(WHvGetCapability(CAPABILITY_FEATURES, &features, 4, &written), WHV_E_INSUFFICIENT_BUFFER);
    CHECK(written == sizeof(features) && features == 0);
    CHECK_RESULT(WHvGetCapability(CAPABILITY_FEATURES, &features, sizeof(features), NULL), S_OK);
    CHECK(features == (FEATURE_PARTIAL_UNMAP | FEATURE_XSAVE));
    CHECK_RESULT(WHvGetCapability(0x7777, &features, sizeof(features), NULL), WHV_E_UNKNOWN_CAPABILITY);
}

static void capabilities_can_be_absent(void)
{
    uint32_t present = 1;
    uint64_t features = 0;
    WHV_PARTITION_HANDLE partition;
    whpshim_pretend(1);
    CHECK_RESULT(WHvGetCapability(CAPABILITY_HYPERVISOR_PRESENT, &present, sizeof(present), NULL), S_OK);
    CHECK(present == 0);
    CHECK_RESULT(WHvCreatePartition(&partition), WHV_E_UNSUPPORTED_HYPERVISOR_CONFIG);
    whpshim_pretend(2);
    CHECK_RESULT(WHvGetCapability(CAPABILITY_FEATURES, &features, sizeof(features), NULL), S_OK);
    CHECK(features == FEATURE_PARTIAL_UNMAP);
    whpshim_pretend(0);
}

static void partitions_need_an_order(void)
{
    WHV_PARTITION_HANDLE partition;
    uint32_t count = 1;
    uint64_t zero = 0;
    _Alignas(4096) static uint8_t page[PAGE];
    CHECK_RESULT(WHvCreatePartition(NULL), E_INVALIDARG);
    CHECK_RESULT(WHvCreatePartition(&partition), S_OK);
    CHECK_RESULT(WHvSetupPartition(partition), WHV_E_INVALID_PARTITION_CONFIG);
    CHECK_RESULT(WHvCreateVirtualProcessor(partition, 0, 0), E_INVALIDARG);
    CHECK_RESULT(WHvMapGpaRange(partition, page, 0, PAGE, MAP_READ), E_INVALIDARG);
    CHECK_RESULT(WHvSetPartitionProperty(partition, PROPERTY_PROCESSOR_COUNT, &count, 2), E_INVALIDARG);
    CHECK_RESULT(WHvSetPartitionProperty(partition, PROPERTY_PROCESSOR_COUNT, NULL, 4), E_INVALIDARG);
    count = 0;
    CHECK_RESULT(WHvSetPartitionProperty(partition, PROPERTY_PROCESSOR_COUNT, &count, 4), E_INVALIDARG);
    count = 1;
    CHECK_RESULT(WHvSetPartitionProperty(partition, 0x7777, &count, 4), WHV_E_UNKNOWN_PROPERTY);
    CHECK_RESULT(WHvSetPartitionProperty(partition, PROPERTY_PROCESSOR_COUNT, &count, 4), S_OK);
    CHECK(whpshim_live(0) == 1 && whpshim_live(3) == 0);
    CHECK_RESULT(WHvSetupPartition(partition), S_OK);
    CHECK(whpshim_live(3) == 1);
    CHECK_RESULT(WHvSetupPartition(partition), E_INVALIDARG);
    CHECK_RESULT(WHvSetPartitionProperty(partition, PROPERTY_PROCESSOR_COUNT, &count, 4), E_INVALIDARG);
    CHECK_RESULT(WHvSetPartitionProperty(partition, PROPERTY_EXTENDED_EXITS, &zero, 8), S_OK);
    CHECK_RESULT(WHvDeletePartition(partition), S_OK);
}

static void processors_need_an_order(void)
{
    struct guest guest;
    uint32_t name = RAX;
    WHV_REGISTER_VALUE value;
    OPEN(&guest, REAL, 0xF4);
    CHECK_RESULT(WHvCreateVirtualProcessor(guest.partition, 0, 0), WHV_E_VP_ALREADY_EXISTS);
    CHECK_RESULT(WHvCreateVirtualProcessor(guest.partition, 1, 0), E_INVALIDARG);
    CHECK_RESULT(WHvCreateVirtualProcessor(guest.partition, 0, 1), E_INVALIDARG);
    CHECK_RESULT(WHvCancelRunVirtualProcessor(guest.partition, 0, 1), E_INVALIDARG);
    CHECK_RESULT(WHvRunVirtualProcessor(guest.partition, 0, &guest.exit, 223), E_INVALIDARG);
    CHECK_RESULT(WHvRunVirtualProcessor(guest.partition, 0, (uint8_t *)&guest.exit + 8, 224), E_INVALIDARG);
    set(&guest, RAX, 5);
    set(&guest, LSTAR, 0x1234);
    CHECK_RESULT(WHvDeleteVirtualProcessor(guest.partition, 0), S_OK);
    CHECK(whpshim_live(1) == 0);
    CHECK_RESULT(WHvDeleteVirtualProcessor(guest.partition, 0), WHV_E_VP_DOES_NOT_EXIST);
    CHECK_RESULT(WHvGetVirtualProcessorRegisters(guest.partition, 0, &name, 1, &value), WHV_E_VP_DOES_NOT_EXIST);
    CHECK_RESULT(WHvRunVirtualProcessor(guest.partition, 0, &guest.exit, 224), WHV_E_VP_DOES_NOT_EXIST);
    CHECK_RESULT(WHvCreateVirtualProcessor(guest.partition, 0, 0), S_OK);
    CHECK(get(&guest, RAX) == 0 && get(&guest, RIP) == 0xFFF0 && get(&guest, LSTAR) == 0);
    set(&guest, LSTAR, 0x1234);
    CHECK_RESULT(WHvResetPartition(guest.partition), S_OK);
    CHECK(get(&guest, LSTAR) == 0);
    close_guest(&guest);
}

static void wrong_handles_are_refused(void)
{
    CHECK_RESULT(WHvSetupPartition(NULL), E_INVALIDARG);
    CHECK_RESULT(WHvSetupPartition((WHV_PARTITION_HANDLE)1), E_INVALIDARG);
    CHECK_RESULT(WHvDeletePartition((WHV_PARTITION_HANDLE)-1), E_INVALIDARG);
}

static void failures_can_be_ordered(void)
{
    struct guest guest;
    OPEN(&guest, REAL, 0xF4, 0xF4, 0xF4);
    uint64_t before = whpshim_calls("WHvRunVirtualProcessor");
    uint64_t all = whpshim_calls(NULL);
    whpshim_fail("WHvRunVirtualProcessor", 2, E_FAIL);
    CHECK(run(&guest) == EXIT_HALT);
    CHECK_RESULT(WHvRunVirtualProcessor(guest.partition, 0, &guest.exit, 224), E_FAIL);
    CHECK(run(&guest) == EXIT_HALT);
    CHECK(get(&guest, RIP) == CODE + 2);
    CHECK(whpshim_calls("WHvRunVirtualProcessor") == before + 3 && whpshim_calls(NULL) == all + 4);
    whpshim_fail("WHvRunVirtualProcessor", 1, E_FAIL);
    whpshim_fail(NULL, 0, 0);
    CHECK(run(&guest) == EXIT_HALT);
    whpshim_fail("WHvDeletePartition", 1, E_FAIL);
    CHECK_RESULT(WHvDeletePartition(guest.partition), E_FAIL);
    CHECK(whpshim_live(0) == 0 && whpshim_live(1) == 0 && whpshim_live(2) == 0 && whpshim_live(3) == 0);
}

static void calls_are_logged(void)
{
    char log[1000];
    whpshim_clear_log();
    WHvSetupPartition(NULL);
    WHvSetupPartition((WHV_PARTITION_HANDLE)0x10);
    const char *first = "WHvSetupPartition((nil)) = 0x80070057: there is no such partition\n";
    const char *second = "WHvSetupPartition(0x10) = 0x80070057: there is no such partition\n";
    CHECK(whpshim_log(NULL, 0) == strlen(first) + strlen(second));
    CHECK(whpshim_log(log, sizeof(log)) == strlen(first) + strlen(second));
    CHECK(strncmp(log, first, strlen(first)) == 0 && strcmp(log + strlen(first), second) == 0);
    CHECK(whpshim_log(log, (uint32_t)strlen(second) + 1) == strlen(second));
    CHECK(strcmp(log, second) == 0);
}

static void answers_of_cpuid_can_be_set(void)
{
    // mov $0x80000008, %eax; cpuid; hlt
    static const uint8_t code[] = { 0xB8, 0x08, 0x00, 0x00, 0x80, 0x0F, 0xA2, 0xF4 };
    WHV_X64_CPUID_RESULT result = { .Function = 0x80000008, .Eax = 0x3024, .Ebx = 1, .Ecx = 2, .Edx = 3 };
    struct guest guest;
    uint32_t one = 1;
    CHECK_RESULT(WHvCreatePartition(&guest.partition), S_OK);
    CHECK_RESULT(WHvSetPartitionProperty(guest.partition, PROPERTY_PROCESSOR_COUNT, &one, sizeof(one)), S_OK);
    CHECK_RESULT(WHvSetPartitionProperty(guest.partition, PROPERTY_CPUID_RESULTS, &result, 31), E_INVALIDARG);
    CHECK_RESULT(WHvSetPartitionProperty(guest.partition, PROPERTY_CPUID_RESULTS, &result, sizeof(result)), S_OK);
    start_guest(&guest, PROTECTED, code, sizeof(code));
    CHECK(run(&guest) == EXIT_HALT);
    CHECK(get(&guest, RAX) == 0x3024 && get(&guest, RBX) == 1 && get(&guest, RCX) == 2 && get(&guest, RDX) == 3);
    close_guest(&guest);
}

void test_calls(void)
{
    capabilities_have_sizes();
    capabilities_can_be_absent();
    partitions_need_an_order();
    processors_need_an_order();
    wrong_handles_are_refused();
    failures_can_be_ordered();
    calls_are_logged();
    answers_of_cpuid_can_be_set();
}
