/*
 * The C interface for Hyperlight guests, amd64 and i686.
 *
 * A guest is a program without an operating system. It registers functions in hyperlight_main(); the host calls them by
 * name, one at a time; while one runs it may call functions of the host. Names of types and functions are those of
 * upstream's C guest library, so a guest source can move between the two; where this kit offers more, it says so.
 *
 * "amd64 sheet" and "i686 sheet" below name the ABI descriptions in the SDK's documentation; the number is the section.
 */
#ifndef HYPERLIGHT_GUEST_H
#define HYPERLIGHT_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Functions may take and return float and double only where the compiler may use the registers for them: see --float of
 * build-guest.sh. Without it the values travel as bit patterns (FloatBits, DoubleBits), which needs no such register. */
#if !defined(HL_NO_FLOAT) && (defined(__SSE2__) || (defined(__i386__) && !defined(_SOFT_FLOAT)))
#define HL_HAS_FLOAT 1
#endif

/* ---- Types ------------------------------------------------------------------------------------------------------- */

/* The type of a parameter (amd64 sheet 5.4, ParameterType). */
typedef enum hl_ParameterType {
    hl_ParameterType_Int = 0,
    hl_ParameterType_UInt = 1,
    hl_ParameterType_Long = 2,
    hl_ParameterType_ULong = 3,
    hl_ParameterType_Float = 4,
    hl_ParameterType_Double = 5,
    hl_ParameterType_String = 6,
    hl_ParameterType_Bool = 7,
    hl_ParameterType_VecBytes = 8,
} hl_ParameterType;

/* The type of a function's result (amd64 sheet 5.4, ReturnType). */
typedef enum hl_ReturnType {
    hl_ReturnType_Int = 0,
    hl_ReturnType_UInt = 1,
    hl_ReturnType_Long = 2,
    hl_ReturnType_ULong = 3,
    hl_ReturnType_Float = 4,
    hl_ReturnType_Double = 5,
    hl_ReturnType_String = 6,
    hl_ReturnType_Bool = 7,
    hl_ReturnType_Void = 8,
    hl_ReturnType_VecBytes = 9,
} hl_ReturnType;

/* The reason why a call failed, or the first byte of an abort (amd64 sheet 5.4, ErrorCode; spelled as upstream does). */
typedef enum hl_ErrorCode {
    hl_ErrorCode_NoError = 0,
    hl_ErrorCode_UnsupportedParameterType = 2,
    hl_ErrorCode_GuestFunctionNameNotProvided = 3,
    hl_ErrorCode_GuestFunctionNotFound = 4,
    hl_ErrorCode_GuestFunctionIncorrecNoOfParameters = 5,
    hl_ErrorCode_GispatchFunctionPointerNotSet = 6,
    hl_ErrorCode_OutbError = 7,
    hl_ErrorCode_UnknownError = 8,
    hl_ErrorCode_GsCheckFailed = 10,
    hl_ErrorCode_TooManyGuestFunctions = 11,
    hl_ErrorCode_FailureInDlmalloc = 12,
    hl_ErrorCode_MallocFailed = 13,
    hl_ErrorCode_GuestFunctionParameterTypeMismatch = 14,
    hl_ErrorCode_GuestError = 15,
    hl_ErrorCode_ArrayLengthParamIsMissing = 16,
    hl_ErrorCode_HostFunctionError = 17,
} hl_ErrorCode;

/* The level of a log record. At the start the host passes the lowest level that it wants (amd64 sheet 4.1, RCX). */
typedef enum hl_Level {
    hl_Level_Error = 1,
    hl_Level_Warn = 2,
    hl_Level_Info = 3,
    hl_Level_Debug = 4,
    hl_Level_Trace = 5,
} hl_Level;

/* Bytes. A parameter holds the bytes that the host sent. The result of a guest function holds an encoded message, which only
 * the hl_flatbuffer_result_from_... functions create. */
typedef struct hl_Vec {
    uint8_t *data;
    uintptr_t len; /* bytes */
} hl_Vec;

/* A value. The hl_ParameterType beside it selects the member. */
typedef union hl_ParameterValue {
    int32_t Int;
    uint32_t UInt;
    int64_t Long;
    uint64_t ULong;
    float Float;
    double Double;
    uint32_t FloatBits;  /* the bits of Float (IEEE 754 binary32) */
    uint64_t DoubleBits; /* the bits of Double (IEEE 754 binary64) */
    bool Bool;
    const char *String;  /* UTF-8, NUL-terminated */
    hl_Vec VecBytes;
} hl_ParameterValue;

