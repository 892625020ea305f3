/*
 * Writes and reads the FlatBuffers messages (amd64 sheet 5.4).
 *
 * A message consists of its length (u32, without the length itself), the offset of the root table, and tables. A table starts
 * with the distance back to its vtable, which has the position of each field in the table (0 if the field is missing). Offsets
 * count from their own position and point forward. Everything is aligned to its size, counted from the start of the message.
 */
#include "internal.h"

typedef uint64_t __attribute__((may_alias, aligned(1))) U64;
typedef uint32_t __attribute__((may_alias, aligned(1))) U32;
typedef uint16_t __attribute__((may_alias, aligned(1))) U16;

#define PREFIX 4u         /* the size of the length in front of every message */
#define MAX_SIZE 0x7FFFFFFFu /* FlatBuffers offsets are 31 bits */

/* The types of the unions are numbered from 1, in the order of the enums; 0 is "none". */
#define UNION_OF(type) ((uint8_t)((type) + 1))
#define TYPE_OF(union_type) ((union_type) - 1)

enum { CALL_TYPE_GUEST = 1, CALL_TYPE_HOST = 2 };                /* FunctionCallType */
enum { RESULT_NONE = 0, RESULT_VALUE = 1, RESULT_ERROR = 2 };    /* FunctionCallResultType */
enum { CALL_NAME = 0, CALL_PARAMETERS = 1, CALL_TYPE = 2, CALL_RETURN_TYPE = 3 }; /* slots of FunctionCall */
enum { BOX_TYPE = 0, BOX_VALUE = 1 };                            /* slots of Parameter, FunctionCallResult, ReturnValueBox */
enum { VALUE = 0 };                                              /* slot of the value tables */
enum { SIZED_SIZE = 0, SIZED_VALUE = 1 };                        /* slots of hlsizeprefixedbuffer */
enum { ERROR_CODE = 0, ERROR_MESSAGE = 1 };                      /* slots of GuestError */

/* ---- Reading: the message is not trusted; no read leaves the message ---- */

typedef struct Reader {
    const uint8_t *bytes;
    uint32_t size;
} Reader;

typedef struct Table {
    uint32_t at;
    uint32_t size;
    uint32_t vtable;
    uint32_t vtable_size;
} Table;

static bool holds(const Reader *reader, uint32_t at, uint32_t size)
{
    return at <= reader->size && size <= reader->size - at;
}

static bool follow(const Reader *reader, uint32_t at, uint32_t *target)
{
    if (!holds(reader, at, 4)) {
        return false;
    }
    uint32_t offset = *(const U32 *)(reader->bytes + at);
    *target = at + offset;
    return offset != 0 && offset < reader->size - at;
}

static bool open_table(const Reader *reader, uint32_t at, Table *table)
{
    if (!follow(reader, at, &table->at) || !holds(reader, table->at, 4)) {
        return false;
    }
    table->vtable = table->at - *(const U32 *)(reader->bytes + table->at); /* modulo 2^32, because the distance is signed */
    if (!holds(reader, table->vtable, 4)) {
        return false;
    }
    table->vtable_size = *(const U16 *)(reader->bytes + table->vtable);
    table->size = *(const U16 *)(reader->bytes + table->vtable + 2);
    return table->vtable_size >= 4 && table->vtable_size % 2 == 0 && holds(reader, table->vtable, table->vtable_size) &&
           table->size >= 4 && holds(reader, table->at, table->size);
}

static bool open_root(Reader *reader, const uint8_t *message, size_t size, Table *table)
{
    if (size < 2 * PREFIX || size > MAX_SIZE || *(const U32 *)message != size - PREFIX) {
        return false;
    }
    reader->bytes = message;
    reader->size = (uint32_t)size;
    return open_table(reader, PREFIX, table);
}

