// The part of the Windows Hypervisor Platform that the tests need, declared from docs/abi/whp.md (sections 3 to 7) and independently of the
// product's declarations. A difference between the two shows as a failing assertion here or as a failing test.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef WHPSHIM_WINE
#define WHPSHIM_ABI __attribute__((ms_abi))
#else
#define WHPSHIM_ABI
#endif
#define API __attribute__((visibility("default"))) WHPSHIM_ABI

typedef int32_t HRESULT;
typedef void *HANDLE;
typedef void *WHV_PARTITION_HANDLE;

// Results (section 4).
#define S_OK ((HRESULT)0)
#define E_NOTIMPL ((HRESULT)0x80004001)
#define E_FAIL ((HRESULT)0x80004005)
#define E_INVALID_HANDLE ((HRESULT)0x80070006)
#define E_OUTOFMEMORY ((HRESULT)0x8007000E)
#define E_INVALIDARG ((HRESULT)0x80070057)
#define E_INVALID_STATE ((HRESULT)0x8007139F)
#define WHV_E_UNKNOWN_CAPABILITY ((HRESULT)0x80370300)
#define WHV_E_INSUFFICIENT_BUFFER ((HRESULT)0x80370301)
#define WHV_E_UNKNOWN_PROPERTY ((HRESULT)0x80370302)
#define WHV_E_UNSUPPORTED_HYPERVISOR_CONFIG ((HRESULT)0x80370303)
#define WHV_E_INVALID_PARTITION_CONFIG ((HRESULT)0x80370304)
#define WHV_E_GPA_RANGE_NOT_FOUND ((HRESULT)0x80370305)
#define WHV_E_VP_ALREADY_EXISTS ((HRESULT)0x80370306)
#define WHV_E_VP_DOES_NOT_EXIST ((HRESULT)0x80370307)
#define WHV_E_INVALID_VP_STATE ((HRESULT)0x80370308)
#define WHV_E_INVALID_VP_REGISTER_NAME ((HRESULT)0x80370309)
#define ERROR_VID_PARTITION_ALREADY_EXISTS ((HRESULT)0xC0370008)

// Codes and flags (section 5).
enum {
    CAPABILITY_HYPERVISOR_PRESENT = 0,
    CAPABILITY_FEATURES = 1,
    CAPABILITY_EXTENDED_EXITS = 2,
    CAPABILITY_PROCESSOR_VENDOR = 0x1000,
    CAPABILITY_PROCESSOR_CLOCK_FREQUENCY = 0x1004,

    FEATURE_PARTIAL_UNMAP = 1 << 0,
    FEATURE_XSAVE = 1 << 2,

    PROPERTY_EXTENDED_EXITS = 1,
    PROPERTY_EXCEPTION_EXITS = 2,
    PROPERTY_SEPARATE_SECURITY_DOMAIN = 3,
    PROPERTY_NESTED_VIRTUALIZATION = 4,
    PROPERTY_MSR_EXITS = 5,
    PROPERTY_PROCESSOR_FEATURES = 0x1001,
    PROPERTY_CPUID_EXITS = 0x1003,
    PROPERTY_CPUID_RESULTS = 0x1004,
    PROPERTY_LOCAL_APIC_MODE = 0x1005,
    PROPERTY_XSAVE_FEATURES = 0x1006,
    PROPERTY_PROCESSOR_FEATURES_BANKS = 0x100A,
    PROPERTY_MSR_ACTIONS = 0x100F,
    PROPERTY_UNIMPLEMENTED_MSR_ACTION = 0x1010,
    PROPERTY_PROCESSOR_COUNT = 0x1FFF,

    MAP_READ = 1,
    MAP_WRITE = 2,
    MAP_EXECUTE = 4,
    MAP_TRACK_DIRTY = 8,

    ACCESS_READ = 0,
    ACCESS_WRITE = 1,
    ACCESS_EXECUTE = 2,
    ACCESS_GPA_UNMAPPED = 1 << 2,

    PORT_IS_WRITE = 1 << 0,
    PORT_SIZE_SHIFT = 1,
    PORT_STRING = 1 << 4,
    PORT_REP = 1 << 5,

