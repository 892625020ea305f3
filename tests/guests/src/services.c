/* A guest for tests of what the kit gets from the host: random numbers, the time and texts. */
#include <hyperlight_guest.h>

/* Draw(int count) -> bytes: that many bytes of hl_random, at most 1000. */
static hl_Vec *draw(const hl_FunctionCall *call)
{
    uint8_t bytes[1000];
    size_t count = (size_t)hl_get_Int(call, 0) % (sizeof(bytes) + 1);
    hl_random(bytes, count);
    return hl_flatbuffer_result_from_Bytes(bytes, count);
}

/* Rand() -> int */
static int32_t next_rand(void)
{
    return rand();
}
HYPERLIGHT_WRAP_FUNCTION(next_rand, Int, 0)

/* Clock(int clock) -> long: nanoseconds */
static int64_t read_clock(int32_t clock)
{
    return hl_clock((hl_Clock)clock);
}
HYPERLIGHT_WRAP_FUNCTION(read_clock, Long, 1, Int)

/* Text() -> string: the result of the host's Text() -> string. An error of the host becomes the error of this call. */
static const char *text(void)
{
    HL_CALL_HOST0("Text", String);
    return hl_get_host_return_value_as_String();
}
HYPERLIGHT_WRAP_FUNCTION(text, String, 0)

void hyperlight_main(void)
{
    static const hl_ParameterType number[] = {hl_ParameterType_Int};
    hl_register_function_definition("Draw", draw, 1, number, hl_ReturnType_VecBytes);
    HYPERLIGHT_REGISTER_FUNCTION("Rand", next_rand);
    HYPERLIGHT_REGISTER_FUNCTION("Clock", read_clock);
    HYPERLIGHT_REGISTER_FUNCTION("Text", text);
}
