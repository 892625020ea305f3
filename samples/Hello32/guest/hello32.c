/* The guest of the sample Hello, for i686: nothing in it depends on the architecture. */
#include <hyperlight_guest.h>

/* Joins the texts a, b and c to a result; NULL if the heap is full. */
static hl_Vec *joined(const char *a, const char *b, const char *c)
{
    size_t a_size = strlen(a), b_size = strlen(b), c_size = strlen(c);
    char *text = malloc(a_size + b_size + c_size);
    if (text == NULL) {
        hl_set_error(hl_ErrorCode_MallocFailed, "The heap has no room for the text");
        return NULL;
    }
    memcpy(text, a, a_size);
    memcpy(text + a_size, b, b_size);
    memcpy(text + a_size + b_size, c, c_size);
    hl_Vec *result = hl_flatbuffer_result_from_StringBytes(text, a_size + b_size + c_size);
    free(text);
    return result;
}

/* SayHello(string name) -> string: "Hello, World!" */
static hl_Vec *say_hello(const hl_FunctionCall *call)
{
    return joined("Hello, ", hl_get_String(call, 0), "!");
}

/* Greet(string name) -> string: asks the host for the time, Now() -> string. */
static hl_Vec *greet(const hl_FunctionCall *call)
{
    HL_CALL_HOST0("Now", String);
    return joined(hl_get_String(call, 0), ", it is ", hl_get_host_return_value_as_String());
}

/* Print(string text) -> int: returns the result of the host's HostPrint(string) -> int. */
static int32_t print(const char *text)
{
    return hl_print(text);
}
HYPERLIGHT_WRAP_FUNCTION(print, Int, 1, String)

/* DebugPrint(string text) -> int: prints through the debug port, returns the number of bytes. */
static int32_t debug_print(const char *text)
{
    hl_debug_print(text);
    return (int32_t)strlen(text);
}
HYPERLIGHT_WRAP_FUNCTION(debug_print, Int, 1, String)

/* Add(int a, int b) -> int: returns the result of the host's HostAdd(int, int) -> int. */
static int32_t add(int32_t a, int32_t b)
{
    HL_CALL_HOST("HostAdd", Int, hl_arg_Int(a), hl_arg_Int(b));
    return hl_get_host_return_value_as_Int();
}
HYPERLIGHT_WRAP_FUNCTION(add, Int, 2, Int, Int)

/* Nothing() -> void */
static void nothing(void)
{
}
HYPERLIGHT_WRAP_FUNCTION(nothing, Void, 0)

/* EchoInt(int) -> int and so on: return their argument. */
static int32_t echo_int(int32_t value)
{
    return value;
}
HYPERLIGHT_WRAP_FUNCTION(echo_int, Int, 1, Int)

static uint32_t echo_uint(uint32_t value)
{
    return value;
}
HYPERLIGHT_WRAP_FUNCTION(echo_uint, UInt, 1, UInt)

static int64_t echo_long(int64_t value)
{
    return value;
}
HYPERLIGHT_WRAP_FUNCTION(echo_long, Long, 1, Long)

static uint64_t echo_ulong(uint64_t value)
{
    return value;
}
HYPERLIGHT_WRAP_FUNCTION(echo_ulong, ULong, 1, ULong)

static bool echo_bool(bool value)
{
    return value;
}
HYPERLIGHT_WRAP_FUNCTION(echo_bool, Bool, 1, Bool)

static hl_Vec *echo_float(const hl_FunctionCall *call)
{
    return hl_flatbuffer_result_from_FloatBits(hl_get_FloatBits(call, 0));
}

static hl_Vec *echo_double(const hl_FunctionCall *call)
{
    return hl_flatbuffer_result_from_DoubleBits(hl_get_DoubleBits(call, 0));
}

static hl_Vec *echo_string(const hl_FunctionCall *call)
{
    return hl_flatbuffer_result_from_StringBytes(hl_get_String(call, 0), hl_get_String_length(call, 0));
}