    EXIT_MEMORY_ACCESS = 1,
    EXIT_IO_PORT = 2,
    EXIT_UNRECOVERABLE_EXCEPTION = 4,
    EXIT_INVALID_REGISTER_VALUE = 5,
    EXIT_UNSUPPORTED_FEATURE = 6,
    EXIT_HALT = 8,
    EXIT_CANCELED = 0x2001,

    STATE_INTERRUPT_CONTROLLER2 = 0x1000,
    STATE_XSAVE = 0x1001,

    TRANSLATE_VALIDATE_READ = 1,
    TRANSLATE_VALIDATE_WRITE = 2,
    TRANSLATE_VALIDATE_EXECUTE = 4,
    TRANSLATE_PRIVILEGE_EXEMPT = 8,
    TRANSLATE_SUCCESS = 0,
    TRANSLATE_NOT_PRESENT = 1,
    TRANSLATE_PRIVILEGE = 2,
    TRANSLATE_INVALID_FLAGS = 3,
    TRANSLATE_GPA_UNMAPPED = 4,
};

// Structures (section 7).
#define AT(type, field, offset) _Static_assert(offsetof(type, field) == (offset), #type "." #field)
#define SIZE(type, size) _Static_assert(sizeof(type) == (size), "the size of " #type)

typedef struct {
    uint64_t Base;
    uint32_t Limit;
    uint16_t Selector;
    uint16_t Attributes;
} WHV_X64_SEGMENT_REGISTER;
SIZE(WHV_X64_SEGMENT_REGISTER, 16);
AT(WHV_X64_SEGMENT_REGISTER, Limit, 8);
AT(WHV_X64_SEGMENT_REGISTER, Selector, 12);
AT(WHV_X64_SEGMENT_REGISTER, Attributes, 14);

typedef struct {
    uint16_t Pad[3];
    uint16_t Limit;
    uint64_t Base;
} WHV_X64_TABLE_REGISTER;
SIZE(WHV_X64_TABLE_REGISTER, 16);
AT(WHV_X64_TABLE_REGISTER, Limit, 6);
AT(WHV_X64_TABLE_REGISTER, Base, 8);

typedef union {
    _Alignas(16) uint64_t Reg64;
    uint64_t Words[2];
    uint8_t Bytes[16];
    WHV_X64_SEGMENT_REGISTER Segment;
    WHV_X64_TABLE_REGISTER Table;
} WHV_REGISTER_VALUE;
SIZE(WHV_REGISTER_VALUE, 16);
_Static_assert(_Alignof(WHV_REGISTER_VALUE) == 16, "the alignment of WHV_REGISTER_VALUE");

typedef struct {
    uint16_t ExecutionState;
    uint8_t InstructionLengthAndCr8;
    uint8_t Reserved;
    uint32_t Reserved2;
    WHV_X64_SEGMENT_REGISTER Cs;
    uint64_t Rip;
    uint64_t Rflags;
} WHV_VP_EXIT_CONTEXT;
SIZE(WHV_VP_EXIT_CONTEXT, 40);
AT(WHV_VP_EXIT_CONTEXT, InstructionLengthAndCr8, 2);
AT(WHV_VP_EXIT_CONTEXT, Cs, 8);
AT(WHV_VP_EXIT_CONTEXT, Rip, 24);
AT(WHV_VP_EXIT_CONTEXT, Rflags, 32);

typedef struct {
    uint8_t InstructionByteCount;
    uint8_t Reserved[3];
    uint8_t InstructionBytes[16];
    uint32_t AccessInfo;
    uint64_t Gpa;
    uint64_t Gva;
} WHV_MEMORY_ACCESS_CONTEXT;
SIZE(WHV_MEMORY_ACCESS_CONTEXT, 40);
AT(WHV_MEMORY_ACCESS_CONTEXT, InstructionBytes, 4);
AT(WHV_MEMORY_ACCESS_CONTEXT, AccessInfo, 20);
AT(WHV_MEMORY_ACCESS_CONTEXT, Gpa, 24);
AT(WHV_MEMORY_ACCESS_CONTEXT, Gva, 32);

