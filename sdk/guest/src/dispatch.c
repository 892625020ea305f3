/* Calls from the host to functions of the guest (amd64 sheet 5.5). */
#include "internal.h"

typedef struct Function {
    const char *name;
    hl_GuestFunction function;
    uint64_t parameter_types; /* 4 bits for each type, the first in the lowest bits */
    uint32_t parameter_count;
} Function;

#define FIRST_CAPACITY 32u
#define BITS_PER_TYPE 4u

static struct {
    Function *items;
    uint32_t count, capacity;
} functions;

/* The error of the current call. Its message is a block of the heap, or NULL if there is none. */
static struct {
    hl_ErrorCode code;
    char *message;
} error;

/* ---- Registering ---- */

void hl_register_function_definition(const char *function_name, hl_GuestFunction function, uintptr_t parameter_count,
                                     const hl_ParameterType *parameter_types, hl_ReturnType return_type)
{
    (void)return_type; /* The returned message contains the type again. Upstream does not check it either. */
    if (parameter_count > HL_MAX_PARAMETERS) {
        hl_abort_at(HL_CALLER, hl_ErrorCode_GuestFunctionIncorrecNoOfParameters,
                    "A guest function was registered with more than 11 parameters");
    }
    if (functions.count == functions.capacity) {
        functions.capacity = functions.capacity == 0 ? FIRST_CAPACITY : 2 * functions.capacity;
        functions.items = realloc(functions.items, functions.capacity * sizeof(Function));
        if (functions.items == NULL) {
            hl_abort_at(HL_CALLER, hl_ErrorCode_TooManyGuestFunctions, "The heap has no room for another function");
        }
    }
    Function *item = &functions.items[functions.count++];
    item->name = function_name;
    item->function = function;
    item->parameter_count = (uint32_t)parameter_count;
    item->parameter_types = 0;
    for (uintptr_t i = parameter_count; i-- != 0;) {
        item->parameter_types = item->parameter_types << BITS_PER_TYPE | (uint32_t)parameter_types[i];
    }
}

static const Function *find_function(const char *name)
{
    for (uint32_t i = 0; i < functions.count; i++) {
        const Function *item = &functions.items[i];
        if (item->name[0] == name[0] && strcmp(item->name, name) == 0) {
            return item;
        }
    }
    return NULL;
}

__attribute__((weak)) hl_Vec *c_guest_dispatch_function(const hl_FunctionCall *call)
{
    (void)call;
    return NULL;
}

/* ---- Errors ---- */

void hl_set_error(hl_ErrorCode code, const char *message)
{
    if (error.code != hl_ErrorCode_NoError) {
        return;
    }
    error.code = code != hl_ErrorCode_NoError ? code : hl_ErrorCode_UnknownError;
    size_t size = strlen(message) + 1;
    error.message = malloc(size);
    if (error.message != NULL) {
        memcpy(error.message, message, size);
    }
}

bool hl_has_error(void)
{
    return error.code != hl_ErrorCode_NoError;
}

void hl_abort_on_error(void)
{
    if (hl_has_error()) {
        hl_abort_at(HL_NO_PLACE, (int32_t)error.code, error.message != NULL ? error.message : "");
    }
}

static void push_error(void)
{
    size_t capacity;
    uint8_t *to = hl_output_begin(&capacity);
    const char *message = error.message != NULL ? error.message : "";
    size_t size = hl_encode_error(to, capacity, error.code, message);
    if (size == 0) {
        size = hl_encode_error(to, capacity, error.code, "(a message larger than the output buffer)");
    }
    if (size != 0) {
        hl_output_commit(size);
    }
    free(error.message);
    error.message = NULL;
    error.code = hl_ErrorCode_NoError;
}

/* ---- Parameters ---- */

static const char *type_name(hl_ParameterType type)
{
    switch (type) {
    case hl_ParameterType_Int:
        return "Int";
    case hl_ParameterType_UInt:
        return "UInt";
    case hl_ParameterType_Long:
        return "Long";
    case hl_ParameterType_ULong:
        return "ULong";
    case hl_ParameterType_Float:
        return "Float";
    case hl_ParameterType_Double:
        return "Double";
    case hl_ParameterType_String:
        return "String";
    case hl_ParameterType_Bool:
        return "Bool";
    case hl_ParameterType_VecBytes:
        return "VecBytes";
    }
    return "?";
}

