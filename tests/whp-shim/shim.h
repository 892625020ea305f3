// Declarations that the files of the shim share. The lock order is: the table of partitions, a partition, the kick lock of a processor.
#pragma once

#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include "WinHvPlatform.h"

#define PAGE 4096ull
#define PAGE_MASK (PAGE - 1)

// The physical addresses that a guest can have: 52 bits.
#define GUEST_END (1ull << 52)

// The instructions of an x86 processor have 15 bytes at most.
#define MOST_INSTRUCTION_BYTES 15

#define OWN_PROCESS ((HANDLE)(intptr_t)-1)

// ---- calls.c: the call log, injected failures, counters, and messages ----

#define FUNCTIONS(X) \
    X(WHvGetCapability) X(WHvCreatePartition) X(WHvSetupPartition) X(WHvResetPartition) X(WHvDeletePartition) \
    X(WHvGetPartitionProperty) X(WHvSetPartitionProperty) X(WHvMapGpaRange) X(WHvMapGpaRange2) X(WHvUnmapGpaRange) \
    X(WHvQueryGpaRangeDirtyBitmap) X(WHvTranslateGva) X(WHvCreateVirtualProcessor) X(WHvDeleteVirtualProcessor) \
    X(WHvRunVirtualProcessor) X(WHvCancelRunVirtualProcessor) X(WHvGetVirtualProcessorRegisters) \
    X(WHvSetVirtualProcessorRegisters) X(WHvGetVirtualProcessorXsaveState) X(WHvSetVirtualProcessorXsaveState) \
    X(WHvGetVirtualProcessorState) X(WHvSetVirtualProcessorState) X(WHvGetVirtualProcessorInterruptControllerState2) \
    X(WHvSetVirtualProcessorInterruptControllerState2) X(WHvRequestInterrupt)

#define FUNCTION_ID(name) ID_##name,
enum function { FUNCTIONS(FUNCTION_ID) FUNCTION_COUNT };

// Counts a call. Returns false, and the result in *injected, if a test wants the call to fail.
bool call_begins(enum function function, HRESULT *injected);

// Writes a line into the log: the call, its result, and the reason if the call set one.
HRESULT call_ends(enum function function, HRESULT result, const char *format, ...) __attribute__((format(printf, 3, 4)));

// Sets the reason that the log gives for the result of the current call, and returns the result.
HRESULT because(HRESULT result, const char *format, ...) __attribute__((format(printf, 2, 3)));