typedef struct hl_Parameter {
    hl_ParameterType tag;
    hl_ParameterValue value;
} hl_Parameter;

/* A call of a guest function or of a host function. In a call from the host all pointers are valid until the function returns. */
typedef struct hl_FunctionCall {
    const char *function_name;
    const hl_Parameter *parameters;
    uintptr_t parameters_len; /* count */
    hl_ReturnType return_type;
} hl_FunctionCall;

/* A guest function. It returns a message created by hl_flatbuffer_result_from_..., which the kit frees, or NULL after it
 * has called hl_set_error(). */
typedef hl_Vec *(*hl_GuestFunction)(const hl_FunctionCall *call);

/* ---- What the guest provides ------------------------------------------------------------------------------------- */

/* Runs once, before the first call: register the functions here. Every guest has to define it. */
void hyperlight_main(void);

/* Called for functions that are not registered; the parameters are not checked. If it returns NULL without a call of
 * hl_set_error(), the call fails with error 4 (no such function). The kit has a weak definition that returns NULL. */
hl_Vec *c_guest_dispatch_function(const hl_FunctionCall *call);

/* ---- Registering ------------------------------------------------------------------------------------------------- */

/* The most parameters a guest function can take (amd64 sheet 5.5). */
#define HL_MAX_PARAMETERS 11

/* Registers a function. The name must stay valid; the array of types is copied. Before the function runs, the kit checks
 * the number of parameters (error 5) and their types (error 14). If a name is registered twice, the first function counts. */
void hl_register_function_definition(const char *function_name, hl_GuestFunction function, uintptr_t parameter_count,
                                     const hl_ParameterType *parameter_types, hl_ReturnType return_type);

/* ---- Parameters -------------------------------------------------------------------------------------------------- */

/* Returns parameter `index` of a call. If the call has no such parameter or its type differs, the call fails with error 14
 * and the result is a zero of the type, an empty string, or no bytes. */
const hl_Parameter *hl_get_parameter(const hl_FunctionCall *call, uintptr_t index, hl_ParameterType type);

static inline int32_t hl_get_Int(const hl_FunctionCall *call, uintptr_t index)
{
    return hl_get_parameter(call, index, hl_ParameterType_Int)->value.Int;
}

static inline uint32_t hl_get_UInt(const hl_FunctionCall *call, uintptr_t index)
{
    return hl_get_parameter(call, index, hl_ParameterType_UInt)->value.UInt;
}

static inline int64_t hl_get_Long(const hl_FunctionCall *call, uintptr_t index)
{
    return hl_get_parameter(call, index, hl_ParameterType_Long)->value.Long;
}

static inline uint64_t hl_get_ULong(const hl_FunctionCall *call, uintptr_t index)
{
    return hl_get_parameter(call, index, hl_ParameterType_ULong)->value.ULong;
}

static inline uint32_t hl_get_FloatBits(const hl_FunctionCall *call, uintptr_t index)
{
    return hl_get_parameter(call, index, hl_ParameterType_Float)->value.FloatBits;
}

static inline uint64_t hl_get_DoubleBits(const hl_FunctionCall *call, uintptr_t index)
{
    return hl_get_parameter(call, index, hl_ParameterType_Double)->value.DoubleBits;
}

static inline bool hl_get_Bool(const hl_FunctionCall *call, uintptr_t index)
{
    return hl_get_parameter(call, index, hl_ParameterType_Bool)->value.Bool;
}

static inline const char *hl_get_String(const hl_FunctionCall *call, uintptr_t index)
{
    return hl_get_parameter(call, index, hl_ParameterType_String)->value.String;
}

/* The length of a string in bytes, without its terminator. Unlike strlen() it counts bytes behind a NUL in the string. */
uintptr_t hl_get_String_length(const hl_FunctionCall *call, uintptr_t index);

static inline hl_Vec hl_get_VecBytes(const hl_FunctionCall *call, uintptr_t index)
{
    return hl_get_parameter(call, index, hl_ParameterType_VecBytes)->value.VecBytes;
}

/* ---- Results ----------------------------------------------------------------------------------------------------- */

