// Partitions: their handles, their properties, and what the hypervisor can do.
#include <cpuid.h>
#include <fcntl.h>
#include <unistd.h>
#include "shim.h"

// Handles are numbers, never addresses, so that a wrong handle cannot make the shim read foreign memory. No number is used twice.
#define FIRST_HANDLE 0x5748500000000ull
#define HANDLE_STEP 0x10

// Pages for KVM itself, which processors of Intel without "unrestricted guest" need for real mode.
#define IDENTITY_MAP_PAGE 0xFEDFC000ull
#define TASK_STATE_PAGES 0xFEDFD000ull

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct partition **table;
static uint64_t table_count;
static uint64_t table_capacity;

static pthread_once_t device_once = PTHREAD_ONCE_INIT;
static int device;

static void open_device(void)
{
    device = open("/dev/kvm", O_RDWR | O_CLOEXEC);
}

int kvm_device(void)
{
    pthread_once(&device_once, open_device);
    return device;
}

static uint64_t number_of(WHV_PARTITION_HANDLE handle)
{
    uint64_t value = (uint64_t)(uintptr_t)handle;
    bool is_handle = value >= FIRST_HANDLE && value % HANDLE_STEP == 0 && (value - FIRST_HANDLE) / HANDLE_STEP < table_count;
    return is_handle ? (value - FIRST_HANDLE) / HANDLE_STEP : UINT64_MAX;
}

struct partition *enter_partition(WHV_PARTITION_HANDLE handle)
{
    pthread_mutex_lock(&table_lock);
    uint64_t number = number_of(handle);
    struct partition *partition = NULL;
    if (number != UINT64_MAX) {
        partition = table[number];
        if (partition == NULL) {
            corrupt("a call uses the partition %p, which was deleted", handle);
        }

        partition->users++;
    }

    pthread_mutex_unlock(&table_lock);
    return partition;
}

void leave_partition(struct partition *partition)
{
    pthread_mutex_lock(&table_lock);
    partition->users--;
    pthread_mutex_unlock(&table_lock);
}

HRESULT create_partition(WHV_PARTITION_HANDLE *handle)
{
    if (handle == NULL) {
        return because(E_INVALIDARG, "there is no address for the handle");
    }

    if (pretends(PRETEND_ABSENT) || kvm_device() < 0) {
        return because(WHV_E_UNSUPPORTED_HYPERVISOR_CONFIG, "there is no hypervisor");
    }

    struct partition *partition = calloc(1, sizeof(*partition));
    if (partition == NULL) {
        return E_OUTOFMEMORY;
    }

    partition->vm = -1;
    pthread_mutex_init(&partition->lock, NULL);
    pthread_mutex_lock(&table_lock);
    if (table_count == table_capacity) {
        uint64_t capacity = table_capacity == 0 ? 64 : 2 * table_capacity;
        struct partition **grown = realloc(table, capacity * sizeof(*table));
        if (grown == NULL) {
            pthread_mutex_unlock(&table_lock);
            free(partition);
            return E_OUTOFMEMORY;
        }

        table = grown;
        table_capacity = capacity;
    }

    partition->number = table_count;
    table[table_count] = partition;
    *handle = (WHV_PARTITION_HANDLE)(uintptr_t)(FIRST_HANDLE + (HANDLE_STEP * table_count++));
    pthread_mutex_unlock(&table_lock);
    live_add(LIVE_PARTITIONS, 1);
    return S_OK;
}

HRESULT setup_partition(struct partition *partition)
{
    if (partition->is_set_up) {
        return because(E_INVALIDARG, "the partition is set up already");
    }

    if (!partition->has_processor_count) {
        return because(WHV_E_INVALID_PARTITION_CONFIG, "the processor count was never set");
    }

    int vm = ioctl(kvm_device(), KVM_CREATE_VM, 0);
    if (vm < 0) {
        return unknown("KVM_CREATE_VM: %s", strerror(errno));
    }

    uint64_t identity_map = IDENTITY_MAP_PAGE;
    if (ioctl(vm, KVM_SET_IDENTITY_MAP_ADDR, &identity_map) != 0 || ioctl(vm, KVM_SET_TSS_ADDR, TASK_STATE_PAGES) != 0) {
        HRESULT result = unknown("KVM refuses pages for itself: %s", strerror(errno));
        close(vm);
        return result;
    }

    partition->vm = vm;
    partition->is_set_up = true;
    live_add(LIVE_SET_UP, 1);
    return S_OK;
}