/* Finds the field of `width` bytes in `slot`; *at is 0 if the field is missing. Returns false if the vtable is wrong. */
static bool find(const Reader *reader, const Table *table, uint32_t slot, uint32_t width, uint32_t *at)
{
    *at = 0;
    uint32_t entry = 4 + 2 * slot;
    if (entry + 2 > table->vtable_size) {
        return true;
    }
    uint32_t offset = *(const U16 *)(reader->bytes + table->vtable + entry);
    if (offset == 0) {
        return true;
    }
    *at = table->at + offset;
    return offset >= 4 && offset + width <= table->size;
}

static bool read_u8(const Reader *reader, const Table *table, uint32_t slot, uint8_t *value)
{
    uint32_t at;
    bool ok = find(reader, table, slot, 1, &at);
    *value = ok && at != 0 ? reader->bytes[at] : 0;
    return ok;
}

static bool read_u32(const Reader *reader, const Table *table, uint32_t slot, uint32_t *value)
{
    uint32_t at;
    bool ok = find(reader, table, slot, 4, &at);
    *value = ok && at != 0 ? *(const U32 *)(reader->bytes + at) : 0;
    return ok;
}

static bool read_u64(const Reader *reader, const Table *table, uint32_t slot, uint64_t *value)
{
    uint32_t at;
    bool ok = find(reader, table, slot, 8, &at);
    *value = ok && at != 0 ? *(const U64 *)(reader->bytes + at) : 0;
    return ok;
}

/* Finds a vector of elements of `width` bytes; *at is the position of the first. A missing vector has no elements, at 0. */
static bool read_vector(const Reader *reader, const Table *table, uint32_t slot, uint32_t width, uint32_t *at,
                        uint32_t *count)
{
    uint32_t field, start;
    *at = *count = 0;
    if (!find(reader, table, slot, 4, &field)) {
        return false;
    }
    if (field == 0) {
        return true;
    }
    if (!follow(reader, field, &start) || !holds(reader, start, 4)) {
        return false;
    }
    *at = start + 4;
    *count = *(const U32 *)(reader->bytes + start);
    return *count <= (reader->size - *at) / width;
}

/* The value of a missing string: its length (0) in front of the text, as hl_decoded_string_length expects. */
static const struct {
    uint32_t length;
    char text[4];
} no_string;

static bool read_string(const Reader *reader, const Table *table, uint32_t slot, const char **text)
{
    uint32_t at, length;
    *text = no_string.text;
    if (!read_vector(reader, table, slot, 1, &at, &length)) {
        return false;
    }
    if (at == 0) {
        return true;
    }
    *text = (const char *)reader->bytes + at;
    return holds(reader, at + length, 1) && reader->bytes[at + length] == 0;
}

/* Finds the table in a Parameter, a FunctionCallResult or a ReturnValueBox, and its union type. */
static bool open_box(const Reader *reader, const Table *box, uint8_t *type, Table *content)
{
    uint32_t at;
    return read_u8(reader, box, BOX_TYPE, type) && find(reader, box, BOX_VALUE, 4, &at) && at != 0 &&
           open_table(reader, at, content);
}

/* Reads one of the value tables that parameters and results share, Int to Bool. */
static bool read_scalar_or_string(const Reader *reader, const Table *table, uint32_t type, hl_ParameterValue *value)
{
    uint8_t byte;
    switch (type) {
    case hl_ParameterType_Int:
    case hl_ParameterType_UInt:
    case hl_ParameterType_Float:
        return read_u32(reader, table, VALUE, &value->UInt);
    case hl_ParameterType_Long:
    case hl_ParameterType_ULong:
    case hl_ParameterType_Double:
        return read_u64(reader, table, VALUE, &value->ULong);
    case hl_ParameterType_String:
        return read_string(reader, table, VALUE, &value->String);
    case hl_ParameterType_Bool:
        if (!read_u8(reader, table, VALUE, &byte)) {
            return false;
        }
        value->Bool = byte != 0;
        return true;
    default:
        return false;
    }
}

