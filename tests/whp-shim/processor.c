// Virtual processors: creation, deletion and reset.
#include <sys/mman.h>
#include <unistd.h>
#include "shim.h"

// CPUID: features that guests do not get (Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E).
#define LEAF_FEATURES 1
#define FEATURE_VMX (1u << 5)
#define FEATURE_X2APIC (1u << 21)
#define LEAF_EXTENDED_FEATURES 7
#define FEATURE_PROTECTION_KEYS (1u << 3 | 1u << 4)
#define FEATURE_SHADOW_STACKS (1u << 7)
#define FEATURE_BRANCH_TRACKING (1u << 20)
#define LEAF_EXTENDED_STATE 0xD
#define LEAF_HYPERVISOR 0x40000000u
#define LEAF_HYPERVISOR_END 0x4FFFFFFFu
#define LEAF_AMD_FEATURES 0x80000001u
#define FEATURE_SVM (1u << 2)

#define MOST_CPUID_ENTRIES 256

struct cpuid {
    struct kvm_cpuid2 head;
    struct kvm_cpuid_entry2 entries[MOST_CPUID_ENTRIES];
};

static void mask_features(struct kvm_cpuid_entry2 *entry)
{
    switch (entry->function) {
    case LEAF_FEATURES:
        entry->ecx &= ~(FEATURE_VMX | FEATURE_X2APIC);
        break;
    case LEAF_EXTENDED_FEATURES:
        if (entry->index == 0) {
            entry->ecx &= ~(FEATURE_PROTECTION_KEYS | FEATURE_SHADOW_STACKS);
            entry->edx &= ~FEATURE_BRANCH_TRACKING;
        }

        break;
    case LEAF_EXTENDED_STATE:
        if (entry->index == 0) {
            entry->eax &= (uint32_t)supported_xsave_mask();
        }

        break;
    case LEAF_AMD_FEATURES:
        entry->ecx &= ~FEATURE_SVM;
        break;
    default:
        break;
    }
}

static HRESULT override_results(struct cpuid *cpuid, const struct partition *partition)
{
    for (uint32_t i = 0; i < partition->cpuid_result_count; i++) {
        const WHV_X64_CPUID_RESULT *result = &partition->cpuid_results[i];
        bool found = false;
        for (uint32_t j = 0; j < cpuid->head.nent; j++) {
            struct kvm_cpuid_entry2 *entry = &cpuid->entries[j];
            if (entry->function == result->Function) {
                entry->eax = result->Eax;
                entry->ebx = result->Ebx;
                entry->ecx = result->Ecx;
                entry->edx = result->Edx;
                found = true;
            }
        }

        if (!found) {
            if (cpuid->head.nent == MOST_CPUID_ENTRIES) {
                return unknown("there are more than %d entries of CPUID", MOST_CPUID_ENTRIES);
            }

            cpuid->entries[cpuid->head.nent++] = (struct kvm_cpuid_entry2){
                .function = result->Function, .eax = result->Eax, .ebx = result->Ebx, .ecx = result->Ecx, .edx = result->Edx
            };
        }
    }

    return S_OK;
}

static struct cpuid supported;
static pthread_once_t supported_once = PTHREAD_ONCE_INIT;

// The CPUID of the host as far as KVM supports it, without KVM's own leaves. To ask for it takes longer than to create a processor.
static void find_supported(void)
{
    supported.head.nent = MOST_CPUID_ENTRIES;
    if (ioctl(kvm_device(), KVM_GET_SUPPORTED_CPUID, &supported) != 0) {
        corrupt("KVM_GET_SUPPORTED_CPUID: %s", strerror(errno));
    }

    uint32_t kept = 0;
    for (uint32_t i = 0; i < supported.head.nent; i++) {
        struct kvm_cpuid_entry2 *entry = &supported.entries[i];
        if (entry->function < LEAF_HYPERVISOR || entry->function > LEAF_HYPERVISOR_END) {
            mask_features(entry);
            supported.entries[kept++] = *entry;
        }
    }

    supported.head.nent = kept;
}