// Takes a partition out of the table if nothing uses it.
static struct partition *remove_partition(WHV_PARTITION_HANDLE handle)
{
    pthread_mutex_lock(&table_lock);
    uint64_t number = number_of(handle);
    struct partition *partition = NULL;
    if (number != UINT64_MAX) {
        partition = table[number];
        if (partition == NULL) {
            corrupt("the partition %p is deleted a second time", handle);
        }

        if (partition->users != 0) {
            struct processor *processor = partition->processor;
            const char *what = processor != NULL && atomic_load(&processor->running) ? "its processor runs"
                : processor != NULL && atomic_load(&processor->canceling)            ? "a cancel is inside the library"
                                                                                     : "another call is inside the library";
            corrupt("the partition %p is deleted while %s", handle, what);
        }

        table[number] = NULL;
    }

    pthread_mutex_unlock(&table_lock);
    return partition;
}

HRESULT delete_partition(WHV_PARTITION_HANDLE handle)
{
    struct partition *partition = remove_partition(handle);
    if (partition == NULL) {
        return because(E_INVALIDARG, "there is no such partition");
    }

    close_processor(partition);
    if (partition->vm >= 0) {
        close(partition->vm);
    }

    free_memory(partition);
    release_sources(partition);
    live_add(LIVE_SET_UP, partition->is_set_up ? -1 : 0);
    live_add(LIVE_PARTITIONS, -1);
    pthread_mutex_destroy(&partition->lock);
    free(partition->cpuid_results);
    free(partition);
    return S_OK;
}

// Gives a value of a capability or property, if the buffer has room for it.
static HRESULT give(const void *value, uint32_t value_size, void *buffer, uint32_t size, uint32_t *written)
{
    if (written != NULL) {
        *written = value_size;
    }

    if (size < value_size) {
        return because(WHV_E_INSUFFICIENT_BUFFER, "the value has %u bytes", value_size);
    }

    if (buffer == NULL) {
        return because(E_INVALIDARG, "there is no buffer");
    }

    memcpy(buffer, value, value_size);
    return S_OK;
}

static uint32_t processor_vendor(void)
{
    uint32_t eax, ebx, ecx, edx;
    __cpuid(0, eax, ebx, ecx, edx);
    return ebx == signature_INTEL_ebx ? 1 : ebx == signature_AMD_ebx ? 0 : 2;
}

// The ticks of a guest's time-stamp counter in a second; 0 if KVM does not know.
static uint64_t clock_frequency(void)
{
    int machine = ioctl(kvm_device(), KVM_CREATE_VM, 0);
    int processor = ioctl(machine, KVM_CREATE_VCPU, 0);
    int khz = ioctl(processor, KVM_GET_TSC_KHZ, 0);
    close(processor);
    close(machine);
    return khz > 0 ? (uint64_t)khz * 1000 : 0;
}