typedef struct {
    uint8_t InstructionByteCount;
    uint8_t Reserved[3];
    uint8_t InstructionBytes[16];
    uint32_t AccessInfo;
    uint16_t PortNumber;
    uint16_t Reserved2[3];
    uint64_t Rax;
    uint64_t Rcx;
    uint64_t Rsi;
    uint64_t Rdi;
    WHV_X64_SEGMENT_REGISTER Ds;
    WHV_X64_SEGMENT_REGISTER Es;
} WHV_X64_IO_PORT_ACCESS_CONTEXT;
SIZE(WHV_X64_IO_PORT_ACCESS_CONTEXT, 96);
AT(WHV_X64_IO_PORT_ACCESS_CONTEXT, InstructionBytes, 4);
AT(WHV_X64_IO_PORT_ACCESS_CONTEXT, AccessInfo, 20);
AT(WHV_X64_IO_PORT_ACCESS_CONTEXT, PortNumber, 24);
AT(WHV_X64_IO_PORT_ACCESS_CONTEXT, Rax, 32);
AT(WHV_X64_IO_PORT_ACCESS_CONTEXT, Rcx, 40);
AT(WHV_X64_IO_PORT_ACCESS_CONTEXT, Rsi, 48);
AT(WHV_X64_IO_PORT_ACCESS_CONTEXT, Rdi, 56);
AT(WHV_X64_IO_PORT_ACCESS_CONTEXT, Ds, 64);
AT(WHV_X64_IO_PORT_ACCESS_CONTEXT, Es, 80);

typedef struct {
    uint32_t FeatureCode;
    uint32_t Reserved;
    uint64_t FeatureParameter;
} WHV_X64_UNSUPPORTED_FEATURE_CONTEXT;
SIZE(WHV_X64_UNSUPPORTED_FEATURE_CONTEXT, 16);
AT(WHV_X64_UNSUPPORTED_FEATURE_CONTEXT, FeatureParameter, 8);

typedef struct {
    _Alignas(16) uint32_t ExitReason;
    uint32_t Reserved;
    WHV_VP_EXIT_CONTEXT VpContext;
    union {
        WHV_MEMORY_ACCESS_CONTEXT MemoryAccess;
        WHV_X64_IO_PORT_ACCESS_CONTEXT IoPortAccess;
        WHV_X64_UNSUPPORTED_FEATURE_CONTEXT UnsupportedFeature;
        uint32_t CancelReason;
        uint8_t Bytes[176];
    };
} WHV_RUN_VP_EXIT_CONTEXT;
SIZE(WHV_RUN_VP_EXIT_CONTEXT, 224);
_Static_assert(_Alignof(WHV_RUN_VP_EXIT_CONTEXT) == 16, "the alignment of WHV_RUN_VP_EXIT_CONTEXT");
AT(WHV_RUN_VP_EXIT_CONTEXT, VpContext, 8);
AT(WHV_RUN_VP_EXIT_CONTEXT, VpContext.Cs, 16);
AT(WHV_RUN_VP_EXIT_CONTEXT, VpContext.Rip, 32);
AT(WHV_RUN_VP_EXIT_CONTEXT, VpContext.Rflags, 40);
AT(WHV_RUN_VP_EXIT_CONTEXT, MemoryAccess, 48);
AT(WHV_RUN_VP_EXIT_CONTEXT, MemoryAccess.Gpa, 72);
AT(WHV_RUN_VP_EXIT_CONTEXT, IoPortAccess, 48);
AT(WHV_RUN_VP_EXIT_CONTEXT, IoPortAccess.AccessInfo, 68);
AT(WHV_RUN_VP_EXIT_CONTEXT, IoPortAccess.PortNumber, 72);
AT(WHV_RUN_VP_EXIT_CONTEXT, IoPortAccess.Rax, 80);

typedef struct {
    uint32_t Function;
    uint32_t Reserved[3];
    uint32_t Eax;
    uint32_t Ebx;
    uint32_t Ecx;
    uint32_t Edx;
} WHV_X64_CPUID_RESULT;
SIZE(WHV_X64_CPUID_RESULT, 32);
AT(WHV_X64_CPUID_RESULT, Eax, 16);

typedef struct {
    uint32_t ResultCode;
    uint32_t Reserved;
} WHV_TRANSLATE_GVA_RESULT;
SIZE(WHV_TRANSLATE_GVA_RESULT, 8);