static HRESULT set_cpuid(struct processor *processor)
{
    pthread_once(&supported_once, find_supported);
    struct cpuid cpuid = supported;
    HRESULT result = override_results(&cpuid, processor->partition);
    return result != S_OK || ioctl(processor->fd, KVM_SET_CPUID2, &cpuid) == 0 ? result : unknown("KVM_SET_CPUID2: %s", strerror(errno));
}

// Keeps the registers of a new processor, for a reset.
static HRESULT keep_initial_state(struct processor *processor)
{
    struct kvm_sync_regs *shared = &processor->run->s.regs;
    int fd = processor->fd;
    bool read = ioctl(fd, KVM_GET_REGS, &processor->initial_regs) == 0 && ioctl(fd, KVM_GET_SREGS, &processor->initial_sregs) == 0
        && ioctl(fd, KVM_GET_VCPU_EVENTS, &processor->initial_events) == 0
        && ioctl(fd, KVM_GET_DEBUGREGS, &processor->initial_debug) == 0 && ioctl(fd, KVM_GET_XSAVE, processor->initial_xsave) == 0
        && (ioctl(kvm_device(), KVM_CHECK_EXTENSION, KVM_CAP_XCRS) == 0 || ioctl(fd, KVM_GET_XCRS, &processor->initial_xcrs) == 0);
    if (!read) {
        return unknown("the registers of a new processor: %s", strerror(errno));
    }

    shared->regs = processor->initial_regs;
    shared->sregs = processor->initial_sregs;
    shared->events = processor->initial_events;
    processor->run->kvm_valid_regs = SYNC_ALL;
    processor->run->cr8 = processor->initial_sregs.cr8;
    return find_msrs(processor);
}

static HRESULT reset_processor(struct processor *processor)
{
    struct kvm_run *run = processor->run;
    run->s.regs.regs = processor->initial_regs;
    run->s.regs.sregs = processor->initial_sregs;
    run->s.regs.events = processor->initial_events;
    run->s.regs.events.flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW;
    run->cr8 = processor->initial_sregs.cr8;
    run->kvm_dirty_regs = SYNC_ALL;
    processor->has_new_registers = true;
    atomic_store(&processor->cancel_pending, 0);
    bool written = ioctl(processor->fd, KVM_SET_DEBUGREGS, &processor->initial_debug) == 0
        && ioctl(processor->fd, KVM_SET_XSAVE, processor->initial_xsave) == 0
        && (processor->initial_xcrs.nr_xcrs == 0 || ioctl(processor->fd, KVM_SET_XCRS, &processor->initial_xcrs) == 0);
    return written ? reset_msrs(processor) : unknown("the reset of a processor: %s", strerror(errno));
}

static HRESULT open_processor(struct partition *partition, struct processor *processor)
{
    processor->partition = partition;
    pthread_mutex_init(&processor->kick_lock, NULL);
    processor->run = MAP_FAILED;
    processor->fd = ioctl(partition->vm, KVM_CREATE_VCPU, 0);
    if (processor->fd < 0) {
        return unknown("KVM_CREATE_VCPU: %s", strerror(errno));
    }

    int size = ioctl(kvm_device(), KVM_GET_VCPU_MMAP_SIZE, 0);
    processor->run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, processor->fd, 0);
    if (processor->run == MAP_FAILED) {
        return unknown("the shared page of a processor: %s", strerror(errno));
    }

    if ((ioctl(kvm_device(), KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS) & SYNC_ALL) != SYNC_ALL) {
        return unknown("this KVM does not share registers: KVM_CAP_SYNC_REGS");
    }

    // The answers to KVM's own hypercalls and registers would be there although CPUID does not show them.
    struct kvm_enable_cap capability = { .cap = KVM_CAP_ENFORCE_PV_FEATURE_CPUID, .args = { 1 } };
    if (ioctl(kvm_device(), KVM_CHECK_EXTENSION, KVM_CAP_ENFORCE_PV_FEATURE_CPUID) > 0
        && ioctl(processor->fd, KVM_ENABLE_CAP, &capability) != 0) {
        return unknown("KVM_CAP_ENFORCE_PV_FEATURE_CPUID: %s", strerror(errno));
    }

    HRESULT result = set_cpuid(processor);
    return result == S_OK ? keep_initial_state(processor) : result;
}