static void set_type_error(const hl_FunctionCall *call, uintptr_t index, hl_ParameterType expected)
{
    hl_Text text;
    hl_text_start(&text);
    hl_text_add(&text, "Parameter ");
    hl_text_add_decimal(&text, (uint32_t)index);
    hl_text_add(&text, " of function ");
    hl_text_add(&text, call->function_name);
    hl_text_add(&text, " has to be ");
    hl_text_add(&text, type_name(expected));
    if (index < call->parameters_len) {
        hl_text_add(&text, " but is ");
        hl_text_add(&text, type_name(call->parameters[index].tag));
    } else {
        hl_text_add(&text, " but is missing");
    }
    hl_set_error(hl_ErrorCode_GuestFunctionParameterTypeMismatch, text.chars);
}

const hl_Parameter *hl_get_parameter(const hl_FunctionCall *call, uintptr_t index, hl_ParameterType type)
{
    static const struct {
        uint32_t length;
        char text[4];
    } no_text;
    static const hl_Parameter zero, empty = {.value = {.String = no_text.text}};
    if (index < call->parameters_len && call->parameters[index].tag == type) {
        return &call->parameters[index];
    }
    set_type_error(call, index, type);
    return type == hl_ParameterType_String ? &empty : &zero;
}

uintptr_t hl_get_String_length(const hl_FunctionCall *call, uintptr_t index)
{
    return hl_decoded_string_length(hl_get_String(call, index));
}

static bool verify_parameters(const Function *function, const hl_FunctionCall *call)
{
    if (call->parameters_len != function->parameter_count) {
        hl_Text text;
        hl_text_start(&text);
        hl_text_add(&text, "Function ");
        hl_text_add(&text, function->name);
        hl_text_add(&text, " takes ");
        hl_text_add_decimal(&text, function->parameter_count);
        hl_text_add(&text, " parameters but was called with ");
        hl_text_add_decimal(&text, (uint32_t)call->parameters_len);
        hl_set_error(hl_ErrorCode_GuestFunctionIncorrecNoOfParameters, text.chars);
        return false;
    }
    uint64_t types = function->parameter_types;
    for (uint32_t i = 0; i < function->parameter_count; i++, types >>= BITS_PER_TYPE) {
        hl_ParameterType expected = (hl_ParameterType)(types & ((1u << BITS_PER_TYPE) - 1));
        if (call->parameters[i].tag != expected) {
            set_type_error(call, i, expected);
            return false;
        }
    }
    return true;
}

/* ---- Results ---- */

/* The message follows the hl_Vec in the same block, so that one free() releases both. */
static hl_Vec *result(hl_ReturnType type, uint64_t scalar, const void *data, size_t length)
{
    size_t capacity = HL_VALUE_OVERHEAD + length;
    hl_Vec *vec = capacity >= length ? malloc(sizeof(hl_Vec) + capacity) : NULL;
    if (vec == NULL) {
        hl_set_error(hl_ErrorCode_MallocFailed, "The heap has no room for the result: raise HeapSize");
        return NULL;
    }
    vec->data = (uint8_t *)(vec + 1);
    vec->len = hl_encode_value(vec->data, capacity, type, scalar, data, length);
    return vec;
}

hl_Vec *hl_flatbuffer_result_from_Int(int32_t value)
{
    return result(hl_ReturnType_Int, (uint32_t)value, NULL, 0);
}

hl_Vec *hl_flatbuffer_result_from_UInt(uint32_t value)
{
    return result(hl_ReturnType_UInt, value, NULL, 0);
}

hl_Vec *hl_flatbuffer_result_from_Long(int64_t value)
{
    return result(hl_ReturnType_Long, (uint64_t)value, NULL, 0);
}

hl_Vec *hl_flatbuffer_result_from_ULong(uint64_t value)
{
    return result(hl_ReturnType_ULong, value, NULL, 0);
}

