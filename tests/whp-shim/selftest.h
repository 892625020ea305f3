// Shared by the files of the shim's own test: small guests, and checks that end the program at the first failure.
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "WinHvPlatform.h"

#define PAGE 4096ull
#define CODE 0x1000ull        // where guests start
#define DATA 0x8000ull        // pages without code
#define PAGE_TABLES 0x10000ull
#define MEMORY_SIZE 0x20000ull
#define UNMAPPED 0x400000ull  // behind the memory, and in the page tables

enum name {
    RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RSI = 6, RDI = 7, R15 = 15, RIP = 0x10, RFLAGS = 0x11, ES = 0x12, CS = 0x13,
    SS = 0x14, DS = 0x15, FS = 0x16, GS = 0x17, LDTR = 0x18, TR = 0x19, IDTR = 0x1A, GDTR = 0x1B, CR0 = 0x1C, CR2 = 0x1D, CR3 = 0x1E,
    CR4 = 0x1F, CR8 = 0x20, DR0 = 0x21, DR7 = 0x26, XCR0 = 0x27, XMM0 = 0x1000, XMM15 = 0x100F, FP0 = 0x1010, FP_CONTROL = 0x1018,
    XMM_CONTROL = 0x1019, EFER = 0x2001, KERNEL_GS_BASE = 0x2002, LSTAR = 0x2009,
};

enum mode { REAL, PROTECTED, PAGED, LONG };

struct guest {
    WHV_PARTITION_HANDLE partition;
    uint8_t *memory;
    WHV_RUN_VP_EXIT_CONTEXT exit;
};

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            print_log(); \
            exit(1); \
        } \
    } while (0)

#define CHECK_RESULT(call, wanted) \
    do { \
        HRESULT result_ = (call); \
        if (result_ != (wanted)) { \
            fprintf(stderr, "%s:%d: %s gave 0x%08X\n", __FILE__, __LINE__, #call, (unsigned)result_); \
            print_log(); \
            exit(1); \
        } \
    } while (0)

void print_log(void);

// Whether the processor can be run in the mode. KVM without hardware does not have 32-bit paging.
bool has_mode(enum mode mode);

// Creates a guest with memory at 0 and code at CODE, ready to run in a mode. start_guest takes a partition that is not set up.
void start_guest(struct guest *guest, enum mode mode, const void *code, size_t size);
void open_guest(struct guest *guest, enum mode mode, const void *code, size_t size);
void close_guest(struct guest *guest);

void set_mode(struct guest *guest, enum mode mode);
uint64_t get(struct guest *guest, uint32_t name);
void set(struct guest *guest, uint32_t name, uint64_t value);
uint32_t run(struct guest *guest);

#define OPEN(guest, mode, ...) open_guest(guest, mode, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

void test_calls(void);
void test_memory(void);
void test_registers(void);
void test_exits(void);
void test_cancel(void);
void test_mistakes(void);
void test_surrogates(void);