/* Each function copies its value into a new message. If there is no memory, it returns NULL and the call fails with error 13. */
hl_Vec *hl_flatbuffer_result_from_Int(int32_t value);
hl_Vec *hl_flatbuffer_result_from_UInt(uint32_t value);
hl_Vec *hl_flatbuffer_result_from_Long(int64_t value);
hl_Vec *hl_flatbuffer_result_from_ULong(uint64_t value);
hl_Vec *hl_flatbuffer_result_from_FloatBits(uint32_t bits);
hl_Vec *hl_flatbuffer_result_from_DoubleBits(uint64_t bits);
hl_Vec *hl_flatbuffer_result_from_Bool(bool value);
hl_Vec *hl_flatbuffer_result_from_String(const char *value);
hl_Vec *hl_flatbuffer_result_from_StringBytes(const char *text, uintptr_t length); /* may contain NUL */
hl_Vec *hl_flatbuffer_result_from_Bytes(const uint8_t *data, uintptr_t length);
hl_Vec *hl_flatbuffer_result_from_Void(void);

/* Makes the current call fail with this error, whatever its function returns. The message is copied. Only the first error
 * of a call counts. The sandbox stays usable. */
void hl_set_error(hl_ErrorCode code, const char *message);

/* ---- Calling the host -------------------------------------------------------------------------------------------- */

/* Calls a function of the host and waits for its result. Returns hl_ErrorCode_NoError or the code of the failure: 17 if the
 * host's function failed or does not exist, 7 if the call does not fit the output buffer or the result is a text with a NUL
 * inside, where a guest would take the text to end, 13 if the heap has no room for the reply. The tags of the parameters are
 * their types. Upstream's function returns nothing. */
hl_ErrorCode hl_call_host_function(const hl_FunctionCall *call);

/* The message of the last host call's error, or "" if the call succeeded. Valid until the next host call. */
const char *hl_get_host_error_message(void);

/* The type of the last host call's result. If the call failed, the value means nothing. */
hl_ReturnType hl_get_host_return_type(void);

/* The result of the last host call. If that call failed or returned another type, these functions return zero, and the
 * guest function's own call fails with the same error (or 15): a guest that ignores errors still passes them on.
 * The bytes of String and VecBytes belong to the kit; they are valid until the next host call or until the function returns. */
int32_t hl_get_host_return_value_as_Int(void);
uint32_t hl_get_host_return_value_as_UInt(void);
int64_t hl_get_host_return_value_as_Long(void);
uint64_t hl_get_host_return_value_as_ULong(void);
uint32_t hl_get_host_return_value_as_FloatBits(void);
uint64_t hl_get_host_return_value_as_DoubleBits(void);
bool hl_get_host_return_value_as_Bool(void);
const char *hl_get_host_return_value_as_String(void);
const hl_Vec *hl_get_host_return_value_as_VecBytes(void);

/* Parameters for HL_CALL_HOST (not in upstream's library). */
#define hl_arg_Int(x) ((hl_Parameter){.tag = hl_ParameterType_Int, .value = {.Int = (x)}})
#define hl_arg_UInt(x) ((hl_Parameter){.tag = hl_ParameterType_UInt, .value = {.UInt = (x)}})
#define hl_arg_Long(x) ((hl_Parameter){.tag = hl_ParameterType_Long, .value = {.Long = (x)}})
#define hl_arg_ULong(x) ((hl_Parameter){.tag = hl_ParameterType_ULong, .value = {.ULong = (x)}})
#define hl_arg_FloatBits(x) ((hl_Parameter){.tag = hl_ParameterType_Float, .value = {.FloatBits = (x)}})
#define hl_arg_DoubleBits(x) ((hl_Parameter){.tag = hl_ParameterType_Double, .value = {.DoubleBits = (x)}})
#define hl_arg_String(x) ((hl_Parameter){.tag = hl_ParameterType_String, .value = {.String = (x)}})
#define hl_arg_Bool(x) ((hl_Parameter){.tag = hl_ParameterType_Bool, .value = {.Bool = (x)}})
#define hl_arg_VecBytes(x) ((hl_Parameter){.tag = hl_ParameterType_VecBytes, .value = {.VecBytes = (x)}})

/* HL_CALL_HOST("HostAdd", Int, hl_arg_Int(1), hl_arg_Int(2)) calls a host function and returns the error code.
 * HL_CALL_HOST0 is for functions without parameters. (Not in upstream's library.) */
