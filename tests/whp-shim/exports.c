// The exported functions: each counts and logs its call, checks the handle, and passes on.
#include "shim.h"

typedef unsigned long long u64;

// The frame of a function whose first argument is a partition: `body` runs while the partition cannot be deleted unnoticed.
#define WITH_PARTITION(name, body, ...) \
    HRESULT result; \
    if (call_begins(ID_##name, &result)) { \
        struct partition *p = enter_partition(partition); \
        if (p == NULL) { \
            result = because(E_INVALIDARG, "there is no such partition"); \
        } else { \
            result = body; \
            leave_partition(p); \
        } \
    } \
    return call_ends(ID_##name, result, __VA_ARGS__)

// Finds the processor, takes it for this thread, and calls a function with it.
#define WITH_PROCESSOR(p, index, body) \
    ({ \
        HRESULT inner = S_OK; \
        struct processor *processor = find_processor(p, index, &inner); \
        if (processor != NULL && !claim(processor)) { \
            inner = because(WHV_E_INVALID_VP_STATE, "another thread uses the processor"); \
        } else if (processor != NULL) { \
            inner = body; \
            unclaim(processor); \
        } \
        inner; \
    })

static bool is_aligned(const void *address)
{
    return address != NULL && ((uintptr_t)address & 15) == 0;
}

API HRESULT WHvGetCapability(uint32_t code, void *buffer, uint32_t size, uint32_t *written)
{
    HRESULT result;
    if (call_begins(ID_WHvGetCapability, &result)) {
        result = get_capability(code, buffer, size, written);
    }

    return call_ends(ID_WHvGetCapability, result, "0x%X, %u", code, size);
}

API HRESULT WHvCreatePartition(WHV_PARTITION_HANDLE *partition)
{
    HRESULT result;
    if (call_begins(ID_WHvCreatePartition, &result)) {
        result = create_partition(partition);
    }

    return call_ends(ID_WHvCreatePartition, result, "%p", result == S_OK ? *partition : NULL);
}

API HRESULT WHvSetupPartition(WHV_PARTITION_HANDLE partition)
{
    WITH_PARTITION(WHvSetupPartition, setup_partition(p), "%p", partition);
}

API HRESULT WHvResetPartition(WHV_PARTITION_HANDLE partition)
{
    WITH_PARTITION(WHvResetPartition, reset_partition(p), "%p", partition);
}

// A failure that a test orders still deletes the partition: the caller has no other way to do so.
API HRESULT WHvDeletePartition(WHV_PARTITION_HANDLE partition)
{
    HRESULT result;
    HRESULT injected = S_OK;
    bool fails = !call_begins(ID_WHvDeletePartition, &injected);
    result = delete_partition(partition);
    return call_ends(ID_WHvDeletePartition, fails ? injected : result, "%p", partition);
}

API HRESULT WHvGetPartitionProperty(WHV_PARTITION_HANDLE partition, uint32_t code, void *buffer, uint32_t size, uint32_t *written)
{
    WITH_PARTITION(WHvGetPartitionProperty, get_property(p, code, buffer, size, written), "%p, 0x%X, %u", partition, code, size);
}

API HRESULT WHvSetPartitionProperty(WHV_PARTITION_HANDLE partition, uint32_t code, const void *buffer, uint32_t size)
{
    WITH_PARTITION(WHvSetPartitionProperty, set_property(p, code, buffer, size), "%p, 0x%X, %u", partition, code, size);
}

API HRESULT WHvMapGpaRange(WHV_PARTITION_HANDLE partition, void *source, uint64_t guest, uint64_t size, uint32_t flags)
{
    WITH_PARTITION(WHvMapGpaRange, map_range(p, OWN_PROCESS, source, guest, size, flags), "%p, %p, 0x%llX, 0x%llX, 0x%X", partition,
        source, (u64)guest, (u64)size, flags);
}

#ifndef WHPSHIM_OLD
API HRESULT WHvMapGpaRange2(WHV_PARTITION_HANDLE partition, HANDLE process, void *source, uint64_t guest, uint64_t size, uint32_t flags)
{
    WITH_PARTITION(WHvMapGpaRange2, map_range(p, process, source, guest, size, flags), "%p, %p, %p, 0x%llX, 0x%llX, 0x%X", partition,
        process, source, (u64)guest, (u64)size, flags);
}
#endif

API HRESULT WHvUnmapGpaRange(WHV_PARTITION_HANDLE partition, uint64_t guest, uint64_t size)
{
    WITH_PARTITION(WHvUnmapGpaRange, unmap_range(p, guest, size), "%p, 0x%llX, 0x%llX", partition, (u64)guest, (u64)size);
}

API HRESULT WHvTranslateGva(
    WHV_PARTITION_HANDLE partition, uint32_t index, uint64_t gva, uint32_t flags, WHV_TRANSLATE_GVA_RESULT *result_of_walk, uint64_t *gpa)
{
    WITH_PARTITION(WHvTranslateGva, result_of_walk == NULL || gpa == NULL ? because(E_INVALIDARG, "there is no address for the result")
        : WITH_PROCESSOR(p, index, (*result_of_walk = (WHV_TRANSLATE_GVA_RESULT){ translate(processor, gva, flags, gpa), 0 }, S_OK)),
        "%p, %u, 0x%llX, 0x%X", partition, index, (u64)gva, flags);
}

API HRESULT WHvCreateVirtualProcessor(WHV_PARTITION_HANDLE partition, uint32_t index, uint32_t flags)
{
    WITH_PARTITION(WHvCreateVirtualProcessor, create_processor(p, index, flags), "%p, %u, 0x%X", partition, index, flags);
}

API HRESULT WHvDeleteVirtualProcessor(WHV_PARTITION_HANDLE partition, uint32_t index)
{
    WITH_PARTITION(WHvDeleteVirtualProcessor, delete_processor(p, index), "%p, %u", partition, index);
}

static HRESULT run(struct processor *processor, void *exit, uint32_t size)
{
    if (!is_aligned(exit) || size < sizeof(WHV_RUN_VP_EXIT_CONTEXT)) {
        return because(E_INVALIDARG, "the exit context is null, not aligned at 16 bytes, or shorter than 224 bytes");
    }

    memset(exit, 0, size);
    return run_processor(processor, exit);
}

API HRESULT WHvRunVirtualProcessor(WHV_PARTITION_HANDLE partition, uint32_t index, void *exit, uint32_t size)
{
    WITH_PARTITION(WHvRunVirtualProcessor, WITH_PROCESSOR(p, index, run(processor, exit, size)), "%p, %u, exit 0x%X", partition, index,
        result == S_OK ? ((WHV_RUN_VP_EXIT_CONTEXT *)exit)->ExitReason : 0);
}

static HRESULT cancel(struct partition *partition, uint32_t index, uint32_t flags)
{
    HRESULT result = S_OK;
    struct processor *processor = find_processor(partition, index, &result);
    return processor == NULL ? result : flags != 0 ? because(E_INVALIDARG, "there are flags") : cancel_processor(processor);
}

API HRESULT WHvCancelRunVirtualProcessor(WHV_PARTITION_HANDLE partition, uint32_t index, uint32_t flags)
{
    WITH_PARTITION(WHvCancelRunVirtualProcessor, cancel(p, index, flags), "%p, %u, 0x%X", partition, index, flags);
}

API HRESULT WHvGetVirtualProcessorRegisters(
    WHV_PARTITION_HANDLE partition, uint32_t index, const uint32_t *names, uint32_t count, WHV_REGISTER_VALUE *values)
{
    WITH_PARTITION(WHvGetVirtualProcessorRegisters, !is_aligned(values) ? because(E_INVALIDARG, "the values are not aligned at 16 bytes")
        : WITH_PROCESSOR(p, index, get_registers(processor, names, count, values)),
        "%p, %u, 0x%X..., %u", partition, index, names != NULL && count != 0 ? names[0] : 0, count);
}

API HRESULT WHvSetVirtualProcessorRegisters(
    WHV_PARTITION_HANDLE partition, uint32_t index, const uint32_t *names, uint32_t count, const WHV_REGISTER_VALUE *values)
{
    WITH_PARTITION(WHvSetVirtualProcessorRegisters, !is_aligned(values) ? because(E_INVALIDARG, "the values are not aligned at 16 bytes")
        : WITH_PROCESSOR(p, index, set_registers(processor, names, count, values)),
        "%p, %u, 0x%X..., %u", partition, index, names != NULL && count != 0 ? names[0] : 0, count);
}

static HRESULT check_state_type(uint32_t type)
{
    return type == STATE_XSAVE && !pretends(PRETEND_NO_XSAVE) ? S_OK
        : type == STATE_XSAVE || type == STATE_INTERRUPT_CONTROLLER2
        ? because(E_NOTIMPL, "this hypervisor does not have the state 0x%X", type)
        : because(E_INVALIDARG, "there is no state 0x%X", type);
}

static HRESULT get_state(
    struct partition *partition, uint32_t index, uint32_t type, void *buffer, uint32_t size, uint32_t *written)
{
    HRESULT result = check_state_type(type);
    return result == S_OK ? WITH_PROCESSOR(partition, index, get_xsave(processor, buffer, size, written)) : result;
}

static HRESULT set_state(struct partition *partition, uint32_t index, uint32_t type, const void *buffer, uint32_t size)
{
    HRESULT result = check_state_type(type);
    return result == S_OK ? WITH_PROCESSOR(partition, index, set_xsave(processor, buffer, size)) : result;
}

API HRESULT WHvGetVirtualProcessorXsaveState(
    WHV_PARTITION_HANDLE partition, uint32_t index, void *buffer, uint32_t size, uint32_t *written)
{
    WITH_PARTITION(WHvGetVirtualProcessorXsaveState, get_state(p, index, STATE_XSAVE, buffer, size, written), "%p, %u, %u", partition,
        index, size);
}

API HRESULT WHvSetVirtualProcessorXsaveState(WHV_PARTITION_HANDLE partition, uint32_t index, const void *buffer, uint32_t size)
{
    WITH_PARTITION(WHvSetVirtualProcessorXsaveState, set_state(p, index, STATE_XSAVE, buffer, size), "%p, %u, %u", partition, index,
        size);
}

API HRESULT WHvGetVirtualProcessorState(
    WHV_PARTITION_HANDLE partition, uint32_t index, uint32_t type, void *buffer, uint32_t size, uint32_t *written)
{
    WITH_PARTITION(WHvGetVirtualProcessorState, get_state(p, index, type, buffer, size, written), "%p, %u, 0x%X, %u", partition, index,
        type, size);
}

API HRESULT WHvSetVirtualProcessorState(
    WHV_PARTITION_HANDLE partition, uint32_t index, uint32_t type, const void *buffer, uint32_t size)
{
    WITH_PARTITION(WHvSetVirtualProcessorState, set_state(p, index, type, buffer, size), "%p, %u, 0x%X, %u", partition, index, type,
        size);
}

// The functions below are exported by Windows, and the shim does not have them.
static HRESULT is_missing(enum function function)
{
    HRESULT result;
    if (call_begins(function, &result)) {
        unknown("the function is not implemented");
        result = E_NOTIMPL;
    }

    return call_ends(function, result, "...");
}

API HRESULT WHvQueryGpaRangeDirtyBitmap(WHV_PARTITION_HANDLE, uint64_t, uint64_t, uint64_t *, uint32_t)
{
    return is_missing(ID_WHvQueryGpaRangeDirtyBitmap);
}

API HRESULT WHvGetVirtualProcessorInterruptControllerState2(WHV_PARTITION_HANDLE, uint32_t, void *, uint32_t, uint32_t *)
{
    return is_missing(ID_WHvGetVirtualProcessorInterruptControllerState2);
}

API HRESULT WHvSetVirtualProcessorInterruptControllerState2(WHV_PARTITION_HANDLE, uint32_t, const void *, uint32_t)
{
    return is_missing(ID_WHvSetVirtualProcessorInterruptControllerState2);
}

API HRESULT WHvRequestInterrupt(WHV_PARTITION_HANDLE, const void *, uint32_t)
{
    return is_missing(ID_WHvRequestInterrupt);
}