static bool read_bytes(const Reader *reader, const Table *table, uint32_t slot, hl_Vec *bytes)
{
    uint32_t at, length;
    bool ok = read_vector(reader, table, slot, 1, &at, &length);
    bytes->data = (uint8_t *)(uintptr_t)reader->bytes + at;
    bytes->len = length;
    return ok;
}

static bool read_parameter(const Reader *reader, uint32_t at, hl_Parameter *parameter)
{
    Table box, table;
    uint8_t type;
    if (!open_table(reader, at, &box) || !open_box(reader, &box, &type, &table)) {
        return false;
    }
    parameter->tag = (hl_ParameterType)TYPE_OF(type);
    return parameter->tag == hl_ParameterType_VecBytes
               ? read_bytes(reader, &table, VALUE, &parameter->value.VecBytes)
               : read_scalar_or_string(reader, &table, parameter->tag, &parameter->value);
}

hl_DecodeStatus hl_decode_call(const uint8_t *message, size_t size, hl_FunctionCall *call, hl_Parameter *parameters)
{
    Reader reader;
    Table root;
    uint8_t call_type, return_type;
    uint32_t at, count;
    if (!open_root(&reader, message, size, &root) || !read_string(&reader, &root, CALL_NAME, &call->function_name) ||
        !read_vector(&reader, &root, CALL_PARAMETERS, 4, &at, &count) || !read_u8(&reader, &root, CALL_TYPE, &call_type) ||
        !read_u8(&reader, &root, CALL_RETURN_TYPE, &return_type)) {
        return HL_DECODE_MALFORMED;
    }
    call->parameters = parameters;
    call->parameters_len = count;
    call->return_type = (hl_ReturnType)return_type;
    if (call_type != CALL_TYPE_GUEST) {
        return HL_DECODE_NOT_A_GUEST_CALL;
    }
    if (count > HL_MAX_PARAMETERS) {
        return HL_DECODE_TOO_MANY_PARAMETERS;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!read_parameter(&reader, at + 4 * i, &parameters[i])) {
            return HL_DECODE_MALFORMED;
        }
    }
    return HL_DECODE_OK;
}

static bool read_value(const Reader *reader, const Table *result, hl_Reply *reply)
{
    Table table;
    uint8_t type;
    uint32_t size;
    if (!open_box(reader, result, &type, &table)) {
        return false;
    }
    reply->type = (hl_ReturnType)TYPE_OF(type);
    switch (reply->type) {
    case hl_ReturnType_Void:
        return true;
    case hl_ReturnType_VecBytes:
        return read_u32(reader, &table, SIZED_SIZE, &size) &&
               read_bytes(reader, &table, SIZED_VALUE, &reply->value.VecBytes) && size == reply->value.VecBytes.len;
    default:
        return read_scalar_or_string(reader, &table, reply->type, &reply->value);
    }
}

bool hl_decode_reply(const uint8_t *message, size_t size, hl_Reply *reply)
{
    Reader reader;
    Table root, content;
    uint8_t type;
    uint64_t code;
    if (!open_root(&reader, message, size, &root) || !open_box(&reader, &root, &type, &content)) {
        return false;
    }
    reply->error = hl_ErrorCode_NoError;
    reply->error_message = no_string.text;
    if (type == RESULT_VALUE) {
        return read_value(&reader, &content, reply);
    }
    if (type != RESULT_ERROR || !read_u64(&reader, &content, ERROR_CODE, &code) ||
        !read_string(&reader, &content, ERROR_MESSAGE, &reply->error_message)) {
        return false;
    }
    /* Every error fails the call, whatever its code is. */
    reply->error = code != 0 && code <= 0xFFFF ? (hl_ErrorCode)code : hl_ErrorCode_UnknownError;
    return true;
}

/* ---- Writing: front to back, each vtable once, every field written, so that equal values give equal bytes ---- */