// A situation that the shim does not know: a line on stderr, and E_FAIL.
HRESULT unknown(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Memory corruption on Windows: a message with the last calls, and the end of the process.
_Noreturn void corrupt(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum live { LIVE_PARTITIONS, LIVE_PROCESSORS, LIVE_MAPPINGS, LIVE_SET_UP, LIVE_KINDS };
void live_add(enum live kind, int count);

enum pretend { PRETEND_ABSENT = 1, PRETEND_NO_XSAVE = 2, PRETEND_NO_KERNEL_GS_BASE = 4 };
bool pretends(enum pretend bit);

// Takes one of the spurious cancels that a test ordered.
bool take_spurious_cancel(void);
void sleep_in_cancel(void);

// ---- memory.c and translate.c ----

struct mapping {
    uint64_t guest;
    uint64_t size;
    uint8_t *host;
    uint32_t flags;
    int slot; // -1 if the guest has no access at all, so that KVM does not know the mapping
};

struct memory {
    struct mapping *mappings; // in the order of guest addresses
    int count;
    int capacity;
    int *free_slots;
    int free_slot_count;
    int next_slot;
};

struct partition;
struct processor;

HRESULT map_range(struct partition *partition, HANDLE process, void *source, uint64_t guest, uint64_t size, uint32_t flags);
HRESULT unmap_range(struct partition *partition, uint64_t guest, uint64_t size);
void free_memory(struct partition *partition);

// Copies the first mapping that ends after an address. Returns false if there is none.
bool next_mapping(struct partition *partition, uint64_t guest, struct mapping *mapping);

// Copies the mapping at an address. Returns false if nothing is mapped there.
bool find_mapping(struct partition *partition, uint64_t guest, struct mapping *mapping);

// Notes that the processor runs now, with page tables at an address.
void note_root(struct partition *partition, uint64_t guest);

// Reads memory of the guest by physical address. Returns how many bytes could be read.
size_t read_guest(struct partition *partition, uint64_t guest, void *buffer, size_t size);

// Walks the guest's page tables. Returns a TRANSLATE_… code.
uint32_t translate(struct processor *processor, uint64_t linear, uint32_t flags, uint64_t *gpa);

// Where the guest's page tables begin. Returns false if there are none.
bool find_root(const struct kvm_sregs *sregs, uint64_t *root);

// Reads at most MOST_INSTRUCTION_BYTES at a linear address. Returns their number.
int read_code(struct processor *processor, uint64_t linear, uint8_t *buffer);

// Reads the bytes that end before a linear address, at most MOST_INSTRUCTION_BYTES. They end before `end`. Returns their number,
// and the physical address behind the last one.
int read_before(struct processor *processor, uint64_t linear, uint8_t *end, uint64_t *end_gpa);

// ---- sources.c: the processes whose memory is mapped ----

// Reserves a source process for a partition, and gives the address of the memory in the own process. A process has one partition at most.
HRESULT take_source(struct partition *partition, HANDLE process, void *source, uint64_t size, uint32_t flags, uint8_t **host);
void release_sources(struct partition *partition);

// foreign.c: finds the process of Linux that is a process of Windows, and maps its memory into the own process.
HRESULT find_foreign_process(HANDLE process, pid_t *pid);
HRESULT map_foreign_memory(pid_t pid, void *source, uint64_t size, uint32_t flags, uint8_t **host);

// ---- partition.c ----

struct partition {
    uint64_t number;
    int users; // calls that are inside the library now; guarded by the lock of the table
    bool is_set_up;
    bool has_processor_count;
    WHV_X64_CPUID_RESULT *cpuid_results;
    uint32_t cpuid_result_count;
    int vm;
    bool has_empty_root; // KVM has seen page tables whose memory was not mapped
    pthread_mutex_t lock; // guards memory
    struct memory memory;
    struct processor *processor;
};

int kvm_device(void); // /dev/kvm, opened once; -1 if that is not possible
HRESULT get_capability(uint32_t code, void *buffer, uint32_t size, uint32_t *written);
HRESULT create_partition(WHV_PARTITION_HANDLE *handle);
HRESULT setup_partition(struct partition *partition);
HRESULT delete_partition(WHV_PARTITION_HANDLE handle);
HRESULT get_property(struct partition *partition, uint32_t code, void *buffer, uint32_t size, uint32_t *written);
HRESULT set_property(struct partition *partition, uint32_t code, const void *buffer, uint32_t size);

// Finds a partition and counts the call as inside. Returns null if there never was such a partition; a deleted one ends the process.
struct partition *enter_partition(WHV_PARTITION_HANDLE handle);
void leave_partition(struct partition *partition);

// ---- processor.c, registers.c, xsave.c, run.c, exits.c ----

#define KVM_XSAVE_SIZE 4096

struct processor {
    struct partition *partition;
    int fd;
    struct kvm_run *run;
    bool exists; // false while the processor is deleted; KVM cannot delete one, and does not create a number twice
    atomic_int busy; // 1 while a thread runs the processor or exchanges its registers
    atomic_int running;
    atomic_int canceling;
    atomic_int cancel_pending;
    pthread_mutex_t kick_lock; // guards thread
    pid_t thread; // the thread inside a run; 0 if none
    bool has_new_registers; // the host has set registers since the last entry
    struct kvm_regs initial_regs;
    struct kvm_sregs initial_sregs;
    struct kvm_vcpu_events initial_events;
    struct kvm_debugregs initial_debug;
    struct kvm_xcrs initial_xcrs;
    uint8_t initial_xsave[KVM_XSAVE_SIZE];
};

#define SYNC_ALL (KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS)

HRESULT create_processor(struct partition *partition, uint32_t index, uint32_t flags);
HRESULT delete_processor(struct partition *partition, uint32_t index);
HRESULT reset_partition(struct partition *partition);
void close_processor(struct partition *partition);

// Finds a processor. Returns null if there is none; *result then has the reason.
struct processor *find_processor(struct partition *partition, uint32_t index, HRESULT *result);

// Takes a processor for one thread, and gives it back. Returns false if another thread has it.
bool claim(struct processor *processor);
void unclaim(struct processor *processor);

HRESULT get_registers(struct processor *processor, const uint32_t *names, uint32_t count, WHV_REGISTER_VALUE *values);
HRESULT set_registers(struct processor *processor, const uint32_t *names, uint32_t count, const WHV_REGISTER_VALUE *values);
WHV_X64_SEGMENT_REGISTER to_segment(const struct kvm_segment *segment);

// ---- msrs.c ----

// Finds out, once, which model-specific registers a new processor has and what their values are.
HRESULT find_msrs(struct processor *processor);
HRESULT reset_msrs(struct processor *processor);

// Finds the model-specific register of a register name. Returns false if the processor does not have one.
bool find_msr(uint32_t name, uint32_t *msr);

// Returns how many of the registers were read or written.
uint32_t exchange_msrs(struct processor *processor, unsigned long request, struct kvm_msr_entry *entries, uint32_t count);

// The components of the extended state that guests can have.
uint64_t supported_xsave_mask(void);
HRESULT get_xsave(struct processor *processor, void *buffer, uint32_t size, uint32_t *written);
HRESULT set_xsave(struct processor *processor, const void *buffer, uint32_t size);

HRESULT run_processor(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit);
HRESULT cancel_processor(struct processor *processor);

// Translates the exit that KVM_RUN left in the shared page.
HRESULT translate_exit(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit);

// Translates the end of a KVM_RUN that found no host memory behind a page of the guest.
HRESULT translate_fault(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit);
void translate_fetch_without_memory(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit);

// The common part of the exit context.
void fill_context(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit, uint32_t reason);
void memory_exit(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit, uint64_t gpa, uint32_t access);

// Whether the code is 64-bit code, and the linear address of an instruction.
bool is_long(const struct kvm_sregs *sregs);
uint64_t linear_rip(const struct kvm_sregs *sregs, uint64_t rip);

// Whether a page of the guest must not be executed. KVM cannot forbid that, so each exit checks the page of its instruction.
bool is_forbidden(struct processor *processor, uint64_t gpa);
bool executes_forbidden_page(struct processor *processor, uint64_t rip, uint64_t *gpa);

// Finishes the instruction of the exit. The registers afterwards are in the shared page; put_back sets those of the exit again.
HRESULT finish_instruction(struct processor *processor);
void put_back(struct processor *processor, const struct kvm_sync_regs *saved, uint64_t cr8);

// ports.c
HRESULT translate_port_exit(struct processor *processor, WHV_RUN_VP_EXIT_CONTEXT *exit);