static void free_processor(struct processor *processor)
{
    if (processor->run != MAP_FAILED) {
        munmap(processor->run, (size_t)ioctl(kvm_device(), KVM_GET_VCPU_MMAP_SIZE, 0));
    }

    if (processor->fd >= 0) {
        close(processor->fd);
    }

    pthread_mutex_destroy(&processor->kick_lock);
    free(processor);
}

HRESULT create_processor(struct partition *partition, uint32_t index, uint32_t flags)
{
    if (!partition->is_set_up || index != 0 || flags != 0) {
        return because(E_INVALIDARG, "the partition is not set up, the index is not 0, or there are flags");
    }

    struct processor *processor = partition->processor;
    if (processor != NULL) {
        if (processor->exists) {
            return because(WHV_E_VP_ALREADY_EXISTS, "the processor exists");
        }

        HRESULT result = reset_processor(processor);
        processor->exists = result == S_OK;
        live_add(LIVE_PROCESSORS, result == S_OK ? 1 : 0);
        return result;
    }

    processor = calloc(1, sizeof(*processor));
    if (processor == NULL) {
        return E_OUTOFMEMORY;
    }

    HRESULT result = open_processor(partition, processor);
    if (result != S_OK) {
        free_processor(processor);
        return result;
    }

    processor->exists = true;
    partition->processor = processor;
    live_add(LIVE_PROCESSORS, 1);
    return S_OK;
}

struct processor *find_processor(struct partition *partition, uint32_t index, HRESULT *result)
{
    if (!partition->is_set_up || index != 0) {
        *result = because(E_INVALIDARG, "the partition is not set up, or the index is not 0");
        return NULL;
    }

    if (partition->processor == NULL || !partition->processor->exists) {
        *result = because(WHV_E_VP_DOES_NOT_EXIST, "the processor does not exist");
        return NULL;
    }

    return partition->processor;
}

bool claim(struct processor *processor)
{
    return atomic_exchange(&processor->busy, 1) == 0;
}

void unclaim(struct processor *processor)
{
    atomic_store(&processor->busy, 0);
}

HRESULT delete_processor(struct partition *partition, uint32_t index)
{
    HRESULT result = S_OK;
    struct processor *processor = find_processor(partition, index, &result);
    if (processor == NULL) {
        return result;
    }

    if (atomic_load(&processor->running)) {
        corrupt("a processor is deleted while it runs");
    }

    if (atomic_load(&processor->canceling)) {
        corrupt("a processor is deleted while a cancel is inside the library");
    }

    processor->exists = false;
    live_add(LIVE_PROCESSORS, -1);
    return S_OK;
}

void close_processor(struct partition *partition)
{
    if (partition->processor != NULL) {
        live_add(LIVE_PROCESSORS, partition->processor->exists ? -1 : 0);
        free_processor(partition->processor);
    }
}

HRESULT reset_partition(struct partition *partition)
{
    struct processor *processor = partition->processor;
    if (!partition->is_set_up) {
        return because(E_INVALID_STATE, "the partition is not set up");
    }

    if (processor == NULL || !processor->exists) {
        return S_OK;
    }

    if (!claim(processor)) {
        return because(E_INVALID_STATE, "the processor runs");
    }

    HRESULT result = reset_processor(processor);
    unclaim(processor);
    return result;
}