/* The vtables: the size of the vtable, the size of the table, then the position of each field in the table (0 if missing). */
typedef enum Shape { CALL, CALL_WITHOUT_PARAMETERS, BOX, VALUE_4, VALUE_8, NO_VALUE, SIZED_BYTES, ERROR, LOG_RECORD, SHAPES } Shape;

static const uint16_t vtables[SHAPES][8] = {
    [CALL] = {12, 16, 4, 8, 12, 13},
    [CALL_WITHOUT_PARAMETERS] = {12, 12, 4, 0, 8, 9},
    [BOX] = {8, 12, 8, 4},
    [VALUE_4] = {6, 8, 4},
    [VALUE_8] = {6, 16, 8},
    [NO_VALUE] = {4, 4},
    [SIZED_BYTES] = {8, 12, 4, 8},
    [ERROR] = {8, 16, 8, 4},
    [LOG_RECORD] = {16, 28, 4, 8, 24, 12, 16, 20},
};

/* The positions from the vtables above of the fields that the writers below fill in. */
enum {
    AT_CALL_NAME = 4,
    AT_CALL_PARAMETERS = 8,
    AT_BOX_VALUE = 4,
    AT_BOX_TYPE = 8,
    AT_VALUE_4 = 4,
    AT_VALUE_8 = 8,
    AT_SIZED_SIZE = 4,
    AT_SIZED_VALUE = 8,
    AT_ERROR_MESSAGE = 4,
    AT_ERROR_CODE = 8,
    AT_LOG_MESSAGE = 4,
    AT_LOG_SOURCE = 8,
    AT_LOG_CALLER = 12,
    AT_LOG_FILE = 16,
    AT_LOG_LINE = 20,
    AT_LOG_LEVEL = 24,
};

typedef struct Writer {
    uint8_t *bytes;
    size_t capacity;
    size_t at;
    bool full; /* The capacity was too small. Nothing more is written. */
    uint32_t vtable_at[SHAPES];
} Writer;

/* Reserves `size` bytes; returns NULL if there is no room. */
static uint8_t *reserve(Writer *writer, size_t size)
{
    if (writer->full || size > writer->capacity - writer->at) {
        writer->full = true;
        return NULL;
    }
    uint8_t *place = writer->bytes + writer->at;
    writer->at += size;
    return place;
}

static void put_u32(Writer *writer, uint32_t value)
{
    U32 *place = (U32 *)reserve(writer, 4);
    if (place != NULL) {
        *place = value;
    }
}

/* Pads with zeros up to a multiple of `alignment`, 4 or 8. */
static void align(Writer *writer, size_t alignment)
{
    while (writer->at % 4 != 0) {
        uint8_t *place = reserve(writer, 1);
        if (place == NULL) {
            return;
        }
        *place = 0;
    }
    if (writer->at % alignment != 0) {
        put_u32(writer, 0);
    }
}

static void set_u8(Writer *writer, size_t at, uint8_t value)
{
    if (!writer->full) {
        writer->bytes[at] = value;
    }
}

static void set_u32(Writer *writer, size_t at, uint32_t value)
{
    if (!writer->full) {
        *(U32 *)(writer->bytes + at) = value;
    }
}

static void set_u64(Writer *writer, size_t at, uint64_t value)
{
    if (!writer->full) {
        *(U64 *)(writer->bytes + at) = value;
    }
}

/* Makes the offset at `at` point to `target`. */
static void point(Writer *writer, size_t at, size_t target)
{
    set_u32(writer, at, (uint32_t)(target - at));
}

