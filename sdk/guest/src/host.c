/* Calls from the guest to functions of the host (amd64 sheet 5.6). */
#include "internal.h"

typedef struct Last {
    uint8_t *message; /* the block that `reply` points into, or NULL */
    hl_Reply reply;
} Last;

static Last last;

void hl_host_reply_release(void)
{
    if (last.message != NULL) {
        free(last.message);
        last.message = NULL;
    }
    last.reply.error = hl_ErrorCode_NoError;
}

static hl_ErrorCode failed(hl_ErrorCode code, const char *message)
{
    hl_host_reply_release();
    last.reply.error = code;
    last.reply.error_message = message;
    return code;
}

/* Guests take a text to end at the first NUL. */
static bool is_cut_text(const hl_Reply *reply)
{
    return reply->error == hl_ErrorCode_NoError && reply->type == hl_ReturnType_String &&
           strlen(reply->value.String) != hl_decoded_string_length(reply->value.String);
}

hl_ErrorCode hl_call_host_function(const hl_FunctionCall *call)
{
    size_t capacity, size;
    uint8_t *to = hl_output_begin(&capacity);
    size = hl_encode_call(to, capacity, call);
    if (size == 0) {
        return failed(hl_ErrorCode_OutbError, "The call does not fit the output buffer: raise OutputBufferSize");
    }
    hl_output_commit(size);
    hl_host_reply_release(); /* only now, because the parameters may point into the last reply */
    hl_out(HL_PORT_CALL_FUNCTION, 0);

    switch (hl_input_pop(&last.message, &size)) {
    case HL_POP_OK:
        break;
    case HL_POP_NO_MEMORY:
        return failed(hl_ErrorCode_MallocFailed, "The heap has no room for the host function's result: raise HeapSize");
    default:
        return failed(hl_ErrorCode_OutbError, "The host sent no result of a host function");
    }
    if (!hl_decode_reply(last.message, size, &last.reply)) {
        return failed(hl_ErrorCode_OutbError, "The host sent a malformed result of a host function");
    }
    if (is_cut_text(&last.reply)) {
        return failed(hl_ErrorCode_OutbError, "The host function's text contains a NUL, where it would end in a guest: return bytes");
    }
    return last.reply.error;
}

bool hl_ask_host(const hl_FunctionCall *call, void *to, size_t size)
{
    Last own = last;
    last = (Last){0};
    bool answered = hl_call_host_function(call) == hl_ErrorCode_NoError;
    if (answered && size != 0) {
        const hl_Vec *bytes = &last.reply.value.VecBytes;
        answered = last.reply.type == hl_ReturnType_VecBytes && bytes->len == size;
        if (answered) {
            memcpy(to, bytes->data, size);
        }
    }
    hl_host_reply_release();
    last = own;
    return answered;
}

const char *hl_get_host_error_message(void)
{
    return last.reply.error != hl_ErrorCode_NoError ? last.reply.error_message : "";
}

hl_ReturnType hl_get_host_return_type(void)
{
    return last.reply.type;
}

/* Returns the last result if it has this type; otherwise the guest function's call fails and the result is a zero. */
static const hl_ParameterValue *value_as(hl_ReturnType type)
{
    static const hl_ParameterValue zero;
    if (last.reply.error != hl_ErrorCode_NoError) {
        hl_set_error(last.reply.error, last.reply.error_message);
        return &zero;
    }
    if (last.message == NULL || last.reply.type != type) {
        hl_set_error(hl_ErrorCode_GuestError, "The host function's result has another type than the guest asked for");
        return &zero;
    }
    return &last.reply.value;
}

int32_t hl_get_host_return_value_as_Int(void)
{
    return value_as(hl_ReturnType_Int)->Int;
}

uint32_t hl_get_host_return_value_as_UInt(void)
{
    return value_as(hl_ReturnType_UInt)->UInt;
}

int64_t hl_get_host_return_value_as_Long(void)
{
    return value_as(hl_ReturnType_Long)->Long;
}

uint64_t hl_get_host_return_value_as_ULong(void)
{
    return value_as(hl_ReturnType_ULong)->ULong;
}

uint32_t hl_get_host_return_value_as_FloatBits(void)
{
    return value_as(hl_ReturnType_Float)->FloatBits;
}

uint64_t hl_get_host_return_value_as_DoubleBits(void)
{
    return value_as(hl_ReturnType_Double)->DoubleBits;
}

bool hl_get_host_return_value_as_Bool(void)
{
    return value_as(hl_ReturnType_Bool)->Bool;
}

const char *hl_get_host_return_value_as_String(void)
{
    const char *text = value_as(hl_ReturnType_String)->String;
    return text != NULL ? text : "";
}

const hl_Vec *hl_get_host_return_value_as_VecBytes(void)
{
    return &value_as(hl_ReturnType_VecBytes)->VecBytes;
}