hl_Vec *hl_flatbuffer_result_from_FloatBits(uint32_t bits)
{
    return result(hl_ReturnType_Float, bits, NULL, 0);
}

hl_Vec *hl_flatbuffer_result_from_DoubleBits(uint64_t bits)
{
    return result(hl_ReturnType_Double, bits, NULL, 0);
}

hl_Vec *hl_flatbuffer_result_from_Bool(bool value)
{
    return result(hl_ReturnType_Bool, value, NULL, 0);
}

hl_Vec *hl_flatbuffer_result_from_String(const char *value)
{
    return result(hl_ReturnType_String, 0, value, strlen(value));
}

hl_Vec *hl_flatbuffer_result_from_StringBytes(const char *text, uintptr_t length)
{
    return result(hl_ReturnType_String, 0, text, length);
}

hl_Vec *hl_flatbuffer_result_from_Bytes(const uint8_t *data, uintptr_t length)
{
    return result(hl_ReturnType_VecBytes, 0, data, length);
}

hl_Vec *hl_flatbuffer_result_from_Void(void)
{
    return result(hl_ReturnType_Void, 0, NULL, 0);
}

/* ---- One call ---- */

static hl_Vec *call_function(const uint8_t *message, size_t size)
{
    hl_Parameter parameters[HL_MAX_PARAMETERS];
    hl_FunctionCall call;
    switch (hl_decode_call(message, size, &call, parameters)) {
    case HL_DECODE_OK:
        break;
    case HL_DECODE_NOT_A_GUEST_CALL:
        hl_set_error(hl_ErrorCode_GuestError, "The message is not a call of a guest function");
        return NULL;
    case HL_DECODE_TOO_MANY_PARAMETERS:
        hl_set_error(hl_ErrorCode_GuestError, "A guest function takes at most 11 parameters");
        return NULL;
    default:
        hl_set_error(hl_ErrorCode_GuestError, "The message is not a well-formed function call");
        return NULL;
    }

    const Function *function = find_function(call.function_name);
    if (function != NULL) {
        return verify_parameters(function, &call) ? function->function(&call) : NULL;
    }
    hl_Vec *vec = c_guest_dispatch_function(&call);
    if (vec == NULL && !hl_has_error()) {
        hl_Text text;
        hl_text_start(&text);
        hl_text_add(&text, "Function ");
        hl_text_add(&text, call.function_name);
        hl_text_add(&text, " not found");
        hl_set_error(hl_ErrorCode_GuestFunctionNotFound, text.chars);
    }
    return vec;
}

uint32_t hl_call_number;

void hl_dispatch(void)
{
    hl_call_number++;
#if defined(__i386__) && !defined(HL_PAGED_LAYOUT)
    /* Without paging a snapshot contains scratch, so that every call may be the first after a restore. */
    hl_kept->random_seeded = 0;
    hl_kept->clock_frequency = 0;
#endif
    uint8_t *message;
    size_t size;
    hl_Vec *vec = NULL;
    switch (hl_input_pop(&message, &size)) {
    case HL_POP_OK:
        vec = call_function(message, size);
        free(message);
        break;
    case HL_POP_NO_MEMORY:
        hl_set_error(hl_ErrorCode_MallocFailed, "The heap has no room for the call: raise HeapSize");
        break;
    default:
        hl_set_error(hl_ErrorCode_GuestError, "The input buffer holds no call");
        break;
    }
    if (vec == NULL && !hl_has_error()) {
        hl_set_error(hl_ErrorCode_GuestError, "The guest function returned no result");
    }
    if (!hl_has_error() && !hl_output_push(vec->data, vec->len)) {
        hl_Text text;
        hl_text_start(&text);
        hl_text_add(&text, "The result of ");
        hl_text_add_decimal(&text, (uint32_t)vec->len);
        hl_text_add(&text, " bytes does not fit the output buffer: raise OutputBufferSize");
        hl_set_error(hl_ErrorCode_OutbError, text.chars);
    }
    free(vec);
    hl_host_reply_release();
    if (hl_has_error()) {
        push_error();
    }
}