/* Writes a table with all fields zero. The caller fills the fields in. */
static size_t put_table(Writer *writer, Shape shape)
{
    const uint16_t *vtable = vtables[shape];
    align(writer, 4);
    if (writer->vtable_at[shape] == 0) {
        writer->vtable_at[shape] = (uint32_t)writer->at;
        uint32_t size = (vtable[0] + 3u) & ~3u; /* in words: the zeros that follow the slots are padding */
        uint8_t *place = reserve(writer, size);
        for (uint32_t i = 0; place != NULL && i < size; i += 4) {
            *(U32 *)(place + i) = *(const U32 *)((const uint8_t *)vtable + i);
        }
    }
    if (shape == VALUE_8 || shape == ERROR) {
        align(writer, 8);
    }
    size_t at = writer->at;
    uint8_t *place = reserve(writer, vtable[1]);
    if (place != NULL) {
        *(U32 *)place = (uint32_t)at - writer->vtable_at[shape];
        for (uint32_t i = 4; i < vtable[1]; i += 4) {
            *(U32 *)(place + i) = 0;
        }
    }
    return at;
}

/* Writes a table and makes the offset at `from` point to it. */
static size_t put_table_for(Writer *writer, size_t from, Shape shape)
{
    size_t at = put_table(writer, shape);
    point(writer, from, at);
    return at;
}

/* Writes a vector of bytes and makes the offset at `from` point to it. If `terminated`, the vector is a string. */
static void put_bytes_for(Writer *writer, size_t from, const void *data, size_t length, bool terminated)
{
    align(writer, 4);
    point(writer, from, writer->at);
    put_u32(writer, (uint32_t)length);
    uint8_t *place = reserve(writer, length);
    if (place != NULL) {
        memcpy(place, data, length);
    }
    if (terminated && (place = reserve(writer, 1)) != NULL) {
        *place = 0;
    }
}

static void put_string_for(Writer *writer, size_t from, const char *text)
{
    put_bytes_for(writer, from, text, strlen(text), true);
}

/* Starts a message and returns the position of its root table. */
static size_t start(Writer *writer, uint8_t *to, size_t capacity, Shape root)
{
    *writer = (Writer){.bytes = to, .capacity = capacity < MAX_SIZE ? capacity : MAX_SIZE};
    put_u32(writer, 0); /* the length, which is known at the end */
    put_u32(writer, 0); /* the offset of the root */
    return put_table_for(writer, PREFIX, root);
}

static size_t finish(Writer *writer)
{
    align(writer, 8);
    set_u32(writer, 0, (uint32_t)(writer->at - PREFIX));
    return writer->full ? 0 : writer->at;
}

static void put_box_for(Writer *writer, size_t from, uint8_t type, size_t *value_field)
{
    size_t box = put_table_for(writer, from, BOX);
    set_u8(writer, box + AT_BOX_TYPE, type);
    *value_field = box + AT_BOX_VALUE;
}

/* Writes one of the value tables that parameters and results share, Int to Bool. */
static void put_scalar_or_string_for(Writer *writer, size_t from, uint32_t type, uint64_t scalar, const void *data,
                                     size_t length)
{
    size_t table;
    switch (type) {
    case hl_ParameterType_Long:
    case hl_ParameterType_ULong:
    case hl_ParameterType_Double:
        table = put_table_for(writer, from, VALUE_8);
        set_u64(writer, table + AT_VALUE_8, scalar);
        break;
    case hl_ParameterType_String:
        table = put_table_for(writer, from, VALUE_4);
        put_bytes_for(writer, table + AT_VALUE_4, data, length, true);
        break;
    default: /* 32 bits, or a bool in the lowest 8 of them */
        table = put_table_for(writer, from, VALUE_4);
        set_u32(writer, table + AT_VALUE_4, (uint32_t)scalar);
        break;
    }
}

static void put_parameter_for(Writer *writer, size_t from, const hl_Parameter *parameter)
{
    const hl_ParameterValue *value = &parameter->value;
    size_t field, table;
    put_box_for(writer, from, UNION_OF(parameter->tag), &field);
    switch (parameter->tag) {
    case hl_ParameterType_VecBytes:
        table = put_table_for(writer, field, VALUE_4);
        put_bytes_for(writer, table + AT_VALUE_4, value->VecBytes.data, value->VecBytes.len, false);
        break;
    case hl_ParameterType_String:
        put_scalar_or_string_for(writer, field, parameter->tag, 0, value->String, strlen(value->String));
        break;
    case hl_ParameterType_Bool:
        put_scalar_or_string_for(writer, field, parameter->tag, value->Bool, NULL, 0);
        break;
    default:
        put_scalar_or_string_for(writer, field, parameter->tag, value->ULong, NULL, 0);
        break;
    }
}