// Functions (section 3).
API HRESULT WHvGetCapability(uint32_t code, void *buffer, uint32_t size, uint32_t *written);
API HRESULT WHvCreatePartition(WHV_PARTITION_HANDLE *partition);
API HRESULT WHvSetupPartition(WHV_PARTITION_HANDLE partition);
API HRESULT WHvResetPartition(WHV_PARTITION_HANDLE partition);
API HRESULT WHvDeletePartition(WHV_PARTITION_HANDLE partition);
API HRESULT WHvGetPartitionProperty(WHV_PARTITION_HANDLE partition, uint32_t code, void *buffer, uint32_t size, uint32_t *written);
API HRESULT WHvSetPartitionProperty(WHV_PARTITION_HANDLE partition, uint32_t code, const void *buffer, uint32_t size);
API HRESULT WHvMapGpaRange(WHV_PARTITION_HANDLE partition, void *source, uint64_t guest, uint64_t size, uint32_t flags);
API HRESULT WHvMapGpaRange2(WHV_PARTITION_HANDLE partition, HANDLE process, void *source, uint64_t guest, uint64_t size, uint32_t flags);
API HRESULT WHvUnmapGpaRange(WHV_PARTITION_HANDLE partition, uint64_t guest, uint64_t size);
API HRESULT WHvQueryGpaRangeDirtyBitmap(
    WHV_PARTITION_HANDLE partition, uint64_t guest, uint64_t range, uint64_t *bitmap, uint32_t size);
API HRESULT WHvTranslateGva(
    WHV_PARTITION_HANDLE partition, uint32_t index, uint64_t gva, uint32_t flags, WHV_TRANSLATE_GVA_RESULT *result, uint64_t *gpa);
API HRESULT WHvCreateVirtualProcessor(WHV_PARTITION_HANDLE partition, uint32_t index, uint32_t flags);
API HRESULT WHvDeleteVirtualProcessor(WHV_PARTITION_HANDLE partition, uint32_t index);
API HRESULT WHvRunVirtualProcessor(WHV_PARTITION_HANDLE partition, uint32_t index, void *exit, uint32_t size);
API HRESULT WHvCancelRunVirtualProcessor(WHV_PARTITION_HANDLE partition, uint32_t index, uint32_t flags);
API HRESULT WHvGetVirtualProcessorRegisters(
    WHV_PARTITION_HANDLE partition, uint32_t index, const uint32_t *names, uint32_t count, WHV_REGISTER_VALUE *values);
API HRESULT WHvSetVirtualProcessorRegisters(
    WHV_PARTITION_HANDLE partition, uint32_t index, const uint32_t *names, uint32_t count, const WHV_REGISTER_VALUE *values);
API HRESULT WHvGetVirtualProcessorXsaveState(
    WHV_PARTITION_HANDLE partition, uint32_t index, void *buffer, uint32_t size, uint32_t *written);
API HRESULT WHvSetVirtualProcessorXsaveState(WHV_PARTITION_HANDLE partition, uint32_t index, const void *buffer, uint32_t size);
API HRESULT WHvGetVirtualProcessorState(
    WHV_PARTITION_HANDLE partition, uint32_t index, uint32_t type, void *buffer, uint32_t size, uint32_t *written);
API HRESULT WHvSetVirtualProcessorState(
    WHV_PARTITION_HANDLE partition, uint32_t index, uint32_t type, const void *buffer, uint32_t size);
API HRESULT WHvGetVirtualProcessorInterruptControllerState2(
    WHV_PARTITION_HANDLE partition, uint32_t index, void *state, uint32_t size, uint32_t *written);
API HRESULT WHvSetVirtualProcessorInterruptControllerState2(
    WHV_PARTITION_HANDLE partition, uint32_t index, const void *state, uint32_t size);
API HRESULT WHvRequestInterrupt(WHV_PARTITION_HANDLE partition, const void *interrupt, uint32_t size);

// Functions for tests only. Their contract is in README.md.
API uint32_t whpshim_live(uint32_t kind);
API void whpshim_fail(const char *function, uint32_t nth, int32_t hresult);
API uint64_t whpshim_calls(const char *function);
API uint32_t whpshim_log(char *buffer, uint32_t size);
API void whpshim_clear_log(void);
API void whpshim_pretend(uint32_t bits);
API void whpshim_spurious_cancels(uint32_t count);
API void whpshim_delay_cancel(uint32_t microseconds);
API void whpshim_add_process(HANDLE process);
API void whpshim_remove_process(HANDLE process);