#define HL_CALL_HOST(name, return_type_name, ...)                                                                    \
    hl_call_host_function(&(hl_FunctionCall){                                                                        \
        .function_name = (name),                                                                                     \
        .parameters = (const hl_Parameter[]){__VA_ARGS__},                                                           \
        .parameters_len = sizeof((const hl_Parameter[]){__VA_ARGS__}) / sizeof(hl_Parameter),                        \
        .return_type = hl_ReturnType_##return_type_name})
#define HL_CALL_HOST0(name, return_type_name)                                                                        \
    hl_call_host_function(&(hl_FunctionCall){.function_name = (name), .return_type = hl_ReturnType_##return_type_name})

/* ---- Output ------------------------------------------------------------------------------------------------------ */

/* Prints through the host function HostPrint(string) -> int and returns its result (amd64 sheet 5.6). */
int32_t hl_print(const char *text);

/* Prints through the debug port, with one exit per byte; needs no host function (amd64 sheet 5.1, port 103). */
void hl_debug_print(const char *text);

/* Sends a log record if the host wants its level. `file` and `line` are the place in the source. */
void hl_log(hl_Level level, const char *message, int32_t line, const char *file);

/* Whether the host wants records of this level. */
bool hl_log_enabled(hl_Level level);

#ifdef __FILE_NAME__
#define LOG(level, message) hl_log((level), (message), __LINE__, __FILE_NAME__)
#else
#define LOG(level, message) hl_log((level), (message), __LINE__, __FILE__)
#endif

/* ---- Giving up --------------------------------------------------------------------------------------------------- */

/* Ends the call (or the guest's start) as "guest aborted". Only restoring a snapshot makes the sandbox usable again. Of
 * `code` the low 8 bits count; 0xFF cannot be told from the end of the text. A message is cut after HL_MAX_ABORT_TEXT
 * bytes; one that starts with a byte below 21, or 30, is taken for a processor exception (amd64 sheet 5.8). */
#define HL_MAX_ABORT_TEXT 1000
_Noreturn void hl_abort_with_code(int32_t code);
_Noreturn void hl_abort_with_code_and_message(int32_t code, const char *message);
_Noreturn void abort(void);

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

/* The guest's heap: its size is HeapSize and 1,024 bytes among the variables of the kit, which small blocks take first once the guest
 * has started. Blocks are chosen by first fit and aligned to 16 bytes. malloc, calloc and realloc return NULL if there is no room. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void free(void *block);
void *aligned_alloc(size_t alignment, size_t size); /* alignment: a power of two */
size_t malloc_usable_size(void *block);

typedef struct hl_HeapInfo {
    size_t size; /* bytes of the heap: HeapSize, and the 1,024 in front */
    size_t used; /* bytes in allocated blocks, with their headers */
    size_t peak; /* bytes of the heap up to the highest one ever used, with the 1,024 in front */
} hl_HeapInfo;

hl_HeapInfo hl_heap_info(void);

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
char *strchr(const char *text, int character);
char *strcpy(char *restrict to, const char *restrict from);

/* Maps `size` bytes at a physical address, where the host has mapped a file or region, at the virtual `address`; NULL stands
 * for the physical address. Addresses and size are multiples of 4096. Returns the virtual address, or NULL if it cannot be
 * used or is mapped already. A page table for every 2 MiB (i686-paged: 4 MiB) is taken from scratch, and so is a page for
 * each copy-on-write page that is written. An i686 guest has no paging: it uses physical addresses and cannot write there,
 * so that this function only checks. (Not in upstream's C library; its Rust library has map_region.) */
enum {
    HL_MAP_READ_ONLY = 0,
    HL_MAP_COPY_ON_WRITE = 1, /* the first write to a page makes a private copy of the page */
    HL_MAP_EXECUTE = 2,
};
void *hl_map_region(uint64_t physical, void *address, size_t size, uint32_t flags);

/* The file that the host mapped with a label, in whole pages; data is NULL if there is none. Only for i686: in other layouts
 * the host tells the guest the address. The list may change between calls. (Not in upstream's library.) */
hl_Vec hl_find_file(const char *label);

/* ---- Data that the host passed at the start ---------------------------------------------------------------------- */

/* The init data ("guest blob") of the image; data is NULL if there is none. Read-only unless the image was baked otherwise. */
hl_Vec hl_init_data(void);

/* The random number that the host passed (amd64 sheet 4.1, RSI). All sandboxes made from one snapshot have the same number. */
uint64_t hl_random_seed(void);

/* Random bytes from a generator of the kit (ChaCha20), which the host seeds at the first use after the start and after each
 * restore: sandboxes made from one snapshot get different bytes. If the host has no function HyperlightRandom, the seed is
 * hl_random_seed(), and a log record says so once. rand() is a number from the same generator, from 0 to 2147483647.
 * (Not in upstream's library.) */
void hl_random(void *to, size_t size);
int rand(void);

/* The clocks: nanoseconds since 1970 in UTC, and nanoseconds since an unknown moment, which never go back. The host tells the
 * time at the first use after the start and after each restore; then the processor's counter goes on. If the host has no
 * function HyperlightClock, the wall clock starts in 1970, and a log record says so once. (Not in upstream's library.) */
typedef enum hl_Clock {
    hl_Clock_Wall = 0,
    hl_Clock_Monotonic = 1,
} hl_Clock;
int64_t hl_clock(hl_Clock clock);

/* The 64-bit word that lies `offset` bytes below the end of scratch, 8 <= offset <= 8192: 0x08 scratch size, 0x10 next
 * free page; with paging also 0x18 page tables, 0x20 snapshot generation; on i686 also 0x1008 the counter of the host
 * (amd64 sheet 2.3, i686 sheets 2.3 and 8). */
uint64_t hl_scratch_word(uint32_t offset);

/* ---- Float and double -------------------------------------------------------------------------------------------- */

#ifdef HL_HAS_FLOAT
static inline float hl_get_Float(const hl_FunctionCall *call, uintptr_t index)
{
    return hl_get_parameter(call, index, hl_ParameterType_Float)->value.Float;
}

static inline double hl_get_Double(const hl_FunctionCall *call, uintptr_t index)
{
    return hl_get_parameter(call, index, hl_ParameterType_Double)->value.Double;
}

static inline hl_Vec *hl_flatbuffer_result_from_Float(float value)
{
    return hl_flatbuffer_result_from_FloatBits(((hl_ParameterValue){.Float = value}).FloatBits);
}

static inline hl_Vec *hl_flatbuffer_result_from_Double(double value)
{
    return hl_flatbuffer_result_from_DoubleBits(((hl_ParameterValue){.Double = value}).DoubleBits);
}

static inline float hl_get_host_return_value_as_Float(void)
{
    return ((hl_ParameterValue){.FloatBits = hl_get_host_return_value_as_FloatBits()}).Float;
}

static inline double hl_get_host_return_value_as_Double(void)
{
    return ((hl_ParameterValue){.DoubleBits = hl_get_host_return_value_as_DoubleBits()}).Double;
}

#define hl_arg_Float(x) ((hl_Parameter){.tag = hl_ParameterType_Float, .value = {.Float = (x)}})
#define hl_arg_Double(x) ((hl_Parameter){.tag = hl_ParameterType_Double, .value = {.Double = (x)}})
#endif

/* ---- Wrapping plain functions ------------------------------------------------------------------------------------ */

/*
 * HYPERLIGHT_WRAP_FUNCTION(function, ReturnType, count, ParameterTypes...) makes a plain C function callable, and
 * HYPERLIGHT_REGISTER_FUNCTION("Name", function) registers it:
 *
 *     static int32_t add(int32_t a, int32_t b) { return a + b; }
 *     HYPERLIGHT_WRAP_FUNCTION(add, Int, 2, Int, Int)
 *     void hyperlight_main(void) { HYPERLIGHT_REGISTER_FUNCTION("Add", add); }
 *
 * Types are the last part of the names in hl_ParameterType and hl_ReturnType. Void functions may be wrapped (upstream's
 * may not); functions that return bytes may not: register a hl_GuestFunction for those. Float and Double need --float.
 */
#define HYPERLIGHT_WRAP_FUNCTION(function, return_type, count, ...)                                                  \
    static hl_Vec *_call_##function(const hl_FunctionCall *function_call)                                            \
    {                                                                                                                \
        (void)function_call;                                                                                         \
        HL_RETURN_##return_type(function(HL_ARGUMENTS_##count(__VA_ARGS__)));                                        \
    }                                                                                                                \
    static const uintptr_t _##function##_parameter_count = count;                                                    \
    static const hl_ReturnType _##function##_return_type = hl_ReturnType_##return_type;                              \
    static const hl_ParameterType _##function##_parameter_types[] = {HL_TYPES_##count(__VA_ARGS__)};

#define HYPERLIGHT_REGISTER_FUNCTION(name, function)                                                                 \
    hl_register_function_definition(name, _call_##function, _##function##_parameter_count,                           \
                                    _##function##_parameter_types, _##function##_return_type)

#define HL_RETURN_Int(value) return hl_flatbuffer_result_from_Int(value)
#define HL_RETURN_UInt(value) return hl_flatbuffer_result_from_UInt(value)
#define HL_RETURN_Long(value) return hl_flatbuffer_result_from_Long(value)
#define HL_RETURN_ULong(value) return hl_flatbuffer_result_from_ULong(value)
#define HL_RETURN_Float(value) return hl_flatbuffer_result_from_Float(value)
#define HL_RETURN_Double(value) return hl_flatbuffer_result_from_Double(value)
#define HL_RETURN_Bool(value) return hl_flatbuffer_result_from_Bool(value)
#define HL_RETURN_String(value) return hl_flatbuffer_result_from_String(value)
#define HL_RETURN_Void(value) return ((value), hl_flatbuffer_result_from_Void())

#define HL_ARGUMENT(index, type) function_call->parameters[index].value.type
#define HL_ARGUMENTS_0(...)
#define HL_ARGUMENTS_1(a) HL_ARGUMENT(0, a)
#define HL_ARGUMENTS_2(a, b) HL_ARGUMENTS_1(a), HL_ARGUMENT(1, b)
#define HL_ARGUMENTS_3(a, b, c) HL_ARGUMENTS_2(a, b), HL_ARGUMENT(2, c)
#define HL_ARGUMENTS_4(a, b, c, d) HL_ARGUMENTS_3(a, b, c), HL_ARGUMENT(3, d)
#define HL_ARGUMENTS_5(a, b, c, d, e) HL_ARGUMENTS_4(a, b, c, d), HL_ARGUMENT(4, e)
#define HL_ARGUMENTS_6(a, b, c, d, e, f) HL_ARGUMENTS_5(a, b, c, d, e), HL_ARGUMENT(5, f)
#define HL_ARGUMENTS_7(a, b, c, d, e, f, g) HL_ARGUMENTS_6(a, b, c, d, e, f), HL_ARGUMENT(6, g)
#define HL_ARGUMENTS_8(a, b, c, d, e, f, g, h) HL_ARGUMENTS_7(a, b, c, d, e, f, g), HL_ARGUMENT(7, h)
#define HL_ARGUMENTS_9(a, b, c, d, e, f, g, h, i) HL_ARGUMENTS_8(a, b, c, d, e, f, g, h), HL_ARGUMENT(8, i)
#define HL_ARGUMENTS_10(a, b, c, d, e, f, g, h, i, j) HL_ARGUMENTS_9(a, b, c, d, e, f, g, h, i), HL_ARGUMENT(9, j)
#define HL_ARGUMENTS_11(a, b, c, d, e, f, g, h, i, j, k)                                                             \
    HL_ARGUMENTS_10(a, b, c, d, e, f, g, h, i, j), HL_ARGUMENT(10, k)

/* C has no arrays without elements, so a function without parameters has one type, which is not used. */
#define HL_TYPE(type) hl_ParameterType_##type
#define HL_TYPES_0(...) HL_TYPE(Int)
#define HL_TYPES_1(a) HL_TYPE(a)
#define HL_TYPES_2(a, b) HL_TYPES_1(a), HL_TYPE(b)
#define HL_TYPES_3(a, b, c) HL_TYPES_2(a, b), HL_TYPE(c)
#define HL_TYPES_4(a, b, c, d) HL_TYPES_3(a, b, c), HL_TYPE(d)
#define HL_TYPES_5(a, b, c, d, e) HL_TYPES_4(a, b, c, d), HL_TYPE(e)
#define HL_TYPES_6(a, b, c, d, e, f) HL_TYPES_5(a, b, c, d, e), HL_TYPE(f)
#define HL_TYPES_7(a, b, c, d, e, f, g) HL_TYPES_6(a, b, c, d, e, f), HL_TYPE(g)
#define HL_TYPES_8(a, b, c, d, e, f, g, h) HL_TYPES_7(a, b, c, d, e, f, g), HL_TYPE(h)
#define HL_TYPES_9(a, b, c, d, e, f, g, h, i) HL_TYPES_8(a, b, c, d, e, f, g, h), HL_TYPE(i)
#define HL_TYPES_10(a, b, c, d, e, f, g, h, i, j) HL_TYPES_9(a, b, c, d, e, f, g, h, i), HL_TYPE(j)
#define HL_TYPES_11(a, b, c, d, e, f, g, h, i, j, k) HL_TYPES_10(a, b, c, d, e, f, g, h, i, j), HL_TYPE(k)

#endif
