/* Declarations that only the files of the kit share. */
#ifndef HYPERLIGHT_GUEST_INTERNAL_H
#define HYPERLIGHT_GUEST_INTERNAL_H

#include "hyperlight_guest.h"

#define HL_PAGE_SIZE 4096u

/* ---- The process environment block, which the host fills (amd64 sheet 2.2, i686 sheet 2.2): 64-bit fields everywhere ---- */

typedef struct hl_Region {
    uint64_t size;
    uint64_t address;
} hl_Region;

typedef struct hl_Peb {
    hl_Region input;
    hl_Region output;
    hl_Region init_data;
    hl_Region heap;
    hl_Region files; /* size: the number of files; address: the entries; not on amd64 */
} hl_Peb;

typedef struct hl_FileMapping {
    uint64_t address;
    uint64_t size;
    char label[64];
} hl_FileMapping;

extern const hl_Peb *hl_peb;

/* ---- Machine: implemented once per architecture ---- */

/* Ports (amd64 sheet 5.1). */
enum {
    HL_PORT_LOG = 99,
    HL_PORT_CALL_FUNCTION = 101,
    HL_PORT_ABORT = 102,
    HL_PORT_DEBUG_PRINT = 103,
    HL_PORT_HALT = 108,
};

static inline void hl_out(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "d"(port) : "memory");
}

/* Ends the start or the call; does not return. */
_Noreturn static inline void hl_halt(void)
{
    hl_out(HL_PORT_HALT, 0);
    for (;;) {
        __asm__ volatile("cli; hlt" : : : "memory");
    }
}

/* The virtual address behind the last byte of scratch. On i686 it wraps to 0, so only subtract from it. */
#if defined(__x86_64__)
#define HL_SCRATCH_END ((uintptr_t)0xFFFFFFFFFFFFF000u)
#else
#define HL_SCRATCH_END ((uintptr_t)0)
#endif

/* What the kit keeps at the start of the last page of scratch. Each sandbox has this page of its own anyway, because the words at its
 * end are written; on amd64 the exception stack grows down between the two. In guests with paging a restore zeroes scratch, so what
 * came from the host is asked for again. */
typedef struct hl_Kept {
    uint64_t free_page, free_pages; /* amd64: the physical address of the first free page, and their number (pages.c) */
    uint64_t random_seeded;         /* random.c */
    uint8_t random_key[32];
    uint64_t clock_frequency; /* clock.c: ticks in a second; 0 before the host was asked */
    uint64_t clock_ticks;     /* of the processor, when the clocks showed these nanoseconds */
    uint64_t clock_wall, clock_monotonic;
    uint64_t exception_place; /* the address of the instruction whose exception is handled now; HL_NO_PLACE if there is none */
} hl_Kept;

#define hl_kept ((volatile hl_Kept *)(HL_SCRATCH_END - HL_PAGE_SIZE))

/* ---- start.c: called by the entry code of the architecture, on the main stack ---- */

void hl_start(const hl_Peb *peb, uint64_t seed, uint32_t max_log_level);
void hl_dispatch(void);

/* Runs the constructors and hyperlight_main(). An operating system inside the guest has a definition of its own. */
void hl_run_program(void);

/* ---- buffer.c: the two last-in-first-out buffers (amd64 sheet 5.3) ---- */

typedef enum hl_PopStatus {
    HL_POP_OK,
    HL_POP_CORRUPT,   /* The buffer holds no valid message and is unchanged. */
    HL_POP_NO_MEMORY, /* The message was removed, but the heap has no room for it. */
} hl_PopStatus;

/* Moves the newest message of the input buffer, with its size prefix, to a block of the heap that the caller frees. */
hl_PopStatus hl_input_pop(uint8_t **message, size_t *size);

/* The address for the next message to the host; *capacity is its largest size in bytes. */
uint8_t *hl_output_begin(size_t *capacity);

/* Adds the first `size` bytes at that address to the buffer as a message. */
void hl_output_commit(size_t size);

/* Copies a finished message to the output buffer; returns false if there is no room. */
bool hl_output_push(const void *message, size_t size);