static hl_Vec *echo_bytes(const hl_FunctionCall *call)
{
    hl_Vec bytes = hl_get_VecBytes(call, 0);
    return hl_flatbuffer_result_from_Bytes(bytes.data, bytes.len);
}

static uint8_t *append(uint8_t *to, const void *data, size_t size)
{
    memcpy(to, data, size);
    return to + size;
}

/*
 * AllTypes(int, uint, long, ulong, float, double, string, bool, bytes) -> bytes: the arguments in this order, little-endian
 * and without padding; the string and the bytes each after their length as a 32-bit number; the bool as one byte.
 */
static hl_Vec *all_types(const hl_FunctionCall *call)
{
    const hl_Parameter *p = call->parameters;
    uint32_t text_length = (uint32_t)hl_get_String_length(call, 6), bytes_length = (uint32_t)p[8].value.VecBytes.len;
    uint8_t bit = p[7].value.Bool;
    size_t size = 4 + 4 + 8 + 8 + 4 + 8 + 4 + text_length + 1 + 4 + bytes_length;
    uint8_t *data = malloc(size);
    if (data == NULL) {
        hl_set_error(hl_ErrorCode_MallocFailed, "The heap has no room for the arguments");
        return NULL;
    }
    uint8_t *end = append(data, &p[0].value, 4);
    end = append(end, &p[1].value, 4);
    end = append(end, &p[2].value, 8);
    end = append(end, &p[3].value, 8);
    end = append(end, &p[4].value, 4);
    end = append(end, &p[5].value, 8);
    end = append(end, &text_length, 4);
    end = append(end, p[6].value.String, text_length);
    end = append(end, &bit, 1);
    end = append(end, &bytes_length, 4);
    append(end, p[8].value.VecBytes.data, bytes_length);
    hl_Vec *result = hl_flatbuffer_result_from_Bytes(data, size);
    free(data);
    return result;
}

static const hl_ParameterType every_type[] = {
    hl_ParameterType_Int,    hl_ParameterType_UInt,   hl_ParameterType_Long, hl_ParameterType_ULong,    hl_ParameterType_Float,
    hl_ParameterType_Double, hl_ParameterType_String, hl_ParameterType_Bool, hl_ParameterType_VecBytes,
};

void hyperlight_main(void)
{
    const hl_ParameterType *one_float = &every_type[4], *one_double = &every_type[5], *one_string = &every_type[6],
                           *one_bytes = &every_type[8];
    hl_register_function_definition("SayHello", say_hello, 1, one_string, hl_ReturnType_String);
    hl_register_function_definition("Greet", greet, 1, one_string, hl_ReturnType_String);
    HYPERLIGHT_REGISTER_FUNCTION("Print", print);
    HYPERLIGHT_REGISTER_FUNCTION("DebugPrint", debug_print);
    HYPERLIGHT_REGISTER_FUNCTION("Add", add);
    HYPERLIGHT_REGISTER_FUNCTION("Nothing", nothing);
    HYPERLIGHT_REGISTER_FUNCTION("EchoInt", echo_int);
    HYPERLIGHT_REGISTER_FUNCTION("EchoUInt", echo_uint);
    HYPERLIGHT_REGISTER_FUNCTION("EchoLong", echo_long);
    HYPERLIGHT_REGISTER_FUNCTION("EchoULong", echo_ulong);
    HYPERLIGHT_REGISTER_FUNCTION("EchoBool", echo_bool);
    hl_register_function_definition("EchoFloat", echo_float, 1, one_float, hl_ReturnType_Float);
    hl_register_function_definition("EchoDouble", echo_double, 1, one_double, hl_ReturnType_Double);
    hl_register_function_definition("EchoString", echo_string, 1, one_string, hl_ReturnType_String);
    hl_register_function_definition("EchoBytes", echo_bytes, 1, one_bytes, hl_ReturnType_VecBytes);
    hl_register_function_definition("AllTypes", all_types, 9, every_type, hl_ReturnType_VecBytes);
}