size_t hl_encode_call(uint8_t *to, size_t capacity, const hl_FunctionCall *call)
{
    Writer writer;
    uint32_t count = (uint32_t)call->parameters_len;
    Shape shape = count != 0 ? CALL : CALL_WITHOUT_PARAMETERS;
    size_t root = start(&writer, to, capacity, shape);
    set_u8(&writer, root + vtables[shape][2 + CALL_TYPE], CALL_TYPE_HOST);
    set_u8(&writer, root + vtables[shape][2 + CALL_RETURN_TYPE], (uint8_t)call->return_type);
    put_string_for(&writer, root + AT_CALL_NAME, call->function_name);
    if (count != 0) {
        align(&writer, 4);
        point(&writer, root + AT_CALL_PARAMETERS, writer.at);
        put_u32(&writer, count);
        size_t offsets = writer.at;
        for (uint32_t i = 0; i < count; i++) {
            put_u32(&writer, 0);
        }
        for (uint32_t i = 0; i < count; i++) {
            put_parameter_for(&writer, offsets + 4 * i, &call->parameters[i]);
        }
    }
    return finish(&writer);
}

size_t hl_encode_value(uint8_t *to, size_t capacity, hl_ReturnType type, uint64_t scalar, const void *data, size_t length)
{
    Writer writer;
    size_t field, table;
    size_t root = start(&writer, to, capacity, BOX);
    set_u8(&writer, root + AT_BOX_TYPE, RESULT_VALUE);
    put_box_for(&writer, root + AT_BOX_VALUE, UNION_OF(type), &field);
    switch (type) {
    case hl_ReturnType_Void:
        put_table_for(&writer, field, NO_VALUE);
        break;
    case hl_ReturnType_VecBytes:
        table = put_table_for(&writer, field, SIZED_BYTES);
        set_u32(&writer, table + AT_SIZED_SIZE, (uint32_t)length);
        put_bytes_for(&writer, table + AT_SIZED_VALUE, data, length, false);
        break;
    default:
        put_scalar_or_string_for(&writer, field, type, scalar, data, length);
        break;
    }
    return finish(&writer);
}

size_t hl_encode_error(uint8_t *to, size_t capacity, hl_ErrorCode code, const char *message)
{
    Writer writer;
    size_t root = start(&writer, to, capacity, BOX);
    set_u8(&writer, root + AT_BOX_TYPE, RESULT_ERROR);
    size_t table = put_table_for(&writer, root + AT_BOX_VALUE, ERROR);
    set_u64(&writer, table + AT_ERROR_CODE, code);
    put_string_for(&writer, table + AT_ERROR_MESSAGE, message);
    return finish(&writer);
}

size_t hl_encode_log(uint8_t *to, size_t capacity, hl_Level level, const char *message, const char *file, uint32_t line)
{
    /* The LogLevel in a message for each hl_Level: Trace 0, Debug 1, Information 2, Warning 3, Error 4. */
    uint8_t wire_level = (uint8_t)(hl_Level_Trace - level);
    Writer writer;
    size_t root = start(&writer, to, capacity, LOG_RECORD);
    set_u8(&writer, root + AT_LOG_LEVEL, wire_level);
    set_u32(&writer, root + AT_LOG_LINE, line);
    put_string_for(&writer, root + AT_LOG_MESSAGE, message);
    put_string_for(&writer, root + AT_LOG_SOURCE, "guest");
    put_string_for(&writer, root + AT_LOG_CALLER, "guest");
    put_string_for(&writer, root + AT_LOG_FILE, file);
    return finish(&writer);
}