HRESULT get_capability(uint32_t code, void *buffer, uint32_t size, uint32_t *written)
{
    uint32_t present = !pretends(PRETEND_ABSENT) && kvm_device() >= 0;
    uint64_t features = FEATURE_PARTIAL_UNMAP | (pretends(PRETEND_NO_XSAVE) ? 0 : FEATURE_XSAVE);
    uint64_t extended_exits = 0;
    uint64_t frequency;
    uint32_t vendor = processor_vendor();
    switch (code) {
    case CAPABILITY_HYPERVISOR_PRESENT:
        return give(&present, sizeof(present), buffer, size, written);
    case CAPABILITY_FEATURES:
        return give(&features, sizeof(features), buffer, size, written);
    case CAPABILITY_EXTENDED_EXITS:
        return give(&extended_exits, sizeof(extended_exits), buffer, size, written);
    case CAPABILITY_PROCESSOR_VENDOR:
        return give(&vendor, sizeof(vendor), buffer, size, written);
    case CAPABILITY_PROCESSOR_CLOCK_FREQUENCY:
        frequency = clock_frequency();
        return give(&frequency, sizeof(frequency), buffer, size, written);
    default:
        return because(WHV_E_UNKNOWN_CAPABILITY, "the shim does not have this capability");
    }
}

HRESULT get_property(struct partition *partition, uint32_t code, void *buffer, uint32_t size, uint32_t *written)
{
    uint32_t count = partition->has_processor_count ? 1 : 0;
    return code == PROPERTY_PROCESSOR_COUNT ? give(&count, sizeof(count), buffer, size, written)
                                            : because(WHV_E_UNKNOWN_PROPERTY, "the shim does not give this property");
}

static HRESULT set_cpuid_results(struct partition *partition, const WHV_X64_CPUID_RESULT *results, uint32_t size)
{
    if (size == 0 || size % sizeof(*results) != 0) {
        return because(E_INVALIDARG, "%u bytes are not a list of CPUID results", size);
    }

    WHV_X64_CPUID_RESULT *copy = malloc(size);
    if (copy == NULL) {
        return E_OUTOFMEMORY;
    }

    free(partition->cpuid_results);
    partition->cpuid_results = memcpy(copy, results, size);
    partition->cpuid_result_count = size / sizeof(*results);
    return S_OK;
}

// The value of a property that the shim accepts only if the value changes nothing.
static HRESULT require_zero(uint32_t code, const void *buffer, uint32_t size)
{
    const uint8_t *bytes = buffer;
    for (uint32_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return unknown("the property 0x%X has only the value 0 here", code);
        }
    }

    return S_OK;
}

HRESULT set_property(struct partition *partition, uint32_t code, const void *buffer, uint32_t size)
{
    if (buffer == NULL) {
        return because(E_INVALIDARG, "there is no buffer");
    }

    switch (code) {
    case PROPERTY_EXTENDED_EXITS:
    case PROPERTY_EXCEPTION_EXITS:
    case PROPERTY_MSR_EXITS:
    case PROPERTY_CPUID_EXITS:
        return require_zero(code, buffer, size);
    case PROPERTY_SEPARATE_SECURITY_DOMAIN:
    case PROPERTY_NESTED_VIRTUALIZATION:
    case PROPERTY_PROCESSOR_FEATURES:
    case PROPERTY_CPUID_RESULTS:
    case PROPERTY_LOCAL_APIC_MODE:
    case PROPERTY_XSAVE_FEATURES:
    case PROPERTY_PROCESSOR_FEATURES_BANKS:
    case PROPERTY_MSR_ACTIONS:
    case PROPERTY_UNIMPLEMENTED_MSR_ACTION:
    case PROPERTY_PROCESSOR_COUNT:
        break;
    default:
        return because(WHV_E_UNKNOWN_PROPERTY, "the shim does not know this property");
    }

    if (partition->is_set_up) {
        return because(E_INVALIDARG, "this property cannot be set after the partition was set up");
    }

    if (size < sizeof(uint32_t)) {
        return because(E_INVALIDARG, "the value has %u bytes", size);
    }

    if (code == PROPERTY_CPUID_RESULTS) {
        return set_cpuid_results(partition, buffer, size);
    }

    if (code != PROPERTY_PROCESSOR_COUNT) {
        return require_zero(code, buffer, size);
    }

    uint32_t count;
    memcpy(&count, buffer, sizeof(count));
    if (count != 1) {
        return because(E_INVALIDARG, "%u processors: the shim has 1", count);
    }

    partition->has_processor_count = true;
    return S_OK;
}