/* ---- message.c: the FlatBuffers messages (amd64 sheet 5.4), always with their size prefix ---- */

typedef enum hl_DecodeStatus {
    HL_DECODE_OK,
    HL_DECODE_MALFORMED,
    HL_DECODE_NOT_A_GUEST_CALL,
    HL_DECODE_TOO_MANY_PARAMETERS,
} hl_DecodeStatus;

/* Reads a FunctionCall. `parameters` has room for HL_MAX_PARAMETERS. All pointers lead into the message. The name is valid
 * unless the status is HL_DECODE_MALFORMED. */
hl_DecodeStatus hl_decode_call(const uint8_t *message, size_t size, hl_FunctionCall *call, hl_Parameter *parameters);

/* A FunctionCallResult: an error if `error` is not hl_ErrorCode_NoError, otherwise a value. */
typedef struct hl_Reply {
    hl_ErrorCode error;
    const char *error_message;
    hl_ReturnType type;
    hl_ParameterValue value;
} hl_Reply;

bool hl_decode_reply(const uint8_t *message, size_t size, hl_Reply *reply);

/* The length of a decoded string, which FlatBuffers stores in front of the text. */
static inline uint32_t hl_decoded_string_length(const char *text)
{
    return ((const uint32_t *)(const void *)text)[-1];
}

/* The encoders write to `to` and return the size of the message, or 0 if it needs more than `capacity` bytes. */
size_t hl_encode_call(uint8_t *to, size_t capacity, const hl_FunctionCall *call);
size_t hl_encode_error(uint8_t *to, size_t capacity, hl_ErrorCode code, const char *message);
size_t hl_encode_log(uint8_t *to, size_t capacity, hl_Level level, const char *message, const char *file, uint32_t line);

/* Encodes a value. `data` and `length` are the bytes of String and VecBytes; other types are in `scalar`. */
size_t hl_encode_value(uint8_t *to, size_t capacity, hl_ReturnType type, uint64_t scalar, const void *data, size_t length);

/* The capacity that any value needs in addition to its data. */
#define HL_VALUE_OVERHEAD 80u

/* ---- heap.c ---- */

void hl_heap_start(uintptr_t address, size_t size);

/* Adds the front of the heap, for small blocks of calls. */
void hl_heap_open_front(void);

/* ---- host.c ---- */

/* Frees the reply of the last host call. */
void hl_host_reply_release(void);

/* Calls a host function for the kit itself: the result of the guest's own last host call stays. Returns false if the call failed.
 * If `size` is not 0, the host has to return that many bytes, which are copied to `to`. */
bool hl_ask_host(const hl_FunctionCall *call, void *to, size_t size);

/* ---- dispatch.c: the current call and its error ---- */

extern uint32_t hl_call_number; /* 0 during the start; may begin again at 0 */

bool hl_has_error(void);

/* Aborts the guest's start if hyperlight_main() has set an error, because there is no call that could return it. */
void hl_abort_on_error(void);

/* ---- log.c ---- */

void hl_log_start(uint32_t max_level);

/* ---- text.c: builds short texts without a heap ---- */

typedef struct hl_Text {
    size_t length;
    char chars[256]; /* NUL-terminated; text that does not fit is dropped */
} hl_Text;

void hl_text_start(hl_Text *text);
void hl_text_add(hl_Text *text, const char *part);
void hl_text_add_decimal(hl_Text *text, uint32_t number);
void hl_text_add_hex(hl_Text *text, uint64_t number);
void hl_text_add_hex_byte(hl_Text *text, uint8_t number);

/* ---- abort.c ---- */

/* An address inside the instruction that called the current function. */
#define HL_CALLER ((uintptr_t)__builtin_return_address(0) - 1)

#define HL_NO_PLACE ((uintptr_t)0)

/* Aborts as hl_abort_with_code_and_message does. `place` is the address in the program for which the host finds the line, or
 * HL_NO_PLACE. */
_Noreturn void hl_abort_at(uintptr_t place, int32_t code, const char *message);

/* Reports a processor exception: code 0x0F, the vector, the text (amd64 sheet 5.8). */
_Noreturn void hl_abort_with_exception(uint8_t vector, const char *text);

#endif
