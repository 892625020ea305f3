/*
 * The input buffer and the output buffer. Each is a stack of messages (amd64 sheet 5.3):
 *
 *     0          8                                      pointer
 *     | pointer  | message | 8 | message | its offset | free ...
 *
 * The pointer is the offset of the first free byte. An element is a message followed by the offset of the message.
 */
#include "internal.h"

#define STACK_EMPTY 8u /* the pointer of a buffer without elements */
#define WORD 8u        /* bytes of the pointer, and of the offset after each message */

typedef uint64_t __attribute__((may_alias, aligned(1))) Word;
typedef uint32_t __attribute__((may_alias, aligned(1))) HalfWord;

static uint8_t *base_of(const hl_Region *region)
{
    return (uint8_t *)(uintptr_t)region->address;
}

hl_PopStatus hl_input_pop(uint8_t **message, size_t *size)
{
    const hl_Region *region = &hl_peb->input;
    uint8_t *base = base_of(region);
    uint64_t pointer = *(Word *)base;
    if (pointer < STACK_EMPTY + WORD || pointer > region->size) {
        return HL_POP_CORRUPT;
    }
    uint64_t start = *(Word *)(base + (uintptr_t)pointer - WORD);
    if (start < STACK_EMPTY || start > pointer - WORD - sizeof(HalfWord)) {
        return HL_POP_CORRUPT;
    }
    uint8_t *element = base + (uintptr_t)start;
    uint64_t total = (uint64_t) * (HalfWord *)element + sizeof(HalfWord);
    if (total > pointer - WORD - start) {
        return HL_POP_CORRUPT;
    }
    *size = (size_t)total;
    *message = malloc((size_t)total);
    if (*message != NULL) {
        memcpy(*message, element, (size_t)total);
    }
    /* The reader clears the message, so that no later snapshot or message contains it. */
    memset(element, 0, (size_t)(pointer - start));
    *(Word *)base = start;
    return *message != NULL ? HL_POP_OK : HL_POP_NO_MEMORY;
}

uint8_t *hl_output_begin(size_t *capacity)
{
    const hl_Region *region = &hl_peb->output;
    uint64_t pointer = *(Word *)base_of(region);
    if (pointer < STACK_EMPTY || pointer > region->size) {
        hl_abort_at(HL_NO_PLACE, hl_ErrorCode_UnknownError, "The output buffer's stack pointer is out of range");
    }
    uint64_t room = region->size - pointer;
    *capacity = room < WORD ? 0 : (size_t)(room - WORD);
    return base_of(region) + (uintptr_t)pointer;
}

void hl_output_commit(size_t size)
{
    uint8_t *base = base_of(&hl_peb->output);
    uint64_t pointer = *(Word *)base;
    *(Word *)(base + (uintptr_t)pointer + size) = pointer;
    *(Word *)base = pointer + size + WORD;
}

bool hl_output_push(const void *message, size_t size)
{
    size_t capacity;
    uint8_t *to = hl_output_begin(&capacity);
    if (size > capacity) {
        return false;
    }
    memcpy(to, message, size);
    hl_output_commit(size);
    return true;
}
