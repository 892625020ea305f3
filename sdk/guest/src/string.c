/*
 * Memory and string functions of the C library. They move words instead of bytes, because some hypervisors interpret guest
 * code, and then the number of instructions and repetitions counts.
 */
#include "internal.h"

/* The compiler must not replace a loop of this file by a call of the function that the loop implements. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

typedef uintptr_t __attribute__((may_alias, aligned(1))) Word;

#if defined(__x86_64__)
#define MOVE_WORDS "rep movsq"
#define STORE_WORDS "rep stosq"
#else
#define MOVE_WORDS "rep movsl"
#define STORE_WORDS "rep stosl"
#endif

#define EVERY_BYTE ((uintptr_t)-1 / 0xFF) /* 0x01...01; multiplied by a byte it gives a word of that byte */

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *target = to;
    size_t words = size / sizeof(Word);
    __asm__ volatile(MOVE_WORDS : "+D"(target), "+S"(from), "+c"(words) : : "memory");
    size_t bytes = size % sizeof(Word);
    if (bytes != 0) {
        __asm__ volatile("rep movsb" : "+D"(target), "+S"(from), "+c"(bytes) : : "memory");
    }
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to - (uintptr_t)from >= size) {
        return memcpy(to, from, size); /* moves upwards, so a target below its source is fine */
    }
    uint8_t *target = (uint8_t *)to + size;
    const uint8_t *source = (const uint8_t *)from + size;
    for (; size >= sizeof(Word); size -= sizeof(Word)) {
        target -= sizeof(Word);
        source -= sizeof(Word);
        *(Word *)target = *(const Word *)source;
    }
    for (; size != 0; size--) {
        *--target = *--source;
    }
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *target = to;
    uintptr_t word = (uint8_t)value * EVERY_BYTE;
    size_t words = size / sizeof(Word);
    __asm__ volatile(STORE_WORDS : "+D"(target), "+c"(words) : "a"(word) : "memory");
    size_t bytes = size % sizeof(Word);
    if (bytes != 0) {
        __asm__ volatile("rep stosb" : "+D"(target), "+c"(bytes) : "a"(word) : "memory");
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *left = a;
    const uint8_t *right = b;
    while (size >= sizeof(Word) && *(const Word *)left == *(const Word *)right) {
        left += sizeof(Word);
        right += sizeof(Word);
        size -= sizeof(Word);
    }
    for (; size != 0; size--, left++, right++) {
        if (*left != *right) {
            return *left - *right;
        }
    }
    return 0;
}

size_t strlen(const char *text)
{
    const char *end = text;
    while ((uintptr_t)end % sizeof(Word) != 0) {
        if (*end == 0) {
            return (size_t)(end - text);
        }
        end++;
    }
    /* An aligned word never crosses a page, so reading beyond the end of the text is harmless. In the expression the first
     * byte with its top bit set is at the first zero byte of the word. */
    for (;;) {
        uintptr_t word = *(const Word *)end;
        if (((word - EVERY_BYTE) & ~word & (EVERY_BYTE << 7)) != 0) {
            break;
        }
        end += sizeof(Word);
    }
    while (*end != 0) {
        end++;
    }
    return (size_t)(end - text);
}

size_t strnlen(const char *text, size_t limit)
{
    size_t length = 0;
    while (length < limit && text[length] != 0) {
        length++;
    }
    return length;
}

int strncmp(const char *a, const char *b, size_t limit)
{
    for (; limit != 0; limit--, a++, b++) {
        if (*a != *b || *a == 0) {
            return (uint8_t)*a - (uint8_t)*b;
        }
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    while (*a == *b && *a != 0) {
        a++;
        b++;
    }
    return (uint8_t)*a - (uint8_t)*b;
}

char *strchr(const char *text, int character)
{
    for (; *text != (char)character; text++) {
        if (*text == 0) {
            return NULL;
        }
    }
    return (char *)(uintptr_t)text;
}

char *strcpy(char *restrict to, const char *restrict from)
{
    return memcpy(to, from, strlen(from) + 1);
}
